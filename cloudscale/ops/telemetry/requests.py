"""Timing of HTTP requests, as the outermost ASGI layer.

The websocket is not timed here (its events are), and neither is its polling fall-back, whose
requests wait on purpose.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from cloudscale.ops.telemetry.serving import Kind, Serving

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
NameOf = Callable[[Scope], tuple[Kind, str] | None]

SERVER_ERROR = 500
# A server that can sends a file by itself when it is told the path (ASGI's pathsend extension).
WHOLE_BODY = ("http.response.body", "http.response.pathsend")


class RequestTiming:
    """Times every request from its arrival to the last byte of its answer.

    Args:
        app: The application underneath.
        serving: Where to count.
        name_of: Kind and route template of a request that was answered, or `None` for what is not
            to be counted. Asked afterwards, when the router has left its route in the scope.
    """

    def __init__(self, app: AsgiApp, serving: Serving, name_of: NameOf) -> None:
        self._app = app
        self._serving = serving
        self._name_of = name_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        ended, is_failure = 0.0, False

        async def watched_send(message: Message) -> None:
            nonlocal ended, is_failure
            if message["type"] == "http.response.start":
                is_failure = message["status"] >= SERVER_ERROR
            await send(message)
            if message["type"] in WHOLE_BODY and not message.get("more_body"):
                ended = time.perf_counter()

        try:
            await self._app(scope, receive, watched_send)
        except Exception:
            is_failure = True
            raise
        finally:
            self._count(scope, (ended or time.perf_counter()) - started, is_failure)

    def _count(self, scope: Scope, seconds: float, is_failure: bool) -> None:
        if named := self._name_of(scope):
            self._serving.record(*named, seconds, is_failure=is_failure)
