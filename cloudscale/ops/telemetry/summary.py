"""The state of the shop in words and numbers: headline, tiles, tables. Pure.

History --headline, tile, table--> what is read, aloud too
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from statistics import fmean

from cloudscale.ops.charts import Chart
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.policy import THRESHOLDS
from cloudscale.ops.telemetry.sample import History, Sample

# One busy second is no news: judged is the mean of this many, and a gap only when it lasts.
CALM_SAMPLES = 10
LASTING_SAMPLES = 3
TABLE_STEP_SECONDS = 30
NOT_MEASURED = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Headline:
    """How it goes.

    Attributes:
        tone: `good`, `warn` or `bad`.
        verdict: One or two words.
        reason: Why, in sentences that stay the same while the reason does (they are read aloud
            whenever they change).
        numbers: The figures of this second, in a sentence.
    """

    tone: str
    verdict: str
    reason: str
    numbers: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One number.

    Attributes:
        number: The value as text; a dash when it was not measured.
        unit: Written after it.
        note: A second fact beside it, or why it was not measured.
        tone: `good`, `warn` (past its threshold) or `absent`.
    """

    number: str
    unit: str
    note: str
    tone: str


def clock(at: datetime) -> str:
    """A time of day as the dashboard writes it."""
    return f"{at:%H:%M:%S}"


def duration(seconds: float) -> str:
    """A length of time in its two largest units: `3 h 12 min`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    while len(units) > 1 and not units[0][0]:
        units.pop(0)
    return " ".join(f"{count} {unit}" for count, unit in units[:2])


def headline(history: History) -> Headline:
    """How it goes, judged by the last seconds."""
    latest = history.latest
    if latest is None:
        return Headline("good", "Starting", "The first sample is being taken.", "")
    recent = list(islice(reversed(list(history)), CALM_SAMPLES))
    tone, verdict, reasons = "good", "Healthy", list(_busy_reasons(recent))
    if reasons:
        tone, verdict = "warn", "Busy"
    if troubles := list(_troubles(recent)):
        tone, verdict, reasons = "bad", "Trouble", troubles + reasons
    reason = " ".join(reasons) or "Nothing is past its threshold."
    return Headline(tone, verdict, reason, _numbers(latest))


def _troubles(recent: Sequence[Sample]) -> Iterator[str]:
    """What does not work. `recent` is newest first, and not empty."""
    if all("active_users" in sample.absent for sample in recent[:LASTING_SAMPLES]):
        yield "The database does not answer, so users and orders cannot be counted."
    if recent[0].values.get("failures_per_minute", 0) > 0:
        yield "Some requests of the last minute ended in a server error."


def _busy_reasons(recent: Sequence[Sample]) -> Iterator[str]:
    """Which thresholds are passed."""
    loads = [s.values["cpu_percent"] for s in recent if "cpu_percent" in s.values]
    if loads and fmean(loads) >= THRESHOLDS.cpu_scale_out_percent:
        yield f"CPU is at {THRESHOLDS.cpu_scale_out_percent:.0f} % or over."
    users = THRESHOLDS.active_users_scale_out
    if recent[0].values.get("active_users", 0) >= users:
        yield f"{users} or more users are active, which calls for another server."


def _numbers(sample: Sample) -> str:
    """The most asked for figures of one sample."""
    value = sample.values.get
    parts = []
    if (users := value("active_users")) is not None:
        parts.append(f"{users:.0f} active user{'' if users == 1 else 's'}")
    if (cpu := value("cpu_percent")) is not None:
        parts.append(f"CPU {METRICS['cpu_percent'].text(cpu)}")
    p95 = value("response_p95_ms")
    parts.append(
        "no requests in the last minute"
        if p95 is None
        else f"p95 {METRICS['response_p95_ms'].text(p95)}"
    )
    return ", ".join(parts)


def tile(history: History, slug: str) -> Tile:
    """One metric's newest value."""
    metric, latest = METRICS[slug], history.latest
    if latest is None:
        return Tile(NOT_MEASURED, "", "Waiting for the first sample", "absent")
    if slug not in latest.values:
        return Tile(NOT_MEASURED, "", latest.absent[slug], "absent")
    value = latest.values[slug]
    tone = "warn" if _is_past_threshold(slug, value) else "good"
    return Tile(metric.number(value), metric.unit, _note(slug, latest), tone)


def _is_past_threshold(slug: str, value: float) -> bool:
    limits = {
        "cpu_percent": THRESHOLDS.cpu_scale_out_percent,
        "active_users": THRESHOLDS.active_users_scale_out,
        "failures_per_minute": 1,
    }
    return slug in limits and value >= limits[slug]


def _note(slug: str, sample: Sample) -> str:
    """The fact that belongs beside a value."""
    value = sample.values.get
    match slug:
        case "active_users":
            return f"threshold {THRESHOLDS.active_users_scale_out}"
        case "cpu_percent":
            return f"threshold {THRESHOLDS.cpu_scale_out_percent:.0f} %"
        case "memory_percent" if (held := value("process_memory_mb")) is not None:
            return f"this process {METRICS['process_memory_mb'].text(held)}"
        case "response_p95_ms" if (p50 := value("response_p50_ms")) is not None:
            return f"p50 {METRICS['response_p50_ms'].text(p50)}"
        case "requests_per_second" if (failed := value("failures_per_minute")) is not None:
            return f"{METRICS['failures_per_minute'].number(failed)} failed in the last minute"
    return ""


def spoken(history: History, chart: Chart) -> str:
    """A chart in a sentence, for those who do not see it."""
    parts = []
    for slug in chart.metrics:
        metric = METRICS[slug]
        values = [value for value in history.series(slug) if value is not None]
        if not values:
            parts.append(f"{metric.label}: nothing measured")
            continue
        low, high = metric.text(min(values)), metric.text(max(values))
        parts.append(f"{metric.label}: last {metric.text(values[-1])}, between {low} and {high}")
    return f"Last {history.seconds // 60} minutes. {'; '.join(parts)}."


def blank(history: History, chart: Chart) -> str:
    """Why a chart has nothing to draw; empty when it has something."""
    if history.latest is None:
        return "Waiting for the first sample"
    if any(slug in sample.values for sample in history for slug in chart.metrics):
        return ""
    return history.latest.absent[chart.metrics[0]]


def table(history: History, chart: Chart) -> list[list[str]]:
    """A chart as rows of time and values, newest first: the newest, then every half minute."""
    if history.latest is None:
        return []
    return [
        [clock(sample.at), *(_cell(sample, slug) for slug in chart.metrics)]
        for sample in reversed(list(history))
        if sample is history.latest or sample.second % TABLE_STEP_SECONDS == 0
    ]


def _cell(sample: Sample, slug: str) -> str:
    value = sample.values.get(slug)
    return "not measured" if value is None else METRICS[slug].text(value)
