"""WebSocket `/ws`: the fleet's newest sample to everybody who listens, once a second.

Feed --run, text built once--> Listener (a slot for the newest, never a queue) --> socket
socket --ping or fault--> pong, or closed with a code and words

A sample is handed to all in one go, and each connection sends on its own: whoever is slow skips
samples, whoever is stuck is dropped, and nobody waits for anybody.
"""

import asyncio
import json
import time
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from cloudscale.api.guards import is_foreign
from cloudscale.api.places import Close, Places, address_of
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.settings import get_settings

# The contract says at least every 5 s, also when nothing new could be measured.
REPEAT_SECONDS = 4.0
STUCK_SECONDS = 5.0
CLOSE_SECONDS = 1.0
MAX_BYTES = 1024
# Nobody needs more than a ping now and then.
MESSAGES_PER_SECOND = 5
# A connection takes 170 kB of the web server's memory (make bench), so these 340 MB.
MAX_CONNECTIONS = 2000
# No single address can take all places; offices and proxies that share one still fit.
MAX_PER_ADDRESS = 1000

Text = dict[str, Any]
"""An ASGI message that sends a text."""


GOING_AWAY = Close(1001, "The server is stopping. Please connect again.")
NOT_UNDERSTOOD = Close(1008, 'Only {"type":"ping"} is understood here.')
TOO_FAST = Close(1008, f"More than {MESSAGES_PER_SECOND} messages a second.")
TOO_SLOW = Close(1008, f"Nothing was read for {STUCK_SECONDS:.0f} seconds.")
TOO_LARGE = Close(1009, f"A message may have {MAX_BYTES} bytes.")


def _text(value: str) -> Text:
    return {"type": "websocket.send", "text": value}


PONG = _text('{"type":"pong"}')


class Listener:
    """One connection: what it is sent next, and how it ends.

    Attributes:
        ended: Done when it must end; says how the client is told, `None` if it is gone already.
        left: Done when nothing of it is left.
    """

    def __init__(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[Close | None] = loop.create_future()
        self.left: asyncio.Future[None] = loop.create_future()
        self._send = send
        self._newest: Text | None = None
        self._sending: asyncio.Future[None] | None = None
        self._sending_since = 0.0

    def offer(self, message: Text) -> None:
        """Send a message, as soon as the one before is sent; it replaces one that still waits."""
        self._newest = message
        if self._sending is None:
            self._send_newest()
        elif time.monotonic() - self._sending_since > STUCK_SECONDS:
            self.end(TOO_SLOW)

    def end(self, close: Close | None) -> None:
        """Have the connection end; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result(close)

    def stop(self) -> None:
        """Send no more."""
        self.end(None)
        if self._sending is not None:
            self._sending.cancel()

    async def say_goodbye(self) -> None:
        """Tell the client why, if it is there and reads."""
        self.stop()
        if close := self.ended.result():
            message = {"type": "websocket.close", "code": close.code, "reason": close.reason}
            await _is_sent(self._send, message)

    def _send_newest(self) -> None:
        message, self._newest = self._newest, None
        if message is None or self.ended.done():
            return
        self._sending_since = time.monotonic()
        self._sending = asyncio.ensure_future(self._send(message))
        self._sending.add_done_callback(self._sent)

    def _sent(self, sending: asyncio.Future[None]) -> None:
        self._sending = None
        if sending.cancelled() or sending.exception() is not None:
            self.end(None)
        self._send_newest()


class LiveMetrics:
    """The ASGI endpoint of `/ws`, and the loop that feeds all of its connections.

    Args:
        feed: Where samples come from.
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self._listeners: set[Listener] = set()
        self._places = Places(MAX_CONNECTIONS, MAX_PER_ADDRESS)
        self._newest: Text | None = None
        self._is_closing = False

    async def run(self) -> None:
        """Hand each new sample to all connections, or the newest once more, until cancelled."""
        while True:
            await self.feed.wait(REPEAT_SECONDS)
            if self.feed.latest is None:
                continue
            data = self.feed.latest.model_dump_json(by_alias=True)
            self._newest = _text(f'{{"type":"metrics_update","data":{data}}}')
            for listener in self._listeners:
                listener.offer(self._newest)

    async def close(self) -> None:
        """End all connections with a word, and take no more."""
        self._is_closing = True
        for listener in self._listeners:
            listener.end(GOING_AWAY)
        if self._listeners:
            leaving = [listener.left for listener in self._listeners]
            await asyncio.wait(leaving, timeout=CLOSE_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection from its handshake to its end."""
        await receive()
        if is_foreign(Headers(scope=scope), get_settings().allowed_origins):
            await send({"type": "websocket.close"})  # before it is accepted, that is a 403
            return
        address = address_of(scope)
        if await _is_sent(send, {"type": "websocket.accept"}):
            await self._serve(address, Listener(send), receive, send)

    async def _serve(self, address: str, listener: Listener, receive: Receive, send: Send) -> None:
        if refusal := self._refusal(address):
            listener.end(refusal)
            await listener.say_goodbye()
            return
        reading = asyncio.create_task(_read(receive, send))
        reading.add_done_callback(lambda _: listener.end(_fault_of(reading)))
        self._enter(address, listener)
        try:
            await listener.ended
            reading.cancel()
            await listener.say_goodbye()
        finally:
            reading.cancel()
            listener.stop()
            self._leave(address, listener)

    def _refusal(self, address: str) -> Close | None:
        """Why there is no place for one more connection, if so."""
        if self._is_closing:
            return GOING_AWAY
        return self._places.refusal(address)

    def _enter(self, address: str, listener: Listener) -> None:
        self._listeners.add(listener)
        self._places.enter(address)
        if self._newest is not None:
            listener.offer(self._newest)

    def _leave(self, address: str, listener: Listener) -> None:
        self._listeners.discard(listener)
        self._places.leave(address)
        listener.left.set_result(None)


async def _read(receive: Receive, send: Send) -> Close | None:
    """Answer pings until there is a reason to close; `None` when the client has left."""
    second, count = 0, 0
    while (message := await receive())["type"] == "websocket.receive":
        now = int(time.monotonic())
        second, count = now, count + 1 if second == now else 1
        if close := _fault(message) or (TOO_FAST if count > MESSAGES_PER_SECOND else None):
            return close
        if not await _is_sent(send, PONG):
            return None
    return None


def _fault_of(reading: asyncio.Task[Close | None]) -> Close | None:
    """What ended the reading; a socket that broke (`receive` raised) is gone."""
    if reading.cancelled() or reading.exception() is not None:
        return None
    return reading.result()


def _fault(message: Message) -> Close | None:
    """Why a client's message ends its connection, if it does."""
    text = message.get("text")
    content = message.get("bytes") if text is None else text.encode(errors="replace")
    if len(content or b"") > MAX_BYTES:
        return TOO_LARGE
    return None if text is not None and _is_ping(text) else NOT_UNDERSTOOD


def _is_ping(text: str) -> bool:
    try:
        return json.loads(text) == {"type": "ping"}
    except (ValueError, RecursionError):
        return False


async def _is_sent(send: Send, message: Text) -> bool:
    """Send one message outside of the stream; false when the client is gone or does not read."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await send(message)
    except Exception:  # each web server has its own for a client that has left
        return False
    return True
