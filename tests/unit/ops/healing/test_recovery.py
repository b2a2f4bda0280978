"""Sick members: who is touched, how, and who never is."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.healing import members, recovery
from cloudscale.ops.healing.action import DISRUPTIVE, Action, Verb
from cloudscale.ops.healing.history import History
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
    assert "A reboot did not help." in action.reason
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


# All are sick


def test_when_all_are_sick_people_are_called_and_nobody_is_touched():
    found = only(fleet(*(frozen(f"i-{number}") for number in range(4))))
    assert (found.verb, found.cause, found.commands) == (Verb.REPORT, "all-sick", ())
    assert "4 of 4 members in service are sick at once" in found.reason
    assert "describe-target-health" in found.by_hand
    assert found.before == {f"i-{number}": "frozen" for number in range(4)}


@pytest.mark.parametrize(
    ("sick", "well", "is_called"),
    [
        (1, 0, False),
        (1, 1, False),
        (2, 0, True),
        (2, 1, True),
        (1, 2, False),
        (2, 2, False),
        (3, 2, True),
        (8, 8, False),
        (9, 7, True),
    ],
)
def test_of_three_and_more_most_are_as_bad_as_all(sick: int, well: int, is_called: bool):
    some = [frozen(f"i-{number}") for number in range(sick)]
    found = actions(among_well(*some, well=well))
    assert (found[0].cause == "all-sick") == is_called
    assert len(found) == (1 if is_called else sick)


def test_the_last_one_in_service_of_several_is_not_ended_while_the_others_are_away():
    away = member("i-2", lifecycle="Terminating", target="draining")
    new = member("i-3", lifecycle="Pending", launched_at=ago(10), target="absent")
    assert only(fleet(frozen(), away, new, desired=2)).cause == "all-sick"


def test_they_count_whatever_is_wrong_with_each_and_marked_ones_count_too():
    some = [
        frozen("i-1", is_protected=True),
        member("i-2", machine="stopped"),
        member("i-3", is_healthy=False),
    ]
    assert only(fleet(*some)).cause == "all-sick"


def test_people_are_called_during_a_deployment_too():
    assert only(fleet(frozen("i-1"), frozen("i-2"), is_refreshing=True)).cause == "all-sick"


def test_without_a_load_balancer_people_are_sent_to_the_group():
    stopped = [member(f"i-{number}", machine="stopped", target=None) for number in range(2)]
    assert "describe-scaling-activities" in only(fleet(*stopped, target_group="")).by_hand


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


# Whatever the fleet is like

MOMENTS = st.none() | st.integers(0, 10_000).map(ago)
ANY = st.builds(
    Member,
    st.uuids().map(lambda name: f"i-{name}"),
    st.just("ap-south-1a"),
    st.sampled_from(["InService", "Pending", "Pending:Wait", "Terminating", "Standby"]),
    MOMENTS,
    st.booleans(),
    st.sampled_from([None, "running", "stopped", "stopping", "terminated", "pending"]),
    st.sampled_from([None, "ok", "impaired", "initializing", "insufficient-data"]),
    MOMENTS,
    st.sampled_from([None, "healthy", "unhealthy", "initial", "draining", "unused", "absent"]),
    MOMENTS,
    st.booleans(),
    is_host_sick=st.booleans(),
)
FLEETS = st.builds(
    lambda members, extra, is_refreshing: fleet(
        *members, desired=len(members) + extra, is_refreshing=is_refreshing
    ),
    st.lists(ANY, max_size=8),
    st.integers(0, 2),
    st.booleans(),
)


@given(FLEETS, st.booleans())
def test_whatever_the_fleet_is_like_only_what_is_known_to_be_sick_is_touched(
    any_fleet: Fleet, is_rebooted: bool
):
    by_ref = {recovery.ref_of(one): one for one in any_fleet.members}
    found = actions(any_fleet, set(by_ref) if is_rebooted else ())
    touched = [one for one in found if one.commands]
    for action in touched:
        about = by_ref[action.ref]
        assert not about.is_protected
        assert members.state_of(about) in ("InService", "Pending")
        assert not any_fleet.is_refreshing
        assert about.machine in ("running", "stopped") or members.state_of(about) == "Pending"
        assert action.verb is not Verb.REBOOT or not is_rebooted
        assert "ShouldDecrementDesiredCapacity': True" not in str(action.commands)
        assert action.reason
        assert action.undo or action.undo_words
    assert len({one.ref for one in found}) == len(found)
    if any(one.cause == "all-sick" for one in found):
        assert len(found) == 1


@given(st.integers(2, 8), st.data())
def test_when_everybody_is_sick_in_whatever_way_nobody_is_ended(count: int, data: st.DataObject):
    ways = st.sampled_from(
        [
            {"target": "unhealthy", "target_since": ago(120)},
            {"machine": "stopped"},
            {"checks": "impaired", "impaired_since": ago(120)},
            {"is_healthy": False},
        ]
    )
    some = [member(f"i-{number}", **data.draw(ways)) for number in range(count)]
    found = actions(fleet(*some), desired_count(count))
    assert [one.cause for one in found] == ["all-sick"]
    assert not any(one.verb in DISRUPTIVE for one in found)


def desired_count(count: int) -> frozenset[Ref]:
    """Everybody was rebooted before."""
    return frozenset(Ref("member", f"i-{number}") for number in range(count))


@given(st.integers(1, 100_000))
def test_sickness_is_the_same_on_two_looks_however_long_it_lasts(seconds: int):
    sick = frozen(target_since=ago(60), launched_at=ago(200_000))
    (first,) = actions(among_well(sick))
    later = NOW + timedelta(seconds=seconds)
    (second,) = recovery.actions(desired(), seen(among_well(sick)), History(later))
    assert first.id == second.id
