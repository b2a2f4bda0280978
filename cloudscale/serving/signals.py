"""Being told to stop: by Ctrl-C, by a service manager, by a closed terminal."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked for the end."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    for number in STOP_SIGNALS:  # nothing interrupts the end
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM or a closed terminal end the block, and undo what it did.

    A signal that was ignored when the command was started (nohup, `&`) stays ignored.
    """
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    with suppress(Stopped):
        yield
