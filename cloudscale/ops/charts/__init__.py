"""CHARTS and TILES: what the live dashboard shows, declared once.

Pages lay these out, figures draw them, summaries tell them in words. All charts share one time
axis.
"""

from cloudscale.ops.charts.kinds import Chart, Group, Kind, Line, Series, Source
from cloudscale.ops.charts.machine_room import MACHINE_ROOM
from cloudscale.ops.charts.main import MAIN

__all__ = [
    "CHARTED",
    "CHARTS",
    "INSTANCE_METRICS",
    "TILES",
    "Chart",
    "Group",
    "Kind",
    "Line",
    "Series",
    "Source",
    "charts_of",
]

CHARTS: tuple[Chart, ...] = MAIN + MACHINE_ROOM

TILES: tuple[str, ...] = (
    "active_users",
    "instances",
    "cpu_percent",
    "response_p95_ms",
    "orders_per_minute",
    "error_budget_percent",
)
"""Slugs of the metrics that have a tile, in order."""

CHARTED: tuple[str, ...] = tuple(
    dict.fromkeys([series.slug for chart in CHARTS for series in chart.series] + list(TILES))
)
"""Slugs of all metrics that are shown, in the order in which a tick carries their values."""

INSTANCE_METRICS: tuple[str, ...] = ("cpu_percent", "requests_per_second", "memory_percent")
"""What is charted of each instance, in the order in which a tick carries it."""


def charts_of(group: Group) -> tuple[Chart, ...]:
    """The charts of one group, in order."""
    return tuple(chart for chart in CHARTS if chart.group is group)
