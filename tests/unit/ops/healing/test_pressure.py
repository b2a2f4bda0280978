"""Overloaded members: who is drained, and that load is left to scaling."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.healing import plan, pressure
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.observed import Fleet, Member
from tests.fleets import ago, desired, fleet, frozen, member, past, seen


def actions(fleet: Fleet | None, **limits: Any) -> list[Action]:
    return list(pressure.actions(desired(**limits), seen(fleet), past()))


def busy(name: str, cpu: float | Sequence[float] = 40, memory: float = 50, **facts: Any) -> Member:
    """One with these figures for the last minutes."""
    by_minute = [cpu] * 6 if isinstance(cpu, int | float) else cpu
    return member(name, cpu_percent=by_minute, memory_percent=[memory] * 6, **facts)


def peers(count: int = 3, **figures: Any) -> list[Member]:
    return [busy(f"i-peer-{number}", **figures) for number in range(count)]


# Who is drained


@pytest.mark.parametrize(
    ("hot", "cause", "words"),
    [
        (busy("i-1", cpu=97), "cpu-above-peers", "CPU was at 97 % for 5 minutes"),
        (busy("i-1", memory=93), "memory-above-peers", "memory was at 93 % for 5 minutes"),
    ],
)
def test_one_far_above_its_peers_is_drained_and_the_new_one_serves_first(
    hot: Member, cause: str, words: str
):
    (action,) = actions(fleet(hot, *peers()))
    assert (action.verb, action.cause, action.ref.name) == (Verb.DRAIN, cause, "i-1")
    (command,) = action.commands
    assert (command.service, command.operation) == ("autoscaling", "set_instance_health")
    assert command.arguments["ShouldRespectGracePeriod"] is False
    assert words in action.reason
    assert "the median of its 3 peers was at" in action.reason
    assert "The new one serves before it goes; the group stays at 4." in action.reason


def test_nobody_is_drained_by_a_group_that_would_put_nobody_in_its_place():
    (action,) = actions(fleet(busy("i-1", cpu=97), *peers(), suspended=["ReplaceUnhealthy"]))
    assert (action.verb, action.commands) == (Verb.REPORT, ())


def test_one_that_is_high_in_both_is_drained_once():
    (action,) = actions(fleet(busy("i-1", cpu=99, memory=97), *peers()))
    assert action.cause == "memory-above-peers"


def test_the_one_that_bears_most_goes_first_and_no_other_by_the_same_look():
    hot = [busy("i-1", cpu=90), busy("i-2", cpu=99), *peers(6)]
    assert [one.ref.name for one in actions(fleet(*hot))] == ["i-2"]
    marked = [busy("i-1", cpu=90), busy("i-2", cpu=99, is_protected=True), *peers(6)]
    assert [one.ref.name for one in actions(fleet(*marked))] == ["i-1"]


def test_two_members_are_peers_of_each_other():
    (action,) = actions(fleet(busy("i-1", cpu=95), busy("i-2", cpu=30)))
    assert action.ref.name == "i-1"


def test_what_it_was_at_in_each_minute_is_told():
    (action,) = actions(fleet(busy("i-1", cpu=[10, 91, 92, 93, 94, 95.04]), *peers()))
    assert action.before == {"cpu_percent": [91, 92, 93, 94, 95.0]}


def test_for_how_many_minutes_is_a_limit():
    hot = busy("i-1", cpu=[40, 40, 40, 95, 95, 95])
    assert actions(fleet(hot, *peers())) == []
    assert len(actions(fleet(hot, *peers()), pressure_minutes=3)) == 1


# Load


def test_when_all_are_high_it_is_load():
    assert actions(fleet(*peers(4, cpu=98, memory=97))) == []


def test_when_most_are_busy_it_is_load_although_one_is_busier():
    assert actions(fleet(busy("i-1", cpu=100), *peers(3, cpu=74))) == []


def test_peers_that_differ_much_among_themselves_prove_nothing():
    spread = [busy(f"i-{cpu}", cpu=cpu) for cpu in (5, 30, 55)]
    assert actions(fleet(busy("i-1", cpu=90), *spread)) == []


# Who is not drained


@pytest.mark.parametrize(
    "spared",
    [
        pytest.param(busy("i-1", cpu=84), id="below the floor"),
        pytest.param(busy("i-1", memory=89), id="below the floor of memory"),
        pytest.param(busy("i-1", cpu=[95, 95, 95, 60, 95, 95]), id="not in every minute"),
        pytest.param(busy("i-1", cpu=[95, 95, 95, 95]), id="too few minutes are known"),
        pytest.param(busy("i-1", cpu=[95, 95, math.nan, 95, 95]), id="a minute is no number"),
        pytest.param(busy("i-1", cpu=97, is_protected=True), id="marked to be left alone"),
        pytest.param(busy("i-1", cpu=97, lifecycle="Standby"), id="standby"),
        pytest.param(busy("i-1", cpu=97, launched_at=ago(299)), id="busy with its own start"),
        pytest.param(busy("i-1", cpu=97, launched_at=None), id="nobody knows how old it is"),
        pytest.param(busy("i-1", cpu=97, target=None), id="nobody knows whether it serves"),
        pytest.param(busy("i-1", cpu=97, target="draining"), id="drained already"),
        pytest.param(busy("i-1", cpu=97, machine=None), id="nobody knows whether it runs"),
        pytest.param(busy("i-1", cpu=97, is_healthy=False), id="the group replaces it"),
        pytest.param(frozen("i-1", cpu_percent=[97] * 6), id="sick: recovery sees to it"),
    ],
)
def test_left_alone(spared: Member):
    assert actions(fleet(spared, *peers())) == []


def test_nobody_is_drained_during_a_deployment_or_where_the_fleet_could_not_be_read():
    assert actions(fleet(busy("i-1", cpu=97), *peers(), is_refreshing=True)) == []
    assert actions(None) == []


def test_peers_whose_figures_nobody_knows_are_no_peers():
    unknown = [member(f"i-unknown-{number}") for number in range(3)]
    assert actions(fleet(busy("i-1", cpu=97), *unknown)) == []
    assert actions(fleet(busy("i-1", cpu=97), *unknown, busy("i-2"))) == []
    assert len(actions(fleet(busy("i-1", cpu=97), unknown[0], busy("i-2")))) == 1


def test_one_alone_is_drained_only_for_memory_that_is_about_to_run_out():
    assert actions(fleet(busy("i-1", cpu=100, memory=95))) == []
    (action,) = actions(fleet(busy("i-1", cpu=100, memory=96)))
    assert (action.verb, action.cause) == (Verb.DRAIN, "memory-above-peers")
    assert action.commands[0].operation == "set_instance_health"
    assert "no peers" in action.reason


def test_one_whose_only_peer_is_sick_is_not_alone_and_has_nobody_to_be_compared_with():
    assert actions(fleet(busy("i-1", memory=97), frozen("i-2"))) == []


def test_nobody_is_drained_when_all_are_sick():
    sick = [frozen(f"i-{number}", cpu_percent=[97] * 6) for number in range(2)]
    assert actions(fleet(busy("i-3", cpu=97), *sick)) == []


def test_both_are_part_of_every_plan():
    named = {f"{one.__module__}.{one.__name__}" for one in plan.DIAGNOSES}
    assert {name.rpartition("healing.")[2] for name in named} == {
        "recovery.actions",
        "pressure.actions",
    }


# Whatever the figures are

PERCENT = st.floats(0, 100)
ROWS = st.lists(PERCENT, min_size=5, max_size=5)


@given(st.lists(ROWS, min_size=2, max_size=8), st.lists(ROWS, min_size=2, max_size=8))
def test_whoever_is_drained_was_far_above_most_of_its_peers_in_every_minute(
    cpu: list[list[float]], memory: list[list[float]]
):
    some = [
        member(f"i-{number}", cpu_percent=rows, memory_percent=kept)
        for number, (rows, kept) in enumerate(zip(cpu, memory, strict=False))
    ]
    for action in actions(fleet(*some)):
        name = "memory_percent" if action.cause == "memory-above-peers" else "cpu_percent"
        hot = next(one for one in some if one.id == action.ref.name)
        peers = [one for one in some if one is not hot]
        for minute, value in enumerate(getattr(hot, name)):
            below = sum(getattr(one, name)[minute] <= value - 25 for one in peers)
            assert value >= 85
            assert 2 * below >= len(peers)


@given(PERCENT, st.lists(st.lists(st.floats(-12, 12), min_size=5, max_size=5), min_size=2))
def test_even_load_however_high_drains_nobody(level: float, noise: list[list[float]]):
    some = [
        member(f"i-{number}", cpu_percent=rows, memory_percent=rows)
        for number, row in enumerate(noise)
        if (rows := [min(max(level + one, 0), 100) for one in row])
    ]
    assert actions(fleet(*some)) == []


@given(st.lists(st.lists(st.floats(80, 100), min_size=5, max_size=5), min_size=2, max_size=8))
def test_when_all_are_high_nobody_is_drained(rows: list[list[float]]):
    some = [member(f"i-{n}", cpu_percent=row, memory_percent=row) for n, row in enumerate(rows)]
    assert actions(fleet(*some)) == []


@given(ROWS, st.sampled_from(["is_protected", "target", "machine", "launched_at", "lifecycle"]))
def test_who_is_marked_or_unknown_is_never_drained(row: list[float], what: str):
    unknown = {"is_protected": True, "lifecycle": "Standby"}.get(what)
    hot = busy("i-1", cpu=row, **{what: unknown})
    assert actions(fleet(hot, *peers(cpu=1))) == []
