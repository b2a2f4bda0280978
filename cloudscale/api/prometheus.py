"""`GET /metrics`: this process, and the newest sample of the fleet, as Prometheus reads them.

scrape --may it?--> Serving (totals of this process), Feed (the fleet) --collect--> text

Every process answers for itself: sum over processes what it counted. What begins with
`cloudscale_fleet_` is the whole shop's and the same in each: take any one of them. Where several
processes share a port, a scrape meets one or the other, and each names itself on its lines.
"""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    StateSetMetricFamily,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString
from starlette.requests import Request
from starlette.responses import Response

from cloudscale.api import scrapers
from cloudscale.api.caching import NEVER
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.fleet_sample import FleetSample
from cloudscale.ops.telemetry.histogram import BUCKETS_PER_DOUBLING, LatencyHistogram
from cloudscale.ops.telemetry.serving import Kind, Serving, Tally

# Every eighth bound of our own buckets, from 1 ms to 32 s: what is counted under a bound lay under
# it, to the last one. Narrower would only make each scrape longer.
_STEP = BUCKETS_PER_DOUBLING // 2
BOUNDS = range(-10 * BUCKETS_PER_DOUBLING, 5 * BUCKETS_PER_DOUBLING + 1, _STEP)
LE = [floatToGoString(2.0 ** (bound / BUCKETS_PER_DOUBLING)) for bound in BOUNDS]

HTTP = frozenset({Kind.PAGE, Kind.API, Kind.FILE, Kind.PROBE})
AS_RATIO = " Here as a ratio, 0 to 1."
TAKEN = "When the newest sample of the fleet was taken, in seconds since 1970."
STATES = ("healthy", "scaling", "error")
OF_THE_FLEET = "cloudscale_fleet"

Served = list[tuple[list[str], Tally]]
"""Values of the labels, and what was counted under them."""


class Exposition:
    """Answers the scrapes of one process.

    Args:
        serving: What this process served.
        feed: What is known of the fleet.
        process: This process's name, where several share a port.
    """

    def __init__(self, serving: Serving, feed: Feed, process: str = "") -> None:
        self._registry = NamedRegistry(process)
        self._registry.register(ShopCollector(serving, feed))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """One scrape: text format 0.0.4, or OpenMetrics for whoever asks for it."""
        if refused := scrapers.refusal(request):
            return refused
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        async with self._one_at_a_time:
            text = await asyncio.to_thread(encode, self._registry)
        headers = {"content-type": content_type, "cache-control": NEVER}
        return Response(text, headers=headers)


class NamedRegistry(CollectorRegistry):
    """All that is told, with the name of the process on each line that is its own."""

    def __init__(self, process: str) -> None:
        super().__init__(auto_describe=False)
        self._process = process

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        for metric in super().collect():
            if self._process and not metric.name.startswith(OF_THE_FLEET):
                metric.samples = [
                    line._replace(labels={**line.labels, "process": self._process})
                    for line in metric.samples
                ]
            yield metric


class ShopCollector(Collector):
    """What the shop tells Prometheus; made anew for each scrape, so nothing is counted twice."""

    def __init__(self, serving: Serving, feed: Feed) -> None:
        self._serving, self._feed = serving, feed

    def collect(self) -> Iterator[Metric]:
        """Every family, in any thread."""
        by_name = list(self._serving.by_name.items())
        requests = [([str(k), name], tally) for (k, name), tally in by_name if k in HTTP]
        events = [([name], tally) for (k, name), tally in by_name if k is Kind.EVENT]
        yield from _served("http_request", "HTTP requests", ("kind", "route"), requests)
        yield from _served("event", "Events of open pages", ("handler",), events)
        yield _gauge("process_threads", "Threads of this server process.", _threads(), prefix="")
        if self._feed.latest is not None:
            yield from _fleet(self._feed.latest)
        if self._feed.measured_at is not None:
            measured_at = self._feed.measured_at.timestamp()
            yield _gauge("fleet_sample_timestamp_seconds", TAKEN, measured_at)


def _served(what: str, words: str, labels: tuple[str, ...], served: Served) -> Iterable[Metric]:
    """Counted, failed and how long it took, of one sort of things.

    The count is that of the buckets, so that both agree while requests go on.
    """
    name, of = f"cloudscale_{what}", f"this server process since it started, by {labels[-1]}."
    total = CounterMetricFamily(f"{name}s", f"{words} answered by {of}", labels=labels)
    failures = CounterMetricFamily(
        f"{name}_failures", f"{words} that ended in a server error, of {of}", labels=labels
    )
    duration = HistogramMetricFamily(
        f"{name}_duration_seconds",
        f"{words}: time from arrival to the end of the answer, of {of}",
        labels=labels,
    )
    for values, tally in served:
        buckets = cumulative(tally.durations)
        total.add_metric(values, buckets[-1][1])
        failures.add_metric(values, tally.failures)
        duration.add_metric(values, buckets, tally.seconds)
    return total, failures, duration


def cumulative(durations: LatencyHistogram) -> list[tuple[str, int]]:
    """Classic buckets: each bound, and how many durations were not above it; the last has all."""
    counts = dict(durations.counts)
    slots = [0] * (len(BOUNDS) + 1)
    for bucket, count in counts.items():
        # The first bound that is not below the bucket's own; past the last one the rest.
        slots[min(max(-(-(bucket - BOUNDS.start) // _STEP), 0), len(BOUNDS))] += count
    return list(zip([*LE, "+Inf"], accumulate(slots), strict=True))


def _fleet(sample: FleetSample) -> Iterator[Metric]:
    """The newest sample; what is not known is left out, never told as 0."""
    known: list[tuple[str, str, float | None]] = [
        ("active_users", METRICS["active_users"].meaning, sample.active_users),
        ("instances", METRICS["instances"].meaning, sample.ec2_instances),
        ("cpu_ratio", METRICS["cpu_percent"].meaning + AS_RATIO, _ratio(sample.cpu_utilization)),
        ("response_p50_seconds", METRICS["response_p50_ms"].meaning, _seconds(sample)),
        ("load_ratio", _described("load_percentage") + AS_RATIO, _ratio(sample.load_percentage)),
    ]
    for name, meaning, value in known:
        if value is not None:
            yield _gauge(f"fleet_{name}", meaning, value)
    status = StateSetMetricFamily(
        "cloudscale_fleet_status", _described("scaling_status"), labels=()
    )
    status.add_metric((), {state: state == sample.scaling_status for state in STATES})
    yield status
    info = InfoMetricFamily("cloudscale_fleet", "Where the fleet is and who measures it.")
    info.add_metric((), {"region": sample.region, "source": sample.source})
    yield info


def _gauge(name: str, words: str, value: float, prefix: str = "cloudscale_") -> Metric:
    return GaugeMetricFamily(prefix + name, words, value=value)


def _described(field: str) -> str:
    return FleetSample.model_fields[field].description or ""


def _ratio(percent: str | int | None) -> float | None:
    return None if percent is None else float(percent) / 100


def _seconds(sample: FleetSample) -> float | None:
    return None if sample.response_time is None else sample.response_time / 1000


def _threads() -> int:
    """Threads of this process as the kernel counts them, or where it cannot be asked, Python."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return threading.active_count()
