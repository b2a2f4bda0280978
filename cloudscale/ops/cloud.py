"""The cloud at the shop's side: it is told figures every 10 s, and asked for its own every minute.

tick(now, values) --every 10 s--> MetricSink
   |--every minute--> FleetSource, FigureSource, the policy --> `fleet`, `figures`, `policy`
   |--every 10 s--> the fleet's desired size --> `desired`

For the leader alone: one process asks, whoever watches. Nothing here waits for the cloud, which is
asked in threads, and nothing that it does reaches the caller.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from cloudscale.ops.ports import (
    CloudFault,
    CloudFigures,
    Datum,
    FigureSource,
    FleetSource,
    FleetState,
    MetricSink,
    PolicyDocument,
    Reading,
    Unit,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)

PUBLISH_SECONDS = 10
READ_SECONDS = 60
LONGEST_PAUSE_SECONDS = 600.0
# An adapter gives up by itself after about 15 s a call; one that does not is told as a failure.
HANGING_SECONDS = 60.0
STALE_AFTER = timedelta(seconds=3 * READ_SECONDS)
# The size is asked for half-way between two tellings, so that a gap is told of a size 5 s old.
SIZE_AHEAD = timedelta(seconds=PUBLISH_SECONDS / 2)
SIZE_STALE_AFTER = timedelta(seconds=3 * PUBLISH_SECONDS)


@dataclass(frozen=True, slots=True)
class Published:
    """A figure of the fleet that the cloud is told, by its slug."""

    slug: str
    name: str
    unit: Unit
    is_high_resolution: bool = False


PUBLISHED = (
    Published("active_users", "ActiveUsers", "Count", is_high_resolution=True),
    Published("users_gap", "UsersGap", "Count", is_high_resolution=True),
    Published("load_gap", "LoadGap", "Count", is_high_resolution=True),
    Published("requests_per_second", "RequestsPerSecond", "Count/Second", is_high_resolution=True),
    Published("response_p95_ms", "ResponseTimeP95", "Milliseconds", is_high_resolution=True),
    Published("memory_percent", "MemoryUtilization", "Percent"),
)
"""What the cloud is told; alarms and scaling policies name these."""


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """Something that the cloud told, and when.

    Attributes:
        value: What it told.
        read_at: When it was read, aware UTC.
    """

    value: T
    read_at: datetime

    def is_stale(self, now: datetime, after: timedelta = STALE_AFTER) -> bool:
        """Whether three readings that should have replaced it did not, or a clock jumped."""
        return abs(now - self.read_at) > after


class Errand(Generic[T]):
    """One thing that is asked of the cloud again and again, never twice at once.

    It is due once in each full period of the clock on the wall, so that each of CloudWatch's
    periods has one datum; after failures in a row it waits twice as long each time.

    Attributes:
        newest: What came back last.
        fault: Why the last attempt failed, in words safe to show; `None` after one that did not.

    Args:
        name: What cannot be done when it fails, for the log.
        period_seconds: How often.
        clock: Seconds that never jump.
    """

    def __init__(self, name: str, period_seconds: float, clock: Callable[[], float]) -> None:
        self.newest: Read[T] | None = None
        self.fault: str | None = None
        self._name, self._period, self._clock = name, period_seconds, clock
        self._slot: int | None = None
        self._not_before = -math.inf
        self._since: float | None = None
        self._failures = 0

    def is_due(self, now: datetime) -> bool:
        """Whether to go now."""
        if self._since is not None:
            if self._clock() - self._since > HANGING_SECONDS and self.fault is None:
                self._failed("there was no answer")
            return False
        is_new = int(now.timestamp() // self._period) != self._slot
        return is_new and self._clock() >= self._not_before

    def begin(self, now: datetime) -> None:
        """Note that it is under way; `finish` must follow."""
        self._slot, self._since = int(now.timestamp() // self._period), self._clock()
        # Half a period: a clock that jumps to and fro must not have it go again and again.
        self._not_before = self._since + self._period / 2

    async def finish(self, now: datetime, answering: Awaitable[T]) -> None:
        """Wait for the answer and keep it; raises nothing that the cloud does."""
        try:
            answer = await answering
        except CloudFault as fault:
            self._failed(fault.reason)
        except Exception as failure:  # a bug in an adapter must not end the leader's loop
            self._failed(type(failure).__name__)
        else:
            self._succeeded(Read(answer, now))
        finally:
            self._since = None

    def _succeeded(self, answer: Read[T]) -> None:
        if self._failures:
            logger.info("%s again, after %s failures", self._name, self._failures)
        self.newest, self.fault, self._failures = answer, None, 0

    def _failed(self, reason: str) -> None:
        """Log the first failure in a row; the pause doubles with each."""
        if not self._failures:
            logger.warning("%s: not done. %s", self._name, reason)
        self.fault, self._failures = reason, self._failures + 1
        pause = min(self._period * 2 ** min(self._failures - 1, 16), LONGEST_PAUSE_SECONDS)
        # A little short, so that the pause ends before the full period that it ends in.
        self._not_before = self._clock() + pause - self._period / 2


class CloudWatcher:
    """Tells the cloud and asks it, in the background.

    Args:
        sink: Who is told.
        fleet: Who knows the fleet.
        figures: Who measures it besides us.
        clock: Seconds that never jump.
        desired: Tells the fleet's desired size, quickly; `None`: it is not asked for.
        policy: Tells the policy that the cloud follows; `None`: it is not asked for.
    """

    def __init__(
        self,
        sink: MetricSink,
        fleet: FleetSource,
        figures: FigureSource,
        clock: Callable[[], float] = time.monotonic,
        desired: Callable[[], int] | None = None,
        policy: Callable[[], PolicyDocument] | None = None,
    ) -> None:
        self._sink, self._fleet_source, self._figure_source = sink, fleet, figures
        self._telling: Errand[None] = Errand("Telling the cloud", PUBLISH_SECONDS, clock)
        self._fleet: Errand[FleetState] = Errand("Reading the fleet", READ_SECONDS, clock)
        self._figures: Errand[CloudFigures] = Errand("Reading the figures", READ_SECONDS, clock)
        self._desired: Errand[int] = Errand("Reading the size", PUBLISH_SECONDS, clock)
        self._policy: Errand[PolicyDocument] = Errand("Reading the policy", READ_SECONDS, clock)
        self._desired_source, self._policy_source = desired, policy
        self._threads = ThreadPoolExecutor(5, thread_name_prefix="cloud")
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def fleet(self) -> Read[FleetState] | None:
        """The fleet as it was read last, if it ever was."""
        return self._fleet.newest

    @property
    def figures(self) -> Read[CloudFigures] | None:
        """The cloud's figures as they were read last, if they ever were."""
        return self._figures.newest

    @property
    def policy(self) -> PolicyDocument | None:
        """The policy as it was read last, if it ever was."""
        return self._policy.newest.value if self._policy.newest else None

    @property
    def asks_for_policy(self) -> bool:
        """Whether the cloud has a policy to be followed."""
        return self._policy_source is not None

    def desired(self, now: datetime) -> int | None:
        """The fleet's desired size; `None` where that is not known of the last half minute."""
        newest = self._desired.newest
        if newest is None or newest.is_stale(now, SIZE_STALE_AFTER):
            return None
        return newest.value

    @property
    def faults(self) -> dict[str, str]:
        """What fails now, and why, in words safe to show: by what was asked."""
        errands = {
            "publish": self._telling,
            "fleet": self._fleet,
            "figures": self._figures,
            "desired": self._desired,
            "policy": self._policy,
        }
        return {name: errand.fault for name, errand in errands.items() if errand.fault}

    async def tick(self, now: datetime, values: Reading) -> None:
        """Begin what is due; returns at once. Call it about once a second.

        Args:
            now: The second that `values` are of, aware UTC.
            values: The whole fleet's, by slug; what is missing or no number is not told.
        """
        datums = _datums(now, values)
        if datums and self._telling.is_due(now):
            self._begin(self._telling, now, partial(self._sink.publish, datums))
        if self._fleet.is_due(now):
            self._begin(self._fleet, now, self._fleet_source.read)
        if self._figures.is_due(now):
            self._begin(self._figures, now, self._figure_source.read)
        if self._desired_source and self._desired.is_due(now + SIZE_AHEAD):
            self._begin(self._desired, now + SIZE_AHEAD, self._desired_source, read_at=now)
        if self._policy_source and self._policy.is_due(now):
            self._begin(self._policy, now, self._policy_source)

    async def settle(self, timeout_seconds: float) -> None:
        """Wait for what is under way, up to a time."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=timeout_seconds)

    async def close(self) -> None:
        """Begin nothing more; what a thread is at ends by itself."""
        for task in self._under_way:
            task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _begin(
        self,
        errand: Errand[T],
        now: datetime,
        work: Callable[[], T],
        read_at: datetime | None = None,
    ) -> None:
        errand.begin(now)
        answering = asyncio.get_running_loop().run_in_executor(self._threads, work)
        task = asyncio.create_task(errand.finish(read_at or now, answering), name="cloud")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


def _datums(now: datetime, values: Reading) -> list[Datum]:
    """What is told of a reading; for one value that is no number all would be refused."""
    return [
        Datum(told.name, values[told.slug], told.unit, now, told.is_high_resolution)
        for told in PUBLISHED
        if math.isfinite(values.get(told.slug, math.nan))
    ]
