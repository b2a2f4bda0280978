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
from collections.abc import Sequence
from itertools import cycle

CONNECTIONS = 40
READ_BYTES = 1 << 18
LEAD_SECONDS = 0.1


class Connection:
    """One kept connection, which asks one thing at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self._sent_at = 0.0

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self._sent_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> float | None:
        """How long the answer took, in seconds, once all of it is there."""
        some = self.socket.recv(READ_BYTES)
        now = time.perf_counter()
        if not some:
            raise ConnectionError("the server closed a connection")
        self._received += some
        if not _is_whole(self._received):
            return None
        if not self._received.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(bytes(self._received[:200]))
        self._received.clear()
        return now - self._sent_at


def _is_whole(answer: bytearray) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    return len(body) >= int(length) if length else body.endswith(b"\r\n0\r\n\r\n")


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


def _call(port: int, requests: Sequence[bytes], count: int, per_second: float) -> list[float]:
    free = [Connection(port) for _ in range(CONNECTIONS)]
    took: list[float] = []
    with selectors.DefaultSelector() as selector:
        for connection in free:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        gc.disable()
        began, asked, turns = time.perf_counter() + LEAD_SECONDS, 0, cycle(requests)
        while len(took) < count:
            due = began + asked / per_second
            if asked < count and time.perf_counter() >= due:
                free.pop(0).ask(next(turns))
                asked += 1
                continue
            patience = due - time.perf_counter() if asked < count else None
            for key, _ in selector.select(patience if patience is None else max(patience, 0)):
                if (seconds := key.data.read()) is not None:
                    took.append(seconds)
                    free.append(key.data)
    for connection in free:
        connection.socket.close()
    return took
