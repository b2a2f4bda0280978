"""What a server process finishes before its web server ends it.

granian drops every websocket the moment it hears SIGTERM, and only then tells the application. So
the application listens to SIGTERM itself, finishes, and passes the news on as SIGINT, which means
the same to granian (and to uvicorn, in development).

SIGTERM --> work, bounded --> SIGINT --> the web server stops
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

# With the second that telemetry takes to leave, well within the time until a worker is killed.
WORK_SECONDS = 1.5

logger = logging.getLogger(__name__)


def finish_first(work: Callable[[], Awaitable[None]]) -> None:
    """Have this process do some work when it is told to stop, and stop then.

    Does nothing where no server listens to both signals, such as in tests.

    Args:
        work: What to finish; cut short after `WORK_SECONDS`.
    """
    loop = asyncio.get_running_loop()
    defaults = (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler, None)
    if any(signal.getsignal(number) in defaults for number in (signal.SIGTERM, signal.SIGINT)):
        return
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if not stopping:  # a second SIGTERM is no news
            stopping.append(loop.create_task(_finish(work)))

    loop.add_signal_handler(signal.SIGTERM, stop)


async def _finish(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await asyncio.wait_for(work(), WORK_SECONDS)
    except Exception:  # whatever it was, the process must stop
        logger.exception("Not all was finished before the stop")
    finally:
        signal.raise_signal(signal.SIGINT)
