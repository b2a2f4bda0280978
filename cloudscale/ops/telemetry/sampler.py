"""What this process measured in each second: counts by the second, readings at its end.

Serving, machine, event loop, threads, pool --take--> windows of one instance, by second
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cloudscale.ops.ports import MetricSource, Reading
from cloudscale.ops.telemetry.serving import Serving
from cloudscale.ops.telemetry.window import Gauge, InstanceWindow, Window, is_number

logger = logging.getLogger(__name__)

MOST_SECONDS = 60
LAG_SECONDS = 0.1
# Seconds are whole, and a tick may come late; beyond it, somebody set the clock.
JUMP_SECONDS = 2.0
INSTANCE_COUNTS = ("requests", "failures")


@dataclass(frozen=True, slots=True)
class Instance:
    """One server process, as the fleet knows it.

    Attributes:
        name: Of the process; one machine may run several.
        host: Of its machine.
        zone: Where the machine stands.
        version: What it runs.
    """

    name: str
    host: str
    zone: str = "local"
    version: str = ""


class LoopLag:
    """Measures how long the event loop lets a timer wait past its time."""

    def __init__(self) -> None:
        self._worst = 0.0

    async def run(self) -> None:
        """Look ten times a second until cancelled."""
        while True:
            due = time.perf_counter() + LAG_SECONDS
            await asyncio.sleep(LAG_SECONDS)
            self._worst = max(self._worst, time.perf_counter() - due)

    def read(self) -> Reading:
        """The worst since the last reading."""
        worst, self._worst = self._worst, 0.0
        return {"loop_lag_ms": worst * 1000}


class Gauges:
    """A `MetricSource` of what this process can tell of itself at any moment.

    Args:
        serving: Knows the open sockets.
        pool_in_use: Tells how many database connections are in use.
    """

    def __init__(self, serving: Serving, pool_in_use: Callable[[], int]) -> None:
        self._serving = serving
        self._pool_in_use = pool_in_use

    def read(self) -> Reading:
        """Sockets, threads, connections."""
        return {
            "sockets": float(self._serving.sockets),
            "threads": float(threading.active_count()),
            "pool_in_use": float(self._pool_in_use()),
        }


class Sampler:
    """Makes this process's windows.

    Args:
        instance: This process.
        serving: What it counts by the second.
        sources: What it reads at the end of each second; each answers at once.
        steady: A clock that never jumps, in seconds.
    """

    def __init__(
        self,
        instance: Instance,
        serving: Serving,
        *sources: MetricSource,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.instance = instance
        self._serving = serving
        self._sources = sources
        self._steady = steady
        self._failing: set[str] = set()
        self._next: int | None = None
        self._taken: tuple[int, float] | None = None

    def take(self, until: int) -> dict[int, Window]:
        """What was measured in the full seconds that are over and were not taken yet.

        A second in which nobody came is a second with nothing in it, and not a gap. After a stall
        at most the last minute is told. Where the clock was set, there is a gap: what was counted
        meanwhile is of no known second.

        Args:
            until: The second that has just begun, since 1970.
        """
        if self._was_clock_set(until):
            self._serving.take(until)
            self._next = until
            return {}
        first = until - 1 if self._next is None else max(self._next, until - MOST_SECONDS)
        counted = self._serving.take(until)
        self._next = max(until, first)
        if late := counted.get(first - 1):  # from its last moments, when it had been taken
            counted.setdefault(first, Window()).join(late)
        windows = {second: self._window(counted.get(second)) for second in range(first, until)}
        if windows:
            self._read_into(windows[until - 1])
        return windows

    def _was_clock_set(self, until: int) -> bool:
        """Whether more or less time has passed by it than by the steady clock."""
        before, self._taken = self._taken, (until, self._steady())
        if before is None:
            return False
        passed, steadily = until - before[0], self._taken[1] - before[1]
        return abs(passed - steadily) > JUMP_SECONDS

    def _window(self, counted: Window | None) -> Window:
        window = counted or Window()
        window.seconds = 1
        mine = InstanceWindow(self.instance.zone, self.instance.host, seconds=1)
        mine.counts = {slug: window.counts.get(slug, 0) for slug in INSTANCE_COUNTS}
        window.instances = {self.instance.name: mine}
        return window

    def _read_into(self, window: Window) -> None:
        gauges = window.instances[self.instance.name].gauges
        for source in self._sources:
            for slug, value in self._read(source).items():
                if is_number(value):
                    gauges[slug] = Gauge.of(value)

    def _read(self, source: MetricSource) -> Mapping[str, float]:
        name = type(source).__name__
        try:
            reading = source.read()
        except Exception as failure:  # one that fails must not take the others with it
            if name not in self._failing:  # the first in a row: one a second would bury the rest
                logger.warning("%s cannot be measured: %s", name, type(failure).__name__)
            self._failing.add(name)
            return {}
        self._failing.discard(name)
        return reading
