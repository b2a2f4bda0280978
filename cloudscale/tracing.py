"""What one request or event did, and how long each part took. Imports nothing of ours.

    door opens a Trace --context--> services, SQL add spans, in any thread --> door finishes it
                                                                 --> Outlets: the slow kept, OTLP

Spans hold names and templates alone, never paths, values, e-mails or addresses. A trace follows
its context (`contextvars`) into tasks and threads; work that outlives the answer is not part of it.
"""

import logging
import os
import re
import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from enum import StrEnum
from time import perf_counter_ns

logger = logging.getLogger(__name__)

# A loop that asks the database for each row must not fill memory; what is beyond is counted.
SPANS_LIMIT = 200
# A wait for a thread, or for the event loop, that is worth a span of its own.
LONG_WAIT_NS = 5_000_000
# https://www.w3.org/TR/trace-context/#traceparent-header; later versions may append fields.
_TRACEPARENT = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?"
)


class Layer(StrEnum):
    """Where the time of a span was spent."""

    DOOR = "door"
    SERVICE = "service"
    SQL = "sql"
    RENDER = "render"


class Span:
    """One part of a trace; its times are of `perf_counter_ns`, and `ended_ns` is 0 while it runs.

    Attributes:
        parent: The span it is part of; None for the door.
    """

    __slots__ = ("ended_ns", "is_failure", "layer", "name", "parent", "started_ns")

    def __init__(
        self, layer: Layer, name: str, parent: "Span | None", started_ns: int, ended_ns: int = 0
    ) -> None:
        self.layer, self.name, self.parent = layer, name, parent
        self.started_ns, self.ended_ns = started_ns, ended_ns
        self.is_failure = False

    @property
    def depth(self) -> int:
        """How many spans it lies within."""
        depth, span = 0, self
        while span.parent is not None:
            depth, span = depth + 1, span.parent
        return depth


class Trace:
    """What became of one request or event.

    Args:
        traceparent: The caller's header of that name, if it sent one.
        began_ns: When it arrived, by `perf_counter_ns`; now, when it is not given.

    Attributes:
        id: W3C trace id, 32 hex digits; the caller's where it sent a valid traceparent.
        span_id: Of the door's own span, 16 hex digits.
        caller_span_id: The caller's span, empty without one.
        request_id: X-Request-Id, as the door told it; empty for an event.
        at_ns: When it began, Unix time.
        root: The door's span; it lasts from the arrival to the end of the answer.
        spans: All spans, the root first; at most `SPANS_LIMIT`.
        left_out: How many more there were (about, with several threads at once).
        kind: What was served, told at the end like the next three.
        name: Route template or handler.
        method: HTTP method, empty for an event.
        status: HTTP status, 0 for an event or when there was no answer.
        is_closed: Takes no more spans.
    """

    __slots__ = (
        *("at_ns", "caller_span_id", "id", "is_closed", "kind", "left_out", "method", "name"),
        *("request_id", "root", "span_id", "spans", "status"),
    )

    def __init__(self, traceparent: str = "", began_ns: int = 0) -> None:
        ids = os.urandom(24).hex()
        self.id, self.span_id, self.caller_span_id = ids[:32], ids[32:], ""
        if traceparent and (caller := _caller(traceparent)):
            self.id, self.caller_span_id = caller
        self.request_id = self.kind = self.name = self.method = ""
        self.status = self.left_out = 0
        self.is_closed = False
        now_ns = perf_counter_ns()
        began_ns = began_ns or now_ns
        self.at_ns = time.time_ns() - (now_ns - began_ns)
        self.root = Span(Layer.DOOR, "", None, began_ns)
        self.spans = [self.root]

    @property
    def seconds(self) -> float:
        """From the arrival to the end of the answer."""
        return (self.root.ended_ns - self.root.started_ns) / 1e9

    @property
    def is_failure(self) -> bool:
        """Whether it ended in a server error."""
        return self.root.is_failure

    def take(self, span: Span) -> bool:
        """Add a span; False when the trace takes no more."""
        if self.is_closed:
            return False
        if len(self.spans) >= SPANS_LIMIT:
            self.left_out += 1
            return False
        self.spans.append(span)
        return True

    def close(self) -> None:
        """The answer has ended: what still runs is no part of it."""
        if not self.is_closed:
            self.is_closed = True
            self.root.ended_ns = perf_counter_ns()

    def finish(self, kind: str, name: str, *, is_failure: bool) -> None:
        """Close it, say what it was, and add the span of rendering.

        Args:
            kind: What was served.
            name: Route template or handler.
            is_failure: It ended in a server error.
        """
        self.close()
        self.kind, self.name = kind, name
        root, last = self.root, 0
        root.name, root.is_failure = name, is_failure
        for span in self.spans:
            if span.ended_ns == 0:  # somebody waits no more for a thread that still works
                span.ended_ns = root.ended_ns
            if span.layer is Layer.SERVICE and span.ended_ns > last:
                last = span.ended_ns
        if 0 < last < root.ended_ns and len(self.spans) < SPANS_LIMIT:
            self.spans.append(Span(Layer.RENDER, "render", root, last, root.ended_ns))


