"""All that stands around a fleet, put on an AWS of its own by boto3 alone."""

import json
from typing import Any

from tests.aws_server import REGION, Aws
from tests.integration.healing import rest_keeping
from tests.integration.healing.stage import NAME, Stage

TAGS = {"Project": "CloudScale"}
PAIRS = [{"Key": "Project", "Value": "CloudScale"}]
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
BALANCER = {
    "idle_timeout.timeout_seconds": "300",
    "deletion_protection.enabled": "true",
    "routing.http.drop_invalid_header_fields.enabled": "true",
}
GROUP = {"deregistration_delay.timeout_seconds": "60", "stickiness.enabled": "false"}
NOT_FOUND = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "Not found"}
PATTERNS = {
    "scaling": {"source": ["aws.autoscaling"], "detail": {"AutoScalingGroupName": ["shop"]}},
    "alarm": {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]},
}
TRANSFORMER = {"InputPathsMap": {"what": "$.detail-type"}, "InputTemplate": '"Seen: <what>"'}
RETRY = {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20}


def build(aws: Aws) -> Stage:
    """Put all of it there."""
    stage = Stage(aws)
    for put in (_network, *rest_keeping.PARTS, _balancer, _listeners, _notices, _rules):
        put(stage)
    return stage


def _network(stage: Stage) -> None:
    ec2 = stage.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{z}")
        for n, z in enumerate("abc")
    ]
    stage.ids |= {"vpc": vpc, "subnets": [one["Subnet"]["SubnetId"] for one in subnets]}
    for name in ("alb", "other"):
        told = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
        stage.ids[name] = told["GroupId"]


def named(attributes: dict[str, str]) -> list[dict[str, str]]:
    """Attributes as the load balancer takes them."""
    return [{"Key": name, "Value": value} for name, value in attributes.items()]


def _balancer(stage: Stage) -> None:
    elb, subnets = stage.client("elbv2"), stage.ids["subnets"][:2]
    balancer = elb.create_load_balancer(
        Name=f"{NAME}-alb", Subnets=subnets, SecurityGroups=[stage.ids["alb"]], Tags=PAIRS
    )["LoadBalancers"][0]["LoadBalancerArn"]
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=named(BALANCER))
    group, stranger = (_target_group(stage, name) for name in (f"{NAME}-tg", "stranger"))
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=named(GROUP))
    stage.ids |= {"balancer": balancer, "group": group, "stranger": stranger}
    fields = {"attributes": BALANCER, "security_groups": [stage.ids["alb"]], "subnets": subnets}
    stage.want("load_balancer", "alb", balancer, {**fields, "tags": TAGS})
    check = {
        "path": "/health",
        "protocol": "HTTP",
        "port": "traffic-port",
        "interval_seconds": 10,
        "timeout_seconds": 5,
        "healthy_count": 2,
        "unhealthy_count": 3,
        "matcher": "200",
    }
    wanted = {"health_check": check, "attributes": GROUP, "tags": TAGS}
    stage.want("target_group", "fleet", group, wanted)


def _target_group(stage: Stage, name: str) -> str:
    return stage.client("elbv2").create_target_group(
        Name=name,
        VpcId=stage.ids["vpc"],
        Protocol="HTTP",
        Port=8000,
        TargetType="instance",
        HealthCheckPath="/health",
        HealthCheckProtocol="HTTP",
        HealthCheckPort="traffic-port",
        HealthCheckIntervalSeconds=10,
        HealthCheckTimeoutSeconds=5,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=3,
        Matcher={"HttpCode": "200"},
        Tags=PAIRS,
    )["TargetGroups"][0]["TargetGroupArn"]


def _listeners(stage: Stage) -> None:
    elb, acm = stage.client("elbv2"), stage.client("acm")
    names = ("shop.example.com", "other.example.com")
    ours, other = (acm.request_certificate(DomainName=one)["CertificateArn"] for one in names)
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    forward = {"Type": "forward", "TargetGroupArn": stage.ids["group"]}
    balancer = {"LoadBalancerArn": stage.ids["balancer"], "Tags": PAIRS}
    to_https = [{"Type": "redirect", "RedirectConfig": redirect}]
    plain = elb.create_listener(**balancer, Port=80, Protocol="HTTP", DefaultActions=to_https)
    tls = elb.create_listener(
        **balancer,
        Port=443,
        Protocol="HTTPS",
        SslPolicy=POLICY,
        Certificates=[{"CertificateArn": ours}],
        DefaultActions=[forward],
    )
    http, https = (one["Listeners"][0]["ListenerArn"] for one in (plain, tls))
    stage.ids |= {"http": http, "https": https, "certificate": ours, "other certificate": other}
    to_targets = [{"type": "forward", "target_group": stage.ids["group"]}]
    moved = {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}
    secure = {"port": 443, "protocol": "HTTPS", "ssl_policy": POLICY, "certificates": [ours]}
    stage.want("listener", "https", https, {**secure, "actions": to_targets, "tags": TAGS})
    actions = [{"type": "redirect", "redirect": moved}]
    fields = {"port": 80, "protocol": "HTTP", "actions": actions, "tags": TAGS}
    stage.want("listener", "http", http, fields)
    _rule(stage)


