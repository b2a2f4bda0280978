"""What reaches a browser on the live dashboard, through Reflex's own event processor."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import reflex as rx
from reflex.event import Event
from reflex.istate.manager.token import BaseStateToken
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.utils.format import format_event_handler, json_dumps
from sqlalchemy import NullPool, create_engine, make_url, text

from cloudscale import db
from cloudscale.cloudscale import app
from cloudscale.db import unit_of_work
from cloudscale.models import Role, User
from cloudscale.ops import events
from cloudscale.ops.events import EventView
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.telemetry.window import Gauge, Window
from cloudscale.services import sessions
from cloudscale.services.identity import Client
from cloudscale.services.tokens import cookie_name
from cloudscale.state import (
    leaving,
    ops,
    screen_text,
    screens,
    slo,
    timeline,
    timeline_news,
    viewing,
)
from cloudscale.state.ops import OpsState
from cloudscale.state.screens import Screens
from cloudscale.state.slo import SloState
from cloudscale.state.timeline import TimelineState
from tests.points import START

SECRET_NUMBER = 73219.0  # shows as 73,219 active users wherever the shop is told of


class Room:
    """A process with a hub, and what it sends to its browsers."""

    def __init__(self) -> None:
        self.sent: dict[str, list[str]] = {}
        self.closed: set[str] = set()
        self.hub = Hub(self._read)
        self.seconds = 0
        self.processor = BaseStateEventProcessor(backend_exception_handler=lambda error: None)

    async def _read(self, _step: int, _since: float, _until: float) -> dict[int, Any]:
        return {}

    async def tick(self, *events: EventView) -> None:
        """One second passes."""
        second = int(START.timestamp()) + self.seconds
        window = Window(seconds=1, gauges={"active_users": Gauge.of(SECRET_NUMBER)})
        new = self.hub.seconds.add({second: window.as_json()}, second + 1)
        await self.hub.tick(second + 1, {1: new}, events)
        self.seconds += 1

    async def call(
        self,
        handler: str,
        token: str | None,
        tab: str = "a-tab",
        query: str = "",
        of: type[rx.State] = OpsState,
        **payload: Any,
    ) -> asyncio.Future:
        """A browser calls a handler, with the session cookie that its socket was opened with."""
        name = format_event_handler(of.event_handlers[handler])
        headers = {
            "cookie": f"{cookie_name()}={token}" if token else "",
            "origin": "http://localhost",
        }
        where = {"pathname": "/ops", "asPath": f"/ops{query}"}
        router = {"headers": headers, "token": tab, **where}
        event = Event(name=name, payload=payload, router_data=router)
        return await self.processor.enqueue(tab, event)

    async def emit_update(self, update: Any, token: str) -> None:
        """Stands where the websocket is."""
        self.sent.setdefault(token, []).append(json_dumps(update.delta))

    async def kept(self, of: type[rx.State], tab: str = "a-tab") -> dict[str, Any]:
        """What the server keeps of a tab's state."""
        manager = self.processor._root_context.state_manager  # type: ignore[union-attr]
        root = await manager.get_state(BaseStateToken(ident=tab, cls=of))
        return (await root.get_state(of)).dict()[of.get_full_name()]

    def forget(self, tab: str = "a-tab") -> None:
        """Lose what the server keeps of a tab, as with a Redis that is lost."""
        del self.processor._root_context.state_manager.states[tab]  # type: ignore[union-attr]

    def text(self, tab: str = "a-tab") -> str:
        """All that a browser was sent."""
        return "".join(self.sent.get(tab, []))

    def sights(self, tab: str = "a-tab") -> int:
        """How often a browser was told of the shop: everything once, and then ticks."""
        return sum("73,219" in update for update in self.sent.get(tab, []))

    def viewers(self) -> int:
        return sum(self.hub.viewers.values())

    def told(self, tab: str = "a-tab") -> dict[str, Any]:
        """The newest tick that a browser was sent, or the whole."""
        newest = next(update for update in reversed(self.sent[tab]) if "73,219" in update)
        state = json.loads(newest)[OpsState.get_full_name()]
        return json.loads(state.get("tick_rx_state_") or state["whole_rx_state_"])


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
    ops.show(Screens(room.hub))
    leaving.know(lambda tab: tab not in room.closed)
    with app.set_contexts():
        async with room.processor.configure(event_namespace=room):
            await room.tick()
            yield room


