"""Timing and tracing of Reflex events: from their arrival to the end of their handler's work.

Reflex calls no middleware after an event (0.10.1). Its processor's `enqueue` is public, takes
every event, chained ones too, and returns a future that ends with the handler; so that is where
the clock starts and stops. A middleware is called in the handler's own task, which is where the
trace and the ids of log lines are handed to it. A test fails when an upgrade changes this.

    enqueue --Trace--> by transaction id --HandlerContext--> handler's context --> future: finished
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from reflex.app import App
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event.context import EventContext
from reflex_base.registry import RegisteredEventHandler, RegistrationContext

from cloudscale import tracing
from cloudscale.ops.telemetry.serving import Kind, Serving
from cloudscale.tracing import Outlets, Trace

_open: dict[str, Trace] = {}
"""The traces of events that wait or are handled, by Reflex's transaction id."""


class EventProcessor(Protocol):
    """The part of Reflex's event processor that is used here."""

    def enqueue(self, token: str, event: Any, ev_ctx: Any = None) -> Awaitable[asyncio.Future]:
        """Queue an event; the future ends when its handler has ended."""
        ...


class HandlerContext(Middleware):
    """Reflex middleware: gives each handler its trace, and its log lines their ids.

    To be the first one, so that the trace has what the others do.
    """

    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:
        """Called in the handler's task, whose context ends with it."""
        event_id, registered = EventContext.get().txid, _handler_of(event.name)
        trace = _open.get(event_id)
        if trace is not None:
            tracing.enter(trace)
        if registered is not None:
            ids = _ids(event_id, registered.handler.fn.__qualname__, trace)
            structlog.contextvars.bind_contextvars(**ids)
        return None


def time_events(
    processor: EventProcessor, serving: Serving, finished: Outlets | None = None
) -> None:
    """Count every event of a processor from now on, and tell of its trace.

    Background handlers are not counted: they run for as long as somebody looks. Cancelled events
    are not either: a newer one took their place.
    """
    enqueue, outlets = processor.enqueue, finished or Outlets()

    async def timed_enqueue(token: str, event: Any, ev_ctx: Any = None) -> asyncio.Future:
        trace = Trace()
        future: Any = await enqueue(token, event, ev_ctx)
        if registered := _handler_of(event.name):
            handled = _Handled(future.txid, registered.handler.fn.__qualname__)
            if not registered.handler.is_background:
                _open[handled.id] = trace
                serving.events += 1
            future.add_done_callback(lambda done: handled.ended(done, serving, outlets))
        return future

    processor.enqueue = timed_enqueue


def log_ids(error: Exception) -> dict[str, str]:
    """The ids for a log line about an event that failed, from the task Reflex makes for that."""
    return getattr(error, "log_ids", {})


def _handler_of(event_name: str) -> RegisteredEventHandler | None:
    """The handler of an event; any client can send any name, so there may be none."""
    return RegistrationContext.get().event_handlers.get(event_name)


@dataclass(slots=True)
class _Handled:
    """An event on its way."""

    id: str
    name: str

    def ended(self, done: asyncio.Future, serving: Serving, outlets: Outlets) -> None:
        """Its handler has ended, or it was cancelled."""
        trace = _open.pop(self.id, None)
        if trace is not None:
            trace.close()
            serving.events -= 1
        if done.cancelled():
            return
        error = done.exception()
        if error is not None:
            error.log_ids = _ids(self.id, self.name, trace)  # type: ignore[attr-defined]
        if trace is not None:
            trace.finish(Kind.EVENT, self.name, is_failure=error is not None)
            serving.record(Kind.EVENT, self.name, trace.seconds, is_failure=error is not None)
            outlets.tell(trace)


def _ids(event_id: str, handler: str, trace: Trace | None) -> dict[str, str]:
    ids = {"event_id": event_id, "handler": handler}
    return ids if trace is None else {**ids, "trace_id": trace.id}
