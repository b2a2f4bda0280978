"""Asking over a network with an end, whatever the other side does.

ask, on a thread of its own --answer--> who asked | time is over --> TimeoutError, the line is cut

A socket's own time-out begins anew with every byte, and names are looked up without one.
"""

import socket
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock, Thread
from typing import TypeVar

Told = TypeVar("Told")


class Line:
    """What is asked over; it is cut when the time is over, so that its thread ends too."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._is_cut = False

    def runs_over(self, connected: socket.socket) -> None:
        """Name the socket; one that connects too late is cut at once."""
        with self._lock:
            self._socket = connected
            if self._is_cut:
                self._shut()

    def cut(self) -> None:
        """Have whoever still reads from it see its end."""
        with self._lock:
            self._is_cut = True
            self._shut()

    def _shut(self) -> None:
        if self._socket:
            with suppress(OSError):  # closed already
                # Not TLS's own: the other thread may be reading just now.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def within(seconds: float, ask: Callable[[Line], Told]) -> Told:
    """Ask, and have the whole answer within some seconds.

    Args:
        seconds: For all of it: the name, the connection and every byte.
        ask: Is given the line, to name its socket to.

    Raises:
        TimeoutError: It took longer.
    """
    line, outcome = Line(), Future[Told]()

    def work() -> None:
        try:
            outcome.set_result(ask(line))
        except BaseException as fault:
            outcome.set_exception(fault)

    Thread(target=work, daemon=True, name="question").start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        raise TimeoutError(f"no whole answer within {seconds:.2g} s") from None
    finally:
        line.cut()
