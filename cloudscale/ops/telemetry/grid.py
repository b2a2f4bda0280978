"""Points on a grid of steps, for charts; and single points for the browser to append. Pure.

points of a span --Grid--> one value a step, `None` where nothing was measured
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from cloudscale.ops.charts import CHARTED, INSTANCE_METRICS
from cloudscale.ops.metrics import METRICS, Metric
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.levels import Span, bucket
from cloudscale.ops.telemetry.point import BANDS, InstancePoint, Point

# More lines than this cannot be told apart: then the lowest and the highest are drawn.
MOST_INSTANCES = 8

Values = list[float | None]


def row(point: Point) -> list[Any]:
    """A point as a tick carries it: second, values, instances, requests by latency band."""
    return [
        point.second,
        [_short(METRICS[slug], point.values.get(slug)) for slug in CHARTED],
        {name: _instance_row(one) for name, one in point.instances.items()},
        list(point.latencies),
    ]


def _instance_row(one: InstancePoint) -> list[Any]:
    values = (_short(METRICS[slug], getattr(one, slug)) for slug in INSTANCE_METRICS)
    return [one.zone, *values]


class Grid:
    """The steps of a span, with the point of each.

    Args:
        points: Oldest first.
        span: Which.

    Attributes:
        first: Where the first step starts, in seconds since 1970.
        step: How long each is, in seconds.
        slots: How many.
        instances: Names of all that were seen, in order.
        zones: The same of zones.
        shows_each: Instances are few enough to be drawn one by one.
    """

    def __init__(self, points: Sequence[Point], span: Span) -> None:
        self.step = span.step_seconds
        self.first = bucket(span.since.timestamp(), self.step)
        self.slots = max(ceil((span.until.timestamp() - self.first) / self.step), 2)
        self._points: list[Point | None] = [None] * self.slots
        for point in points:
            slot = (point.second - self.first) // self.step
            if 0 <= slot < self.slots:
                self._points[slot] = point
        seen = [point for point in self._points if point is not None]
        self.instances = sorted({name for point in seen for name in point.instances})
        self.zones = sorted({one.zone for point in seen for one in point.instances.values()})
        self.shows_each = len(self.instances) <= MOST_INSTANCES

    def values(self, meta: Mapping[str, Any]) -> Values:
        """One value a step of what a trace's `meta` names."""
        metric = METRICS[meta["metric"]]
        return [p and _short(metric, _value(p, meta)) for p in self._points]

    def bands(self) -> list[list[int | None]]:
        """Requests by latency band, one row a band, quickest first."""
        columns = [p.latencies if p and p.latencies else (None,) * BANDS for p in self._points]
        return [list(band) for band in zip(*columns, strict=True)]

    def time(self, slot: float) -> str:
        """When a step starts, as Plotly reads it."""
        return moment(self.first + slot * self.step).replace(tzinfo=None).isoformat()


def _value(point: Point, meta: Mapping[str, Any]) -> float | None:
    """What a trace shows of a point; `valueOf` in assets/js/ops/series.js does the same."""
    slug = meta["metric"]
    if "instance" in meta:
        one = point.instances.get(meta["instance"])
        return getattr(one, slug) if one else None
    if "zone" in meta:
        return point.requests_by_zone().get(meta["zone"])
    if "extreme" in meta:
        found = [v for one in point.instances.values() if (v := getattr(one, slug)) is not None]
        pick = max if meta["extreme"] == "highest" else min
        return pick(found, default=None)
    return point.values.get(slug)


def _short(metric: Metric, value: float | None) -> float | None:
    """A value with one digit more than is shown, and no ".0"."""
    if value is None:
        return None
    rounded = round(value, metric.decimals + 1)
    return int(rounded) if rounded.is_integer() else rounded
