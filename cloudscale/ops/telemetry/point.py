"""One point of the fleet's history, ready to be drawn: values from a window. Pure.

Window of one step (+ the last minute, for what one second says too little of) --> Point
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil, log2

from cloudscale.ops.ports import Reading
from cloudscale.ops.telemetry.histogram import (
    BUCKETS_PER_DOUBLING,
    FIRST_BUCKET,
    LAST_BUCKET,
    LatencyHistogram,
)
from cloudscale.ops.telemetry.window import Gauge, InstanceWindow, Window

# Bands of the latency heatmap: each is twice the square root of two wide, the first holds all that
# is quicker, the last all that is slower.
BANDS = 20
BANDS_PER_DOUBLING = 2
FIRST_BAND_MS = 4.0
"""Upper edge of the first band; band i reaches to `FIRST_BAND_MS * 2**(i / BANDS_PER_DOUBLING)`."""

ZONE = "@"
"""Between a slug and the zone that its value is of."""

PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class InstancePoint:
    """One instance in one step.

    Attributes:
        zone: Where it runs.
        cpu_percent: Of its machine; `None` when that could not be told.
        memory_percent: Of its machine.
        requests_per_second: What it answered.
    """

    zone: str
    cpu_percent: float | None
    memory_percent: float | None
    requests_per_second: float


@dataclass(frozen=True, slots=True)
class Point:
    """The fleet in one step.

    Attributes:
        at: When the step starts, aware UTC.
        step_seconds: How long it is.
        values: By slug of `METRICS`, some of them by zone; what is missing was not measured.
        instances: By name.
        latencies: Requests by response time, one number a band of the heatmap, quickest first.
    """

    at: datetime
    step_seconds: int
    values: Reading
    instances: Mapping[str, InstancePoint] = field(default_factory=dict)
    latencies: tuple[int, ...] = ()

    @property
    def second(self) -> int:
        """Seconds since 1970 at which it starts."""
        return int(self.at.timestamp())

    @property
    def targets(self) -> dict[str, tuple[int, int]]:
        """By zone, how many targets the load balancer finds healthy, and how many unhealthy."""
        zones = {slug.partition(ZONE)[2] for slug in self.values if ZONE in slug}
        return {
            zone: (
                round(self.values.get(of_zone("targets_healthy", zone), 0)),
                round(self.values.get(of_zone("targets_unhealthy", zone), 0)),
            )
            for zone in sorted(zones)
        }

    def requests_by_zone(self) -> dict[str, float]:
        """Requests a second by zone."""
        by_zone: dict[str, float] = defaultdict(float)
        for instance in self.instances.values():
            by_zone[instance.zone] += instance.requests_per_second
        return dict(by_zone)


def of_zone(slug: str, zone: str) -> str:
    """The slug of a value that is of one zone."""
    return f"{slug}{ZONE}{zone}"


def band_edges_ms() -> list[float]:
    """The upper edges of the heatmap's bands but the last, which has none."""
    return [FIRST_BAND_MS * 2 ** (band / BANDS_PER_DOUBLING) for band in range(BANDS - 1)]


def _band(bucket: int) -> int:
    first = log2(FIRST_BAND_MS / 1000) * BUCKETS_PER_DOUBLING
    width = BUCKETS_PER_DOUBLING / BANDS_PER_DOUBLING
    return min(max(ceil((bucket - first) / width), 0), BANDS - 1)


_BANDS = {bucket: _band(bucket) for bucket in range(FIRST_BUCKET, LAST_BUCKET + 1)}


def latency_bands(durations: LatencyHistogram) -> tuple[int, ...]:
    """A histogram in the heatmap's bands."""
    counts = [0] * BANDS
    for bucket, count in durations.counts.items():
        counts[_BANDS[bucket]] += count
    return tuple(counts)


