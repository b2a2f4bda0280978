"""What passes to Reflex is what its client sends; the rest ends before it, and is not quoted."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
import structlog

from cloudscale.api.places import FULL, Places
from cloudscale.api.socket_guard import MAX_CHARACTERS, MAX_FAULTS, SocketGuard, fault
from cloudscale.presence import Presence

SECRET = "hunter2"
CALL = {"name": "cart.add", "payload": {"product_id": 1}, "router_data": {"pathname": "/"}}
TOKEN = "0d0b7f6c-5a1e-4f6e-9f3e-2f1d6c9f7a10"
SCOPE = {
    "type": "websocket",
    "path": "/_event/",
    "query_string": f"EIO=4&token={TOKEN}".encode(),
    "client": ("192.0.2.1", 1),
    "headers": [],
}


def only_cart_add(name: str, arguments: Mapping[str, Any]) -> str | None:
    """A store with one handler."""
    return None if name == "cart.add" and set(arguments) <= {"product_id"} else "no such handler"


def event(*parts: Any) -> str:
    """An EVENT packet of Reflex's namespace."""
    return "42/_event," + json.dumps(parts)


def connect(greeting: Any) -> str:
    """A CONNECT packet of Reflex's namespace."""
    return "40/_event," + json.dumps(greeting)


@pytest.mark.parametrize(
    "frame",
    [
        *("1", "2", "3", "2probe", "40/_event,", "41/_event,"),
        connect({"event": CALL, "state_schema": "abc"}),
        connect({"event": None, "state_schema": None}),
        event("event", CALL),
        event("event", {"name": "cart.add", "router_data": {"pathname": "/"}}),
        event("event", {"name": "cart.add"}),
        event("ping"),
        event("client_error", {"message": "x"}),
    ],
)
def test_what_the_page_sends_passes(frame):
    assert fault(frame, only_cart_add) is None


@pytest.mark.parametrize(
    "frame",
    [
        *(None, "", "zzz", "4", "42", "42[]", "40/admin,", "42/admin,[]", "51-/_event,[]", "0{}"),
        *("42/_event,", "42/_event,[[[", "42/_event,null", "42/_event,7[]", "43/_event,1[]"),
        "42/_event," + "[" * 100_000,
        *(event("event"), event("event", CALL, SECRET), event("event", [SECRET])),
        *(event("event", SECRET), event("event", 5), event("shutdown", {}), event()),
        *(event("ping", SECRET), event("client_error", SECRET)),
        event("event", {**CALL, "name": 5}),
        event("event", {**CALL, "name": "cart.drop"}),
        event("event", {**CALL, "payload": SECRET}),
        event("event", {**CALL, "payload": []}),
        event("event", {**CALL, "payload": None}),
        event("event", {**CALL, "router_data": None}),
        event("event", {**CALL, "router_data": {"query": None}}),
        event("event", {**CALL, "router_data": 0}),
        event("event", {**CALL, "payload": {"password": SECRET}}),
        event("event", {**CALL, "router_data": SECRET}),
        event("event", {**CALL, "router_data": {"pathname": 5}}),
        event("event", {**CALL, "router_data": {"query": SECRET}}),
        *(connect([SECRET]), connect({"event": SECRET}), connect({"state_schema": {}})),
        connect({"event": {**CALL, "name": "cart.drop"}}),
    ],
)
def test_anything_else_is_at_fault_in_words_that_do_not_quote_it(frame):
    found = fault(frame, only_cart_add)
    assert found
    assert SECRET not in found


async def talk(*frames: dict[str, Any]) -> tuple[list[Any], list[dict[str, Any]]]:
    """What Reflex gets of a browser's frames, and what the browser is sent."""
    waiting = [{"type": "websocket.receive", **frame} for frame in frames]
    waiting.append({"type": "websocket.disconnect", "code": 1000})
    got: list[Any] = []
    sent: list[dict[str, Any]] = []

    async def reflex(scope, receive, send):
        while (message := await receive())["type"] == "websocket.receive":
            got.append(message["text"])
        await send({"type": "websocket.close", "code": 1000})

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    await SocketGuard(reflex, only_cart_add)(SCOPE, receive, send)
    return got, sent


