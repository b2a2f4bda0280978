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
        brief: What is measured, in the few words that fit under a number.
        meaning: What is measured, in full sentences.
    """

    slug: str
    label: str
    unit: str
    colour: str
    decimals: int
    brief: str
    meaning: str

    def text(self, value: float) -> str:
        """A value as people read it, with its unit."""
        return f"{self.number(value)} {self.unit}".rstrip()

    def number(self, value: float) -> str:
        """A value without its unit."""
        return f"{value:,.{self.decimals}f}"


_DECLARED = (
    Metric(
        slug="active_users",
        label="Active users",
        unit="",
        colour="s1",
        decimals=0,
        brief="visits in the last 5 minutes",
        meaning="Distinct visits that were active in the last 5 minutes, in the whole shop. "
        "Guests count, robots do not. Counted in the database.",
    ),
    Metric(
        slug="cpu_percent",
        label="CPU",
        unit="%",
        colour="s2",
        decimals=0,
        brief="of this machine, last second",
        meaning="Share of all cores of this machine that was busy in the last second, whichever "
        "program used it. Read from the kernel's counters.",
    ),
    Metric(
        slug="memory_percent",
        label="Memory",
        unit="%",
        colour="s3",
        decimals=0,
        brief="of this machine",
        meaning="Share of this machine's memory that is in use and cannot be had without swapping.",
    ),
    Metric(
        slug="response_p50_ms",
        label="Response p50",
        unit="ms",
        colour="s3",
        decimals=0,
        brief="half are quicker",
        meaning="Half of the pages, API calls and page events of the last minute were answered in "
        "this time or less, by this server process. From the request's arrival to the "
        "last byte of its answer; pictures, files and health checks are left out. Within "
        "2.2 %.",
    ),
    Metric(
        slug="response_p95_ms",
        label="Response p95",
        unit="ms",
        colour="s4",
        decimals=0,
        brief="19 of 20 are quicker",
        meaning="19 of 20 pages, API calls and page events of the last minute were answered in "
        "this time or less, by this server process. Measured as p50.",
    ),
    Metric(
        slug="requests_per_second",
        label="Requests",
        unit="/ s",
        colour="s1",
        decimals=1,
        brief="mean of the last minute",
        meaning="Pages, API calls and page events that this server process answered, a second, as "
        "the mean of the last minute.",
    ),
    Metric(
        slug="failures_per_minute",
        label="Failed",
        unit="/ min",
        colour="s6",
        decimals=0,
        brief="ended in a server error",
        meaning="Of those requests, how many of the last minute ended in a server error.",
    ),
    Metric(
        slug="orders_per_minute",
        label="Orders",
        unit="/ min",
        colour="s5",
        decimals=0,
        brief="placed in the last 60 seconds",
        meaning="Orders placed in the last 60 seconds, in the whole shop. Counted in the database.",
    ),
    Metric(
        slug="instances",
        label="Instances",
        unit="",
        colour="s1",
        decimals=0,
        brief="server processes in service",
        meaning="Server processes of the whole shop that reported to the database in the last "
        "5 seconds.",
    ),
    Metric(
        slug="fleet_cpu_percent",
        label="Fleet CPU",
        unit="%",
        colour="s2",
        decimals=0,
        brief="mean of all machines, last second",
        meaning="CPU as above, as the mean over all machines that serve the shop. A machine with "
        "several server processes counts once.",
    ),
    Metric(
        slug="fleet_response_p50_ms",
        label="Fleet response p50",
        unit="ms",
        colour="s3",
        decimals=0,
        brief="half are quicker, whole shop",
        meaning="Response p50 as above, over what all server processes answered: their counts are "
        "merged, their percentiles are not averaged.",
    ),
    Metric(
        slug="fleet_requests_per_minute",
        label="Fleet requests",
        unit="/ min",
        colour="s1",
        decimals=0,
        brief="answered in the last minute, whole shop",
        meaning="Pages, API calls and page events that all server processes answered in the last "
        "minute.",
    ),
    Metric(
        slug="fleet_failures_per_minute",
        label="Fleet failed",
        unit="/ min",
        colour="s6",
        decimals=0,
        brief="ended in a server error, whole shop",
        meaning="Of those requests, how many ended in a server error.",
    ),
    Metric(
        slug="process_memory_mb",
        label="Process memory",
        unit="MB",
        colour="s5",
        decimals=0,
        brief="held by this server process",
        meaning="Memory that this server process holds (resident set).",
    ),
    Metric(
        slug="process_uptime_seconds",
        label="Up for",
        unit="s",
        colour="s1",
        decimals=0,
        brief="since this server process started",
        meaning="Time since this server process started.",
    ),
)

METRICS: dict[str, Metric] = {metric.slug: metric for metric in _DECLARED}
"""Every metric by its slug, in the order of declaration."""
