"""What a command says to the person at the terminal: words on stderr, a line for long steps."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 1.0
LONGEST = 1000


def say(message: str) -> None:
    """Write one message."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def plain(told: str) -> str:
    """What a stranger told, fit for a terminal: no control characters, and not without end."""
    cut = told if len(told) <= LONGEST else told[: LONGEST - 1] + "…"
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in cut
    )


class Step:
    """A step that is named once it has taken over a second.

    Args:
        doing: What is being done, such as "Starting PostgreSQL".
    """

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._begin = time.monotonic()
        self._timer = threading.Timer(PATIENCE_SECONDS, say, (f"{doing} …",))
        self._timer.daemon = True
        self._timer.start()

    def done(self) -> None:
        """Say how long it took, if that was long."""
        self.dropped()
        seconds = time.monotonic() - self._begin
        if seconds >= PATIENCE_SECONDS:
            say(f"{self._doing}: done in {seconds:.1f} s")

    def dropped(self) -> None:
        """Say nothing more: it came to nothing."""
        self._timer.cancel()


@contextmanager
def step(doing: str) -> Iterator[None]:
    """The same for a block; one that raises was not done."""
    begun = Step(doing)
    try:
        yield
    except BaseException:
        begun.dropped()
        raise
    begun.done()