@pytest.fixture
async def room(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    monkeypatch.setattr(viewing, "RECHECK_SECONDS", 0.0)
    monkeypatch.setattr(ops, "LEAVE_SECONDS", 0.05)
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
    await until(lambda: room.sights() == 1)
    await room.tick()
    await until(lambda: room.sights() == 2)
    assert room.viewers() == 1


async def test_a_timeline_that_waits_for_the_database_does_not_hold_up_the_board(room: Room):
    timeline_news.show(room.hub)
    token = signed_in(Role.OPS)
    await room.call("watch", token)
    await until(lambda: room.sights() == 1)
    with db.get_engine().connect() as other:
        other.execute(text("LOCK TABLE ops_event IN ACCESS EXCLUSIVE MODE"))
        await room.call("watch", token, of=TimelineState)
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        await until(lambda: other.scalar(waiting) > 0)
        await room.tick()
        async with asyncio.timeout(6):  # less than a statement waits for a lock
            await until(lambda: room.sights() == 2)
        other.rollback()
    await until(lambda: "Nothing has happened" in room.text())


@pytest.mark.parametrize(
    ("handler", "given"),
    [
        ("choose_kind", {"kind": "alarm"}),
        ("search", {"text": "cpu"}),
        ("open_event", {"event_id": 7}),
    ],
)
async def test_a_click_on_a_database_that_hangs_holds_up_nothing_and_is_refused_in_words(
    room: Room, monkeypatch: pytest.MonkeyPatch, handler: str, given: dict[str, Any]
):
    monkeypatch.setattr(timeline_news, "READ_TIMEOUT_SECONDS", 4.0)
    timeline_news.show(room.hub)
    token = signed_in(Role.OPS)
    await room.call("watch", token)
    await room.call("watch", token, of=TimelineState)
    await until(lambda: room.sights() == 1 and "Nothing has happened" in room.text())
    with db.get_engine().connect() as other:
        other.execute(text("LOCK TABLE ops_event IN ACCESS EXCLUSIVE MODE"))
        click = await room.call(handler, token, of=TimelineState, **given)
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        await until(lambda: other.scalar(waiting) > 0)
        seen = room.sights()
        await until(lambda: room.sights() >= seen + 3, room.tick)
        assert not click.done(), "the ticks went on while it waited"
        await until(lambda: "so this could not be read" in room.text())
        other.rollback()


@pytest.mark.parametrize("who", ["guest", "stranger", "forger", "member"])
async def test_nobody_else_gets_any_number_even_by_calling_the_handlers(room: Room, who: str):
    tokens = {"guest": sessions.new_token, "stranger": lambda: None, "forger": lambda: "x.y"}
    token = signed_in(Role.MEMBER) if who == "member" else tokens[who]()
    await (await room.call("watch", token))
    await (await room.call("download", token))
    await room.tick()
    await (await room.call("watch", token))
    assert "73,219" not in room.text()
    assert ("may not see this" if who == "member" else "sign in") in room.text()
    assert room.viewers() == 0


async def test_twenty_viewers_are_sent_the_same_text_made_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    made: list[object] = []
    words = screen_text.words
    for module in (screens, screen_text):
        monkeypatch.setattr(module, "words", lambda told: made.append(told) or words(told))
    token = signed_in(Role.OPS)
    tabs = [f"tab-{number}" for number in range(20)]
    for tab in tabs:
        await room.call("watch", token, tab)
    await until(lambda: all(room.sights(tab) == 1 for tab in tabs))
    for seen in (2, 3):
        await asyncio.sleep(0.2)  # until all wait for the tick: who does not misses it, and asks
        await room.tick()
        await until(lambda seen=seen: all(room.sights(tab) == seen for tab in tabs))
    assert len(made) == 3
    assert len({room.sent[tab][-1] for tab in tabs}) == 1


async def test_a_tick_weighs_at_most_two_kilobytes_and_everything_is_sent_once(room: Room):
    await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.sights() == 1)
    for seen in (2, 3, 4):
        await room.tick()
        await until(lambda seen=seen: room.sights() == seen)
    assert max(len(update) for update in room.sent["a-tab"][-3:]) <= 2_048
    assert sum("charted" in update for update in room.sent["a-tab"]) == 1


async def test_each_tick_says_which_one_must_have_been_seen_before(room: Room):
    await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.sights() == 1)
    begun = room.told()["number"]
    told = []
    for seen in (2, 3):
        await room.tick()
        await until(lambda seen=seen: room.sights() == seen)
        told.append(room.told())
    assert [tick["number"] for tick in told] == [begun + 1, begun + 2]
    assert told[1]["after"] == told[0]["number"]
    assert [row[0] for row in told[1]["rows"]] == [int(START.timestamp()) + 2]


