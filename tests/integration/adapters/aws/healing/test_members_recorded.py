"""The members of the fleet, from recorded answers: what the API server on loopback cannot hold."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cloudscale.adapters.aws.healing.observing import members
from cloudscale.adapters.aws.healing.world import AwsWorld
from cloudscale.ops.healing import pressure, recovery
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.observed import Fleet, Observed
from cloudscale.ops.healing.resource import Ref
from tests.integration.adapters.aws.conftest import GROUP
from tests.integration.adapters.aws.healing.conftest import STACK
from tests.integration.adapters.aws.healing.recorded import recorded, series
from tests.integration.adapters.aws.healing.recorded_fleet import (
    ARN,
    NAMES,
    SERVERS_FAULT,
    STARTING,
    TIMED_OUT,
    WELL,
    aws,
    group,
    impaired,
    statuses,
    targets,
    with_rows,
)

FACTS = StackFacts(STACK, "ap-south-1", group=GROUP, target_group=ARN)


def desired() -> Desired:
    return Desired("change", FACTS, Limits(), ())


def actions(fleet: Fleet) -> list[Action]:
    now = datetime.now(UTC)
    seen, past = Observed(now, fleet=fleet), History(now)
    return [
        *recovery.actions(desired(), seen, past),
        *pressure.actions(desired(), seen, past),
    ]


def look(**told: Any) -> Fleet:
    with aws(**told) as calls:
        seen = members.observe(calls, FACTS)
        assert calls.made <= 6
    return seen


def test_a_recorded_fleet_that_is_well_is_left_alone():
    seen = look()
    assert seen.grace_seconds == 180
    assert actions(seen) == []


def test_an_unhealthy_target_whose_machine_runs_is_a_frozen_application():
    (action,) = actions(look(describe_target_health=targets(TIMED_OUT, WELL, WELL)))
    assert (action.verb, action.cause, action.ref.name) == (Verb.REBOOT, "frozen", NAMES[0])


def test_one_that_is_still_initial_long_after_its_launch_never_became_healthy():
    (action,) = actions(look(describe_target_health=targets(STARTING, WELL, WELL)))
    assert (action.verb, action.cause) == (Verb.REPLACE, "never-healthy")


@pytest.mark.parametrize(
    "told",
    [SERVERS_FAULT, {"State": "unavailable", "Reason": "Target.HealthCheckDisabled"}],
)
def test_what_the_load_balancer_says_of_itself_is_no_word_on_a_member(told: dict[str, str]):
    seen = look(describe_target_health=targets(told, WELL, WELL))
    assert seen.members[0].target is None
    assert actions(seen) == []


def test_of_a_member_with_two_ports_the_worse_counts():
    told = targets(WELL, WELL, WELL)
    for state in (TIMED_OUT, WELL):
        row = {"Target": {"Id": NAMES[1], "Port": 8001}, "TargetHealth": state}
        told["TargetHealthDescriptions"].append(row)
    assert look(describe_target_health=told).members[1].target == "unhealthy"


def test_a_failed_check_of_its_own_system_is_rebooted():
    (action,) = actions(look(describe_instance_status=statuses({"InstanceStatus": impaired(90)})))
    assert (action.verb, action.cause, action.ref.name) == (Verb.REBOOT, "checks-failed", NAMES[0])
    assert "its own system" in action.reason


def test_a_failed_check_of_the_host_is_replaced_while_the_member_still_serves():
    (action,) = actions(look(describe_instance_status=statuses({"SystemStatus": impaired(90)})))
    assert (action.verb, action.commands[0].operation) == (Verb.REPLACE, "set_instance_health")


def test_a_check_that_failed_a_moment_ago_or_knows_nothing_is_waited_for():
    soon = statuses({"InstanceStatus": impaired(10)})
    assert actions(look(describe_instance_status=soon)) == []
    unknown = statuses({"InstanceStatus": {"Status": "insufficient-data"}})
    assert actions(look(describe_instance_status=unknown)) == []


def test_when_every_target_is_unhealthy_people_are_called():
    (action,) = actions(look(describe_target_health=targets(TIMED_OUT, TIMED_OUT, TIMED_OUT)))
    assert (action.verb, action.cause, action.commands) == (Verb.REPORT, "all-sick", ())


@pytest.mark.parametrize("status", ["Pending", "InProgress", "RollbackInProgress"])
def test_during_a_refresh_nobody_is_touched(status: str):
    refresh = {"InstanceRefreshId": "r", "AutoScalingGroupName": GROUP, "Status": status}
    seen = look(
        describe_instance_refreshes={"InstanceRefreshes": [refresh]},
        describe_target_health=targets(TIMED_OUT, WELL, WELL),
    )
    assert seen.is_refreshing
    assert actions(seen) == []


def test_a_refresh_that_is_over_is_none():
    over = {"InstanceRefreshId": "r", "AutoScalingGroupName": GROUP, "Status": "Successful"}
    assert not look(describe_instance_refreshes={"InstanceRefreshes": [over]}).is_refreshing


@pytest.mark.parametrize(
    ("told", "is_refreshing"),
    [
        (group(), False),
        (group(DesiredCapacity=4), True),
        (with_rows(LifecycleState="Pending:Wait"), True),
        (with_rows(LaunchTemplate={"LaunchTemplateId": "lt-0", "Version": "2"}), True),
        (group(LaunchTemplate={"LaunchTemplateId": "lt-0", "Version": "4"}), True),
    ],
)
def test_where_refreshes_are_refused_a_group_at_rest_is_none_and_any_other_is_one(
    told: dict[str, Any], is_refreshing: bool
):
    seen = look(
        describe_auto_scaling_groups=told, describe_instance_refreshes="AccessDeniedException"
    )
    assert seen.is_refreshing is is_refreshing
    assert ("refreshes" in seen.absent) is is_refreshing


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ("describe_instance_status", "checks"),
        ("describe_target_health", "target"),
        ("get_metric_data", "figures"),
    ],
)
def test_what_one_service_refuses_is_a_gap_and_followed_by_nothing(operation: str, part: str):
    sick = {
        "describe_target_health": targets(TIMED_OUT, WELL, WELL),
        "describe_instance_status": statuses({"SystemStatus": impaired(90)}),
    }
    seen = look(**{**sick, operation: "AccessDeniedException"})
    assert list(seen.absent) == [part]
    assert "allow it in the role" in seen.absent[part]
    # What the others say is still known and followed.
    assert len(actions(seen)) == 1


def test_where_the_machines_are_refused_nobody_is_touched():
    asked = {
        "autoscaling": [
            ("describe_auto_scaling_groups", group()),
            ("describe_instance_refreshes", {"InstanceRefreshes": []}),
        ],
        "ec2": [("describe_instances", "UnauthorizedOperation")],
        "elbv2": [("describe_target_health", targets(TIMED_OUT, WELL, WELL))],
    }
    with recorded(asked) as calls:
        seen = members.observe(calls, FACTS)
    assert list(seen.absent) == ["machine"]
    assert actions(seen) == []


def test_gaps_of_the_members_are_gaps_of_the_look():
    with aws(describe_target_health="ThrottlingException") as calls:
        world = AwsWorld(calls, {}, see_fleet=members.observe)
        seen = world.observe(desired(), {Ref("member", NAMES[0])})
    assert seen.fleet is not None
    assert list(seen.gaps) == ["fleet target"]
    assert seen.calls == 6


def test_figures_end_at_a_gap_and_old_ones_are_none():
    told = [
        series("cpu0", [1, 2, 3]),
        series("cpu1", [9, 9, 9], last_ago=9),
        series("memory0", [50.0] * 6),
        {**series("memory1", [10, 11]), "Timestamps": series("x", [1, 2, 3])["Timestamps"][::2]},
        series("memory2", [70.0, 71.0], last_ago=0),
    ]
    seen = look(get_metric_data={"MetricDataResults": told}).members
    assert list(seen[0].cpu_percent) == [1, 2, 3]
    assert list(seen[1].cpu_percent) == []
    assert list(seen[2].cpu_percent) == []
    assert list(seen[0].memory_percent) == [50.0] * 6
    assert len(seen[1].memory_percent) == 1
    assert list(seen[2].memory_percent) == [70.0]


def test_one_far_above_its_peers_in_cpu_is_drained_and_load_is_not():
    hot = [series("cpu0", [96] * 5), series("cpu1", [30] * 5), series("cpu2", [35] * 5)]
    (action,) = actions(look(get_metric_data={"MetricDataResults": hot}))
    assert (action.verb, action.ref.name) == (Verb.DRAIN, NAMES[0])
    load = [series(f"cpu{number}", [96] * 5) for number in range(3)]
    assert actions(look(get_metric_data={"MetricDataResults": load})) == []
