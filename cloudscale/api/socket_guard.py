"""What a browser may send over the page's websocket; anything else ends here, with one short line.

Reflex answers a bad message with a traceback that quotes it, headers, cookies and passwords
included, and looks at it only after it is parsed. So messages are looked at before: size, protocol
(Engine.IO, Socket.IO), shape, and whether such a handler takes such arguments. Of a socket without
a tab's token Reflex quotes every event: such a socket is not opened.

A page's live state is in Redis where there is one. While that does not answer no socket is opened
and those that are open end: the browser then says so by itself, keeps what is pressed meanwhile,
and tries until it is let in, where it gets all of its state anew.

The browser's client hears of a socket's end only before it is accepted, or once Engine.IO has
greeted it; of an end in between it would say nothing for twenty seconds. So there is none.

    no token, no Redis, no place? 403 --> accepted, greeted --> frame --fault--> None: on to Reflex
                   words: dropped and counted; too large, or too many: the socket is closed
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudscale.api.places import MOST_PAGES, MOST_PAGES_AN_ADDRESS, Places, address_of
from cloudscale.presence import PRESENCE, Presence

EVENT_PATH = "/_event"
# Reflex announces 1 MB to its client; the largest form of the store fits in a few kB.
MAX_CHARACTERS = 256 * 1024
MAX_FAULTS = 20
TOO_LARGE, POLICY_VIOLATION, TRY_AGAIN_LATER = 1009, 1008, 1013
GREETING_SECONDS = 2.0  # Engine.IO sends it at once, and asks nobody

# Engine.IO packet types that a client sends over a websocket: close, ping, pong.
CONTROL = ("1", "2", "3")
# Socket.IO packets (after Engine.IO's "4" for a message) of Reflex's namespace.
CONNECT = f"40{EVENT_PATH},"
DISCONNECT = f"41{EVENT_PATH},"
EVENT = f"42{EVENT_PATH},"
# A tab's name for itself, as Reflex's client and server make it (a UUID).
TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Where the page says it is; Reflex takes these for text.
ADDRESS = ("pathname", "asPath", "hash")

EventFault = Callable[[str, Mapping[str, Any]], str | None]
"""From an event's name and arguments to what is wrong with them, in words without their values."""

log = structlog.get_logger(__name__)


def is_named(query: bytes) -> bool:
    """Whether a socket's query string names the tab that opens it, once and properly."""
    tokens = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("token", [])
    return len(tokens) == 1 and TOKEN.fullmatch(tokens[0]) is not None


def _parsed(text: str) -> Any:
    """The JSON value, or None: nothing that Reflex sends is a bare null."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is(kind: type, *values: Any) -> bool:
    """Whether each value is of that kind, or left out."""
    return all(value is None or isinstance(value, kind) for value in values)


def _call_fault(call: Any, event_fault: EventFault) -> str | None:
    """What is wrong with one call of an event handler."""
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        return "not an event"
    # Reflex leaves out what is empty, and fails on a null in its place.
    arguments, router = call.get("payload", {}), call.get("router_data", {})
    if not isinstance(arguments, dict) or not isinstance(router, dict):
        return "not an event"
    if not _is(str, *map(router.get, ADDRESS)) or not isinstance(router.get("query", {}), dict):
        return "not an address"
    return event_fault(call["name"], arguments)


def _connect_fault(text: str, event_fault: EventFault) -> str | None:
    """What is wrong with a CONNECT packet; it may carry the page's first event."""
    if not text:
        return None
    greeting = _parsed(text)
    if not isinstance(greeting, dict) or not _is(str, greeting.get("state_schema")):
        return "not a greeting"
    first = greeting.get("event")
    return None if first is None else _call_fault(first, event_fault)


def _event_fault(text: str, event_fault: EventFault) -> str | None:
    """What is wrong with an EVENT packet."""
    match _parsed(text):
        case ["event", call]:
            return _call_fault(call, event_fault)
        case ["ping"] | ["client_error", dict()]:
            return None
    return "not an event"


