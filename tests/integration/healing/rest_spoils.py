"""Ways to spoil the load balancer and who is told, through boto3."""

import json
from typing import Any

from cloudscale.ops.healing.resource import Ref
from tests.aws_server import REGION
from tests.integration.healing.rest_stage import NOT_FOUND, PATTERNS, may, named, target
from tests.integration.healing.spoiling import spoils_rest as spoils
from tests.integration.healing.stage import NAME, Stage

ALB, GROUP = Ref("load_balancer", "alb"), Ref("target_group", "fleet")
HTTP, HTTPS = Ref("listener", "http"), Ref("listener", "https")
METRICS, TOPIC, QUEUE = (
    Ref("listener_rule", "metrics"),
    Ref("topic", "notices"),
    Ref("queue", "untold"),
)
MAIL, SCALING = Ref("subscription", "email"), Ref("event_rule", "scaling")
ALARM, HEALER = Ref("event_rule", "alarm"), Ref("event_rule", "healer")
SPY = f"arn:aws:sqs:{REGION}:123456789012:spy"


@spoils(ALB, "attributes")
def the_balancer_may_be_deleted_and_hangs_up_early(stage: Stage) -> None:
    loose = {"deletion_protection.enabled": "false", "idle_timeout.timeout_seconds": "30"}
    stage.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=stage.ids["balancer"], Attributes=named(loose)
    )


@spoils(ALB, "security_groups")
def the_balancer_has_another_security_group(stage: Stage) -> None:
    groups = [stage.ids["alb"], stage.ids["other"]]
    balancer = stage.ids["balancer"]
    stage.client("elbv2").set_security_groups(LoadBalancerArn=balancer, SecurityGroups=groups)


@spoils(ALB, "subnets")
def the_balancer_stands_in_one_more_zone(stage: Stage) -> None:
    balancer, subnets = stage.ids["balancer"], stage.ids["subnets"]
    stage.client("elbv2").set_subnets(LoadBalancerArn=balancer, Subnets=subnets)


@spoils(ALB, "tags")
def the_balancer_loses_its_tag(stage: Stage) -> None:
    arns = [stage.ids["balancer"]]
    stage.client("elbv2").remove_tags(ResourceArns=arns, TagKeys=["Project"])


@spoils(GROUP, "tags")
def a_tag_of_the_target_group_says_something_else(stage: Stage) -> None:
    mine = [{"Key": "Project", "Value": "mine"}]
    stage.client("elbv2").add_tags(ResourceArns=[stage.ids["group"]], Tags=mine)


@spoils(GROUP, "health_check")
def everything_counts_as_healthy(stage: Stage) -> None:
    lax = {"HealthCheckPath": "/", "HealthCheckIntervalSeconds": 300, "UnhealthyThresholdCount": 10}
    stage.client("elbv2").modify_target_group(
        TargetGroupArn=stage.ids["group"], **lax, Matcher={"HttpCode": "200-499"}
    )


@spoils(GROUP, "attributes")
def servers_that_leave_hang_up(stage: Stage) -> None:
    stage.client("elbv2").modify_target_group_attributes(
        TargetGroupArn=stage.ids["group"],
        Attributes=named({"deregistration_delay.timeout_seconds": "0"}),
    )


def _redirect(stage: Stage, **changes: str) -> None:
    to = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301", **changes}
    stage.client("elbv2").modify_listener(
        ListenerArn=stage.ids["http"], DefaultActions=[{"Type": "redirect", "RedirectConfig": to}]
    )


@spoils(HTTP, "actions")
def browsers_are_sent_to_another_port(stage: Stage) -> None:
    _redirect(stage, Port="8443")


@spoils(HTTP, "actions")
def browsers_are_sent_to_another_host(stage: Stage) -> None:
    _redirect(stage, Host="shop.example.net")


@spoils(HTTP, "actions")
def browsers_are_sent_to_another_page(stage: Stage) -> None:
    _redirect(stage, Path="/sale", Query="from=ad")


@spoils(HTTPS, "actions")
def requests_go_to_another_target_group(stage: Stage) -> None:
    elsewhere = {"Type": "forward", "TargetGroupArn": stage.ids["stranger"]}
    listener = stage.ids["https"]
    stage.client("elbv2").modify_listener(ListenerArn=listener, DefaultActions=[elsewhere])


@spoils(HTTPS, "certificates", "ssl_policy")
def another_certificate_and_old_ciphers(stage: Stage) -> None:
    stage.client("elbv2").modify_listener(
        ListenerArn=stage.ids["https"],
        Certificates=[{"CertificateArn": stage.ids["other certificate"]}],
        SslPolicy="ELBSecurityPolicy-2016-08",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": stage.ids["group"]}],
    )