async def test_who_comes_later_sees_what_is_then_also_when_nobody_looked_meanwhile(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(screens, "FRESH_SECONDS", 0.05)
    token = signed_in(Role.OPS)
    first = await room.call("watch", token)
    await until(lambda: room.sights() == 1)
    first.cancel()
    await until(lambda: room.viewers() == 0)
    for _ in range(3):
        await room.tick()
    await asyncio.sleep(0.06)
    await room.call("watch", token, "later")
    await until(lambda: room.sights("later") == 1)
    assert room.told("later")["newest"] == int(START.timestamp()) + 3


def happened(number: int) -> EventView:
    told = (f"Event {number}", "A cause.", "", "")
    return EventView(number, str(number), "scaling", "warn", "measured", *told, START, None, START)


@pytest.mark.parametrize(("count", "told"), [(1, 1), (2, 2), (9, 0)])
async def test_a_few_events_come_with_the_tick_and_a_flood_is_read_anew(
    room: Room, count: int, told: int
):
    await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.sights() == 1)
    await room.tick(*map(happened, range(1, count + 1)))
    await until(lambda: room.sights() == 2)
    tick = room.told()
    assert len(tick["events"]) == told
    assert (tick["again"] > tick["newestSecond"]) == (told == 0)


async def test_a_range_that_nobody_knows_is_told(room: Room):
    await room.call("watch", signed_in(Role.OPS), query="?range=forever")
    await until(lambda: room.sights() == 1)
    assert "There is no such range" in room.text()


async def test_signing_out_ends_the_stream_and_takes_the_board_away(room: Room):
    token = signed_in(Role.OPS)
    await room.call("watch", token)
    await until(lambda: room.sights() == 1)
    with unit_of_work() as session:
        sessions.sign_out(session, token)
    await until(lambda: "session" in room.text().lower() and room.viewers() == 0, room.tick)
    seen = room.sights()
    await room.tick()
    assert room.sights() == seen
    assert "73,219" not in room.sent["a-tab"][-1]


async def test_leaving_the_page_ends_the_stream_and_leaves_nothing_behind(room: Room):
    watching = await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.sights() == 1)
    watching.cancel()
    await until(lambda: room.viewers() == 0)
    await until(lambda: "73,219" not in room.sent["a-tab"][-1])


async def test_a_page_that_the_server_forgot_is_not_cleared_by_the_call_it_was_left_with(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    for module in (timeline, slo):
        monkeypatch.setattr(module, "LEAVE_SECONDS", 0.05)
    timeline_news.show(room.hub)
    token, states = signed_in(Role.OPS), (OpsState, TimelineState, SloState)
    left = [await room.call("watch", token, of=state) for state in states]
    shown = ("73,219", "Nothing has happened", "Availability")
    await until(lambda: all(text in room.text() for text in shown))
    room.forget()
    room.sent.clear()
    for state in states:
        await room.call("watch", token, of=state)
    await until(lambda: all(text in room.text() for text in shown))
    for one in left:
        one.cancel()
    await asyncio.sleep(0.3)  # for longer than `LEAVE_SECONDS`
    kept = [await room.kept(state) for state in states]
    assert all(text in str(one) for text, one in zip(shown, kept, strict=True))


@pytest.mark.parametrize("is_closed", [True, False])
async def test_a_tab_that_was_closed_is_sent_nothing_more_but_what_it_showed_is_forgotten(
    room: Room, monkeypatch: pytest.MonkeyPatch, is_closed: bool
):
    for module in (timeline, slo):
        monkeypatch.setattr(module, "LEAVE_SECONDS", 0.05)
    timeline_news.show(room.hub)
    token = signed_in(Role.OPS)
    states = (OpsState, TimelineState, SloState)
    watching = [await room.call("watch", token, of=state) for state in states]
    shown = ("73,219", "Nothing has happened", "Availability")
    await until(lambda: all(text in room.text() for text in shown))
    sent = len(room.sent["a-tab"])
    room.closed |= {"a-tab"} if is_closed else set()
    for watch in watching:
        watch.cancel()
    await until(lambda: all(watch.done() for watch in watching) and room.viewers() == 0)
    for _ in range(100):
        kept = [await room.kept(state) for state in states]
        if not kept[0]["is_live_rx_state_"] and not kept[2]["objectives_rx_state_"]:
            break
        await asyncio.sleep(0.1)
    assert kept[0]["whole_rx_state_"] == "" and kept[1]["note_rx_state_"] == timeline.READING
    after = "".join(room.sent["a-tab"][sent:])
    assert ('"is_live_rx_state_": false' in after) != is_closed
    assert ('"objectives_rx_state_": []' in after) != is_closed


async def test_a_second_call_takes_the_place_of_the_first(room: Room):
    token = signed_in(Role.OPS)
    first = await room.call("watch", token)
    await until(lambda: room.sights() == 1)
    await room.call("watch", token)
    await until(first.done, room.tick)
    await until(lambda: room.viewers() == 1)


async def test_paused_means_that_nothing_moves_until_it_is_resumed(room: Room):
    token = signed_in(Role.OPS)
    await room.call("watch", token, query="?paused=1")
    await until(lambda: room.sights() == 1)
    for _ in range(5):
        await room.tick()
        await asyncio.sleep(0.01)
    assert room.sights() == 1
    await room.call("watch", token)
    await until(lambda: room.sights() > 2, room.tick)


@pytest.fixture
def outage(database: str, postgres_url: str) -> Outage:
    return Outage(postgres_url, database)


async def test_a_viewer_keeps_looking_while_the_database_is_away(room: Room, outage: Outage):
    await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.sights() == 1)
    outage.begin()
    await until(lambda: room.sights() >= 20, room.tick)


