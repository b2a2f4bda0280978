"""A client that costs little: kept connections, requests made beforehand, answers hardly read.

Run in a process of its own, so that its work is not counted as the server's.
"""

import asyncio
import itertools
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Load(NamedTuple):
    """What a round of requests came to."""

    requests: int
    seconds: float
    failures: int

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def request(method: str, path: str, token: str = "", body: str = "") -> bytes:
    """One HTTP/1.1 request, whole."""
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", "accept: application/json"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def load(port: int, lanes: Sequence[Sequence[bytes]], count: int = 0) -> Load:
    """Send requests over as many connections as there are lanes, each its own in turn.

    Args:
        port: On loopback.
        lanes: The requests of each connection.
        count: Requests in all, the lanes being repeated; 0 sends each request once.
    """
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as pool:
        return Load(*pool.apply(_run, (port, lanes, count)))


def _run(port: int, lanes: Sequence[Sequence[bytes]], count: int) -> tuple[int, float, int]:
    return asyncio.run(_all(port, lanes, count))


async def _all(port: int, lanes: Sequence[Sequence[bytes]], count: int) -> tuple[int, float, int]:
    left = iter(range(count or sum(map(len, lanes))))
    turns = [itertools.cycle(lane) if count else iter(lane) for lane in lanes]
    links = [await asyncio.open_connection("127.0.0.1", port) for _ in lanes]
    started = time.perf_counter()
    failures = await asyncio.gather(
        *(_lane(*link, turn, left) for link, turn in zip(links, turns, strict=True))
    )
    seconds = time.perf_counter() - started
    for _, writer in links:
        writer.close()
    return count or sum(map(len, lanes)), seconds, sum(failures)


async def _lane(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    requests: Iterator[bytes],
    left: Iterator[int],
) -> int:
    failures = 0
    for sent, _ in zip(requests, left, strict=False):
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if length.strip():
            await reader.readexactly(int(length))
        failures += not head.startswith(b"HTTP/1.1 2")
    return failures