@spoils(HTTPS, "port")
def the_listener_has_another_port(stage: Stage) -> None:
    stage.client("elbv2").modify_listener(
        ListenerArn=stage.ids["https"],
        Port=8443,
        Certificates=[{"CertificateArn": stage.ids["certificate"]}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": stage.ids["group"]}],
    )


@spoils(METRICS, "actions")
def the_figures_are_shown_to_everybody(stage: Stage) -> None:
    forward = {"Type": "forward", "TargetGroupArn": stage.ids["group"]}
    stage.client("elbv2").modify_rule(RuleArn=stage.ids["rule"], Actions=[forward])


@spoils(METRICS, "conditions")
def a_path_of_the_rule_is_gone(stage: Stage) -> None:
    paths = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/metrics"]}}
    stage.client("elbv2").modify_rule(RuleArn=stage.ids["rule"], Conditions=[paths])


@spoils(METRICS, "priority", "actions")
def the_rule_comes_later_and_says_something_else(stage: Stage) -> None:
    elb, rule = stage.client("elbv2"), stage.ids["rule"]
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": rule, "Priority": 50}])
    answer = {"Type": "fixed-response", "FixedResponseConfig": {**NOT_FOUND, "StatusCode": "200"}}
    elb.modify_rule(RuleArn=rule, Actions=[answer])


def _tell(stage: Stage, name: str, value: str) -> None:
    stage.client("sns").set_topic_attributes(
        TopicArn=stage.ids["topic"], AttributeName=name, AttributeValue=value
    )


@spoils(TOPIC, "policy")
def anybody_may_publish(stage: Stage) -> None:
    _tell(stage, "Policy", may(stage.ids["topic"], "sns:Publish", {"AWS": "*"}))


@spoils(TOPIC, "key", "display_name")
def notices_have_another_key_and_name(stage: Stage) -> None:
    _tell(stage, "KmsMasterKeyId", stage.ids["other key"])
    _tell(stage, "DisplayName", "Somebody")


@spoils(TOPIC, "tags")
def the_topic_loses_its_tag(stage: Stage) -> None:
    stage.client("sns").untag_resource(ResourceArn=stage.ids["topic"], TagKeys=["Project"])


@spoils(MAIL, "*")
def nobody_is_mailed(stage: Stage) -> None:
    sns, topic = stage.client("sns"), stage.ids["topic"]
    for row in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=row["SubscriptionArn"])


def _keep(stage: Stage, **attributes: str) -> None:
    stage.client("sqs").set_queue_attributes(QueueUrl=stage.ids["queue"], Attributes=attributes)


@spoils(QUEUE, "policy", "retention_seconds")
def anybody_may_write_to_the_queue_that_forgets_soon(stage: Stage) -> None:
    policy = may(stage.ids["dead letters"], "sqs:*", {"AWS": "*"})
    _keep(stage, Policy=policy, MessageRetentionPeriod="60")


@spoils(QUEUE, "policy")
def nobody_may_write_to_the_queue(stage: Stage) -> None:
    _keep(stage, Policy="")


@spoils(QUEUE, "*")
def the_queue_is_gone(stage: Stage) -> None:
    stage.client("sqs").delete_queue(QueueUrl=stage.ids["queue"])


def _put(stage: Stage, name: str, **changes: Any) -> None:
    """A rule with its target changed."""
    row = {**target(stage), **changes}
    told = {word: value for word, value in row.items() if value is not None}
    stage.client("events").put_targets(Rule=f"{NAME}-{name}", Targets=[told])


@spoils(SCALING, "state")
def a_rule_is_switched_off(stage: Stage) -> None:
    stage.client("events").disable_rule(Name=f"{NAME}-scaling")


@spoils(ALARM, "pattern", "description")
def a_rule_listens_to_something_else(stage: Stage) -> None:
    stage.client("events").put_rule(
        Name=f"{NAME}-alarm",
        EventPattern=json.dumps({**PATTERNS["alarm"], "detail-type": ["Nothing"]}),
        Description="Mine",
    )


@spoils(SCALING, "targets")
def a_target_says_something_else(stage: Stage) -> None:
    transformer = {"InputPathsMap": {"what": "$.source"}, "InputTemplate": '"All is well: <what>"'}
    _put(stage, "scaling", InputTransformer=transformer)


@spoils(SCALING, "targets")
def what_cannot_be_told_is_lost_at_once(stage: Stage) -> None:
    _put(stage, "scaling", DeadLetterConfig=None, RetryPolicy=None)


@spoils(ALARM, "targets")
def a_rule_has_another_target_instead(stage: Stage) -> None:
    events, rule = stage.client("events"), {"Rule": f"{NAME}-alarm"}
    events.put_targets(**rule, Targets=[{"Id": "spy", "Arn": SPY}])
    events.remove_targets(**rule, Ids=["notices"])


@spoils(ALARM, "targets")
def somebody_listens_too(stage: Stage) -> None:
    spy = {"Id": "spy", "Arn": SPY}
    stage.client("events").put_targets(Rule=f"{NAME}-alarm", Targets=[spy])


@spoils(HEALER, "targets")
def the_function_is_told_the_same_thing_always(stage: Stage) -> None:
    function = stage.resources[HEALER].fields["targets"][0]["arn"]
    told = {"Id": "healer", "Arn": function, "Input": '{"mode": "plan"}'}
    stage.client("events").put_targets(Rule=f"{NAME}-healer", Targets=[told])


@spoils(HEALER, "schedule")
def the_function_runs_once_a_day(stage: Stage) -> None:
    stage.client("events").put_rule(
        Name=f"{NAME}-healer", ScheduleExpression="rate(1 day)", Description="Heals"
    )


@spoils(SCALING, "*")
def a_rule_is_gone(stage: Stage) -> None:
    events = stage.client("events")
    events.remove_targets(Rule=f"{NAME}-scaling", Ids=["notices"])
    events.delete_rule(Name=f"{NAME}-scaling")
