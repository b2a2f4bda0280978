"""What reaches a browser on the live dashboard, through Reflex's own event processor."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from reflex.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.utils.format import format_event_handler, json_dumps
from sqlalchemy import NullPool, create_engine, make_url, text

from cloudscale import db, figures
from cloudscale.cloudscale import app
from cloudscale.db import unit_of_work
from cloudscale.models import Role, User
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.telemetry.sample import History, Sample
from cloudscale.services import sessions
from cloudscale.services.identity import Client
from cloudscale.services.tokens import cookie_name
from cloudscale.state import ops, viewing
from cloudscale.state.ops import OpsState

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET_NUMBER = 73219.0  # shows as 73,219 active users wherever a board is sent


class Room:
    """A process with a hub, and what it sends to its browsers."""

    def __init__(self) -> None:
        self.sent: dict[str, list[str]] = {}
        self.draws = 0
        self.history = History()
        self.hub = Hub(self.history, self._draw)
        self.processor = BaseStateEventProcessor(backend_exception_handler=lambda error: None)

    def _draw(self, history: History) -> figures.Board:
        self.draws += 1
        return figures.board(history)

    async def tick(self) -> None:
        """One second passes."""
        at = START + timedelta(seconds=len(self.history))
        self.history.add(Sample(at, {"active_users": SECRET_NUMBER}, dict.fromkeys(METRICS, "")))
        await self.hub.tick()

    async def call(self, handler: str, token: str | None, tab: str = "a-tab") -> asyncio.Future:
        """A browser calls a handler, with the session cookie that its socket was opened with."""
        name = format_event_handler(OpsState.event_handlers[handler])
        headers = {"cookie": f"{cookie_name()}={token}" if token else ""}
        event = Event(name=name, payload={}, router_data={"headers": headers, "pathname": "/ops"})
        return await self.processor.enqueue(tab, event)

    async def emit_update(self, update: Any, token: str) -> None:
        """Stands where the websocket is."""
        self.sent.setdefault(token, []).append(json_dumps(update.delta))

    def text(self, tab: str = "a-tab") -> str:
        """All that a browser was sent."""
        return "".join(self.sent.get(tab, []))

    def boards_sent(self, tab: str = "a-tab") -> int:
        return sum("73,219" in update for update in self.sent.get(tab, []))


class Outage:
    """A database that refuses everybody, in the middle of their work too."""

    def __init__(self, server_url: str, url: str) -> None:
        self._server = create_engine(
            db.sqlalchemy_url(server_url), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        self._name = make_url(url).database

    def begin(self) -> None:
        """Refuse new connections and end the open ones."""
        self._run(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
        self._run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'"
        )

    def end(self) -> None:
        """Take connections again."""
        self._run(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")

    def _run(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(statement))


@asynccontextmanager
async def serving() -> AsyncIterator[Room]:
    room = Room()
    ops.show(room.hub)
    with app.set_contexts():
        async with room.processor.configure(event_namespace=room):
            await room.tick()
            yield room


@pytest.fixture
async def room(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    monkeypatch.setattr(viewing, "RECHECK_SECONDS", 0.0)
    async with serving() as opened:
        yield opened


def signed_in(role: str) -> str:
    """The token of a new user with a role."""
    with unit_of_work() as session:
        user = User(email=f"{role}@example.com", username=role, password_hash="x", role=role)
        session.add(user)
        session.flush()
        return sessions.start(session, None, Client("192.0.2.1", "Firefox"), user)


async def until(condition: Callable[[], bool], each: Callable[[], Any] | None = None) -> None:
    """Wait for a condition, doing something each turn; give up after ten seconds."""
    for _ in range(1000):
        if condition():
            return
        if each:
            await each()
        await asyncio.sleep(0.01)
    raise AssertionError("never happened")


async def test_ops_see_each_tick(room: Room):
    await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.boards_sent() == 1)
    await room.tick()
    await until(lambda: room.boards_sent() == 2)
    assert room.hub.viewers == 1


@pytest.mark.parametrize("who", ["guest", "stranger", "forger", "member"])
async def test_nobody_else_gets_any_number_even_by_calling_the_handlers(room: Room, who: str):
    tokens = {"guest": sessions.new_token, "stranger": lambda: None, "forger": lambda: "x.y"}
    token = signed_in(Role.MEMBER) if who == "member" else tokens[who]()
    await (await room.call("watch", token))
    await (await room.call("toggle_pause", token))
    await room.tick()
    await (await room.call("watch", token))
    assert "73,219" not in room.text()
    assert ("may not see this" if who == "member" else "sign in") in room.text()
    assert room.hub.viewers == room.draws == 0


async def test_twenty_viewers_share_one_drawing_a_tick(room: Room):
    token = signed_in(Role.OPS)
    tabs = [f"tab-{number}" for number in range(20)]
    for tab in tabs:
        await room.call("watch", token, tab)
    await until(lambda: all(room.boards_sent(tab) == 1 for tab in tabs))
    for seen in (2, 3):
        await room.tick()
        await until(lambda seen=seen: all(room.boards_sent(tab) == seen for tab in tabs))
    assert room.draws == 3


async def test_signing_out_ends_the_stream_and_takes_the_board_away(room: Room):
    token = signed_in(Role.OPS)
    await room.call("watch", token)
    await until(lambda: room.boards_sent() == 1)
    with unit_of_work() as session:
        sessions.sign_out(session, token)
    await until(lambda: "session" in room.text().lower() and room.hub.viewers == 0, room.tick)
    seen = room.boards_sent()
    await room.tick()
    assert room.boards_sent() == seen
    assert "73,219" not in room.sent["a-tab"][-1]


async def test_leaving_the_page_ends_the_stream_and_leaves_nothing_behind(room: Room):
    watching = await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.boards_sent() == 1)
    watching.cancel()
    await until(lambda: room.hub.viewers == 0)
    await until(lambda: "73,219" not in room.sent["a-tab"][-1])


async def test_a_second_call_takes_the_place_of_the_first(room: Room):
    token = signed_in(Role.OPS)
    first = await room.call("watch", token)
    await until(lambda: room.boards_sent() == 1)
    await room.call("watch", token)
    await until(first.done, room.tick)
    await until(lambda: room.hub.viewers == 1)


async def test_paused_means_that_nothing_moves_until_it_is_resumed(room: Room):
    token = signed_in(Role.OPS)
    await room.call("watch", token)
    await until(lambda: room.boards_sent() == 1)
    await (await room.call("toggle_pause", token))
    for _ in range(5):
        await room.tick()
        await asyncio.sleep(0.01)
    assert room.boards_sent() == 1
    await (await room.call("toggle_pause", token))
    await until(lambda: room.boards_sent() == 2, room.tick)


@pytest.fixture
def outage(database: str, postgres_url: str) -> Outage:
    return Outage(postgres_url, database)


async def test_a_viewer_keeps_looking_while_the_database_is_away(room: Room, outage: Outage):
    await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.boards_sent() == 1)
    outage.begin()
    await until(lambda: room.boards_sent() >= 20, room.tick)


async def test_but_not_for_ever(room: Room, outage: Outage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(viewing, "GRACE_SECONDS", 0.0)
    await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.boards_sent() == 1)
    outage.begin()
    await until(lambda: "cannot check who you are" in room.text(), room.tick)
    assert "73,219" not in room.sent["a-tab"][-1]


async def test_who_comes_while_the_database_is_away_is_let_in_when_it_is_back(
    room: Room, outage: Outage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ops, "RETRY_SECONDS", 0.05)
    token = signed_in(Role.OPS)
    outage.begin()
    await room.call("watch", token)
    await until(lambda: "cannot check who you are" in room.text())
    assert room.boards_sent() == 0
    outage.end()
    await until(lambda: room.boards_sent() >= 1)
