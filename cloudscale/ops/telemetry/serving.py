"""What this process served: every request and event, by name, and the last minute of the shop's.

middleware, event timing --record--> Serving --read, once a second--> values of one sample

Written and read on the event loop alone, so it needs no lock; other threads read `minute`.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cloudscale.ops.ports import Reading
from cloudscale.ops.telemetry.histogram import LatencyHistogram, merged

WINDOW_SECONDS = 60
# Names are route templates and handlers, so there are few; this bounds what an error could add.
NAMES_LIMIT = 500
OTHER = "(other)"


class Kind(StrEnum):
    """What was served."""

    PAGE = "page"
    API = "api"
    EVENT = "event"
    FILE = "file"  # built assets, pictures: fast, many, and not what a shopper waits for
    PROBE = "probe"  # health checks of a load balancer


SHOPPING = frozenset({Kind.PAGE, Kind.API, Kind.EVENT})
"""The kinds whose times are shown as the shop's response time."""


@dataclass(slots=True)
class Tally:
    """How often something was served, how often it failed, and how long it took."""

    failures: int = 0
    durations: LatencyHistogram = field(default_factory=LatencyHistogram)

    def add(self, seconds: float, is_failure: bool) -> None:
        """Count one more."""
        self.failures += is_failure
        self.durations.record(seconds)


@dataclass(frozen=True, slots=True)
class Minute:
    """What was served in the last minute; never changed once made, so any thread may read it."""

    durations: LatencyHistogram = field(default_factory=LatencyHistogram)
    failures: int = 0


class Serving:
    """Counts what this process serves; a `MetricSource` of the last minute.

    Attributes:
        by_name: Totals since the process started, by kind and route template or handler.
        minute: The last minute as it was read last.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.by_name: dict[tuple[Kind, str], Tally] = {}
        self.minute = Minute()
        self._clock = clock
        self._started = clock()
        self._seconds: deque[tuple[int, Tally]] = deque()

    def record(self, kind: Kind, name: str, seconds: float, *, is_failure: bool = False) -> None:
        """Count one request or event.

        Args:
            kind: What it was.
            name: Route template or handler, never a raw path (names must stay few).
            seconds: From its arrival to the end of its answer.
            is_failure: It ended in a server error.
        """
        key = (kind, name)
        if key not in self.by_name and len(self.by_name) >= NAMES_LIMIT:
            key = (kind, OTHER)
        self.by_name.setdefault(key, Tally()).add(seconds, is_failure)
        if kind in SHOPPING:
            self._this_second().add(seconds, is_failure)

    def read(self) -> Reading:
        """The last minute of what shoppers wait for; no percentiles when there was nothing."""
        now = self._clock()
        while self._seconds and self._seconds[0][0] <= int(now) - WINDOW_SECONDS:
            self._seconds.popleft()
        tallies = [tally for _, tally in self._seconds]
        durations = merged(tally.durations for tally in tallies)
        self.minute = Minute(durations, sum(tally.failures for tally in tallies))
        observed_seconds = min(max(now - self._started, 1.0), WINDOW_SECONDS)
        values = {
            "requests_per_second": durations.count / observed_seconds,
            "failures_per_minute": float(self.minute.failures),
        }
        for slug, share in (("response_p50_ms", 0.5), ("response_p95_ms", 0.95)):
            if (seconds := durations.percentile(share)) is not None:
                values[slug] = seconds * 1000
        return values

    def _this_second(self) -> Tally:
        second = int(self._clock())
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, Tally()))
        return self._seconds[-1][1]
