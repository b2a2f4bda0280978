"""What a server process finishes before its web server ends it.

granian drops every websocket the moment it hears SIGTERM, and only then tells the application. So
the application listens to SIGTERM itself, leaves in its own time, and passes the news on as SIGINT,
which means the same to granian (and to uvicorn, in development).

SIGTERM --> /health is 503 --> the balancer notices --> what is under way ends --> work --> SIGINT
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

from cloudscale.drain import DRAIN

# With the second that telemetry takes to leave, well within the time until a worker is killed.
WORK_SECONDS = 1.5
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
) -> None:
    """Have this process leave in its own time when it is told to stop, and stop then.

    Does nothing where no server listens to both signals, such as in tests.

    Args:
        work: What to finish last; cut short after `WORK_SECONDS`.
        is_busy: Whether something is under way that must not be cut: a request, an event.
        notice_seconds: So long it serves on, while its health says that it leaves.
    """
    loop = asyncio.get_running_loop()
    defaults = (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler, None)
    if any(signal.getsignal(number) in defaults for number in (signal.SIGTERM, signal.SIGINT)):
        return
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if not stopping:  # a second SIGTERM is no news
            stopping.append(loop.create_task(_leave(work, is_busy, notice_seconds)))

    loop.add_signal_handler(signal.SIGTERM, stop)


async def _leave(
    work: Callable[[], Awaitable[None]], is_busy: Callable[[], bool], notice_seconds: float
) -> None:
    DRAIN.begin()
    try:
        await asyncio.sleep(notice_seconds)
        await _idle(is_busy, finish_seconds(notice_seconds))
        await asyncio.wait_for(work(), WORK_SECONDS)
    except Exception:  # whatever it was, the process must stop
        logger.exception("Not all was finished before the stop")
    finally:
        signal.raise_signal(signal.SIGINT)


async def _idle(is_busy: Callable[[], bool], most_seconds: float) -> None:
    """Wait until nothing is under way, or for so long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + most_seconds
    while is_busy():
        if loop.time() > end:
            logger.warning("Something was under way for %.0f s, and is cut off", most_seconds)
            return
        await asyncio.sleep(POLL_SECONDS)
