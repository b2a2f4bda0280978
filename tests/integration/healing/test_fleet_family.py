"""The fleet's own resources on an AWS on loopback: spoiled through boto3, seen, and put back.

What is judged is what boto3 reads afterwards, whole: as it was before anybody touched it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.ops.healing.action import Verb
from cloudscale.ops.healing.kinds.kind import WHOLE
from cloudscale.ops.healing.observed import Gone
from cloudscale.ops.healing.resource import Ref
from tests import aws_server
from tests.integration.healing import fleet_stage
from tests.integration.healing.fleet_stage import GROUP, TOPIC, TRUST, Stage

ASG = Ref("auto_scaling_group", "this")
FLEET, ALB = Ref("security_group", "fleet"), Ref("security_group", "alb")
ZONES = "VPCZoneIdentifier"
TEMPLATE = Ref("launch_template", "server")
SERVER = Ref("role", "server")
HIGH, SLOW, BOTH = (Ref("alarm", name) for name in ("high", "slow", "both"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One fleet for all: each test leaves it as it was, and proves that."""
    folder = tmp_path_factory.mktemp("aws")
    with aws_server.running(folder, {"MOTO_EC2_LOAD_DEFAULT_AMIS": "true"}) as aws:
        yield fleet_stage.build(aws)


def as_boto3_reads_it(stage: Stage) -> dict[str, Any]:
    """All of it, read by other calls than healing's where there are others."""
    ec2, scaling, iam = (stage.client(name) for name in ("ec2", "autoscaling", "iam"))
    cloudwatch, role = stage.client("cloudwatch"), {"RoleName": stage.ids["role"]}
    profile = {"InstanceProfileName": stage.ids["role"]}
    (group,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    inline = iam.list_role_policies(**role)["PolicyNames"]
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    return {
        "rules": ec2.describe_security_group_rules()["SecurityGroupRules"],
        "tags": [one for one in ec2.describe_tags()["Tags"] if one["ResourceType"] != "instance"],
        "group": {name: group[name] for name in group if name not in ("Instances", ZONES)},
        "zones": set(group[ZONES].split(",")),
        "hooks": scaling.describe_lifecycle_hooks(AutoScalingGroupName=GROUP)["LifecycleHooks"],
        "policies": scaling.describe_policies()["ScalingPolicies"],
        "alarms": alarms,
        "alarm tags": {one["AlarmName"]: _tags(stage, one["AlarmArn"]) for one in alarms},
        "role": iam.get_role(**role)["Role"],
        "attached": iam.list_attached_role_policies(**role)["AttachedPolicies"],
        "inline": [iam.get_role_policy(**role, PolicyName=name) for name in inline],
        "profile": iam.get_instance_profile(**profile)["InstanceProfile"]["Roles"],
        "template": ec2.describe_launch_templates()["LaunchTemplates"][0]["DefaultVersionNumber"],
    }


def _tags(stage: Stage, arn: str) -> Any:
    return stage.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]


MADE_UP = {
    *("ResponseMetadata", "SecurityGroupRuleId", "SecurityGroupRuleArn", "RoleLastUsed"),
    *("StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp"),
    "StateTransitionedTimestamp",
}
DEFAULTS = {"ReturnData": True, "TreatMissingData": "missing"}


def spelled(value: Any) -> Any:
    """Without order, times, names that AWS makes up anew, and what AWS takes for granted."""
    if isinstance(value, dict):
        said = {
            name: one for name, one in value.items() if one is None or DEFAULTS.get(name) != one
        }
        return {name: spelled(one) for name, one in said.items() if name not in MADE_UP}
    if isinstance(value, list):
        return sorted(map(spelled, value), key=lambda one: json.dumps(one, default=str))
    return value


# Each way to spoil it: what is done through boto3, to which resource, and which fields show it.
Spoil = Callable[[Stage], Any]
SPOILED: dict[str, tuple[Ref, set[str], Spoil]] = {}


def spoils(ref: Ref, *fields: str) -> Callable[[Spoil], Spoil]:
    def noted(spoil: Spoil) -> Spoil:
        SPOILED[spoil.__name__.replace("_", " ")] = (ref, set(fields), spoil)
        return spoil

    return noted