def point_of(at: datetime, step_seconds: int, window: Window, recent: Window) -> Point:
    """Draw a point from what was measured.

    Args:
        at: When the step starts.
        step_seconds: How long it is.
        window: What was measured in it; `window.seconds` may be less than the step.
        recent: The same over a minute at least, for percentiles and rates a minute; the window
            itself where the step is a minute or longer.
    """
    values = _of_instances(window) | _rates(window, recent) | _percentiles(recent)
    values |= {slug: gauge.mean for slug, gauge in window.gauges.items()}
    instances = {name: _instance_point(one) for name, one in sorted(window.instances.items())}
    durations = window.histograms.get("responses", LatencyHistogram())
    return Point(at, step_seconds, values, instances, latency_bands(durations))


def _rates(window: Window, recent: Window) -> dict[str, float]:
    """What happened a second or a minute; measured seconds count, gaps do not."""
    a_second, minutes = max(window.seconds, 1), max(recent.seconds, 1) / 60
    count, lately = window.counts.get, recent.counts.get
    return {
        "requests_per_second": count("requests", 0) / a_second,
        "failures_per_second": count("failures", 0) / a_second,
        "events_per_second": count("events", 0) / a_second,
        "queries_per_second": count("queries", 0) / a_second,
        "query_errors_per_minute": lately("query_errors", 0) / minutes,
        "failures_per_minute": lately("failures", 0) / minutes,
        "orders_per_minute": lately("orders", 0) / minutes,
        "revenue_per_minute": lately("revenue_cents", 0) / 100 / minutes,
        "sign_ins_per_minute": lately("sign_ins", 0) / minutes,
        "refused_sign_ins_per_minute": lately("refused_sign_ins", 0) / minutes,
    }


def _percentiles(recent: Window) -> dict[str, float]:
    values = {}
    for slug, prefix in (("responses", "response"), ("queries", "query")):
        if durations := recent.histograms.get(slug):
            found = durations.percentiles(*PERCENTILES.values())
            for name, seconds in zip(PERCENTILES, found, strict=False):
                values[f"{prefix}_{name}_ms"] = seconds * 1000
    return values


def _of_instances(window: Window) -> dict[str, float]:
    """The fleet's values that are made of its instances' readings."""
    instances = list(window.instances.values())
    span = max(window.seconds, 1)
    values = {"instances": sum(one.seconds for one in instances) / span}
    for slug in ("cpu_percent", "memory_percent"):  # a machine with several instances has one CPU
        if (mean := _mean_of_hosts(instances, slug)) is not None:
            values[slug] = mean
    for slug in ("sockets", "threads", "process_memory_mb", "pool_in_use"):
        gauges = [one.gauges[slug] for one in instances if slug in one.gauges]
        if gauges:
            values[slug] = sum(gauge.total for gauge in gauges) / span
    lags = [one.gauges["loop_lag_ms"] for one in instances if "loop_lag_ms" in one.gauges]
    if lags:
        values["loop_lag_ms"] = max(gauge.highest for gauge in lags)
    return values


def _mean_of_hosts(instances: Iterable[InstanceWindow], slug: str) -> float | None:
    """The mean of the machines; one that was there for a tenth of the span counts a tenth."""
    hosts: dict[str, list[Gauge]] = defaultdict(list)
    for one in instances:
        if slug in one.gauges:
            hosts[one.host].append(one.gauges[slug])
    whole = weights = 0.0
    for gauges in hosts.values():
        readings = sum(gauge.count for gauge in gauges)
        weight = max(gauge.count for gauge in gauges)
        whole += sum(gauge.total for gauge in gauges) / readings * weight
        weights += weight
    return whole / weights if hosts else None


def _instance_point(one: InstanceWindow) -> InstancePoint:
    cpu, memory = one.gauges.get("cpu_percent"), one.gauges.get("memory_percent")
    return InstancePoint(
        zone=one.zone,
        cpu_percent=cpu.mean if cpu else None,
        memory_percent=memory.mean if memory else None,
        requests_per_second=one.counts.get("requests", 0) / max(one.seconds, 1),
    )
