"""When something may be broken on purpose, and when it is put back: each refusal in words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cloudscale.ops.healing import conditions
from cloudscale.ops.healing.conditions import Watched
from cloudscale.ops.healing.desired import Hold
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.ports import Switches
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.staging import stage
from tests.healing_fakes import POINTER, START
from tests.healing_trials import board, fleet, member, scene

ON = Switches(True, POINTER)


def watched(**changes: Any) -> Watched:
    return replace(Watched(START, ON, fleet(), board(START)), **changes)


def test_all_may_begin_and_go_on_where_all_is_well():
    assert conditions.why_not_on(ON, START) == ""
    assert conditions.why_not_healed(Mode.APPLY, board(START), START) == ""
    for slug in ("kill-instance", "open-port"):
        assert conditions.why_not_away(stage(slug, scene()), fleet(), board(START)) == ""
    assert conditions.why_stop(watched()) == ""


def test_nothing_begins_while_healing_is_switched_off_or_held():
    assert "kill switch is off" in conditions.why_not_on(Switches(False, POINTER), START)
    hold = Hold("another", START + timedelta(minutes=5))
    assert "only looks" in conditions.why_not_on(Switches(True, POINTER, hold), START)


@pytest.mark.parametrize("mode", [Mode.PLAN, Mode.APPROVE])
def test_nothing_begins_where_healing_does_nothing_by_itself(mode: Mode):
    assert mode.value in conditions.why_not_healed(mode, board(START), START)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (None, "never run"),
        (board(START - timedelta(minutes=5)), "has not run since"),
        (board(START + timedelta(minutes=5)), "has not run since"),
        (board(START, breaker={"isOpen": True}), "breaker is open"),
        (board(START, breaker=None, words="No document."), "No document."),
    ],
)
def test_nothing_begins_without_a_healer_that_heals(told: dict[str, Any] | None, words: str):
    assert words in conditions.why_not_healed(Mode.APPLY, told, START)


@pytest.mark.parametrize("slug", ["kill-instance", "freeze-instance", "fill-memory", "lose-zone"])
def test_nothing_is_taken_from_a_fleet_that_cannot_spare_it(slug: str):
    staged, told = stage(slug, scene()), board(START)
    alone = fleet(member("i-1"), member("i-2", target="unhealthy"))
    assert "1 of the servers serve" in conditions.why_not_away(staged, alone, told)
    refreshing = replace(fleet(), is_refreshing=True)
    assert "deployment" in conditions.why_not_away(staged, refreshing, told)
    assert "could not be read" in conditions.why_not_away(staged, None, told)
    away = board(START, budget={"atOnce": 1, "inUse": 1})
    assert "only wait" in conditions.why_not_away(staged, fleet(), away)
    used = board(START, budget={"usedThisHour": 6, "perHour": 6})
    assert "used up" in conditions.why_not_away(staged, fleet(), used)


def test_no_drift_is_made_that_healing_may_not_repair_this_hour():
    used = board(START, budget={"repairsThisHour": 60, "repairsPerHour": 60})
    assert "used up" in conditions.why_not_away(stage("open-port", scene()), fleet(), used)


@pytest.mark.parametrize(("smallest", "there", "is_stopped"), [(2, 1, 0), (2, 0, 1), (1, 0, 1)])
def test_it_stops_below_one_less_than_the_groups_least(smallest: int, there: int, is_stopped: int):
    well = [member(f"i-{number}") for number in range(there)]
    ill = [member(f"i-{number}", target="unhealthy") for number in range(there, 4)]
    why = conditions.why_stop(watched(fleet=fleet(*well, *ill, smallest=smallest)))
    assert bool(why) == bool(is_stopped)
    assert not why or "servers serve" in why


@pytest.mark.parametrize(
    ("phase", "words"), [(Phase.PAGED, "calls people"), (Phase.BREAKER_OPENED, "breaker opened")]
)
def test_it_stops_when_the_healer_gives_up(phase: Phase, words: str):
    line = Entry("id", "run", START, phase, title="All are sick")
    assert words in conditions.why_stop(watched(news=[line]))


def test_it_stops_when_nobody_heals_any_more():
    silent = watched(board=board(START - timedelta(minutes=6)))
    assert "has not run" in conditions.why_stop(silent)
    assert "kill switch" in conditions.why_stop(watched(switches=Switches(False, POINTER)))


def test_it_stops_when_an_alarm_that_is_watched_goes_off_or_goes_away():
    asked = {"stop_at": ("late",)}
    assert conditions.why_stop(watched(alarms={"late": "OK"}, **asked)) == ""
    assert "gone off" in conditions.why_stop(watched(alarms={"late": "ALARM"}, **asked))
    assert "no alarm late" in conditions.why_stop(watched(alarms={}, **asked))
