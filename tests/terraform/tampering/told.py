"""What is told and by whom: load balancer, topic, queue, event rules."""

import json
from typing import Any

from tests.terraform.tampering.stage import NAME, Family, Stage


def read_balancer(stage: Stage) -> Any:
    elb, listener = stage.elbv2, stage.listener()
    arn, group = stage.balancer(), stage.outputs["target_group_arn"]
    of_balancer = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    of_group = elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    row = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    words = ("HealthCheckPath", "HealthCheckIntervalSeconds", "UnhealthyThresholdCount", "Matcher")
    return {
        "balancer": sorted((one["Key"], one["Value"]) for one in of_balancer),
        "attributes": sorted((one["Key"], one["Value"]) for one in of_group),
        "health": {word: row[word] for word in words},
        "does": [one["Type"] for one in listener["DefaultActions"]],
        "rules": sorted(
            (one["Priority"], paths(one["Conditions"]), one["Actions"][0]["Type"]) for one in rules
        ),
        "tags": sorted(
            (one["Key"], one["Value"])
            for one in elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
        ),
        "groups": elb.describe_load_balancers()["LoadBalancers"][0]["SecurityGroups"],
    }


def paths(conditions: list[dict]) -> list[str]:
    found = [one.get("Values") or one["PathPatternConfig"]["Values"] for one in conditions]
    return sorted(value for values in found for value in values)


def bend_balancer(stage: Stage) -> None:
    elb, listener = stage.elbv2, stage.listener()["ListenerArn"]
    arn, group = stage.balancer(), stage.outputs["target_group_arn"]
    dropped = {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "false"}
    idle = {"Key": "idle_timeout.timeout_seconds", "Value": "30"}
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[dropped, idle])
    elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[stage.sg("database")])
    elb.remove_tags(ResourceArns=[arn], TagKeys=["Project"])
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "0"}
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[delay])
    lax = {"HealthCheckPath": "/", "HealthCheckIntervalSeconds": 300, "UnhealthyThresholdCount": 10}
    elb.modify_target_group(TargetGroupArn=group, **lax, Matcher={"HttpCode": "200-499"})
    rule = next(
        one for one in elb.describe_rules(ListenerArn=listener)["Rules"] if one["Priority"] == "1"
    )
    elsewhere = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/nothing"]}}
    elb.modify_rule(RuleArn=rule["RuleArn"], Conditions=[elsewhere])
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    elb.modify_listener(ListenerArn=listener, DefaultActions=[answer])


def read_notices(stage: Stage) -> Any:
    topic = stage.sns.get_topic_attributes(TopicArn=stage.topic_arn())["Attributes"]
    queue = stage.sqs.get_queue_attributes(QueueUrl=stage.queue_url(), AttributeNames=["All"])
    rules = stage.events.list_rules(NamePrefix=NAME)["Rules"]
    return {
        "topic": [json.loads(topic["Policy"])["Statement"], topic.get("DisplayName")],
        "key": topic.get("KmsMasterKeyId"),
        "queue": [
            json.loads(queue["Attributes"].get("Policy", "{}")).get("Statement"),
            queue["Attributes"]["MessageRetentionPeriod"],
        ],
        "rules": {
            one["Name"]: [
                json.loads(one.get("EventPattern", "{}")),
                one.get("ScheduleExpression"),
                one["State"],
                stage.events.list_targets_by_rule(Rule=one["Name"])["Targets"],
            ]
            for one in rules
        },
    }


def gag(stage: Stage) -> None:
    sns, events, topic = stage.sns, stage.events, stage.topic_arn()
    open_to_all = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
        ],
    }
    for name, value in (
        ("Policy", json.dumps(open_to_all)),
        ("DisplayName", "Somebody else"),
        ("KmsMasterKeyId", ""),
    ):
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    short = {"MessageRetentionPeriod": "60"}
    stage.sqs.set_queue_attributes(QueueUrl=stage.queue_url(), Attributes=short)
    events.disable_rule(Name=f"{NAME}-scaling")
    events.put_rule(Name=f"{NAME}-alarm-ended", EventPattern='{"source": ["aws.nothing"]}')
    events.remove_targets(Rule=f"{NAME}-alarm-raised", Ids=["notices"])
    spy = {"Id": "spy", "Arn": "arn:aws:sqs:ap-south-1:123456789012:spy"}
    events.put_targets(Rule=f"{NAME}-refresh", Targets=[spy])
    events.remove_targets(Rule=f"{NAME}-healer-group", Ids=["healer"])
    events.delete_rule(Name=f"{NAME}-healer-group")


FAMILIES = (
    Family("balancer", ("module.alb",), read_balancer, bend_balancer),
    Family("notices", ("module.monitoring", "module.healing"), read_notices, gag),
)
