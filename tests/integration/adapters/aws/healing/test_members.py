"""The members of the fleet: seen as AWS tells of them, and replaced by calls that AWS takes."""

from datetime import UTC, datetime, timedelta

import pytest

from cloudscale import healer
from cloudscale.adapters.aws.healing import acting
from cloudscale.adapters.aws.healing.observing import members
from cloudscale.ops.healing import pressure, recovery
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.clock import SystemClock
from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.observed import Fleet, Observed
from cloudscale.ops.ports import CloudFault
from tests import healing_events
from tests.integration.adapters.aws.conftest import GROUP, build_fleet
from tests.integration.adapters.aws.healing import resources
from tests.integration.adapters.aws.healing.conftest import STACK, TABLE, Stack

FACTS = StackFacts(STACK, "ap-south-1", group=GROUP)


def desired() -> Desired:
    return Desired("change", FACTS, Limits(), ())


def actions(fleet: Fleet, minutes_later: float = 0) -> list[Action]:
    now = datetime.now(UTC) + timedelta(minutes=minutes_later)
    seen, past = Observed(now, fleet=fleet), History(now)
    return [
        *recovery.actions(desired(), seen, past),
        *pressure.actions(desired(), seen, past),
    ]


@pytest.fixture
def facts(stack: Stack) -> StackFacts:
    """A fleet of three on the API server."""
    arn, _ = build_fleet(stack.aws, instances=3)
    return StackFacts(STACK, "ap-south-1", group=GROUP, target_group=arn)


def in_group(stack: Stack) -> list[str]:
    asked = {"AutoScalingGroupNames": [GROUP]}
    told = stack.aws.client("autoscaling").describe_auto_scaling_groups(**asked)
    return [one["InstanceId"] for one in told["AutoScalingGroups"][0]["Instances"]]


def wanted_size(stack: Stack) -> int:
    asked = {"AutoScalingGroupNames": [GROUP]}
    told = stack.aws.client("autoscaling").describe_auto_scaling_groups(**asked)
    return told["AutoScalingGroups"][0]["DesiredCapacity"]


def test_a_fleet_that_is_well_is_seen_by_six_calls_and_left_alone(stack: Stack, facts: StackFacts):
    calls = stack.calls()
    seen = members.observe(calls, facts)
    assert calls.made == 6
    assert (seen.group, seen.desired, seen.smallest, seen.largest) == (GROUP, 3, 1, 4)
    assert (seen.grace_seconds, seen.is_refreshing, seen.absent) == (300, False, {})
    assert seen.target_group == facts.target_group
    assert sorted(one.id for one in seen.members) == sorted(in_group(stack))
    for one in seen.members:
        assert (one.lifecycle, one.machine, one.checks) == ("InService", "running", "ok")
        assert (one.target, one.is_healthy, one.is_protected) == ("healthy", True, False)
        assert one.launched_at and datetime.now(UTC) - one.launched_at < timedelta(minutes=1)
    assert actions(seen, minutes_later=20) == []


def test_a_stopped_member_is_replaced_and_the_group_stays_as_large(stack: Stack, facts: StackFacts):
    stopped = in_group(stack)[0]
    stack.aws.client("ec2").stop_instances(InstanceIds=[stopped])
    (action,) = actions(members.observe(stack.calls(), facts))
    assert (action.verb, action.cause, action.ref.name) == (Verb.REPLACE, "stopped", stopped)
    acting.act(stack.calls(), action.commands[0])
    assert stopped not in in_group(stack)
    assert (len(in_group(stack)), wanted_size(stack)) == (3, 3)
    assert actions(members.observe(stack.calls(), facts)) == []


def test_a_member_that_the_load_balancer_does_not_know_is_registered(
    stack: Stack, facts: StackFacts
):
    elb, lost = stack.aws.client("elbv2"), in_group(stack)[1]
    elb.deregister_targets(TargetGroupArn=facts.target_group, Targets=[{"Id": lost}])
    (action,) = actions(members.observe(stack.calls(), facts), minutes_later=3)
    assert (action.verb, action.ref.name) == (Verb.REGISTER, lost)
    acting.act(stack.calls(), action.commands[0])
    told = elb.describe_target_health(TargetGroupArn=facts.target_group)
    assert lost in {one["Target"]["Id"] for one in told["TargetHealthDescriptions"]}
    assert actions(members.observe(stack.calls(), facts), minutes_later=3) == []


