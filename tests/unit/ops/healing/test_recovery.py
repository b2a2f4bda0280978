"""Sick members: who is touched, how, and who never is."""

from collections.abc import Collection
from typing import Any

import pytest

from cloudscale.ops.healing import members, recovery
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.observed import Fleet, Member
from cloudscale.ops.healing.resource import Ref, Resource
from tests.fleets import NOW, TARGETS, ago, among_well, desired, fleet, frozen, member, past, seen

SICK = Ref("member", "i-1")


def actions(fleet: Fleet | None, rebooted: Collection[Ref] = (), **limits: Any) -> list[Action]:
    return list(recovery.actions(desired(**limits), seen(fleet), past(rebooted)))


def only(fleet: Fleet, rebooted: Collection[Ref] = ()) -> Action:
    (action,) = actions(fleet, rebooted)
    return action


def called(action: Action) -> tuple[str, Any]:
    (command,) = action.commands
    return f"{command.service}.{command.operation}", command.arguments


def impaired(**facts: Any) -> Member:
    return member(checks="impaired", impaired_since=ago(95), **facts)


ENDED = (
    "autoscaling.terminate_instance_in_auto_scaling_group",
    {"InstanceId": "i-1", "ShouldDecrementDesiredCapacity": False},
)
CALLED_UNHEALTHY = (
    "autoscaling.set_instance_health",
    {"InstanceId": "i-1", "HealthStatus": "Unhealthy", "ShouldRespectGracePeriod": False},
)
REBOOTED = ("ec2.reboot_instances", {"InstanceIds": ["i-1"]})


# What is done


def test_a_fleet_that_is_well_is_left_alone():
    assert actions(among_well()) == []


def test_a_frozen_application_is_rebooted_first():
    action = only(among_well(frozen()))
    assert (action.ref, action.verb, action.cause) == (SICK, Verb.REBOOT, "frozen")
    assert called(action) == REBOOTED
    assert "failed the load balancer's checks for 60 s while its machine runs" in action.reason
    assert action.fault_at == ago(60)
    assert action.before["target"] == "unhealthy"


def test_what_a_reboot_did_not_help_is_replaced_and_the_group_keeps_its_size():
    action = only(among_well(frozen()), rebooted={SICK})
    assert (action.verb, action.cause) == (Verb.REPLACE, "frozen")
    assert called(action) == ENDED
    assert "It was rebooted already." in action.reason
    assert "the group stays at 5" in action.reason
    assert action.undo_words


def test_a_reboot_of_another_one_says_nothing_of_this_one():
    assert only(among_well(frozen()), rebooted={Ref("member", "i-9")}).verb is Verb.REBOOT


def test_a_frozen_one_of_which_nobody_knows_since_when_is_believed_to_the_load_balancer():
    action = only(among_well(frozen(target_since=None)))
    assert action.verb is Verb.REBOOT
    assert action.fault_at is None


def test_a_failed_check_of_its_own_system_is_rebooted_first():
    action = only(among_well(impaired(target="unhealthy")))
    assert (action.verb, action.cause) == (Verb.REBOOT, "checks-failed")
    assert "failed for 95 s" in action.reason


def test_a_failed_check_of_the_machine_under_it_is_replaced_at_once():
    action = only(among_well(impaired(target="unhealthy", is_host_sick=True)))
    assert (action.verb, called(action)) == (Verb.REPLACE, ENDED)
    assert "the machine under it" in action.reason


def test_one_that_still_serves_goes_when_the_new_one_serves():
    action = only(among_well(impaired(is_host_sick=True)))
    assert (action.verb, called(action)) == (Verb.REPLACE, CALLED_UNHEALTHY)
    assert "The new one serves before it goes" in action.reason


@pytest.mark.parametrize(
    ("target", "suspended", "is_replaced"),
    [
        ("unused", ["Launch"], False),
        ("unused", ["Terminate", "ReplaceUnhealthy", "AZRebalance"], True),
        ("healthy", ["Launch"], False),
        ("healthy", ["ReplaceUnhealthy"], False),
        ("healthy", ["AlarmNotification"], True),
    ],
)
def test_nobody_is_replaced_by_a_group_that_would_put_nobody_in_its_place(
    target: str, suspended: list[str], is_replaced: bool
):
    stopped = member(machine="stopped", target=target)
    action = only(among_well(stopped, suspended=suspended))
    assert (action.verb is Verb.REPLACE) is is_replaced
    assert bool(action.commands) is is_replaced
    if not is_replaced:
        assert "nobody would come in its place" in action.reason
        assert "resume-processes" in action.by_hand


def test_a_stopped_member_is_replaced():
    action = only(among_well(member(machine="stopped", target="unused", checks=None)))
    assert (action.verb, action.cause, called(action)) == (Verb.REPLACE, "stopped", ENDED)


@pytest.mark.parametrize("target", ["initial", "unhealthy"])
def test_one_that_never_became_healthy_is_replaced_without_a_reboot(target: str):
    launched = ago(425)
    never = member(target=target, launched_at=launched, target_since=launched)
    action = only(among_well(never))
    assert (action.verb, action.cause) == (Verb.REPLACE, "never-healthy")
    assert f"425 s after its launch the load balancer calls it {target}" in action.reason


def test_a_launch_that_does_not_end_is_replaced_when_no_hook_gave_it_up():
    stuck = member(lifecycle="Pending:Wait", launched_at=ago(421), target="absent")
    assert only(among_well(stuck)).cause == "never-healthy"
    waiting = member(lifecycle="Pending:Wait", launched_at=ago(419), target="absent")
    assert actions(among_well(waiting)) == []