def fault(text: str | None, event_fault: EventFault) -> str | None:
    """What is wrong with one websocket message, in words that quote none of it.

    Args:
        text: The frame; None if it is binary, which Reflex's client never sends.
        event_fault: Judges the name and the arguments of an event.

    Returns:
        None if Reflex may have it.
    """
    if text is None:
        return "binary"
    if text[:1] in CONTROL or text == DISCONNECT:
        return None
    if text.startswith(EVENT):
        return _event_fault(text.removeprefix(EVENT), event_fault)
    if text.startswith(CONNECT):
        return _connect_fault(text.removeprefix(CONNECT), event_fault)
    return "not our protocol"


class SocketGuard:
    """ASGI wrapper around Reflex's websocket.

    Args:
        app: Reflex.
        event_fault: Judges the name and the arguments of an event.
        presence: Whether Redis answers, where one is used.
    """

    def __init__(
        self, app: ASGIApp, event_fault: EventFault, presence: Presence = PRESENCE
    ) -> None:
        self.app, self.event_fault, self.presence = app, event_fault, presence
        self.places = Places(MOST_PAGES, MOST_PAGES_AN_ADDRESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one websocket; anything else is passed on."""
        is_ours = scope["type"] == "websocket" and scope["path"].rstrip("/") == EVENT_PATH
        if not is_ours:
            await self.app(scope, receive, send)
            return
        if not is_named(scope["query_string"]):
            log.warning("socket_refused", fault="no token of a tab")
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        if not self.presence.is_here:
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
            return
        address = address_of(scope)
        if full := self.places.refusal(address):
            log.warning("socket_refused", fault=full.reason)
            await send({"type": "websocket.close", "code": full.code})
            return
        self.places.enter(address)
        socket = _GuardedSocket(receive, send, self.event_fault)
        self.presence.tell(socket.end)
        try:
            await self.app(scope, socket.receive, socket.send)
        finally:
            self.presence.leave(socket.end)
            self.places.leave(address)


class _GuardedSocket:
    """One websocket: hands on good messages, counts bad ones, and closes when it is enough."""

    def __init__(self, receive: Receive, send: Send, event_fault: EventFault) -> None:
        self._receive, self._send, self._event_fault = receive, send, event_fault
        self._faults = 0
        self._is_closed = False
        self._is_ended = False
        self._next: asyncio.Future[Message] | None = None
        self._ending: asyncio.Task[Message] | None = None
        self._is_accepted = False
        self._is_greeted = asyncio.Event()

    def end(self) -> None:
        """End it, as a server that goes away does: the browser comes back by itself.

        Its wait for a message is given up first, without which granian does not close it. Where
        Reflex is at a message, and may itself wait for Redis, it is closed behind its back.
        """
        self._is_ended = True
        if self._next is None or not self._next.cancel():
            self._ending = asyncio.ensure_future(self._close(TRY_AGAIN_LATER))

    async def send(self, message: Message) -> None:
        """Send for Reflex, which does not know that the socket may be closed already."""
        if self._is_closed:
            return
        self._is_accepted |= message["type"] == "websocket.accept"
        await self._send(message)
        if message["type"] == "websocket.send":
            self._is_greeted.set()

    async def receive(self) -> Message:
        """The next message that Reflex may have."""
        while True:
            message = await self._message()
            if message["type"] != "websocket.receive":
                return message
            text = message.get("text")
            if len(text or message.get("bytes") or "") > MAX_CHARACTERS:
                return await self._close(TOO_LARGE, "too large")
            found = fault(text, self._event_fault)
            if found is None:
                return message
            self._note(found)
            if self._faults >= MAX_FAULTS:
                return await self._close(POLICY_VIOLATION, "too many faults")

    async def _message(self) -> Message:
        """What the browser sends next, or the end."""
        if not self._is_ended:
            self._next = asyncio.ensure_future(self._receive())
            try:
                return await self._next
            except asyncio.CancelledError:
                if not self._is_ended:
                    raise
        return await self._close(TRY_AGAIN_LATER)

    def _note(self, found: str) -> None:
        """Log the first fault of a socket, so that a flood of them is no flood of lines."""
        self._faults += 1
        if self._faults == 1:
            log.warning("socket_message_refused", fault=found)

    async def _close(self, code: int, found: str = "") -> Message:
        """Close the socket, and tell Reflex that it is gone."""
        if found:
            log.warning("socket_closed", fault=found)
        if self._is_accepted:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_greeted.wait(), GREETING_SECONDS)
        if not self._is_closed:
            self._is_closed = True
            await self._send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}
