"""When all are sick, and whatever else a fleet is like: who is never touched."""

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
from cloudscale.ops.healing.resource import Ref
from tests.fleets import NOW, ago, among_well, desired, fleet, frozen, member, past, seen


def actions(fleet: Fleet | None, rebooted: Collection[Ref] = (), **limits: Any) -> list[Action]:
    return list(recovery.actions(desired(**limits), seen(fleet), past(rebooted)))


def only(fleet: Fleet, rebooted: Collection[Ref] = ()) -> Action:
    (action,) = actions(fleet, rebooted)
    return action


def test_when_all_are_sick_people_are_called_and_nobody_is_touched():
    found = only(fleet(*(frozen(f"i-{number}") for number in range(4))))
    assert (found.verb, found.cause, found.commands) == (Verb.REPORT, "all-sick", ())
    assert "4 of 4 servers in service are sick at once" in found.reason
    assert "describe-target-health" in found.by_hand
    assert found.before == {f"i-{number}": "frozen" for number in range(4)}


def test_of_the_only_server_nobody_claims_to_know_that_the_cause_is_elsewhere():
    found = only(fleet(frozen(), desired=2))
    assert found.reason.startswith("The only server in service is sick, and the cause may be")


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
