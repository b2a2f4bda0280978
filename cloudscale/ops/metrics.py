"""METRICS: everything that is measured, declared once.

Tiles, charts, tables and ways out read names, units and colours from here; a sample carries its
values under these slugs. Imports nothing of ours.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured quantity.

    Attributes:
        slug: Its name in samples, URLs and exports; ends in the unit where it has one.
        label: Its name on screens.
        unit: The unit as it is written after the number; empty for plain counts.
        colour: The design token of its series.
        decimals: Digits after the point that carry meaning.
        meaning: What is measured, in one plain sentence.
    """

    slug: str
    label: str
    unit: str
    colour: str
    decimals: int
    meaning: str

    def text(self, value: float) -> str:
        """A value as people read it, with its unit."""
        return f"{value:,.{self.decimals}f} {self.unit}".rstrip()


_DECLARED = (
    Metric(
        "active_users",
        "Active users",
        "",
        "s1",
        0,
        "Distinct visits active in the last 5 minutes, guests too, robots not counted.",
    ),
    Metric(
        "cpu_percent",
        "CPU",
        "%",
        "s2",
        0,
        "Share of all cores of this machine that was busy in the last second.",
    ),
    Metric(
        "memory_percent",
        "Memory",
        "%",
        "s3",
        0,
        "Share of this machine's memory that is in use.",
    ),
    Metric(
        "response_p50_ms",
        "Response p50",
        "ms",
        "s3",
        0,
        "Half of the pages, API calls and events of the last minute took this long or less.",
    ),
    Metric(
        "response_p95_ms",
        "Response p95",
        "ms",
        "s4",
        0,
        "19 of 20 pages, API calls and events of the last minute took this long or less.",
    ),
    Metric(
        "requests_per_second",
        "Requests",
        "/ s",
        "s1",
        1,
        "Pages, API calls and events that this server process answered, mean of the last minute.",
    ),
    Metric(
        "failures_per_minute",
        "Failures",
        "/ min",
        "s6",
        0,
        "Of those, the ones of the last minute that ended in a server error.",
    ),
    Metric(
        "orders_per_minute",
        "Orders",
        "/ min",
        "s5",
        0,
        "Orders placed in the last 60 seconds, in the whole shop.",
    ),
    Metric(
        "process_memory_mb",
        "Process memory",
        "MB",
        "s5",
        0,
        "Memory that this server process holds (resident set).",
    ),
    Metric(
        "process_uptime_seconds",
        "Up for",
        "s",
        "s1",
        0,
        "Time since this server process started.",
    ),
)

METRICS: dict[str, Metric] = {metric.slug: metric for metric in _DECLARED}
"""Every metric by its slug, in the order of declaration."""