def ticks(room: Room) -> list[dict[str, Any]]:
    """What was sent of ticks; other things of the page come between them."""
    sent = (json.loads(delta).get(OpsState.get_full_name(), {}) for delta in room.sent["a-tab"])
    return [json.loads(of["tick_rx_state_"]) for of in sent if of.get("tick_rx_state_")]


async def test_late_ticks_of_an_outage_make_no_page_ask_again_for_what_nobody_has(room: Room):
    """Asked anew then, the page would be refused until the database is back."""
    await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.sights() == 1)
    await room.tick()
    await until(lambda: room.sights() == 2)
    for late in (2, 4.5, 8, 11.5):
        told = len(ticks(room))
        await room.hub.tick(START.timestamp() + late, {})
        await until(lambda told=told: len(ticks(room)) > told)
        assert ticks(room)[-1]["again"] == 0


async def test_the_timeline_keeps_what_it_shows_while_the_database_is_away(
    room: Room, outage: Outage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(timeline, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(timeline_news, "ANEW_TICKS", 1)
    timeline_news.show(room.hub)
    with unit_of_work() as session:
        events.happened(session, "k", "system", "info", "A lamp burns", "A test.")
    await room.call("watch", signed_in(Role.OPS), of=TimelineState)
    await until(lambda: "A lamp burns" in room.text())
    outage.begin()
    await until(lambda: "so this could not be read" in room.text(), room.tick)
    assert "A lamp burns" in str((await room.kept(TimelineState))["rows_rx_state_"])
    monkeypatch.setattr(viewing, "GRACE_SECONDS", 0.0)
    for _ in range(100):
        if not (rows := (await room.kept(TimelineState))["rows_rx_state_"]):
            break
        await asyncio.sleep(0.1)
    assert rows == [], "but not for ever"


async def test_a_page_that_asks_again_while_the_database_is_away_keeps_what_it_shows(
    room: Room, outage: Outage
):
    token = signed_in(Role.OPS)
    await room.call("watch", token)
    await until(lambda: room.sights() == 1)
    outage.begin()
    await room.call("watch", token)  # as a page does that missed a tick
    await until(lambda: room.sights() >= 3, room.tick)
    board = await room.kept(OpsState)
    assert "73,219" in board["whole_rx_state_"]
    assert board["refusal_rx_state_"] == ""


async def test_but_another_range_of_it_cannot_be_had_then(room: Room, outage: Outage):
    token = signed_in(Role.OPS)
    await room.call("watch", token)
    await until(lambda: room.sights() == 1)
    outage.begin()
    await room.call("watch", token, query="?range=6h")
    await until(lambda: "nothing can be shown" in room.text(), room.tick)


async def test_nor_does_anybody_get_in_meanwhile_who_was_not(room: Room, outage: Outage):
    token, of_member = signed_in(Role.OPS), signed_in(Role.MEMBER)
    await room.call("watch", token)
    await until(lambda: room.sights() == 1)
    outage.begin()
    await room.call("watch", of_member, tab="another-tab")
    await until(lambda: "cannot check who you are" in room.text("another-tab"), room.tick)
    assert room.sights("another-tab") == 0


async def test_but_not_for_ever(room: Room, outage: Outage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(viewing, "GRACE_SECONDS", 0.0)
    await room.call("watch", signed_in(Role.OPS))
    await until(lambda: room.sights() == 1)
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
    assert room.sights() == 0
    outage.end()
    await until(lambda: room.sights() >= 1)
