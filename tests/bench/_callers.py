"""A load whose own work is hardly in what it measures: one thread, raw sockets, nothing collected.

Connections are made before and kept. Requests leave at a steady pace, whether or not those before
them were answered, and each is timed from its first byte sent to its last byte received. Run in a
process of its own, so that neither waits for the other's interpreter.
"""

import gc
import multiprocessing
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import cycle

CONNECTIONS, MOST_CONNECTIONS = 40, 2_000
PATIENCE_SECONDS = 30.0
READ_BYTES, HEAD_BYTES = 1 << 18, 1 << 13
LEAD_SECONDS = 0.1


class Connection:
    """One kept connection, which asks one thing at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._left: int | None = None  # bytes of the answer; not known before its head is there
        self._sent_at = 0.0

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self._left = None
        self._sent_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> float | None:
        """How long the answer took, in seconds, once all of it is there."""
        size = self.socket.recv_into(self._buffer)
        now = time.perf_counter()
        if not size:
            raise ConnectionError("the server closed a connection")
        if self._left is None:
            self._left = _length(bytes(self._buffer[: min(size, HEAD_BYTES)]))
        self._left -= size
        return None if self._left else now - self._sent_at


def _length(answer: bytes) -> int:
    """Bytes of a whole answer, by its head, which the server sends at once."""
    head, end, _ = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    if not (end and length and head.startswith(b"HTTP/1.1 200")):
        raise ConnectionError(answer)
    return len(head) + len(end) + int(length)


def call(port: int, requests: Sequence[bytes], count: int, per_second: float) -> list[float]:
    """Send requests to a port of loopback, in turn, at a steady pace.

    Args:
        port: Where the store listens.
        requests: Whole HTTP/1.1 requests that are answered 200, taken again and again.
        count: How many to send.
        per_second: How many a second.

    Returns:
        How long each took, in seconds, in no order.
    """
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as pool:
        return pool.apply(_call, (port, requests, count, per_second))


class Callers:
    """Kept connections, of which there are always enough."""

    def __init__(self, port: int) -> None:
        self.selector = selectors.DefaultSelector()
        self._port = port
        self._free = deque(self._opened() for _ in range(CONNECTIONS))

    def ask(self, request: bytes) -> None:
        """Send a request over a connection that waits for nothing."""
        connection = self._free.popleft() if self._free else self._opened()
        connection.ask(request)

    def answers(self, patience: float | None) -> Iterator[float]:
        """How long each answer took that ends within a time, in seconds; waits for one at most.

        Raises:
            TimeoutError: None came within `PATIENCE_SECONDS`.
        """
        ready = self.selector.select(patience)
        if not ready and patience == PATIENCE_SECONDS:
            raise TimeoutError(f"no answer came within {PATIENCE_SECONDS:.0f} s")
        for key, _ in ready:
            if (seconds := key.data.read()) is not None:
                self._free.append(key.data)
                yield seconds

    def _opened(self) -> Connection:
        if len(self.selector.get_map()) >= MOST_CONNECTIONS:
            raise TimeoutError(f"{MOST_CONNECTIONS} requests wait: the server is slower than asked")
        connection = Connection(self._port)
        self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        return connection


def _call(port: int, requests: Sequence[bytes], count: int, per_second: float) -> list[float]:
    callers, turns, took = Callers(port), cycle(requests), []
    gc.disable()
    began, asked = time.perf_counter() + LEAD_SECONDS, 0
    while len(took) < count:
        due = began + asked / per_second - time.perf_counter()
        if asked < count and due <= 0:
            callers.ask(next(turns))
            asked += 1
        else:
            took += callers.answers(due if asked < count else PATIENCE_SECONDS)
    return took
