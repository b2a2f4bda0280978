"""A server process's telemetry, for tests: as `wiring` puts it together, without a web server."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cloudscale.ops.loop import Monitor
from cloudscale.ops.ports import MetricSource, Reading
from cloudscale.ops.post import Post
from cloudscale.ops.telemetry.clock import ShopClock
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.sampler import Instance, Sampler
from cloudscale.ops.telemetry.serving import Serving


class Steady:
    """A machine that always reads the same."""

    def __init__(self, **values: float) -> None:
        self.values = values

    def read(self) -> Reading:
        return self.values


@dataclass
class Member:
    """One server process of the fleet."""

    instance: Instance
    serving: Serving
    post: Post
    monitor: Monitor

    @property
    def hub(self):
        return self.monitor.hub

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Member"]:
        task = asyncio.create_task(self.monitor.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])


def member(
    name: str,
    *sources: MetricSource,
    zone: str = "a",
    host: str = "",
    wall: Callable[[], float] = time.time,
) -> Member:
    """A member of the fleet that is not running yet; `wall` is its machine's clock."""
    clock = ShopClock(wall=wall)
    serving = Serving(clock.now)
    instance = Instance(name, host or name, zone)
    sampler = Sampler(instance, serving, *sources)
    post = Post(instance, clock)
    return Member(instance, serving, post, Monitor(sampler, serving, post, clock, Feed("here")))


async def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Let the others run until a condition holds.

    Raises:
        AssertionError: It did not in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.05)
