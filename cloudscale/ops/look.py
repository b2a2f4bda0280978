"""What a viewer of the live dashboard looks at, as the URL says it. Pure.

?range=1h                 the last hour, moving on
?range=1h&from=…&to=…     a part of the past, and the range to go back to
&paused=1                 nothing moves
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.levels import DAY, RANGES, Span, fixed_span, live_span

FIRST = "5min"
"""The range that is shown where the URL names none."""
NAMES = {
    "5min": "5 min",
    "1h": "1 h",
    "6h": "6 h",
    "24h": "24 h",
    "7d": "7 d",
    "30d": "30 d",
}
"""What the ranges are called on screens, in order."""
SPOKEN = {
    "5min": "5 minutes",
    "1h": "hour",
    "6h": "6 hours",
    "24h": "24 hours",
    "7d": "7 days",
    "30d": "30 days",
}
KEPT = timedelta(seconds=30 * DAY)
SHORTEST = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at.

    Attributes:
        range: One of `RANGES`.
        part: From when to when, where it does not move on.
        is_paused: Tiles and headline stand still too.
        fault: What of the URL was not understood, in words.
    """

    range: str = FIRST
    part: tuple[datetime, datetime] | None = None
    is_paused: bool = False
    fault: str = ""

    def span(self, now: float) -> Span:
        """The span of time to show at a moment, in seconds since 1970."""
        return fixed_span(*self.part, now) if self.part else live_span(self.range, now)

    @property
    def key(self) -> tuple[object, ...]:
        """The same for all who look at the same."""
        return (self.range, self.part)

    @property
    def words(self) -> str:
        """The span in words: `Last 5 minutes`, or from when to when."""
        if self.part is None:
            return f"Last {SPOKEN[self.range]}"
        since, until = self.part
        form = "%H:%M:%S" if since.date() == until.date() else "%-d %b %H:%M"
        return f"{since:%-d %b %H:%M:%S} to {until:{form}} UTC"

    @property
    def file_name(self) -> str:
        """The span in the name of a file."""
        if self.part is None:
            return f"last-{self.range}"
        return "-to-".join(f"{at:%Y-%m-%dT%H%M%SZ}" for at in self.part)


def look_of(query: Mapping[str, str], now: float) -> Look:
    """What a URL's query asks for; what makes no sense is told, and the rest is shown.

    Args:
        query: Names and values, as anybody may have written them.
        now: Seconds since 1970.
    """
    faults = []
    name = query.get("range", FIRST)
    if name not in RANGES:
        faults.append(f"There is no such range; these are the last {SPOKEN[FIRST]}.")
        name = FIRST
    part = None
    try:
        part = _part(query, name, now)
    except ValueError as fault:
        faults.append(str(fault))
    return Look(name, part, query.get("paused") == "1", " ".join(faults))


def _part(query: Mapping[str, str], name: str, now: float) -> tuple[datetime, datetime] | None:
    """The part of the past that a URL names.

    Raises:
        ValueError: It is none, in words.
    """
    since, until = query.get("from"), query.get("to")
    if since is None and until is None:
        if query.get("paused") != "1":
            return None
        end = moment(int(now))
        return end - timedelta(seconds=RANGES[name][0]), end
    try:
        start, end = _time(since or ""), _time(until or "")
    except (ValueError, OverflowError):
        raise ValueError(
            "The times in the address could not be read, so it shows what is now."
        ) from None
    if start > end:
        raise ValueError("The times in the address end before they begin, so it shows what is now.")
    if end - start < SHORTEST or end - start > KEPT:
        raise ValueError("From ten seconds to 30 days can be shown, so it shows what is now.")
    if start.timestamp() > now or end < moment(now) - KEPT:
        raise ValueError("Nothing is kept of that time, so it shows what is now.")
    return start, end


def _time(text: str) -> datetime:
    """A time in whole seconds, UTC where it names no zone."""
    at = datetime.fromisoformat(text[:40]).replace(microsecond=0)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