def _rule(port: int, **origin: Any) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **origin}]


def _balancer(stage: Stage) -> dict[str, Any]:
    pair = {"GroupId": stage.ids["alb"], "Description": "The load balancer"}
    return {"UserIdGroupPairs": [pair]}


@spoils(FLEET, "ingress")
def ssh_is_opened_to_the_world(stage: Stage) -> None:
    anywhere = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    stage.client("ec2").authorize_security_group_ingress(
        GroupId=stage.ids["fleet"], IpPermissions=_rule(22, **anywhere)
    )


@spoils(FLEET, "ingress")
def the_balancer_is_locked_out(stage: Stage) -> None:
    stage.client("ec2").revoke_security_group_ingress(
        GroupId=stage.ids["fleet"], IpPermissions=_rule(8000, **_balancer(stage))
    )


@spoils(FLEET, "ingress")
def the_port_is_another_one(stage: Stage) -> None:
    the_balancer_is_locked_out(stage)
    stage.client("ec2").authorize_security_group_ingress(
        GroupId=stage.ids["fleet"], IpPermissions=_rule(8001, **_balancer(stage))
    )


@spoils(ALB, "ingress")
def another_source_joins_a_rule(stage: Stage) -> None:
    stage.client("ec2").authorize_security_group_ingress(
        GroupId=stage.ids["alb"], IpPermissions=_rule(443, IpRanges=[{"CidrIp": "10.1.2.3/32"}])
    )


@spoils(ALB, "egress")
def nothing_gets_out(stage: Stage) -> None:
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    stage.client("ec2").revoke_security_group_egress(
        GroupId=stage.ids["alb"], IpPermissions=everything
    )


@spoils(FLEET, "tags")
def a_group_loses_its_tag(stage: Stage) -> None:
    stage.client("ec2").delete_tags(Resources=[stage.ids["fleet"]], Tags=[{"Key": "Name"}])


@spoils(ALB, "tags")
def a_tag_of_a_group_says_something_else(stage: Stage) -> None:
    changed = [{"Key": "Name", "Value": "mine"}]
    stage.client("ec2").create_tags(Resources=[stage.ids["alb"]], Tags=changed)


def _update(stage: Stage, **changes: Any) -> None:
    stage.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=GROUP, **changes)


@spoils(ASG, "max_size")
def the_fleet_may_grow_without_end(stage: Stage) -> None:
    _update(stage, MaxSize=100)


@spoils(ASG, "min_size")
def the_fleet_may_vanish(stage: Stage) -> None:
    _update(stage, MinSize=0)


@spoils(ASG, "min_size", "desired_capacity")
def the_fleet_is_sent_home(stage: Stage) -> None:
    _update(stage, MinSize=0, DesiredCapacity=0)


@spoils(ASG, "subnets")
def a_zone_is_taken_away(stage: Stage) -> None:
    _update(stage, VPCZoneIdentifier=stage.ids["subnets"][0])


@spoils(ASG, "health_check_type", "health_check_grace_seconds")
def nobody_asks_the_balancer(stage: Stage) -> None:
    _update(stage, HealthCheckType="EC2", HealthCheckGracePeriod=7200)


@spoils(ASG, "protects_new_instances")
def new_servers_are_protected(stage: Stage) -> None:
    _update(stage, NewInstancesProtectedFromScaleIn=True)


@spoils(ASG, "suspended_processes")
def processes_are_suspended(stage: Stage) -> None:
    stage.client("autoscaling").suspend_processes(
        AutoScalingGroupName=GROUP, ScalingProcesses=["Launch", "AlarmNotification"]
    )


@spoils(ASG, "metrics")
def metrics_are_no_longer_collected(stage: Stage) -> None:
    stage.client("autoscaling").enable_metrics_collection(
        AutoScalingGroupName=GROUP, Metrics=fleet_stage.METRICS[:1], Granularity="1Minute"
    )


