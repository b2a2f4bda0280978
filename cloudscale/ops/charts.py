"""CHARTS and TILES: what the live dashboard shows, declared once.

Pages lay these out, figures draw them, summaries tell them in words.
"""

from dataclasses import dataclass

from cloudscale.ops.policy import THRESHOLDS


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold that is drawn across a chart.

    Attributes:
        at: Where, in the unit of the chart's metrics.
        label: What it means, in words.
        colour: The design token that it is drawn in.
    """

    at: float
    label: str
    colour: str = "bad"


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        slug: Its name in URLs and element ids.
        title: Its heading.
        about: What it shows, in the few words that fit under the heading.
        metrics: Slugs of what it draws, all in one unit.
        lines: Thresholds.
        top: Upper end of the axis, where the unit has one.
        least_top: The axis reaches at least this far, so that noise does not fill the chart.
    """

    slug: str
    title: str
    about: str
    metrics: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    top: float | None = None
    least_top: float = 1.0


_users = THRESHOLDS.active_users_scale_out
_cpu_out, _cpu_in = THRESHOLDS.cpu_scale_out_percent, THRESHOLDS.cpu_scale_in_percent

CHARTS: tuple[Chart, ...] = (
    Chart(
        slug="users",
        title="Active users",
        about="distinct visits, last 5 minutes, whole shop",
        metrics=("active_users",),
        lines=(Line(_users, f"{_users} users: time for another server"),),
        least_top=_users * 1.5,
    ),
    Chart(
        slug="machine",
        title="CPU and memory",
        about="percent of this machine",
        metrics=("cpu_percent", "memory_percent"),
        lines=(
            Line(_cpu_out, f"CPU over {_cpu_out:.0f} %: too busy"),
            Line(_cpu_in, f"CPU under {_cpu_in:.0f} %: room to spare", "ink-2"),
        ),
        top=100,
    ),
    Chart(
        slug="response",
        title="Response time",
        about="ms, last minute, this server process",
        metrics=("response_p50_ms", "response_p95_ms"),
        least_top=20,
    ),
    Chart(
        slug="orders",
        title="Orders",
        about="placed in the last 60 seconds, whole shop",
        metrics=("orders_per_minute",),
        least_top=4,
    ),
)

TILES: tuple[str, ...] = (
    "active_users",
    "cpu_percent",
    "memory_percent",
    "response_p95_ms",
    "requests_per_second",
    "orders_per_minute",
)
"""Slugs of the metrics that have a tile, in order."""
