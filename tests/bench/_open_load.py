"""Visitors who come when they come: an open-loop Poisson load, whatever the server does.

A response counts from the moment that the request was due, so that one which had to wait for a
connection, or for a server that is behind, is not left out. Run in a process of its own.
"""

import asyncio
import multiprocessing
import random
import time
from collections.abc import Sequence

CONNECTIONS = 64
PATIENCE_SECONDS = 60.0


def open_load(
    port: int, requests: Sequence[bytes], per_second: float, count: int, seed: int
) -> list[float]:
    """Send requests at random moments.

    Args:
        port: On loopback.
        requests: One of these each time, drawn.
        per_second: How many in the mean.
        count: How many in all.
        seed: Of the moments and the draws.

    Returns:
        The response times in seconds, in order of length.
    """
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as pool:
        return pool.apply(_run, (port, requests, per_second, count, seed))


def _run(
    port: int, requests: Sequence[bytes], per_second: float, count: int, seed: int
) -> list[float]:
    return asyncio.run(_all(port, requests, per_second, count, seed))


async def _all(
    port: int, requests: Sequence[bytes], per_second: float, count: int, seed: int
) -> list[float]:
    chance = random.Random(seed)
    idle: asyncio.LifoQueue = asyncio.LifoQueue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    due, tasks = time.perf_counter() + 0.1, []
    for _ in range(count):
        due += chance.expovariate(per_second)
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(_ask(idle, chance.choice(requests), due)))
    async with asyncio.timeout(PATIENCE_SECONDS):
        found = await asyncio.gather(*tasks)
    while not idle.empty():
        idle.get_nowait()[1].close()
    return sorted(found)


async def _ask(idle: asyncio.LifoQueue, request: bytes, due: float) -> float:
    reader, writer = link = await idle.get()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    idle.put_nowait(link)
    if not head.startswith(b"HTTP/1.1 2"):
        raise AssertionError(head.decode())
    return time.perf_counter() - due