@spoils(ASG, "target_groups")
def the_balancer_loses_the_fleet(stage: Stage) -> None:
    stage.client("autoscaling").detach_load_balancer_target_groups(
        AutoScalingGroupName=GROUP, TargetGroupARNs=[stage.ids["target_group"]]
    )


@spoils(ASG, "launch_template")
def the_group_launches_whatever_is_newest(stage: Stage) -> None:
    template = {"LaunchTemplateId": stage.ids["template"], "Version": "$Latest"}
    _update(stage, LaunchTemplate=template)


@spoils(ASG, "tags")
def the_fleet_is_tagged_otherwise(stage: Stage) -> None:
    tag = {"ResourceId": GROUP, "ResourceType": "auto-scaling-group", "Key": "Project"}
    told = {**tag, "Value": "mine", "PropagateAtLaunch": True}
    stage.client("autoscaling").create_or_update_tags(Tags=[told])


@spoils(ASG, "tags")
def the_fleet_loses_its_tag(stage: Stage) -> None:
    tag = {"ResourceId": GROUP, "ResourceType": "auto-scaling-group", "Key": "Project"}
    stage.client("autoscaling").delete_tags(Tags=[tag])


@spoils(Ref("lifecycle_hook", "launching"), "default_result", "timeout_seconds")
def a_hook_lets_everything_in(stage: Stage) -> None:
    stage.client("autoscaling").put_lifecycle_hook(
        LifecycleHookName="launching",
        AutoScalingGroupName=GROUP,
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
        DefaultResult="CONTINUE",
        HeartbeatTimeout=30,
    )


@spoils(Ref("lifecycle_hook", "launching"), WHOLE)
def a_hook_is_deleted(stage: Stage) -> None:
    stage.client("autoscaling").delete_lifecycle_hook(
        LifecycleHookName="launching", AutoScalingGroupName=GROUP
    )


def _policy(stage: Stage, name: str, **changes: Any) -> None:
    stage.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName=GROUP, PolicyName=name, **changes
    )


@spoils(Ref("scaling_policy", "out"), "steps", "adjustment_type", "warm_up_seconds")
def a_policy_throws_servers_away(stage: Stage) -> None:
    _policy(
        stage,
        "out",
        PolicyType="StepScaling",
        AdjustmentType="PercentChangeInCapacity",
        MetricAggregationType="Average",
        StepAdjustments=[{"MetricIntervalLowerBound": 0, "ScalingAdjustment": -50}],
        EstimatedInstanceWarmup=1,
    )


@spoils(Ref("scaling_policy", "in"), "adjustment", "cooldown_seconds")
def a_simple_policy_takes_more(stage: Stage) -> None:
    kinds = {"PolicyType": "SimpleScaling", "AdjustmentType": "ChangeInCapacity"}
    _policy(stage, "in", **kinds, ScalingAdjustment=-3, Cooldown=1)


@spoils(Ref("scaling_policy", "cpu"), "target")
def a_target_is_out_of_reach(stage: Stage) -> None:
    metric = {"PredefinedMetricType": "ASGAverageCPUUtilization"}
    target = {"PredefinedMetricSpecification": metric, "TargetValue": 99, "DisableScaleIn": True}
    _policy(stage, "cpu", PolicyType="TargetTrackingScaling", TargetTrackingConfiguration=target)


@spoils(Ref("scaling_policy", "in"), WHOLE)
def a_policy_is_deleted(stage: Stage) -> None:
    stage.client("autoscaling").delete_policy(PolicyName="in", AutoScalingGroupName=GROUP)


