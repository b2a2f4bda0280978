"""How finely the past is kept, and how finely a span of it is shown. Pure.

1 s for an hour -> 10 s for a day -> 1, 5, 30 minutes and 2 hours for 30 days

Each level is rolled up from the one before. A span is read from one level, in at most `MOST_POINTS`
rows however long it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cloudscale.ops.telemetry.clock import moment

HOUR, DAY = 3600, 86_400
MOST_POINTS = 600


@dataclass(frozen=True, slots=True)
class Level:
    """One fineness.

    Attributes:
        step_seconds: What one row covers.
        kept_seconds: For how long rows are kept.
    """

    step_seconds: int
    kept_seconds: int


FLEET = "fleet"
SERVED = "served"

LEVELS: dict[str, tuple[Level, ...]] = {
    FLEET: (
        Level(1, HOUR),
        Level(10, DAY),
        Level(60, 30 * DAY),
        Level(300, 30 * DAY),
        Level(1800, 30 * DAY),
        Level(7200, 30 * DAY),
    ),
    SERVED: (Level(60, DAY), Level(1800, 30 * DAY), Level(21_600, 30 * DAY)),
}
"""By series, finest first."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time as it is shown.

    Attributes:
        since: Where it starts, aware UTC.
        until: Where it ends.
        step_seconds: How much one point covers.
        is_live: It moves on with the time.
    """

    since: datetime
    until: datetime
    step_seconds: int
    is_live: bool = False


RANGES: dict[str, tuple[int, int]] = {
    "5min": (300, 1),
    "1h": (HOUR, 10),
    "6h": (6 * HOUR, 60),
    "24h": (DAY, 300),
    "7d": (7 * DAY, 1800),
    "30d": (30 * DAY, 7200),
}
"""The ranges that can be picked: how long each is and its step, in seconds."""


def live_span(name: str, now: float) -> Span:
    """One of `RANGES`, up to now (seconds since 1970)."""
    length, step = RANGES[name]
    until = bucket(now, step) + step
    return Span(moment(until - length), moment(until), step, is_live=True)


def fixed_span(since: datetime, until: datetime, now: float) -> Span:
    """Any span of the past, in the finest steps that are kept of it and are not too many.

    Args:
        since: Its start, aware.
        until: Its end; made at least ten seconds later.
        now: Seconds since 1970.
    """
    until = max(until, since + timedelta(seconds=10))
    age, length = now - since.timestamp(), (until - since).total_seconds()
    fitting = (
        level.step_seconds
        for level in LEVELS[FLEET]
        if level.kept_seconds >= age and length / level.step_seconds <= MOST_POINTS
    )
    return Span(since, until, next(fitting, LEVELS[FLEET][-1].step_seconds))


def bucket(second: float, step_seconds: int) -> int:
    """Where the step that holds a moment starts, in seconds since 1970."""
    return int(second // step_seconds) * step_seconds