_current: ContextVar[tuple[Trace, Span] | None] = ContextVar("trace", default=None)


def current() -> Trace | None:
    """The trace of the request or event that is being served here, if any."""
    here = _current.get()
    return None if here is None else here[0]


def enter(trace: Trace) -> Token[tuple[Trace, Span] | None]:
    """Make a trace the current one of this context; hand what it returns to `leave`.

    A context that ends by itself, such as a task's, need not leave.
    """
    return _current.set((trace, trace.root))


def leave(token: Token[tuple[Trace, Span] | None]) -> None:
    """Make the trace current again that was before `enter`."""
    _current.reset(token)


def add(layer: Layer, name: str, started_ns: int, ended_ns: int, is_failure: bool = False) -> None:
    """Add to the current trace, if any, what has just ended."""
    here = _current.get()
    if here is not None:
        span = Span(layer, name, here[1], started_ns, ended_ns)
        span.is_failure = is_failure
        here[0].take(span)


class span:  # noqa: N801 - used like a function
    """A block as a span of the current trace, if any; spans within it are its children.

    Args:
        layer: Where its time is spent.
        name: Few and fixed, such as that of a function.
        harmless: Exceptions that are an answer, and no failure.
    """

    __slots__ = ("_harmless", "_layer", "_name", "_span", "_token")

    def __init__(
        self, layer: Layer, name: str, harmless: type[BaseException] | tuple[()] = ()
    ) -> None:
        self._layer, self._name, self._harmless = layer, name, harmless
        self._span: Span | None = None

    def __enter__(self) -> None:
        here = _current.get()
        if here is None:
            return
        trace, parent = here
        opened = Span(self._layer, self._name, parent, perf_counter_ns())
        if trace.take(opened):
            self._span = opened
            self._token = _current.set((trace, opened))

    def __exit__(self, _kind: object, error: BaseException | None, _where: object) -> None:
        opened = self._span
        if opened is None:
            return
        _current.reset(self._token)
        if opened.ended_ns == 0:
            opened.is_failure = error is not None and not isinstance(error, self._harmless)
            opened.ended_ns = perf_counter_ns()


class Outlets:
    """Who is told of each finished trace, on the event loop."""

    def __init__(self, *outlets: Callable[[Trace], None]) -> None:
        self._outlets = list(outlets)
        self._failing: set[int] = set()

    def add(self, outlet: Callable[[Trace], None]) -> None:
        """Tell one more from now on; it must not block."""
        self._outlets.append(outlet)

    def remove(self, outlet: Callable[[Trace], None]) -> None:
        """Tell it no more."""
        self._outlets.remove(outlet)

    def tell(self, trace: Trace) -> None:
        """Tell all; what one of them raises is logged once and harms nobody."""
        for outlet in self._outlets:
            try:
                outlet(trace)
            except Exception:
                if id(outlet) not in self._failing:
                    logger.exception("A trace could not be handed on")
                self._failing.add(id(outlet))


def _caller(traceparent: str) -> tuple[str, str] | None:
    """Trace id and span id of a caller; None if it is not valid."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or (found[1] == "00" and found[4] is not None):
        return None
    return found[2], found[3]
