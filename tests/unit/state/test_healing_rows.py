"""The healing page in words: nothing is called well that nobody looked at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudscale.ops.healing.reading import HealingView, IncidentView
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.trials import TrialView
from cloudscale.state.healing_past import DONE, MADE, NOT_MADE, WANTED, incident_row
from cloudscale.state.healing_rows import plan_of, screen
from cloudscale.state.healing_trials import running, trial_rows

NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)
WELL = "Nothing: everything is as it should be."
BOARD: dict[str, Any] = {
    **{"at": (NOW - timedelta(seconds=8)).isoformat(), "mode": "apply", "outcome": "calm"},
    **{"words": "Everything is as it should be.", "seconds": 1.5, "calls": 1, "isSimulated": True},
    "switch": {"isOn": True, "holdUntil": None},
    "breaker": {"isOpen": False, "failures": 2, "limit": 5, "until": None},
    "budget": {
        **{"inUse": 0, "atOnce": 1, "usedThisHour": 1, "perHour": 6},
        **{"repairsThisHour": 3, "repairsPerHour": 60},
    },
    "window": {"is": "22:00-04:00", "isOpen": True},
    "counts": {"resources": 1, "members": 2, "unreadable": 0},
    "gaps": {},
    "plan": [],
}
ROW = {
    **{"action": "abc", "title": "Alarm x", "reason": "Changed.", "verdict": "do", "why": ""},
    **{"before": {"threshold": 99}, "after": {"threshold": 70}, "byHand": ""},
    **{"commands": ["aws a", "aws b"], "undo": ["aws c"]},
}
TRIAL = TrialView(1, "open-port", "security_group/fleet", "olga", NOW, None, None, None, None, "")


def view(board: dict[str, Any] | None = None, *, is_on: bool = True) -> HealingView:
    return HealingView(BOARD | (board or {}), is_on, (), "", ())


def facts(board: dict[str, Any] | None = None, *, is_on: bool = True) -> dict[str, str]:
    return {one.label: one.value for one in screen(view(board, is_on=is_on), NOW).facts}


def test_all_is_well_where_all_was_looked_at_just_now():
    assert screen(view(), NOW).plan_words == WELL


@pytest.mark.parametrize(
    ("board", "is_on"),
    [
        ({"outcome": "off"}, True),
        ({"outcome": "trouble"}, True),
        ({"outcome": "busy"}, True),
        ({}, False),
        ({"gaps": {"rds": "AWS refuses it."}}, True),
        ({"counts": {"resources": 9, "members": 2, "unreadable": 1}}, True),
        ({"at": (NOW - timedelta(minutes=6)).isoformat()}, True),
    ],
    ids=["off", "trouble", "busy", "just switched off", "a gap", "unreadable", "stale"],
)
def test_an_empty_plan_is_not_called_well_where_nobody_knows(board: dict[str, Any], is_on: bool):
    assert screen(view(board, is_on=is_on), NOW).plan_words != WELL


def test_nothing_is_called_well_while_servers_are_away():
    away = screen(view({"budget": {**BOARD["budget"], "inUse": 1}}), NOW)
    assert away.plan_words == "Nothing just now: who is away or still starting is waited for."
    assert (away.tone, screen(view(), NOW).tone) == ("warn", "good")


@pytest.mark.parametrize(
    ("board", "is_on", "tone"),
    [
        ({"at": (NOW - timedelta(minutes=6)).isoformat()}, True, ""),
        ({"breaker": {"isOpen": True, "failures": 5}}, True, "bad"),
        ({"outcome": "trouble"}, True, "bad"),
        ({}, False, "bad"),
        ({"gaps": {"rds": "AWS refuses it."}}, True, "warn"),
        ({"outcome": "acted"}, True, "warn"),
    ],
)
def test_the_sentence_is_green_only_where_all_is_well(
    board: dict[str, Any], is_on: bool, tone: str
):
    assert screen(view(board, is_on=is_on), NOW).tone == tone


@pytest.mark.parametrize(
    ("outcome", "is_on", "said"),
    [("calm", False, "switched off: nothing more is done"), ("off", True, "switched on again")],
)
def test_a_switch_that_was_just_turned_is_not_contradicted(outcome: str, is_on: bool, said: str):
    assert said in screen(view({"outcome": outcome}, is_on=is_on), NOW).words


def test_before_the_first_run_nobody_knows():
    none = HealingView({}, True, (), "", ())
    shown = screen(none, NOW)
    assert (shown.words, shown.facts) == ("Healing has not run yet.", [])
    assert "Nobody knows" in shown.plan_words
    assert (shown.is_simulated, shown.is_on_aws) == (False, False)


def test_on_aws_the_page_says_so_though_nothing_is_kept_here():
    shown = screen(HealingView({}, True, (), "", ()), NOW, is_on_aws=True)
    assert (shown.has_run, shown.is_on_aws) == (False, True)
    assert "has not run" not in shown.words


@pytest.mark.parametrize("is_simulated", [True, False])
def test_a_kept_run_says_by_itself_what_was_healed(is_simulated: bool):
    shown = screen(view({"isSimulated": is_simulated}), NOW)
    assert (shown.is_simulated, shown.is_on_aws) == (is_simulated, not is_simulated)


def test_the_guards_in_words():
    assert facts() == {
        "Healing": "Switched on",
        "Mode": "Acts by itself",
        "Last run": "8 s ago",
        "It took": "1.5 s, 1 call",
        "Breaker": "Closed, 2 of 5 failures",
        "Servers away at once": "0 of 1",
        "Interruptions this hour": "1 of 6",
        "Repairs this hour": "3 of 60",
        "Window": "22:00-04:00 UTC, open now",
        "Looked at": "1 resource, 2 servers",
    }


def test_what_keeps_healing_from_acting_stands_out():
    until = (NOW + timedelta(minutes=5)).isoformat()
    told = facts(
        {
            "switch": {"isOn": True, "holdUntil": until},
            "breaker": {"isOpen": True, "failures": 5, "limit": 5, "until": until},
            "window": {"is": "22:00-02:00", "isOpen": False},
            "counts": {"resources": 9, "members": 2, "unreadable": 3},
        },
        is_on=False,
    )
    assert told["Healing"] == "Switched off"
    assert told["Held for an apply"] == "until 03:05:00 UTC"
    assert told["Breaker"] == "Open until 03:05:00 UTC"
    assert told["Window"] == "22:00-02:00 UTC, closed now"
    assert told["Looked at"] == "9 resources, 2 servers; 3 unreadable"


def test_a_hold_that_is_over_is_not_shown():
    held = {"isOn": True, "holdUntil": (NOW - timedelta(seconds=1)).isoformat()}
    assert "Held for an apply" not in facts({"switch": held})


def test_a_run_that_only_saw_that_it_is_off_knows_no_mode():
    told = {name: BOARD[name] for name in ("at", "outcome", "words", "seconds", "calls")}
    shown = screen(HealingView({**told, "mode": ""}, False, (), "", ()), NOW)
    assert [one.label for one in shown.facts] == ["Healing", "Last run", "It took"]


@pytest.mark.parametrize(
    ("outcome", "verdict", "said"),
    [
        ("planned", "do", "Would be done"),
        ("acted", "do", "Acted on"),
        ("acted", "wait", "Waits"),
        ("planned", "approve", "Waits for approval"),
    ],
)
def test_what_was_acted_on_is_not_told_as_still_to_do(outcome: str, verdict: str, said: str):
    (row,) = plan_of(view({"outcome": outcome, "plan": [{**ROW, "verdict": verdict}]}))
    assert row.verdict == said
    assert row.may_approve is (verdict == "approve")


def test_what_somebody_approved_is_not_offered_again():
    board = BOARD | {"outcome": "planned", "plan": [{**ROW, "verdict": "approve"}]}
    shown = HealingView(board, True, (), "", (), frozenset({"abc"}))
    (row,) = plan_of(shown)
    assert (row.verdict, row.may_approve) == ("Approved, next run does it", False)


def test_what_a_person_runs_is_told_apart_from_calls():
    by_hand = {**ROW, "verdict": "report", "commands": [], "byHand": "terraform apply -target=x"}
    (row,) = plan_of(view({"plan": [by_hand]}))
    assert (row.by_hand, row.commands) == ("terraform apply -target=x", "")


def line(phase: Phase, seconds: float, **others: Any) -> Entry:
    at = NOW + timedelta(seconds=seconds)
    return replace(Entry(f"{at}", "run", at, phase, reason="Changed.", title=phase.value), **others)


def test_an_incident_counts_from_the_fault_where_somebody_knows_when_it_was():
    known = [
        line(Phase.SEEN, 4, fault_at=NOW),
        line(Phase.ACTED, 14, commands=("aws a",)),
        line(Phase.HEALED, 15),
    ]
    row = incident_row(IncidentView("i", known))
    assert row.steps == "Seen after 4 s, acted after 14 s, healthy after 15 s"
    unknown = [replace(one, fault_at=None) for one in known]
    steps = incident_row(IncidentView("i", unknown)).steps
    assert steps == "Seen, acted after 10 s, healthy after 11 s"


def test_an_incident_that_failed_says_why_and_one_by_hand_what_to_run():
    failed = [line(Phase.SEEN, 0), line(Phase.FAILED, 9, reason="AWS refused it.")]
    row = incident_row(IncidentView("i", failed))
    assert (row.tone, row.reason, row.latest) == ("bad", "Changed.", "AWS refused it.")
    healed = [line(Phase.SEEN, 0), line(Phase.HEALED, 9, reason="Changed. It was read again.")]
    assert incident_row(IncidentView("i", healed)).latest == "It was read again."
    told = [line(Phase.REPORTED, 0, commands=("terraform apply -target=x",))]
    row = incident_row(IncidentView("i", told))
    assert (row.by_hand, row.commands) == ("terraform apply -target=x", "")
    assert row.steps == "Told"


@pytest.mark.parametrize("is_simulated", [True, False])
def test_the_model_is_not_approved_by_a_command_that_it_does_not_take(is_simulated: bool):
    why = "It waits for somebody's approval: python -m cloudscale heal --approve abc"
    board = {"plan": [{**ROW, "verdict": "approve", "why": why}], "isSimulated": is_simulated}
    (row,) = plan_of(view(board))
    waits = [line(Phase.BLOCKED, 0, reason=f"Changed. {why}", is_simulated=is_simulated)]
    latest = incident_row(
        IncidentView("i", [line(Phase.SEEN, 0, is_simulated=is_simulated), *waits])
    )
    said = "It waits for somebody's approval." if is_simulated else why
    assert (row.why, latest.latest) == (said, said)


def test_calls_that_nobody_made_are_not_told_as_if_they_were():
    planned = line(Phase.SEEN, 0, commands=("aws a",), undo=("aws b",))
    passed = incident_row(IncidentView("i", [planned, line(Phase.PASSED, 9)]))
    assert (passed.called, passed.commands, passed.undo) == (NOT_MADE, "aws a", "")
    assert passed.changed == WANTED
    acted = incident_row(IncidentView("i", [planned, line(Phase.ACTED, 9)]))
    assert (acted.called, acted.undo, acted.changed) == (MADE, "aws b", DONE)
    paged = line(Phase.PAGED, 0, commands=("aws look",))
    for entries in ([paged], [line(Phase.SEEN, 0, commands=("aws look",)), paged]):
        over = incident_row(IncidentView("i", [*entries, line(Phase.PASSED, 9)]))
        assert (over.commands, over.by_hand) == ("", "aws look")


def test_an_incident_with_many_lines_tells_the_first_and_the_last():
    many = [line(Phase.SEEN, 0), *(line(Phase.BLOCKED, at) for at in range(1, 9))]
    steps = incident_row(IncidentView("i", [*many, line(Phase.HEALED, 9)])).steps
    assert steps == (
        "Seen, held back after 1 s, held back after 7 s, held back after 8 s, healthy after 9 s"
    )


def test_a_trial_under_way_is_shown_step_by_step_and_is_on_no_scorecard():
    seen = replace(TRIAL, seen_at=NOW + timedelta(seconds=4))
    now = running((seen,), NOW + timedelta(seconds=6))
    assert now.words.startswith("Open port 22 to the world, security group fleet: under way for 6")
    assert [(one.label, one.value) for one in now.steps] == [
        ("Broken", "03:00:00 UTC"),
        ("Seen", "4 s"),
        ("Acted", "waiting"),
        ("Healthy", "waiting"),
    ]
    assert trial_rows((seen,)) == []


def test_a_trial_that_is_over_says_what_it_did_not_reach():
    over = replace(TRIAL, ended_at=NOW, outcome="It was not healthy again in time.")
    (row,) = trial_rows((over,))
    assert (row.seen, row.healthy, row.who) == ("not reached", "not reached", "olga")
    assert running((over,), NOW).words == ""


def test_a_trial_that_nobody_knows_any_more_is_still_told():
    old = replace(TRIAL, slug="gone", ref="")
    assert running((old,), NOW).words.startswith("gone: under way")
