"""A value's last minutes as one small SVG path and in words. Pure.

points --trend--> Trend, about 500 bytes for two minutes
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloudscale.ops.metrics import METRICS
from cloudscale.ops.telemetry.point import Point

SPAN_SECONDS = 120
"""Width of the drawing: one unit a second."""
HEIGHT = 100
"""Height of the drawing: its top is the top of the axis."""
NOT_MEASURED = "\N{EN DASH}"


@dataclass(frozen=True)
class Limit:
    """A threshold that is drawn across.

    Attributes:
        at: Where, in the metric's unit.
        label: What it means; goes on after "at 70 %: ".
    """

    at: float
    label: str


@dataclass(frozen=True)
class Trend:
    """A line and what is said of it.

    Attributes:
        path: The line, `SPAN_SECONDS` wide and `HEIGHT` high; what was not measured is a gap.
        limit_y: Where the threshold lies in it, from the top.
        limit: The threshold in words.
        number: The newest value with its unit; a dash when it was not measured.
        is_over: The newest value is at the threshold or past it.
        spoken: All of it in a sentence, for those who do not see it.
    """

    path: str = ""
    limit_y: int = 0
    limit: str = ""
    number: str = NOT_MEASURED
    is_over: bool = False
    spoken: str = ""


def trend(
    points: Sequence[Point], until: int, slug: str, limit: Limit, top: float | None = None
) -> Trend:
    """Draw a metric.

    Args:
        points: By the second, in order.
        until: The last second that is drawn, at the right edge.
        slug: Of the metric.
        limit: Its threshold.
        top: Upper end of the axis; above the threshold and all values unless told.
    """
    first = until - SPAN_SECONDS + 1
    values = {
        point.second - first: point.values[slug]
        for point in points
        if slug in point.values and first <= point.second <= until
    }
    ceiling = top or max(limit.at * 1.25, *(value * 1.05 for value in values.values()), 1)
    newest = values.get(SPAN_SECONDS - 1)
    return Trend(
        path=path(values, ceiling),
        limit_y=_y(limit.at, ceiling),
        limit=_limit_words(slug, limit),
        number=NOT_MEASURED if newest is None else METRICS[slug].text(newest),
        is_over=newest is not None and newest >= limit.at,
        spoken=_spoken(slug, values, newest, limit),
    )


def path(values: Mapping[int, float], ceiling: float) -> str:
    """A line through values one unit apart, broken where there is none.

    Args:
        values: By their place from the left.
        ceiling: The value at the top.
    """
    drawn, before = "", None
    for x in range(SPAN_SECONDS):
        y = _y(values[x], ceiling) if x in values else None
        if y is not None and before is None:
            drawn += f"M{x} {y}h0"  # of a lone value at least a dot is seen
        elif y is not None and before is not None:
            drawn += "h1" if y == before else f"l1 {y - before}"
        before = y
    return drawn.replace(" -", "-")


def _y(value: float, ceiling: float) -> int:
    return HEIGHT - round(HEIGHT * min(max(value / ceiling, 0), 1))


def _spoken(slug: str, values: Mapping[int, float], newest: float | None, limit: Limit) -> str:
    metric = METRICS[slug]
    said = f"{metric.label}, last {SPAN_SECONDS // 60} minutes: "
    if not values:
        return f"{said}nothing measured."
    now = "not measured" if newest is None else metric.text(newest)
    low, high = metric.text(min(values.values())), metric.text(max(values.values()))
    threshold = _limit_words(slug, limit)
    return f"{said}now {now}, between {low} and {high}. Dashed line at {threshold}."


def _limit_words(slug: str, limit: Limit) -> str:
    return f"{METRICS[slug].text(limit.at)}: {limit.label}"
