"""What reaches a browser beside the store, through Reflex's own event processor."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from reflex.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.utils.format import format_event_handler, json_dumps
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlmodel import select

from cloudscale import db
from cloudscale.cloudscale import app
from cloudscale.db import unit_of_work
from cloudscale.models import Role, User, Visit
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.telemetry.window import Gauge, InstanceWindow, Window
from cloudscale.services import sessions
from cloudscale.services.identity import Client
from cloudscale.services.tokens import cookie_name
from cloudscale.state import sidebar, viewing
from cloudscale.state.sidebar import SidebarState

START = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
MACHINE = "host-of-ours-17"
SECRET = "73,219"  # so many users are active in each second
HANDLERS = SidebarState.event_handlers


class Room:
    """A process with a hub, and what it sends to its browsers."""

    def __init__(self, *, is_public: bool) -> None:
        self.sent: dict[str, list[str]] = {}
        self.hub = Hub(self._read)
        self.seconds = 0
        self.processor = BaseStateEventProcessor(backend_exception_handler=lambda error: None)
        sidebar.show(self.hub, is_public=is_public)

    async def _read(self, _step: int, _since: float, _until: float) -> Mapping[int, Any]:
        return {}

    async def tick(self) -> None:
        """One second passes."""
        second = START + self.seconds
        window = Window(gauges={"active_users": Gauge.of(73219.0)})
        window.seconds = 1
        window.instances = {MACHINE: InstanceWindow("zone-a", MACHINE, seconds=1)}
        new = self.hub.seconds.add({second: window.as_json()}, second + 1)
        await self.hub.tick(second + 1, {1: new})
        self.seconds += 1

    async def call(
        self, handler: str, token: str | None, tab: str = "a-tab", **payload: Any
    ) -> asyncio.Future:
        """A browser calls a handler, with the session cookie that its socket was opened with."""
        name = format_event_handler(HANDLERS[handler])
        headers = {"cookie": f"{cookie_name()}={token}" if token else ""}
        router_data = {"headers": headers, "pathname": "/", "token": tab}
        event = Event(name=name, payload=payload, router_data=router_data)
        return await self.processor.enqueue(tab, event)

    async def open(self, token: str | None, tab: str = "a-tab") -> asyncio.Future:
        """A page is loaded and shows the metrics; returns its watch."""
        watching = await self.call("watch", token, tab)
        await until(lambda: tab in sidebar._doors)
        await (await self.call("shown", token, tab, is_shown=True))
        return watching

    async def emit_update(self, update: Any, token: str) -> None:
        """Stands where the websocket is."""
        self.sent.setdefault(token, []).append(json_dumps(update.delta))

    def text(self, tab: str = "a-tab") -> str:
        """All that a browser was sent."""
        return "".join(self.sent.get(tab, []))

    def glances_sent(self, tab: str = "a-tab") -> int:
        return sum(SECRET in update for update in self.sent.get(tab, []))

    def viewers(self) -> int:
        return sum(self.hub.viewers.values())


@asynccontextmanager
async def serving(*, is_public: bool) -> AsyncIterator[Room]:
    room = Room(is_public=is_public)
    with app.set_contexts():
        async with room.processor.configure(event_namespace=room):
            yield room


@pytest.fixture
async def demo_room(database: str) -> AsyncIterator[Room]:
    async with serving(is_public=True) as opened:
        yield opened


@pytest.fixture
async def room(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    """A process in production."""
    monkeypatch.setattr(viewing, "RECHECK_SECONDS", 0.0)
    async with serving(is_public=False) as opened:
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


async def test_in_the_demo_a_guest_sees_each_second_but_no_machine(demo_room: Room):
    await demo_room.open(None)
    await until(lambda: demo_room.glances_sent() >= 2, demo_room.tick)
    assert "Instance 1" in demo_room.text()
    assert MACHINE not in demo_room.text()


async def test_in_production_those_who_run_the_shop_do_with_the_names(room: Room):
    await room.open(signed_in(Role.OPS))
    await until(lambda: room.glances_sent() >= 2, room.tick)
    assert MACHINE in room.text()
    assert room.viewers() == 1


@pytest.mark.parametrize("who", ["guest", "stranger", "forger", "member"])
async def test_in_production_nobody_else_gets_any_number_even_by_calling_the_handlers(
    room: Room, who: str
):
    tokens = {"guest": sessions.new_token, "stranger": lambda: None, "forger": lambda: "x.y"}
    token = signed_in(Role.MEMBER) if who == "member" else tokens[who]()
    await room.open(token)
    refusal = "may not see this" if who == "member" else "sign in"
    await until(lambda: refusal in room.text(), room.tick)
    await (await room.call("shown", token, is_shown=True))
    for _ in range(5):
        await room.tick()
        await asyncio.sleep(0.02)
    assert SECRET not in room.text()
    assert MACHINE not in room.text()
    assert room.viewers() == 0


async def test_nothing_is_streamed_until_it_is_shown(demo_room: Room):
    await demo_room.call("watch", None)
    await until(lambda: "a-tab" in sidebar._doors)
    for _ in range(3):
        await demo_room.tick()
        await asyncio.sleep(0.01)
    assert demo_room.glances_sent() == demo_room.viewers() == 0


async def test_nothing_is_streamed_any_more_once_it_is_closed(demo_room: Room):
    await demo_room.open(None)
    await until(lambda: demo_room.glances_sent() >= 1, demo_room.tick)
    await (await demo_room.call("shown", None, is_shown=False))
    await until(lambda: demo_room.viewers() == 0, demo_room.tick)
    seen = demo_room.glances_sent()
    await demo_room.tick()
    await asyncio.sleep(0.05)
    assert demo_room.glances_sent() == seen
    assert SECRET not in demo_room.sent["a-tab"][-1]
    await (await demo_room.call("shown", None, is_shown=True))
    await until(lambda: demo_room.glances_sent() > seen, demo_room.tick)


async def test_leaving_the_page_ends_the_stream_and_its_door(demo_room: Room):
    watching = await demo_room.open(None)
    await until(lambda: demo_room.glances_sent() >= 1, demo_room.tick)
    watching.cancel()
    await until(lambda: demo_room.viewers() == 0 and "a-tab" not in sidebar._doors)


async def test_another_url_of_the_page_goes_on_where_the_last_one_was(demo_room: Room):
    first = await demo_room.open(None)
    await until(lambda: demo_room.glances_sent() >= 1, demo_room.tick)
    await demo_room.call("watch", None)
    first.cancel()
    seen = demo_room.glances_sent()
    await until(lambda: demo_room.glances_sent() > seen, demo_room.tick)
    assert "a-tab" in sidebar._doors


@pytest.mark.parametrize("odd", ["yes", 1, None, [], {"is": True}])
async def test_what_is_no_yes_opens_nothing(demo_room: Room, odd: Any):
    await demo_room.call("watch", None)
    await until(lambda: "a-tab" in sidebar._doors)
    await (await demo_room.call("shown", None, is_shown=odd))
    assert not sidebar._doors["a-tab"].is_set()


async def test_a_page_that_nobody_watches_is_told_that_it_is_not_followed(demo_room: Room):
    await (await demo_room.call("shown", None, is_shown=True))
    assert '"is_followed_rx_state_":true' not in demo_room.text()


async def test_a_role_that_is_taken_away_ends_the_stream_and_takes_the_figures(room: Room):
    token = signed_in(Role.OPS)
    await room.open(token)
    await until(lambda: room.glances_sent() >= 1, room.tick)
    with unit_of_work() as session:
        session.connection().exec_driver_sql("UPDATE user_account SET role = 'member'")
    await until(lambda: "may not see this" in room.text() and room.viewers() == 0, room.tick)
    assert SECRET not in room.sent["a-tab"][-1]


@pytest.fixture
def refuse_connections(database: str, postgres_url: str) -> Callable[[bool], None]:
    """Have the database refuse everybody, or let them in again."""
    server = create_engine(
        db.sqlalchemy_url(postgres_url), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    name = make_url(database).database

    def refuse(is_away: bool) -> None:
        with server.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not is_away}"))
            connection.execute(
                text(
                    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='{name}'"
                )
            )

    return refuse


async def test_who_comes_while_the_database_is_away_is_let_in_when_it_is_back(
    room: Room, refuse_connections: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sidebar, "RETRY_SECONDS", 0.05)
    token = signed_in(Role.OPS)
    refuse_connections(True)
    await room.open(token)
    await until(lambda: "cannot check who you are" in room.text())
    assert '"is_refused_rx_state_":true' not in room.text()
    refuse_connections(False)
    await until(lambda: room.glances_sent() >= 1, room.tick)


async def test_all_viewers_are_handed_the_same_drawing(demo_room: Room, monkeypatch):
    drawn = []
    glance = sidebar._outlooks[0].glances
    plain = glance.of
    monkeypatch.setattr(glance, "of", lambda tick: drawn.append(plain(tick)) or drawn[-1])
    tabs = [f"tab-{number}" for number in range(5)]
    for tab in tabs:
        await demo_room.open(None, tab)
    await until(lambda: all(demo_room.glances_sent(tab) for tab in tabs), demo_room.tick)
    assert len({id(one) for one in drawn}) == len({one.at_ms for one in drawn}) < len(drawn)


def last_active_at() -> datetime:
    with unit_of_work() as session:
        return session.exec(select(Visit)).one().last_active_at


async def test_looking_is_no_activity_of_a_shopper(room: Room):
    token = signed_in(Role.OPS)
    before = last_active_at()
    await room.open(token)
    await until(lambda: room.glances_sent() >= 3, room.tick)
    assert last_active_at() == before