def test_a_member_stays_while_its_group_launches_nobody(stack: Stack, facts: StackFacts):
    stack.aws.client("ec2").stop_instances(InstanceIds=in_group(stack)[:1])
    asked = {"AutoScalingGroupName": GROUP, "ScalingProcesses": ["Launch"]}
    stack.aws.client("autoscaling").suspend_processes(**asked)
    (action,) = actions(members.observe(stack.calls(), facts))
    assert (action.verb, action.commands) == (Verb.REPORT, ())


@pytest.mark.parametrize(
    "mark", ["a tag of its own", "a tag of the group", "scale-in protection", "a tag for a while"]
)
def test_who_is_marked_is_left_alone(stack: Stack, facts: StackFacts, mark: str):
    stopped = in_group(stack)[0]
    ec2, scaling = stack.aws.client("ec2"), stack.aws.client("autoscaling")
    ec2.stop_instances(InstanceIds=[stopped])
    until = datetime.now(UTC) + timedelta(hours=1)
    told = f"off until {until:%Y-%m-%dT%H:%MZ}" if mark.endswith("while") else "off"
    tag = {"Key": "cloudscale:healing", "Value": told}
    if mark == "scale-in protection":
        scaling.set_instance_protection(
            InstanceIds=[stopped], AutoScalingGroupName=GROUP, ProtectedFromScaleIn=True
        )
    elif mark == "a tag of the group":
        of = {"ResourceId": GROUP, "ResourceType": "auto-scaling-group"}
        scaling.create_or_update_tags(Tags=[{**tag, **of, "PropagateAtLaunch": True}])
    else:
        ec2.create_tags(Resources=[stopped], Tags=[tag])
    seen = members.observe(stack.calls(), facts)
    assert next(one for one in seen.members if one.id == stopped).is_protected
    assert actions(seen) == []


def test_cpu_and_memory_are_read_by_the_minute_and_one_far_above_is_drained(
    stack: Stack, facts: StackFacts
):
    cloudwatch, names = stack.aws.client("cloudwatch"), in_group(stack)
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    figures = {"AWS/EC2": "CPUUtilization", facts.namespace: "mem_used_percent"}
    for namespace, metric in figures.items():
        cloudwatch.put_metric_data(
            Namespace=namespace,
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": "InstanceId", "Value": name}],
                    "Timestamp": minute - timedelta(minutes=ago, seconds=-30),
                    "Value": 96 if number == 0 and namespace != "AWS/EC2" else 40 + number,
                }
                for number, name in enumerate(names)
                for ago in range(1, 9)
            ],
        )
    seen = members.observe(stack.calls(), facts)
    by_id = {one.id: one for one in seen.members}
    assert list(by_id[names[0]].memory_percent)[-5:] == [96] * 5
    assert list(by_id[names[2]].cpu_percent)[-5:] == [42] * 5
    (action,) = actions(seen, minutes_later=20)
    assert (action.verb, action.cause) == (Verb.DRAIN, "memory-above-peers")
    assert action.ref.name == names[0]
    acting.act(stack.calls(), action.commands[0])
    assert not next(
        one for one in members.observe(stack.calls(), facts).members if one.id == names[0]
    ).is_healthy
    assert wanted_size(stack) == 3


def test_a_group_that_is_not_there_is_a_fault(stack: Stack):
    with pytest.raises(CloudFault, match="no Auto Scaling group"):
        members.observe(stack.calls(), FACTS)


def test_the_function_replaces_a_stopped_member_and_the_next_run_calls_it_healed(
    stack: Stack, facts: StackFacts, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {
        "HEALING_STACK": STACK,
        "HEALING_TABLE": TABLE,
        "HEALING_TOPIC_ARN": stack.topic,
        "AWS_REGION": "ap-south-1",
        "AWS_ENDPOINT_URL": stack.aws.url,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(SystemClock, "sleep", lambda self, seconds: None)
    stack.want(*resources.build(stack), group=GROUP, target_group=facts.target_group)
    assert healer.handler(healing_events.SCHEDULE)["outcome"] == "calm"
    stopped = in_group(stack)[0]
    stack.aws.client("ec2").stop_instances(InstanceIds=[stopped])
    told = healer.handler(healing_events.STATE_CHANGE)
    assert told["outcome"] == "acted", told
    assert stopped not in in_group(stack)
    assert (len(in_group(stack)), wanted_size(stack)) == (3, 3)
    healer.handler(healing_events.SCHEDULE)
    subjects = [letter["Subject"] for letter in stack.letters()]
    assert subjects == [
        f"[{STACK}] Server {stopped} was replaced",
        f"[{STACK}] Server {stopped} is well again: replaced",
    ]
    assert healer.handler(healing_events.SCHEDULE)["outcome"] == "calm"
