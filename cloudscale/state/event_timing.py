"""Timing of Reflex events: from their arrival to the end of their handler's work.

Reflex calls no middleware after an event (0.10.1). Its processor's `enqueue` is public, takes
every event, chained ones too, and returns a future that ends with the handler; so that is where
the clock starts and stops. A test fails when an upgrade changes this.
"""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any, Protocol

from reflex_base.registry import RegisteredEventHandler, RegistrationContext

from cloudscale.ops.telemetry.serving import Kind, Serving


class EventProcessor(Protocol):
    """The part of Reflex's event processor that is used here."""

    def enqueue(self, token: str, event: Any, ev_ctx: Any = None) -> Awaitable[asyncio.Future]:
        """Queue an event; the future ends when its handler has ended."""
        ...


def time_events(processor: EventProcessor, serving: Serving) -> None:
    """Count every event of a processor from now on.

    Background handlers are not counted: they run for as long as somebody looks. Cancelled events
    are not either: a newer one took their place.
    """
    enqueue = processor.enqueue

    async def timed_enqueue(token: str, event: Any, ev_ctx: Any = None) -> asyncio.Future:
        started = time.perf_counter()
        future = await enqueue(token, event, ev_ctx)
        registered = _handler_of(event.name)
        if registered is not None and not registered.handler.is_background:
            name = registered.handler.fn.__qualname__
            future.add_done_callback(lambda done: _count(serving, name, started, done))
        return future

    processor.enqueue = timed_enqueue


def _handler_of(event_name: str) -> RegisteredEventHandler | None:
    """The handler of an event; any client can send any name, so there may be none."""
    return RegistrationContext.get().event_handlers.get(event_name)


def _count(serving: Serving, name: str, started: float, done: asyncio.Future) -> None:
    if done.cancelled():
        return
    seconds = time.perf_counter() - started
    serving.record(Kind.EVENT, name, seconds, is_failure=done.exception() is not None)