@pytest.mark.parametrize(
    ("transition", "age", "is_stuck"),
    [
        ("autoscaling:EC2_INSTANCE_LAUNCHING", 1_019, False),
        ("autoscaling:EC2_INSTANCE_LAUNCHING", 1_021, True),
        ("autoscaling:EC2_INSTANCE_TERMINATING", 1_019, True),
    ],
)
def test_a_launch_may_take_as_long_as_its_hook_waits(transition: str, age: int, is_stuck: bool):
    fields = {"transition": transition, "timeout_seconds": 900}
    hook = Resource(
        Ref("lifecycle_hook", "hook"), "hook", "aws_autoscaling_lifecycle_hook.x", fields
    )
    stuck = among_well(member(lifecycle="Pending:Wait", launched_at=ago(age), target="absent"))
    assert bool(recovery.actions(desired([hook]), seen(stuck), past())) is is_stuck


def test_a_member_that_the_load_balancer_does_not_know_is_registered():
    action = only(among_well(member(target="absent")))
    told = {"TargetGroupArn": TARGETS, "Targets": [{"Id": "i-1"}]}
    assert (action.verb, action.cause) == (Verb.REGISTER, "deregistered")
    assert called(action) == ("elbv2.register_targets", told)
    assert [one.operation for one in action.undo] == ["deregister_targets"]
    assert not action.is_disruptive


def test_one_that_came_a_moment_ago_is_registered_by_the_group():
    assert actions(among_well(member(target="absent", launched_at=ago(119)))) == []


def test_nothing_is_registered_where_there_is_no_target_group():
    lost = [member(f"i-{number}", target="absent") for number in range(3)]
    assert actions(fleet(*lost, target_group="")) == []


def test_the_longest_sick_comes_first():
    sick = [frozen("i-late", target_since=ago(40)), frozen("i-early", target_since=ago(400))]
    found = actions(among_well(*sick))
    assert [one.ref.name for one in found] == ["i-early", "i-late"]


# Who is not touched


@pytest.mark.parametrize(
    "spared",
    [
        pytest.param(frozen(target_since=ago(29)), id="sick for a moment"),
        pytest.param(member(checks="impaired", impaired_since=ago(29)), id="impaired for a moment"),
        pytest.param(member(checks="impaired"), id="nobody knows since when it is impaired"),
        pytest.param(member(checks="initializing"), id="checks have begun"),
        pytest.param(member(checks="insufficient-data"), id="checks know nothing"),
        pytest.param(member(checks=None, target=None, machine=None), id="nobody knows anything"),
        pytest.param(frozen(machine=None), id="nobody knows whether its machine runs"),
        pytest.param(frozen(launched_at=None), id="nobody knows how old it is"),
        pytest.param(frozen(launched_at=ago(299)), id="in its grace"),
        pytest.param(
            member(target="initial", launched_at=ago(419)), id="in the margin after its grace"
        ),
        pytest.param(frozen(is_protected=True), id="marked to be left alone"),
        pytest.param(frozen(lifecycle="Standby"), id="standby"),
        pytest.param(frozen(lifecycle="Terminating:Wait"), id="terminating"),
        pytest.param(frozen(checks="initializing"), id="it has just started again"),
        pytest.param(frozen(lifecycle="Pending", launched_at=ago(400)), id="launching"),
        pytest.param(member(target="draining"), id="draining"),
        pytest.param(member(target="unused"), id="a target that is in no use"),
        pytest.param(member(machine="stopping"), id="about to stop"),
        pytest.param(member(machine="terminated", target="draining"), id="gone already"),
        pytest.param(frozen(is_healthy=False), id="the group replaces it"),
        pytest.param(member(is_healthy=False), id="the group says why nobody knows"),
        pytest.param(member(target="absent", is_protected=True), id="marked and not registered"),
    ],
)
def test_left_alone(spared: Member):
    assert actions(among_well(spared)) == []


def test_a_group_that_does_not_come_round_to_replacing_is_helped():
    waits = frozen(is_healthy=False, target_since=ago(899))
    assert actions(among_well(waits)) == []
    assert only(among_well(frozen(is_healthy=False, target_since=ago(901)))).ref == SICK


def test_a_deployment_is_left_to_itself():
    assert actions(among_well(frozen(), member("i-2", target="absent"), is_refreshing=True)) == []


def test_nobody_is_touched_where_the_fleet_could_not_be_read():
    assert actions(None) == []


# Tags


@pytest.mark.parametrize(
    ("told", "is_alone"),
    [
        ({}, False),
        ({"cloudscale:healing": ""}, False),
        ({"cloudscale:healing": "on"}, False),
        ({"cloudscale:healing": "off"}, True),
        ({"cloudscale:healing": " OFF "}, True),
        ({"cloudscale:healing": "off until 2026-11-26T12:00:01Z"}, True),
        ({"cloudscale:healing": "off until 2026-11-26T12:00:00Z"}, False),
        ({"cloudscale:healing": "off until 2026-11-26T17:29+05:30"}, False),
        ({"cloudscale:healing": "off until 2026-11-27"}, True),
        ({"cloudscale:healing": "off until tomorrow"}, True),
        ({"cloudscale:healing": "of"}, True),
    ],
)
def test_a_tag_keeps_healing_away_for_good_or_for_a_while(told: dict[str, str], is_alone: bool):
    assert members.is_left_alone(told, NOW) is is_alone
