"""Taking one sample: ask every source, note what did not answer.

quick sources (on the loop) + the slow one (in a thread, bounded) --sample--> Sample
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Protocol

from cloudscale.ops.metrics import METRICS
from cloudscale.ops.ports import MetricSource, Reading
from cloudscale.ops.telemetry.fleet import FLEET_METRICS
from cloudscale.ops.telemetry.sample import Sample

logger = logging.getLogger(__name__)

SHOP_TIMEOUT_SECONDS = 0.8  # leaves room in a second; past it the sample goes on without
NO_REQUESTS = "No requests in the last minute"
NOT_READABLE = "Could not be measured just now"
NO_DATABASE = "The database did not answer"

FAREWELL_SECONDS = 1.0  # past it the process ends without, and drops out of the fleet by itself

SHOP_METRICS = ("active_users", "orders_per_minute", *FLEET_METRICS)
RESPONSE_METRICS = ("response_p50_ms", "response_p95_ms")


def utc_now() -> datetime:
    """This moment as an aware UTC time."""
    return datetime.now(UTC)


class SlowSource(MetricSource, Protocol):
    """A source that may block, and that wants to know when it is read no more."""

    def close(self) -> None:
        """Leave; called once, after the last reading. May block, and may fail as `read` may."""
        ...


class Sampler:
    """Takes samples of this process, its machine and the shop.

    Args:
        machine: Answers at once.
        serving: Answers at once.
        shop: May block, since it asks the database; read in a thread of its own, after the
            others. While one reading hangs no other is started.
        now: The clock.
    """

    def __init__(
        self,
        machine: MetricSource,
        serving: MetricSource,
        shop: SlowSource,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._quick = (machine, serving)
        self._shop = shop
        self._now = now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="telemetry")
        self._asked: Future[Reading] | None = None
        self._failing: set[str] = set()

    async def sample(self) -> Sample:
        """Measure everything once, in at most a second."""
        values: dict[str, float] = {}
        for source in self._quick:
            values.update(self._read(source))
        values.update(await self._read_shop())
        known = {slug: value for slug, value in values.items() if slug in METRICS}
        return Sample(self._now(), known, _absences(known))

    async def close(self) -> None:
        """Close the shop, after the reading that is under way, and let go of the thread."""
        farewell = asyncio.wrap_future(self._thread.submit(self._leave))
        await asyncio.wait({farewell}, timeout=FAREWELL_SECONDS)
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _leave(self) -> None:
        try:
            self._shop.close()
        except Exception as failure:  # the database may be what is being stopped
            logger.info("%s was not closed: %s", type(self._shop).__name__, type(failure).__name__)

    def _read(self, source: MetricSource) -> Reading:
        name = type(source).__name__
        try:
            reading = source.read()
        except Exception as failure:  # one that fails must not take the others with it
            self._note_failure(name, failure)
            return {}
        self._failing.discard(name)
        return reading

    async def _read_shop(self) -> Reading:
        if self._asked is None or self._asked.done():
            self._asked = self._thread.submit(self._read, self._shop)
        answer = asyncio.wrap_future(self._asked)
        done, _ = await asyncio.wait({answer}, timeout=SHOP_TIMEOUT_SECONDS)
        return answer.result() if done else {}

    def _note_failure(self, name: str, failure: Exception) -> None:
        """Log the first failure in a row; one a second would bury everything else."""
        if name not in self._failing:
            logger.warning("%s cannot be measured: %s", name, type(failure).__name__)
        self._failing.add(name)


def _absences(values: Reading) -> dict[str, str]:
    """Why each metric that has no value has none."""
    reasons = dict.fromkeys(METRICS, NOT_READABLE)
    reasons.update(dict.fromkeys(SHOP_METRICS, NO_DATABASE))
    if "requests_per_second" in values:
        reasons.update(dict.fromkeys(RESPONSE_METRICS, NO_REQUESTS))
    if "instances" in values:
        reasons |= {"fleet_cpu_percent": NOT_READABLE, "fleet_response_p50_ms": NO_REQUESTS}
    return {slug: reason for slug, reason in reasons.items() if slug not in values}
