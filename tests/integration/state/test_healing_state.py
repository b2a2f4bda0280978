"""The healing page: who may look and act, what is shown, and whatever a client sends."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from cloudscale.db import unit_of_work
from cloudscale.models import Role, User
from cloudscale.models.base import table_of
from cloudscale.ops.healing import keeping, reading, trials
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.state import healing
from cloudscale.state.healing import NOBODY_ASKED, SILENCE, HealingState
from cloudscale.state.healing_looking import AWAY, Looking, Reader
from cloudscale.state.healing_past import Past
from cloudscale.state.healing_rows import HealingScreen
from cloudscale.state.viewing import RECHECK_SECONDS, CannotTell
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
    state = await refreshed(ops)
    screen = state.screen
    assert (screen.words, screen.is_simulated, screen.is_breaker_open) == (
        "1 waiting for approval.",
        True,
        True,
    )
    assert screen.gaps == ["database: AWS refuses rds:DescribeDBInstances."]
    facts = {one.label: one.value for one in screen.facts}
    assert facts["Mode"] == "On approval"
    assert facts["Breaker"] == "Open"
    (row,) = state.plan
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
    assert (state.screen, state.plan, state.past) == (HealingScreen(), [], Past())
    for handler, arguments in (
        (HealingState.approve, ("abc",)),
        (HealingState.close_breaker, ()),
        (HealingState.turn, (False,)),
    ):
        assert (await did(member, handler, *arguments)).said.told
    with unit_of_work() as session:
        assert session.connection().scalar(select(keeping.states.c.is_on)) is True
        assert keeping.DatabaseLedger(unit_of_work).approvals() == frozenset()


async def test_what_waits_is_approved_by_name_and_audited(ops: Visitor):
    put(BOARD)
    state = await did(ops, HealingState.approve, "abc")
    assert state.said.told == ""
    assert [(row.verdict, row.may_approve) for row in state.plan] == [
        ("Approved, next run does it", False)
    ]
    assert keeping.DatabaseLedger(unit_of_work).approvals() == {"abc"}
    assert (await did(ops, HealingState.approve, "other")).said.told
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
    told = (await did(ops, HealingState.turn, False)).said.told
    assert "python -m cloudscale heal" in told


async def test_on_aws_an_action_is_approved_for_the_leader_to_hand_on(ops: Visitor):
    put({**BOARD, "isSimulated": False})
    state = await did(ops, HealingState.approve, "abc")
    assert state.said.done.startswith("Approved")
    with unit_of_work() as session:
        assert session.connection().scalar(select(keeping.approvals.c.handed_on_at)) is None
        assert keeping.approved(session) == {"abc"}


async def test_something_is_broken_on_purpose_once_at_a_time(ops: Visitor):
    put(BOARD)
    state = ops.state(HealingState, "/ops/healing")
    await run(HealingState.consider.fn(state, "open-port"))  # pyright: ignore
    assert state.asked.title == "Open port 22 to the world"
    await run(HealingState.begin.fn(state))  # pyright: ignore
    assert state.said.told == ""
    assert [one.value for one in state.screen.running.steps] == ["in a moment", *["waiting"] * 3]
    assert state.screen.running.words.startswith("Open port 22 to the world: under way")
    await run(HealingState.begin.fn(state))  # pyright: ignore
    assert "under way already" in state.said.told
    state.said, state.asked = SILENCE, NOBODY_ASKED
    await run(HealingState.consider.fn(state, "delete-alarm"))  # pyright: ignore
    assert "under way already" in state.said.told
    assert state.asked == NOBODY_ASKED


async def test_while_healing_is_off_a_trial_says_that_nothing_will_heal_it(ops: Visitor):
    put(BOARD)
    state = await did(ops, HealingState.turn, False)
    await run(HealingState.consider.fn(state, "open-port"))  # pyright: ignore
    assert "Healing is switched off" in state.asked.expects


@pytest.mark.parametrize("odd", [None, [], 0, 1, "", "off", "\ud800"])
async def test_what_is_neither_on_nor_off_turns_nothing(ops: Visitor, odd: Any):
    put(BOARD)
    state = await did(ops, HealingState.turn, odd)
    assert (state.said.told, state.said.done) == ("", "")
    with unit_of_work() as session:
        assert session.connection().scalar(select(keeping.states.c.is_on)) is True


async def test_what_was_done_is_said(ops: Visitor):
    put(BOARD)
    for handler, argument, said in (
        (HealingState.approve, ("abc",), "Approved"),
        (HealingState.close_breaker, (), "The breaker is closed"),
        (HealingState.turn, (False,), "Healing is switched off"),
    ):
        assert said in (await did(ops, handler, *argument)).said.done


async def test_before_a_run_on_aws_it_does_not_say_that_none_was(ops: Visitor):
    healing.show(is_on_aws=True)
    try:
        screen = (await refreshed(ops)).screen
    finally:
        healing.show(is_on_aws=False)
    assert "heal --once" in screen.words


async def test_many_viewers_ask_the_database_once(ops: Visitor, monkeypatch: pytest.MonkeyPatch):
    put(BOARD)
    asked, read = [], reading.read

    def counted(session: Any, before: str) -> Any:
        asked.append(before)
        return read(session, before)

    monkeypatch.setattr(reading, "read", counted)
    reader = Reader()
    views = await asyncio.gather(*(reader.read() for _ in range(50)), reader.read("2026"))
    assert sorted(asked) == ["", "2026"]
    assert {view.board["words"] for view in views} == {BOARD["words"]}


async def test_a_database_that_does_not_answer_is_told_and_asked_again(
    ops: Visitor, monkeypatch: pytest.MonkeyPatch
):
    put(BOARD)
    reader, read = Reader(), reading.read

    def away(session: Any, before: str) -> Any:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(reading, "read", away)
    with pytest.raises(CannotTell):
        await reader.read()
    state = ops.state(HealingState, "/ops/healing")
    await state._refresh()
    assert (state.said.away, state.refusal) == (AWAY, "")
    monkeypatch.setattr(reading, "read", read)
    assert (await reader.read()).board["words"] == BOARD["words"]


async def test_a_viewer_whose_role_is_taken_away_sees_nothing_more(ops: Visitor):
    put(BOARD)
    looking = Looking(ops.token)
    assert (await looking.look()).view is not None
    with unit_of_work() as session:
        users = table_of(User)
        session.connection().execute(
            update(users).where(users.c.username == "olga").values(role=Role.MEMBER)
        )
    looking._admission._confirmed_at -= RECHECK_SECONDS  # so long ago it was asked
    look = await looking.look()
    while not look.refused:
        await asyncio.sleep(0.02)
        look = await looking.look()
    assert (look.view, look.is_last) == (None, True)
    looking.close()


async def test_an_open_page_sees_what_changes_and_what_it_sent_is_not_sent_again(ops: Visitor):
    put(BOARD)
    state = await refreshed(ops)
    state._clean()
    await state._refresh()
    assert not state.dirty_vars & {"plan", "past", "said", "refusal"}
    put({**BOARD, "plan": []})
    await state._refresh()
    assert state.plan == []


async def test_an_incident_with_very_many_lines_hides_no_other(ops: Visitor):
    put(BOARD)
    with unit_of_work() as session:
        keeping.add(session, incident(0))
        noisy = [
            replace(one, id=f"{one.id}#{number:03d}")
            for number in range(150)
            for one in incident(1)
        ]
        keeping.add(session, noisy)
    state = await refreshed(ops)
    assert len(state.past.incidents) == 2


@pytest.mark.parametrize("odd", [None, [], 7, {}, "no-such", "\ud800"])
async def test_whatever_a_client_sends_breaks_nothing(ops: Visitor, odd: Any):
    put(BOARD)
    await did(ops, HealingState.consider, odd)
    await did(ops, HealingState.turn, True)
    with unit_of_work() as session:
        assert trials.listed(session) == ()


async def test_incidents_tell_their_steps(ops: Visitor):
    put(BOARD)
    with unit_of_work() as session:
        keeping.add(session, incident(0))
    (row,) = (await refreshed(ops)).past.incidents
    assert row.steps == "Seen, acted after 10 s, healthy after 11 s"
    assert (row.tone, row.is_simulated) == ("good", True)


async def turned(state: HealingState, handler: Any) -> list[str]:
    """The incidents that are shown once the page was turned."""
    await run(handler.fn(state))
    return [one.reason for one in state.past.incidents]


async def test_incidents_come_in_pages_and_each_is_on_one(ops: Visitor):
    put(BOARD)
    with unit_of_work() as session:
        for number in range(45):
            keeping.add(session, incident(number))
    state = await refreshed(ops)
    newest = [one.reason for one in state.past.incidents]
    second = await turned(state, HealingState.older)
    third = await turned(state, HealingState.older)
    assert [*newest, *second, *third] == [f"Changed {number}." for number in reversed(range(45))]
    assert [len(newest), len(second), len(third)] == [20, 20, 5]
    assert await turned(state, HealingState.older) == third  # there is no older one
    assert await turned(state, HealingState.newer) == second
    assert await turned(state, HealingState.newer) == newest
    assert await turned(state, HealingState.newer) == newest
    assert state.pages == []


async def test_a_page_of_incidents_stays_while_newer_ones_come(ops: Visitor):
    put(BOARD)
    with unit_of_work() as session:
        for number in range(30):
            keeping.add(session, incident(number))
    state = await refreshed(ops)
    second = await turned(state, HealingState.older)
    with unit_of_work() as session:
        keeping.add(session, incident(31))
    await state._refresh()
    assert [one.reason for one in state.past.incidents] == second


async def test_an_incident_that_goes_on_is_the_newest_and_on_no_other_page(ops: Visitor):
    put(BOARD)
    with unit_of_work() as session:
        for number in range(21):
            keeping.add(session, incident(number))
        (line, *_) = incident(40)
        keeping.add(session, [replace(line, incident="incident-0")])
    state = await refreshed(ops)
    assert state.past.incidents[0].reason == "Changed 0."
    assert await turned(state, HealingState.older) == ["Changed 1."]


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
            reason=f"Changed {number}.",
            before={"threshold": 99},
            after={"threshold": 70},
            is_simulated=True,
        )
        for after, phase in ((0, Phase.SEEN), (10, Phase.ACTED), (11, Phase.HEALED))
    ]


async def test_what_came_of_a_click_is_not_said_for_ever(ops: Visitor):
    put(BOARD)
    state = await did(ops, HealingState.approve, "other")
    await state._refresh()
    assert state.said.told
    state.said = replace(state.said, at=state.said.at - healing.SAID_SECONDS)
    await state._refresh()
    assert state.said == SILENCE
