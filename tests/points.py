"""Points of a fleet that never was, for tests of what is made of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cloudscale.ops.telemetry.point import BANDS, InstancePoint, Point

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VALUES = {
    "active_users": 3.0,
    "active_users_1m": 1.0,
    "active_users_15m": 9.0,
    "cpu_percent": 12.0,
    "memory_percent": 40.0,
    "response_p50_ms": 41.2,
    "response_p95_ms": 84.4,
    "response_p99_ms": 162.0,
    "requests_per_second": 12.5,
    "events_per_second": 4.0,
    "failures_per_second": 0.0,
    "failures_per_minute": 0.0,
    "orders_per_minute": 2.0,
    "revenue_per_minute": 310.0,
    "instances": 2.0,
    "error_budget_percent": 97.2,
}


def point(second: int = 0, *, step_seconds: int = 1, names: str = "ab", **values: Any) -> Point:
    """One point, `second` seconds after `START`.

    Args:
        second: When it starts.
        step_seconds: How long it is.
        names: A letter for each instance; a and c are in the zone east, the others in west.
        values: Other values than `VALUES`; `None` takes one away.
    """
    measured = {slug: v for slug, v in {**VALUES, **values}.items() if v is not None}
    instances = {
        f"i-{name}": InstancePoint("east" if name in "ac" else "west", 10.0 + place, 50.0, 6.25)
        for place, name in enumerate(names)
    }
    at = START + timedelta(seconds=second)
    return Point(at, step_seconds, measured, instances, (*range(BANDS),))


def points(seconds: range, **values: Any) -> list[Point]:
    """A point for each of some seconds."""
    return [point(second, step_seconds=seconds.step, **values) for second in seconds]
