"""What this process does, counted by the second: requests, events, statements, orders.

middleware, event timing, SQL, commits --record, count--> Serving --take, by the second--> sampler

Any thread may record; each call holds a lock for a microsecond.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

from cloudscale.ops.slo import SLOW_SECONDS
from cloudscale.ops.telemetry.clock import ShopClock
from cloudscale.ops.telemetry.histogram import LatencyHistogram
from cloudscale.ops.telemetry.window import Window

# Names are route templates, handlers and statements, so there are few; this bounds what an error
# could add.
NAMES_LIMIT = 500
OTHER = "(other)"
# A process whose loop is stuck for longer has no per second figures to tell.
KEPT_SECONDS = 60


class Kind(StrEnum):
    """What was served."""

    PAGE = "page"
    API = "api"
    EVENT = "event"
    FILE = "file"  # built assets, pictures: fast, many, and not what a shopper waits for
    PROBE = "probe"  # health checks of a load balancer, scrapes
    SQL = "sql"  # statements, inside of the others

    __hash__ = str.__hash__  # Enum's own is a Python function, called for every record


SHOPPING = frozenset({Kind.PAGE, Kind.API, Kind.EVENT})
"""The kinds whose times are shown as the shop's response time."""

Name = tuple[Kind, str]


@dataclass(slots=True)
class Tally:
    """How often something was served, how often it failed, and how long it took."""

    failures: int = 0
    seconds: float = 0.0
    durations: LatencyHistogram = field(default_factory=LatencyHistogram)

    def add(self, seconds: float, is_failure: bool) -> None:
        """Count one more."""
        self.failures += is_failure
        self.seconds += seconds
        self.durations.record(seconds)

    def merge(self, other: "Tally") -> None:
        """Add what another one counted."""
        self.failures += other.failures
        self.seconds += other.seconds
        self.durations.merge(other.durations)


class Serving:
    """Counts what this process serves.

    Args:
        now: Seconds since 1970.

    Attributes:
        by_name: Totals since the process started, by kind and route template or handler.
        sockets: Websockets that are open now.
        requests: Requests that are being answered; polls of a page's socket aside, which wait.
        events: Events of pages whose handler works, those in the background aside.
    """

    def __init__(self, now: Callable[[], float] | None = None) -> None:
        self.by_name: dict[Name, Tally] = {}
        self.sockets = self.requests = self.events = 0
        self._now = now or ShopClock().now
        self._lock = Lock()
        self._seconds: dict[int, Window] = {}
        self._untold: dict[Name, Tally] = {}

    @property
    def is_busy(self) -> bool:
        """Whether something is under way that must not be cut."""
        return self.requests > 0 or self.events > 0

    def record(self, kind: Kind, name: str, seconds: float, *, is_failure: bool = False) -> None:
        """Count one request, event or statement.

        Args:
            kind: What it was.
            name: Route template, handler or statement, never a raw path (names must stay few).
            seconds: From its arrival to the end of its answer.
            is_failure: It ended in a server error.
        """
        with self._lock:
            key = (kind, name)
            total = self.by_name.get(key)
            if total is None:
                key, total = self._named(key)
            total.add(seconds, is_failure)
            untold = self._untold.get(key)
            if untold is None:
                untold = self._untold[key] = Tally()
            untold.add(seconds, is_failure)
            if kind in SHOPPING:
                self._add_request(kind, seconds, is_failure)
            elif kind is Kind.SQL:
                window = self._this_second()
                _count(window, "queries", 1)
                _count(window, "query_errors", is_failure)
                window.histograms["queries"].record(seconds)

    def record_statement(self, name: str, seconds: float, is_failure: bool) -> None:
        """Count one SQL statement."""
        self.record(Kind.SQL, name, seconds, is_failure=is_failure)

    def count(self, slug: str, times: int = 1) -> None:
        """Count something else that happened: an order, a sign-in."""
        with self._lock:
            _count(self._this_second(), slug, times)

    def take(self, until: int) -> dict[int, Window]:
        """What was counted in the seconds before `until` and not taken yet, by second.

        What claims to be of a time to come (the clock was set back) is forgotten.
        """
        with self._lock:
            counted, self._seconds = self._seconds, {}
            for second in (until, until + 1):  # still running
                if second in counted:
                    self._seconds[second] = counted.pop(second)
        return {second: window for second, window in counted.items() if second < until}

    def take_names(self) -> dict[Name, Tally]:
        """What was counted by name since it was taken last."""
        with self._lock:
            untold, self._untold = self._untold, {}
        return untold

    def _named(self, key: Name) -> tuple[Name, Tally]:
        if len(self.by_name) >= NAMES_LIMIT:
            key = (key[0], OTHER)
        return key, self.by_name.setdefault(key, Tally())

    def _add_request(self, kind: Kind, seconds: float, is_failure: bool) -> None:
        window = self._this_second()
        _count(window, "requests", 1)
        _count(window, "failures", is_failure)
        _count(window, "slow", seconds > SLOW_SECONDS)
        _count(window, "events", kind is Kind.EVENT)
        window.histograms["responses"].record(seconds)

    def _this_second(self) -> Window:
        second = int(self._now())
        window = self._seconds.get(second)
        if window is None:
            durations = {"responses": LatencyHistogram(), "queries": LatencyHistogram()}
            window = self._seconds[second] = Window(histograms=durations)
            if len(self._seconds) > KEPT_SECONDS:
                del self._seconds[next(iter(self._seconds))]
        return window


def _count(window: Window, slug: str, times: int) -> None:
    window.counts[slug] = window.counts.get(slug, 0) + times
