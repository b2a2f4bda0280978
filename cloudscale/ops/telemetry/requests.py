"""Timing and tracing of HTTP requests, as the outermost ASGI layer.

The websocket is not timed here (its events are), and neither is its polling fall-back, whose
requests wait on purpose.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from time import perf_counter_ns
from typing import Any

from cloudscale import tracing
from cloudscale.ops.telemetry.arrivals import take_arrival
from cloudscale.ops.telemetry.serving import Kind, Serving
from cloudscale.tracing import LONG_WAIT_NS, Layer, Outlets, Span, Trace

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
NameOf = Callable[[Scope], tuple[Kind, str] | None]

SERVER_ERROR = 500
# Any client can send any word as a method; what is none is called OTHER_METHOD.
METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"}
)
OTHER_METHOD = "_OTHER"
# A server that can sends a file by itself when it is told the path (ASGI's pathsend extension).
TRACEPARENT = b"traceparent"
WAIT = "waiting for the event loop"
WHOLE_BODY = ("http.response.body", "http.response.pathsend")


class RequestTiming:
    """Times every request from its arrival to the last byte of its answer.

    Args:
        app: The application underneath.
        serving: Where to count.
        name_of: Kind and route template of a request that was answered, or `None` for what is not
            to be counted. Asked afterwards, when the router has left its route in the scope.
        finished: Who is told of its trace.
        outcome_of: What a name that was answered with a status counts as besides, if anything.
        waiting: How paths begin whose requests wait on purpose: a server that leaves need not let
            them end.
    """

    def __init__(
        self,
        app: AsgiApp,
        serving: Serving,
        name_of: NameOf,
        finished: Outlets | None = None,
        outcome_of: Callable[[str, int], str | None] = lambda _name, _status: None,
        waiting: tuple[str, ...] = (),
    ) -> None:
        self._app = app
        self._serving = serving
        self._name_of = name_of
        self._finished = finished or Outlets()
        self._outcome_of = outcome_of
        self._waiting = waiting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, count it, and tell of its trace."""
        if scope["type"] == "websocket":
            await self._hold_socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace, is_failure = _begun(scope), False

        async def watched_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                trace.status = message["status"]
            await send(message)
            if message["type"] in WHOLE_BODY and not message.get("more_body"):
                trace.close()

        token = tracing.enter(trace)
        is_work = not scope["path"].startswith(self._waiting)
        self._serving.requests += is_work
        try:
            await self._app(scope, receive, watched_send)
        except Exception:
            is_failure = True
            raise
        finally:
            tracing.leave(token)
            self._serving.requests -= is_work
            self._count(scope, trace, is_failure or trace.status >= SERVER_ERROR)

    async def _hold_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._serving.sockets += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._serving.sockets -= 1

    def _count(self, scope: Scope, trace: Trace, is_failure: bool) -> None:
        if named := self._name_of(scope):
            trace.method = method_of(scope)
            trace.finish(*named, is_failure=is_failure)
            self._serving.record(*named, trace.seconds, is_failure=is_failure)
            self._finished.tell(trace)
            if outcome := self._outcome_of(named[1], trace.status):
                self._serving.count(outcome)


def _begun(scope: Scope) -> Trace:
    """The trace of a request that has got its turn on the event loop."""
    trace = Trace(_traceparent(scope.get("headers", ())), take_arrival())
    began_ns, now_ns = trace.root.started_ns, perf_counter_ns()
    if now_ns - began_ns > LONG_WAIT_NS:
        trace.take(Span(Layer.DOOR, WAIT, trace.root, began_ns, now_ns))
    return trace


def method_of(scope: Mapping[str, Any]) -> str:
    """The method of a request, as figures may name it."""
    method = scope.get("method", "")
    return method if method in METHODS else OTHER_METHOD


def _traceparent(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The one header that names a trace of the caller's; more than one names none."""
    sent = [value for name, value in headers if name == TRACEPARENT]
    return sent[0].decode("latin-1") if len(sent) == 1 else ""
