"""What a server process finishes before its web server ends it.

granian drops every websocket the moment it hears SIGTERM, and only then tells the application. So
the application listens to SIGTERM itself, leaves in its own time, and passes the news on as SIGINT,
which means the same to granian (and to uvicorn, in development).

SIGTERM --> /health is 503 --> the balancer notices --> what is under way ends --> work --> SIGINT
SIGINT  --> the web server ends, or is ended: nobody waits for it any more
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable

from cloudscale.drain import DRAIN

# With the second that telemetry takes to leave, well within the time until a worker is killed.
WORK_SECONDS = 1.5
SERVER_SECONDS = 4.0  # in which the web server ends, with nothing under way
POLL_SECONDS = 0.02
LONGEST_SECONDS, SHORTEST_SECONDS = 60.0, 2.0

logger = logging.getLogger(__name__)


def finish_seconds(notice_seconds: float) -> float:
    """How long what is under way may take: a minute, and two seconds where somebody waits for it.

    Args:
        notice_seconds: How long the load balancer has to notice; without one a person waits.
    """
    return LONGEST_SECONDS if notice_seconds else SHORTEST_SECONDS


def finish_first(
    work: Callable[[], Awaitable[None]],
    is_busy: Callable[[], bool] = lambda: False,
    notice_seconds: float = 0,
    end: Callable[[int], object] = os._exit,
) -> None:
    """Have this process leave in its own time when it is told to stop, and stop then.

    Does nothing where no server listens to both signals, such as in tests.

    Args:
        work: What to finish last; cut short after `WORK_SECONDS`.
        is_busy: Whether something is under way that must not be cut: a request, an event.
        notice_seconds: So long it serves on, while its health says that it leaves.
        end: Ends the process with a code, where the web server does not.
    """
    loop = asyncio.get_running_loop()
    defaults = (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler, None)
    if any(signal.getsignal(number) in defaults for number in (signal.SIGTERM, signal.SIGINT)):
        return
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if not stopping:  # a second SIGTERM is no news
            stopping.append(loop.create_task(leave()))

    async def leave() -> None:
        try:
            await _finish(work, is_busy, notice_seconds)
        finally:
            _end_anyway(loop, end)
            signal.raise_signal(signal.SIGINT)

    loop.add_signal_handler(signal.SIGTERM, stop)


async def _finish(
    work: Callable[[], Awaitable[None]], is_busy: Callable[[], bool], notice_seconds: float
) -> None:
    DRAIN.begin()
    try:
        await asyncio.sleep(notice_seconds)
        await _idle(is_busy, finish_seconds(notice_seconds))
        await asyncio.wait_for(work(), WORK_SECONDS)
    except Exception:  # whatever it was, the process must stop
        logger.exception("Not all was finished before the stop")


def _end_anyway(loop: asyncio.AbstractEventLoop, end: Callable[[int], object]) -> None:
    """End the process after a while, from a thread that waits for no other.

    All was finished by then. Without this, a web server that keeps a connection it should have
    closed is killed a minute later, and whoever waits for it waits that long.
    """

    def late() -> None:
        left = sorted(str(task.get_coro()) for task in asyncio.all_tasks(loop))
        logger.warning("The web server did not end within %g s; left: %s", SERVER_SECONDS, left)
        end(0)

    timer = threading.Timer(SERVER_SECONDS, late)
    timer.daemon = True
    timer.start()


async def _idle(is_busy: Callable[[], bool], most_seconds: float) -> None:
    """Wait until nothing is under way, or for so long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + most_seconds
    while is_busy():
        if loop.time() > end:
            logger.warning("Something was under way for %.0f s, and is cut off", most_seconds)
            return
        await asyncio.sleep(POLL_SECONDS)