def _rule(stage: Stage) -> None:
    paths = ["/metrics", "/metrics/*"]
    rule = stage.client("elbv2").create_rule(
        ListenerArn=stage.ids["https"],
        Priority=1,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": paths}}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": NOT_FOUND}],
        Tags=PAIRS,
    )["Rules"][0]["RuleArn"]
    stage.ids["rule"] = rule
    answer = {"status_code": "404", "content_type": "text/plain", "message_body": "Not found"}
    fields = {
        "priority": 1,
        "conditions": [{"field": "path-pattern", "values": paths}],
        "actions": [{"type": "fixed-response", "fixed_response": answer}],
        "tags": TAGS,
    }
    stage.want("listener_rule", "metrics", rule, fields)


def _notices(stage: Stage) -> None:
    sns, sqs = stage.client("sns"), stage.client("sqs")
    topic = sns.create_topic(Name=f"{NAME}-notices", Tags=PAIRS)["TopicArn"]
    policy = may(topic, "sns:Publish")
    told = {"Policy": policy, "KmsMasterKeyId": stage.ids["key"], "DisplayName": "CloudScale"}
    for name, value in told.items():
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    attributes = {"MessageRetentionPeriod": "1209600", "SqsManagedSseEnabled": "true"}
    url = sqs.create_queue(QueueName=f"{NAME}-untold", Attributes=attributes)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:123456789012:{NAME}-untold"
    kept = may(arn, "sqs:SendMessage")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": kept})
    stage.ids |= {"topic": topic, "queue": url, "dead letters": arn}
    fields = {"policy": policy, "key": stage.ids["key"], "display_name": "CloudScale"}
    stage.want("topic", "notices", topic, {**fields, "tags": TAGS})
    about = {"topic": topic, "protocol": "email", "endpoint": "ops@example.com"}
    stage.want("subscription", "email", "|".join(about.values()), {"is_there": True}, **about)
    stage.want("queue", "untold", url, {"policy": kept, "retention_seconds": 1209600})


def may(resource: str, action: str, principal: Any = None) -> str:
    """A policy that lets event rules, or another principal, do one thing."""
    statement = {
        "Sid": "Rules",
        "Effect": "Allow",
        "Principal": principal or {"Service": "events.amazonaws.com"},
        "Action": action,
        "Resource": resource,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def target(stage: Stage) -> dict[str, Any]:
    """The target of each rule, as EventBridge takes it."""
    return {
        "Id": "notices",
        "Arn": stage.ids["topic"],
        "InputTransformer": TRANSFORMER,
        "DeadLetterConfig": {"Arn": stage.ids["dead letters"]},
        "RetryPolicy": RETRY,
    }


def _rules(stage: Stage) -> None:
    events = stage.client("events")
    written = {
        "id": "notices",
        "arn": stage.ids["topic"],
        "input_paths": TRANSFORMER["InputPathsMap"],
        "input_template": TRANSFORMER["InputTemplate"],
        "dead_letter_arn": stage.ids["dead letters"],
        "max_age_seconds": 3600,
        "max_attempts": 20,
    }
    for name, pattern in PATTERNS.items():
        text, rule, words = json.dumps(pattern), f"{NAME}-{name}", f"Tells of {name}"
        events.put_rule(Name=rule, EventPattern=text, State="ENABLED", Description=words)
        events.put_targets(Rule=rule, Targets=[target(stage)])
        fields = {"pattern": text, "state": "ENABLED", "description": words}
        stage.want("event_rule", name, rule, {**fields, "targets": [written]})
    rule = {"Name": f"{NAME}-healer", "ScheduleExpression": "rate(1 minute)", "State": "ENABLED"}
    events.put_rule(**rule, Description="Heals")
    function = f"arn:aws:lambda:{REGION}:123456789012:function:healer"
    events.put_targets(Rule=rule["Name"], Targets=[{"Id": "healer", "Arn": function}])
    fields = {"schedule": "rate(1 minute)", "state": "ENABLED", "description": "Heals"}
    stage.want(
        "event_rule",
        "healer",
        rule["Name"],
        {**fields, "targets": [{"id": "healer", "arn": function}]},
    )