def _alarm(stage: Stage, name: str, **changes: Any) -> None:
    """Put it as it is, but for the changes."""
    cloudwatch = stage.client("cloudwatch")
    (row,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    told = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    kept = {word: value for word, value in row.items() if word in told}
    cloudwatch.put_metric_alarm(**{**kept, **changes})


@spoils(HIGH, "threshold", "period_seconds", "evaluation_periods", "datapoints_to_alarm")
def an_alarm_never_goes_off(stage: Stage) -> None:
    _alarm(stage, "high", Threshold=101, Period=300, EvaluationPeriods=9, DatapointsToAlarm=9)


@spoils(HIGH, "is_enabled")
def an_alarm_is_disabled(stage: Stage) -> None:
    stage.client("cloudwatch").disable_alarm_actions(AlarmNames=["high"])


@spoils(HIGH, "alarm_actions", "ok_actions", "no_data_actions")
def an_alarm_runs_another_thing(stage: Stage) -> None:
    topics = {"OKActions": [TOPIC], "InsufficientDataActions": [TOPIC]}
    _alarm(stage, "high", AlarmActions=[f"{TOPIC}-of-mine"], **topics)


@spoils(HIGH, "alarm_actions")
def an_alarm_runs_a_policy_that_is_not_there_any_more(stage: Stage) -> None:
    old = stage.ids["step_arn"].replace("c322761b", "00000000")
    _alarm(stage, "high", AlarmActions=[old])


@spoils(HIGH, "dimensions", "metric", "namespace", "statistic", "description")
def an_alarm_looks_elsewhere(stage: Stage) -> None:
    elsewhere = {"Dimensions": [], "MetricName": "Calm", "Namespace": "Mine"}
    _alarm(stage, "high", **elsewhere, Statistic="Minimum", AlarmDescription="Nothing")


@spoils(HIGH, "comparison", "missing_data")
def an_alarm_is_turned_round(stage: Stage) -> None:
    turned = {"ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching"}
    _alarm(stage, "high", **turned)


@spoils(HIGH, "tags")
def an_alarm_loses_its_tag(stage: Stage) -> None:
    cloudwatch = stage.client("cloudwatch")
    arn = cloudwatch.describe_alarms(AlarmNames=["high"])["MetricAlarms"][0]["AlarmArn"]
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["Project"])


@spoils(SLOW, "extended_statistic", "few_samples")
def a_slow_answer_is_overlooked(stage: Stage) -> None:
    _alarm(stage, "slow", ExtendedStatistic="p1", EvaluateLowSampleCountPercentile="evaluate")


@spoils(SLOW, WHOLE)
def an_alarm_is_deleted(stage: Stage) -> None:
    stage.client("cloudwatch").delete_alarms(AlarmNames=["slow"])


@spoils(BOTH, "queries")
def an_alarm_computes_something_else(stage: Stage) -> None:
    (row,) = stage.client("cloudwatch").describe_alarms(AlarmNames=["both"])["MetricAlarms"]
    queries = [
        {**one, "Expression": "0 * m1"} if "Expression" in one else one for one in row["Metrics"]
    ]
    _alarm(stage, "both", Metrics=queries)


@spoils(SERVER, "trust")
def anybody_may_take_the_role(stage: Stage) -> None:
    statement = {**TRUST["Statement"][0], "Principal": {"AWS": "*"}}
    trust = json.dumps({**TRUST, "Statement": [statement]})
    role = stage.ids["role"]
    stage.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=trust)


ANYTHING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
)


@spoils(SERVER, "inline")
def the_role_may_do_anything(stage: Stage) -> None:
    stage.client("iam").put_role_policy(
        RoleName=stage.ids["role"], PolicyName="server", PolicyDocument=ANYTHING
    )


@spoils(SERVER, "inline")
def the_role_has_a_policy_more(stage: Stage) -> None:
    stage.client("iam").put_role_policy(
        RoleName=stage.ids["role"], PolicyName="mine", PolicyDocument=ANYTHING
    )


@spoils(SERVER, "inline", "attached")
def the_role_may_do_nothing(stage: Stage) -> None:
    iam, role = stage.client("iam"), stage.ids["role"]
    iam.delete_role_policy(RoleName=role, PolicyName="server")
    iam.detach_role_policy(RoleName=role, PolicyArn=stage.ids["policy"])


@spoils(SERVER, "tags")
def the_role_loses_its_tag(stage: Stage) -> None:
    stage.client("iam").untag_role(RoleName=stage.ids["role"], TagKeys=["Project"])


@spoils(Ref("instance_profile", "server"), "role")
def servers_get_another_role(stage: Stage) -> None:
    iam, name = stage.client("iam"), {"InstanceProfileName": stage.ids["role"]}
    iam.remove_role_from_instance_profile(**name, RoleName=stage.ids["role"])
    iam.add_role_to_instance_profile(**name, RoleName="stranger")


