"""The timeline's state as a plain object: what operators are shown, and that nobody else is."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudscale import db
from cloudscale.db import unit_of_work
from cloudscale.models import Role, User
from cloudscale.ops import events
from cloudscale.ops.events import Happening
from cloudscale.services import sessions
from cloudscale.services.identity import Client
from cloudscale.state.auth import token_of
from cloudscale.state.timeline import TimelineState
from cloudscale.state.timeline_news import reading, renewed
from cloudscale.state.timeline_rows import GONE
from tests.integration.state.conftest import Visitor, run

NOW = datetime.now(UTC)


def visitor(role: Role) -> Visitor:
    """Somebody who is signed in."""
    with unit_of_work() as session:
        user = User(email=f"{role}@example.com", username=role, password_hash="x", role=role)
        session.add(user)
        session.flush()
        return Visitor(sessions.start(session, None, Client("192.0.2.1", "Firefox"), user))


async def call(state: Any, handler: str, *args: Any) -> None:
    """Call a handler that works in the background; of a plain object it is called by its name."""
    await run(type(state).event_handlers[handler].fn(state, *args))


@pytest.fixture
def told(database: str) -> list[int]:
    """30 moments, an alarm among them; their ids, oldest first."""
    with unit_of_work() as session:
        events.record(session, [
            Happening(f"m{n}", "alarm" if n == 7 else "system", "info", f"Moment {n}.",
                      "CPU was 74 %." if n == 7 else "A test.", is_moment=True,
                      started_at=NOW - timedelta(minutes=60 - n)) for n in range(30)
        ])  # fmt: skip
        found = events.listed(session, NOW - timedelta(days=1), NOW, limit=100)
    return [event.id for event in reversed(found)]


@pytest.fixture
def state(told: list[int]) -> Any:
    return visitor(Role.OPS).state(TimelineState, "/ops")


async def test_kinds_and_words_narrow_the_list(state: Any):
    await call(state, "choose_kind", "alarm")
    assert [row.title for row in state.rows] == ["Moment 7."]
    await call(state, "choose_kind", "")
    assert len(state.rows) == 20 and state.has_older
    await call(state, "search", "cpu 74")
    assert [row.title for row in state.rows] == ["Moment 7."]
    await call(state, "search", "nothing like it")
    assert state.rows == [] and "matches" in state.note


async def test_older_ones_follow(state: Any):
    await call(state, "search", "")
    await call(state, "show_older")
    assert [row.title for row in state.rows] == [f"Moment {n}." for n in range(29, -1, -1)]
    assert not state.has_older
    await call(state, "show_older")
    assert len(state.rows) == 30


async def test_one_event_is_opened_wherever_it_stands(state: Any, told: list[int]):
    await call(state, "search", "")
    await call(state, "open_event", told[0])
    assert (state.opened, state.rows[0].title) == (told[0], "Moment 0.")
    await call(state, "open_event", 0)
    assert len(state.rows) == 20
    await call(state, "open_event", 10**9)
    assert (state.note, len(state.rows)) == (GONE, 20)


@pytest.mark.parametrize(
    "odd", [None, [], {}, "'; --", "\x00", "\ud800", "x" * 100_000, -1, 2**70, 1.5, True], ids=repr
)
async def test_odd_arguments_are_taken_in_stride(state: Any, odd: Any):
    for handler in ("choose_kind", "search", "open_event"):
        await call(state, handler, odd)
    assert len(state.rows) <= 20


@pytest.mark.parametrize("who", ["guest", "member"])
async def test_nobody_else_is_shown_anything(told: list[int], who: str):
    somebody = Visitor() if who == "guest" else visitor(Role.MEMBER)
    state = somebody.state(TimelineState, "/ops")
    for handler, *args in (
        ("choose_kind", "alarm"), ("search", "cpu"), ("show_older",), ("open_event", told[0]),
    ):  # fmt: skip
        await call(state, handler, *args)
        assert state.rows == []
    assert "may not see this" in state.note if who == "member" else "sign in" in state.note


async def test_a_filter_that_is_chosen_while_it_is_read_anew_stays(state: Any):
    take_in = await reading(state._timeline, None, token_of(state), 0)
    await call(state, "choose_kind", "alarm")
    state._show(take_in(state._timeline))
    assert [row.title for row in state.rows] == ["Moment 7."]


async def test_what_could_not_be_looked_for_is_looked_for_when_it_is_read_anew(
    state: Any, monkeypatch: pytest.MonkeyPatch
):
    await call(state, "search", "")
    monkeypatch.setattr(db, "THREAD_TIMEOUT_SECONDS", 0)
    with ThreadPoolExecutor(db.THREADS) as busy:
        monkeypatch.setattr(db._share, "threads", busy)
        for _ in range(db.THREADS):
            busy.submit(time.sleep, 0.5)
        await call(state, "search", "cpu 74")
        assert (state.rows, "busy" in state.note) == ([], True)
    monkeypatch.undo()
    state._show(await renewed(state._timeline, token_of(state), 0))
    assert [row.title for row in state.rows] == ["Moment 7."]
