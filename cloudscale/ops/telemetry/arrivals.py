"""When the web server handed over what is served now: its wait for the event loop is part of it.

    server's thread --call_soon_threadsafe--> the loop's queue --its turn--> the task that serves

The server's threads read a request and queue it for the event loop. While the loop is busy with
somebody else, or stuck, it waits there, and whoever sent it waits too.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context, ContextVar
from time import perf_counter_ns
from typing import Any

_queued_ns: ContextVar[int] = ContextVar("queued_ns", default=0)


def note_arrivals(loop: asyncio.AbstractEventLoop) -> None:
    """Have a loop note when each thing was queued that a thread hands it with a context.

    The server hands each request over in a context, from which the task that serves it takes its
    own. What comes without one, such as the end of a thread's work, is left as it is.
    """
    queue = loop.call_soon_threadsafe

    def noted(
        callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        if context is None:
            return queue(callback, *args)
        return queue(_run, perf_counter_ns(), callback, args, context=context)

    loop.call_soon_threadsafe = noted  # type: ignore[method-assign]


def take_arrival() -> int:
    """When what is served in this context was queued, by `perf_counter_ns`; now, if not known.

    Told once: what is done later in the same context did not arrive then.
    """
    queued = _queued_ns.get()
    if queued:
        _queued_ns.set(0)
    return queued or perf_counter_ns()


def _run(queued_ns: int, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
    _queued_ns.set(queued_ns)
    callback(*args)
