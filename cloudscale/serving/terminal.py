"""What a command says to the person at the terminal: words on stderr, a line for long steps."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 1.0


def say(message: str) -> None:
    """Write one message."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Name a step once it has taken over a second, and say how long it took in the end.

    Args:
        doing: What is being done, such as "Starting PostgreSQL".
    """
    begin = time.monotonic()
    timer = threading.Timer(PATIENCE_SECONDS, say, (f"{doing} …",))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    seconds = time.monotonic() - begin
    if seconds >= PATIENCE_SECONDS:
        say(f"{doing}: done in {seconds:.1f} s")
