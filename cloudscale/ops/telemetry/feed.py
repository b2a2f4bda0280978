"""The feed: the fleet's samples as programs are told them, the newest and those before it.

loop --add--> Feed --latest, newest_first--> API
                  |--wait--> /ws
"""

import asyncio
from collections import deque
from contextlib import suppress
from itertools import islice

from cloudscale.ops.telemetry.fleet_sample import FleetSample, fleet_sample, is_complete
from cloudscale.ops.telemetry.sample import HISTORY_SECONDS, Sample
from cloudscale.ops.telemetry.summary import LASTING_SAMPLES


class Feed:
    """What this process tells of the fleet. For the event loop alone.

    Args:
        region: The AWS region that is set.
        length: How many samples are kept.
    """

    def __init__(self, region: str, length: int = HISTORY_SECONDS) -> None:
        self._region = region
        self._samples: deque[FleetSample] = deque(maxlen=length)
        self._incomplete = 0
        self._news = asyncio.Event()

    @property
    def latest(self) -> FleetSample | None:
        """The newest sample, if there is any."""
        return self._samples[0] if self._samples else None

    def add(self, sample: Sample) -> None:
        """Tell a sample.

        One late answer of the database is a gap; several in a row are an outage and told as one.
        Samples from before the newest (a clock that was set back) start anew, as in `History`.
        """
        self._incomplete = 0 if is_complete(sample) else self._incomplete + 1
        if 0 < self._incomplete < LASTING_SAMPLES:
            return
        if self.latest and sample.at < self.latest.timestamp:
            self._samples.clear()
        self._samples.appendleft(fleet_sample(sample, self._region))
        self._news.set()
        self._news = asyncio.Event()

    def newest_first(self, limit: int) -> list[FleetSample]:
        """At most `limit` samples."""
        return list(islice(self._samples, limit))

    async def wait(self, timeout_seconds: float) -> None:
        """Return when there is a new sample, or when the time is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), timeout_seconds)
