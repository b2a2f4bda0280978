"""The feed: the fleet's samples as programs are told them, the newest and those before it.

loop --add--> Feed --latest, newest_first--> API
                  |--wait--> /ws
"""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import datetime
from itertools import islice

from cloudscale.ops.telemetry.fleet_sample import FleetSample, fleet_sample
from cloudscale.ops.telemetry.point import Point

HISTORY_SECONDS = 300


class Feed:
    """What this process tells of the fleet. For the event loop alone.

    Args:
        region: The AWS region that is set.
        length: How many samples are kept.

    Attributes:
        measured_at: When the newest sample was taken that knows how the fleet is.
    """

    def __init__(self, region: str, length: int = HISTORY_SECONDS) -> None:
        self.measured_at: datetime | None = None
        self._region = region
        self._samples: deque[FleetSample] = deque(maxlen=length)
        self._news = asyncio.Event()

    @property
    def latest(self) -> FleetSample | None:
        """The newest sample, if there is any."""
        return self._samples[0] if self._samples else None

    def add(self, at: datetime, point: Point | None) -> None:
        """Tell a sample.

        It takes the place of what is not older: of the same moment, or from before the clock was
        set back.

        Args:
            at: When it was measured.
            point: The fleet, or `None` when it is not known how it is.
        """
        while self._samples and self._samples[0].timestamp >= at:
            self._samples.popleft()
        if point is not None:
            self.measured_at = at
        self._samples.appendleft(fleet_sample(at, point, self._region))
        self._news.set()
        self._news = asyncio.Event()

    def newest_first(self, limit: int) -> list[FleetSample]:
        """At most `limit` samples."""
        return list(islice(self._samples, limit))

    async def wait(self, timeout_seconds: float) -> None:
        """Return when there is a new sample, or when the time is over."""
        with suppress(TimeoutError):
            # Not `wait_for`: where the news comes just then it swallows a cancellation.
            async with asyncio.timeout(timeout_seconds):
                await self._news.wait()