@pytest.mark.parametrize(
    "query",
    [
        *("", "EIO=4&transport=websocket", "token=", f"token={SECRET}", f"token={TOKEN}x"),
        *(f"token={TOKEN}&token={TOKEN}", f"token=&token={TOKEN}", f"token={TOKEN}%0A"),
    ],
)
async def test_a_socket_without_a_tabs_token_is_never_opened(query):
    sent: list[dict[str, Any]] = []

    async def reflex(scope, receive, send):
        raise AssertionError

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    scope = {**SCOPE, "query_string": query.encode()}
    with structlog.testing.capture_logs() as lines:
        await SocketGuard(reflex, only_cart_add)(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert SECRET not in str(lines)


async def test_a_fault_is_dropped_and_what_follows_still_passes():
    got, _ = await talk({"bytes": b"x"}, {"text": "zzz"}, {"text": event("event", CALL)})
    assert got == [event("event", CALL)]


@pytest.mark.parametrize("kind", ["text", "bytes"])
async def test_a_message_that_is_too_large_closes_the_socket_once(kind):
    large = "x" * (MAX_CHARACTERS + 1)
    got, sent = await talk({kind: large if kind == "text" else large.encode()}, {"text": "2"})
    assert got == []
    assert sent == [{"type": "websocket.close", "code": 1009}]


async def test_a_flood_of_faults_is_one_line_and_then_the_end():
    with structlog.testing.capture_logs() as lines:
        got, sent = await talk(*[{"text": SECRET}] * (MAX_FAULTS + 5), {"text": "2"})
    assert got == []
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert [line["event"] for line in lines] == ["socket_message_refused", "socket_closed"]
    assert SECRET not in str(lines)


async def test_other_sockets_and_http_pass_untouched():
    seen: list[str] = []

    async def app(scope, receive, send):
        seen.append(scope["path"])
        assert (await receive())["text"] == "zzz"

    async def receive():
        return {"type": "websocket.receive", "text": "zzz"}

    async def send(message):
        raise AssertionError

    for scope in ({"type": "websocket", "path": "/ws"}, {"type": "http", "path": "/_event"}):
        await SocketGuard(app, only_cart_add)(scope, receive, send)
    assert seen == ["/ws", "/_event"]


async def test_while_redis_is_away_no_socket_is_opened():
    presence, sent = Presence(), []

    async def reflex(scope, receive, send):
        raise AssertionError

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    presence.lost()
    await SocketGuard(reflex, only_cart_add, presence)(SCOPE, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1013}]


async def test_sockets_that_are_open_end_once_when_redis_is_lost():
    presence, sent = Presence(), []

    async def reflex(scope, receive, send):
        assert (await receive())["type"] == "websocket.disconnect"
        await send({"type": "websocket.send", "text": "too late"})

    async def receive():
        await asyncio.Event().wait()  # the browser says nothing

    async def send(message):
        sent.append(message)

    serving = asyncio.create_task(
        SocketGuard(reflex, only_cart_add, presence)(SCOPE, receive, send)
    )
    await asyncio.sleep(0)
    presence.lost()
    await serving
    presence.returned()
    presence.lost()
    assert sent == [{"type": "websocket.close", "code": 1013}]


async def test_a_socket_whose_message_waits_for_redis_itself_ends_at_once_too():
    presence, sent, answered = Presence(), [], asyncio.Event()

    async def reflex(scope, receive, send):
        await receive()
        await answered.wait()
        await send({"type": "websocket.send", "text": "too late"})
        sent.append(await receive())

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    serving = asyncio.create_task(
        SocketGuard(reflex, only_cart_add, presence)(SCOPE, receive, send)
    )
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    presence.lost()
    await asyncio.sleep(0)
    closed = {"type": "websocket.close", "code": 1013}
    assert sent == [closed]
    answered.set()
    await serving
    assert sent == [closed, {"type": "websocket.disconnect", "code": 1013}]


async def test_a_socket_that_is_accepted_is_closed_once_it_is_greeted():
    presence, sent = Presence(), []
    accepted, greeting = asyncio.Event(), asyncio.Event()

    async def reflex(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        accepted.set()
        greeted = asyncio.create_task(greet(send))
        await receive()
        await greeted

    async def greet(send):
        await greeting.wait()
        await send({"type": "websocket.send", "text": "0{}"})

    async def receive():
        return {"type": "websocket.connect"} if not sent else await asyncio.Future()

    async def send(message):
        sent.append(message["type"])

    serving = asyncio.create_task(
        SocketGuard(reflex, only_cart_add, presence)(SCOPE, receive, send)
    )
    await accepted.wait()
    presence.lost()
    await asyncio.sleep(0.01)
    assert sent == ["websocket.accept"]
    greeting.set()
    await serving
    assert sent == ["websocket.accept", "websocket.send", "websocket.close"]


async def test_a_socket_too_many_is_refused_and_a_place_that_is_left_is_free():
    async def reflex(scope, receive, send):
        await receive()

    guard = SocketGuard(reflex, lambda name, arguments: None)
    guard.places = Places(1, 1)
    is_over = asyncio.Event()

    async def receive():
        await is_over.wait()
        return {"type": "websocket.disconnect"}

    sent: list[dict] = []

    async def send(message):
        sent.append(message)

    first = asyncio.create_task(guard(SCOPE, receive, send))
    await asyncio.sleep(0)

    await guard(SCOPE, receive, send)
    assert sent == [{"type": "websocket.close", "code": FULL.code}]
    is_over.set()
    await first
    await guard(SCOPE, receive, send)
    assert len(sent) == 1
