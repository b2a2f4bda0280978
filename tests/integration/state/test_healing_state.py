"""The healing page: who may look and act, what is shown, and whatever a client sends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from cloudscale.db import unit_of_work
from cloudscale.models import Role, User
from cloudscale.models.base import table_of
from cloudscale.ops.healing import keeping, trials
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.state.healing import HealingState
from cloudscale.state.healing_rows import HealingScreen
from tests.integration.state.conftest import Visitor, run

NOW = datetime.now(UTC)
ROW = {
    "action": "abc",
    "ref": "alarm/x",
    "title": "Alarm x is not as it should be",
    "reason": "Of the alarm x, threshold is not as Terraform wrote it.",
    "before": {"threshold": 99},
    "after": {"threshold": 70},
    "commands": ["aws cloudwatch put-metric-alarm"],
    "undo": ["aws cloudwatch put-metric-alarm (back)"],
    "byHand": "",
    "verdict": "approve",
    "why": "It waits for somebody's approval.",
}
BOARD: dict[str, Any] = {
    "at": NOW.isoformat(),
    "mode": "approve",
    "outcome": "planned",
    "words": "1 waiting for approval.",
    "seconds": 1.5,
    "calls": 41,
    "isSimulated": True,
    "breaker": {"isOpen": True, "failures": 5},
    "budget": {
        **{"inUse": 0, "atOnce": 1, "usedThisHour": 0, "perHour": 6},
        **{"repairsThisHour": 0, "repairsPerHour": 60},
    },
    "window": {"is": ""},
    "counts": {"resources": 7, "members": 2},
    "gaps": {"database": "AWS refuses rds:DescribeDBInstances."},
    "plan": [ROW],
}


def put(board: dict[str, Any]) -> None:
    with unit_of_work() as session:
        keeping.keep_board(session, board)


@pytest.fixture
def ops(new_member: Callable[[str], Visitor]) -> Visitor:
    """Somebody who runs the shop."""
    visitor, users = new_member("olga"), table_of(User)
    with unit_of_work() as session:
        role = update(users).where(users.c.username == "olga").values(role=Role.OPS)
        session.connection().execute(role)
    return visitor


async def refreshed(visitor: Visitor) -> HealingState:
    state = visitor.state(HealingState, "/ops/healing")
    await state._refresh()
    return state


async def did(visitor: Visitor, handler: Any, *arguments: Any) -> HealingState:
    state = visitor.state(HealingState, "/ops/healing")
    await run(handler.fn(state, *arguments))
    return state


async def test_an_operator_sees_how_it_stands(ops: Visitor):
    put(BOARD)
    screen = (await refreshed(ops)).screen
    assert (screen.words, screen.is_simulated, screen.is_breaker_open) == (
        "1 waiting for approval.",
        True,
        True,
    )
    assert screen.gaps == ["database: AWS refuses rds:DescribeDBInstances."]
    facts = {one.label: one.value for one in screen.facts}
    assert facts["Mode"] == "On approval"
    assert facts["Breaker"] == "Open"
    (row,) = screen.plan
    assert (row.verdict, row.may_approve) == ("Waits for approval", True)
    assert [(one.name, one.before, one.after) for one in row.changes] == [("threshold", "99", "70")]


async def test_before_the_first_run_it_says_so(ops: Visitor):
    screen = (await refreshed(ops)).screen
    assert (screen.is_known, screen.has_run) == (True, False)
    assert screen.words == "Healing has not run yet."


async def test_an_old_run_is_called_old(ops: Visitor):
    put({**BOARD, "at": (datetime.now(UTC) - timedelta(minutes=20)).isoformat()})
    assert "has not run for 20 min" in (await refreshed(ops)).screen.stale


async def test_who_does_not_run_the_shop_sees_and_does_nothing(new_member):
    put(BOARD)
    member = new_member("mia")
    state = await refreshed(member)
    assert state.refusal
    assert state.screen == HealingScreen()
    for handler, arguments in (
        (HealingState.approve, ("abc",)),
        (HealingState.close_breaker, ()),
        (HealingState.turn, (False,)),
    ):
        assert (await did(member, handler, *arguments)).told
    with unit_of_work() as session:
        assert session.connection().scalar(select(keeping.states.c.is_on)) is True
        assert keeping.DatabaseLedger(unit_of_work).approvals() == frozenset()


async def test_what_waits_is_approved_by_name_and_audited(ops: Visitor):
    put(BOARD)
    assert (await did(ops, HealingState.approve, "abc")).told == ""
    assert keeping.DatabaseLedger(unit_of_work).approvals() == {"abc"}
    assert (await did(ops, HealingState.approve, "other")).told
    with unit_of_work() as session:
        query = text("SELECT actor, action FROM audit_entry WHERE subject_kind = 'healing'")
        assert list(session.connection().execute(query)) == [
            ("olga@cloudscale.example", "approved")
        ]


async def test_the_kill_switch_and_the_breaker_are_turned(ops: Visitor):
    put(BOARD)
    assert (await did(ops, HealingState.turn, False)).screen.is_on is False
    assert (await did(ops, HealingState.turn, True)).screen.is_on is True
    await did(ops, HealingState.close_breaker)
    with unit_of_work() as session:
        (line,) = keeping.read(session, NOW - timedelta(minutes=1))
    assert (line.phase, line.reason) == (Phase.BREAKER_CLOSED, "olga closed it.")


async def test_on_aws_nothing_is_turned_from_here(ops: Visitor):
    put({**BOARD, "isSimulated": False})
    told = (await did(ops, HealingState.turn, False)).told
    assert "python -m cloudscale heal" in told


async def test_something_is_broken_on_purpose_once_at_a_time(ops: Visitor):
    put(BOARD)
    state = ops.state(HealingState, "/ops/healing")
    await run(HealingState.consider.fn(state, "open-port"))  # pyright: ignore
    assert state.asked.title == "Open port 22 to the world"
    await run(HealingState.begin.fn(state))  # pyright: ignore
    assert state.told == ""
    assert state.screen.running.startswith("Open port 22 to the world: under way")
    await run(HealingState.begin.fn(state))  # pyright: ignore
    assert "under way already" in state.told


@pytest.mark.parametrize("odd", [None, [], 7, {}, "no-such", "\ud800"])
async def test_whatever_a_client_sends_breaks_nothing(ops: Visitor, odd: Any):
    put(BOARD)
    await did(ops, HealingState.consider, odd)
    await did(ops, HealingState.turn, True)
    with unit_of_work() as session:
        assert trials.listed(session) == ()


async def test_incidents_tell_their_steps_and_come_in_pages(ops: Visitor):
    put(BOARD)
    with unit_of_work() as session:
        for number in range(25):
            keeping.add(session, incident(number))
    state = await refreshed(ops)
    assert len(state.screen.incidents) == 20
    assert state.screen.has_older
    newest = state.screen.incidents[0]
    assert newest.steps == "seen after 0 s, acted after 10 s, healthy after 11 s"
    assert (newest.tone, newest.is_simulated) == ("good", True)
    await run(HealingState.older.fn(state))  # pyright: ignore
    assert len(state.screen.incidents) == 25


def incident(number: int) -> list[Entry]:
    began = NOW + timedelta(minutes=number)
    return [
        Entry(
            f"{(began + timedelta(seconds=after)).isoformat()}#{number:03d}",
            "run",
            began + timedelta(seconds=after),
            phase,
            ref=Ref("alarm", "x"),
            cause="drift",
            incident=f"incident-{number}",
            title="Alarm x",
            reason="Changed.",
            before={"threshold": 99},
            after={"threshold": 70},
            is_simulated=True,
        )
        for after, phase in ((0, Phase.SEEN), (10, Phase.ACTED), (11, Phase.HEALED))
    ]