@spoils(Ref("instance_profile", "server"), "role")
def servers_get_no_role(stage: Stage) -> None:
    role = stage.ids["role"]
    stage.client("iam").remove_role_from_instance_profile(InstanceProfileName=role, RoleName=role)


@spoils(TEMPLATE, "default_version")
def another_version_becomes_the_default(stage: Stage) -> None:
    template = {"LaunchTemplateId": stage.ids["template"]}
    ec2 = stage.client("ec2")
    data = {**stage.ids["data"], "InstanceType": "p5.48xlarge"}
    made = ec2.create_launch_template_version(**template, LaunchTemplateData=data)
    number = made["LaunchTemplateVersion"]["VersionNumber"]
    ec2.modify_launch_template(**template, DefaultVersion=str(number))


def test_nothing_differs_where_nobody_has_touched_anything_and_it_takes_few_calls(stage: Stage):
    calls = Calls(stage.client)
    observed = stage.observe(calls)
    assert len(observed.resources) == len(stage.resources) == 13
    assert calls.made <= 12
    assert stage.planned() == ()


@pytest.mark.parametrize("name", SPOILED)
def test_what_was_spoiled_is_put_back_as_it_was_and_undone_and_put_back_again(
    stage: Stage, name: str
):
    ref, fields, spoil = SPOILED[name]
    before = spelled(as_boto3_reads_it(stage))
    spoil(stage)
    tampered = spelled(as_boto3_reads_it(stage))
    assert tampered != before
    (action,) = stage.planned()
    assert (action.ref, set(action.before)) == (ref, fields)
    assert set(action.after) == fields
    stage.make(action)
    assert spelled(as_boto3_reads_it(stage)) == before
    assert stage.planned() == ()
    # Size is scaling's, so that it is not undone; and moto knows no disable_metrics_collection.
    if action.undo and not fields & {"desired_capacity", "metrics"}:
        stage.make(action, undo=True)
        assert spelled(as_boto3_reads_it(stage)) == tampered
        (again,) = stage.planned()
        assert again.id == action.id
        stage.make(again)
        assert spelled(as_boto3_reads_it(stage)) == before


def test_a_template_version_that_is_gone_is_told_and_left_to_terraform(stage: Stage):
    template = {"LaunchTemplateId": stage.ids["template"]}
    gone = stage.resources[TEMPLATE]
    stage.resources[TEMPLATE] = replace(gone, about={"version": 999})
    try:
        (action,) = stage.planned("launch_template")
    finally:
        stage.resources[TEMPLATE] = gone
    assert (action.verb, set(action.before)) == (Verb.REPORT, {"content"})
    assert stage.client("ec2").describe_launch_templates(LaunchTemplateIds=[*template.values()])


@pytest.mark.parametrize(
    ("ref", "id_"),
    [
        (FLEET, "sg-00000000000000000"),
        (ASG, "nowhere"),
        (SERVER, "nobody"),
        (Ref("instance_profile", "server"), "nobody"),
        (TEMPLATE, "lt-00000000000000000"),
    ],
    ids=str,
)
def test_what_cannot_be_made_again_by_a_call_is_told(stage: Stage, ref: Ref, id_: str):
    wanted = stage.resources[ref]
    stage.resources[ref] = replace(wanted, id=id_)
    try:
        (action,) = stage.planned(ref.kind)
    finally:
        stage.resources[ref] = wanted
    assert (action.verb, set(action.before)) == (Verb.REPORT, {WHOLE})
    assert action.by_hand == f"terraform apply -target='{wanted.address}'"


def test_policies_and_hooks_of_a_group_that_is_gone_are_gone_too(stage: Stage):
    stage = replace(stage, resources=dict(stage.resources))
    for kind, name in (("scaling_policy", "out"), ("lifecycle_hook", "launching")):
        ref = Ref(kind, name)
        stage.resources[ref] = replace(stage.resources[ref], about={"group": "nowhere"})
        assert stage.observe(None, kind).resources[ref] == Gone()
