"""The state of the shop in words and numbers: headline, tiles, zones. Pure.

points of the last minutes, what happened --headline, tile, zones--> what is read, aloud too
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from cloudscale.ops.events import EventView
from cloudscale.ops.fleet_gauges import in_service, source_of
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.policy.in_force import thresholds
from cloudscale.ops.telemetry import news
from cloudscale.ops.telemetry.point import Point
from cloudscale.ops.words import counted

# One busy second is no news: judged is the mean of this many.
CALM_POINTS = 10
# A share of requests that fail above which the shop is in trouble, not only imperfect.
TROUBLE_SHARE = 0.01
LOW_BUDGET_PERCENT = 25
# An instance that was quiet for longer is missing, and one that was for a minute is gone.
QUIET_SECONDS = 5
ZONE_SECONDS = 60
NOT_MEASURED = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Now:
    """What is known at one moment.

    Attributes:
        at: When, aware UTC.
        latest: The newest second; `None` while the database does not answer.
        recent: The last seconds, oldest first.
        happened: What happened last, if it is known.
        alarms: Those in progress.
    """

    at: datetime
    latest: Point | None
    recent: Sequence[Point] = ()
    happened: EventView | None = None
    alarms: Sequence[EventView] = ()


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
        tone: `good`, `warn`, `bad` (past its threshold) or `absent`.
    """

    number: str
    unit: str
    note: str
    tone: str


@dataclass(frozen=True, slots=True)
class Zone:
    """An availability zone.

    Attributes:
        name: Its own.
        tone: `good`, `warn` or `bad`.
        verdict: One word.
        up: Instances that report.
        missing: Instances that did within the last minute, and do not any more.
        about: Both and its share of the traffic, in words.
    """

    name: str
    tone: str
    verdict: str
    up: int
    missing: int
    about: str


def headline(now: Now) -> Headline:
    """How it goes, judged by the last seconds."""
    if now.latest is None:
        reason = "The database does not answer, so the fleet cannot be seen."
        return Headline("bad", "Trouble", reason, "")
    busy, troubles = list(_busy_reasons(now)), list(_troubles(now.latest))
    tone, verdict = "good", "Healthy"
    if busy or now.alarms:
        tone, verdict = "warn", "Busy" if busy else "Warning"
    if troubles or any(alarm.tone == "bad" for alarm in now.alarms):
        tone, verdict = "bad", "Trouble"
    reason = " ".join(filter(None, (news.raised(now.alarms), *troubles, *busy)))
    numbers = f"{_numbers(now.latest)}. {news.told(now.happened, now.at)}".strip()
    return Headline(tone, verdict, reason, numbers)


def _troubles(latest: Point) -> Iterator[str]:
    """What does not work."""
    failures = latest.values.get("failures_per_minute", 0)
    requests = latest.values.get("requests_per_second", 0) * 60
    if failures and failures >= requests * TROUBLE_SHARE:
        yield "Some requests of the last minute ended in a server error."
    if latest.values.get("instances_desired") and not in_service(latest.values):
        yield "No instance is in service."


def _busy_reasons(now: Now) -> Iterator[str]:
    """Which thresholds are passed."""
    last = list(now.recent)[-CALM_POINTS:] or [now.latest]
    loads = [p.values["cpu_percent"] for p in last if p and "cpu_percent" in p.values]
    limits = thresholds()
    if loads and fmean(loads) >= limits.cpu_scale_out_percent:
        limit = f"{limits.cpu_scale_out_percent:g} %"
        yield f"CPU is at {limit} or over on the mean of {CALM_POINTS} s."
    users = limits.active_users_scale_out
    if now.latest and now.latest.values.get("active_users", 0) >= users:
        yield f"{users} or more users are active, which calls for another server."


def _numbers(latest: Point) -> str:
    """The most asked for figures of one second."""
    value = latest.values.get
    parts = []
    if (users := value("active_users")) is not None:
        parts.append(counted(users, "active user") + virtual_part(latest))
    if (instances := in_service(latest.values)) is not None:
        parts.append(f"on {counted(instances, f'{_simulated(latest)}instance')}")
    p95 = value("response_p95_ms")
    told = "no requests" if p95 is None else f"p95 {METRICS['response_p95_ms'].text(p95)}"
    return f"{' '.join(parts).removesuffix(',')}, {told}" if parts else told[:1].upper() + told[1:]


def virtual_part(latest: Point) -> str:
    """How many of the active users are virtual, to stand behind their number; empty without."""
    virtual = latest.values.get("virtual_users", 0)
    return f", {virtual:,.0f} of them virtual," if round(virtual) else ""


def _simulated(latest: Point) -> str:
    return "simulated " if source_of(latest.values) == "simulated" else ""


def tile(now: Now, slug: str) -> Tile:
    """One metric's newest value."""
    metric, latest = METRICS[slug], now.latest
    if latest is None:
        return Tile(NOT_MEASURED, "", "The database does not answer", "absent")
    if (value := value_of(latest, slug)) is None:
        return Tile(NOT_MEASURED, "", _absent(slug), "absent")
    number, desired = metric.number(value), latest.values.get("instances_desired")
    if slug == "instances" and desired is not None:
        number = f"{number} / {desired:.0f}"
    return Tile(number, metric.unit, _note(slug, latest), _tone(slug, value, desired))


def value_of(point: Point, slug: str) -> float | None:
    """What a metric's tile shows of a point: instances are those of the fleet, if there is one."""
    return in_service(point.values) if slug == "instances" else point.values.get(slug)


def _absent(slug: str) -> str:
    """Why there is no value, as far as that can be told from the metric."""
    return "No requests in the last minute" if slug.startswith("response") else "Not measured"


def _tone(slug: str, value: float, desired: float | None) -> str:
    """Whether a value is past its threshold."""
    match slug:
        case "cpu_percent":
            is_past = value >= thresholds().cpu_scale_out_percent
        case "active_users":
            is_past = value >= thresholds().active_users_scale_out
        case "instances":
            is_past = desired is not None and round(value) < desired
        case "error_budget_percent":
            if value < 0:
                return "bad"
            is_past = value < LOW_BUDGET_PERCENT
        case _:
            is_past = False
    return "warn" if is_past else "good"


def _note(slug: str, latest: Point) -> str:
    """The fact that belongs beside a value."""

    def text(other: str) -> str:
        value = latest.values.get(other)
        return NOT_MEASURED if value is None else METRICS[other].number(value)

    match slug:
        case "active_users":
            if virtual_part(latest):
                return f"{text('virtual_users')} of them virtual"
            return f"1 min {text('active_users_1m')} · 15 min {text('active_users_15m')}"
        case "instances":
            if "instances_desired" not in latest.values:
                return "server processes"
            return f"{_simulated(latest)}in service / desired"
        case "cpu_percent":
            return f"{thresholds().cpu_scale_out_percent:g} % scales out"
        case "response_p95_ms":
            return f"p50 {text('response_p50_ms')} · p99 {text('response_p99_ms')}"
        case "orders_per_minute":
            return f"${text('revenue_per_minute')} a minute"
    return METRICS[slug].brief


def fleet_source(now: Now) -> str:
    """Where what is known of the fleet's size comes from: `measured`, `simulated` or `aws`."""
    return source_of(now.latest.values) if now.latest else "measured"


def zones(now: Now) -> list[Zone]:
    """Instances and traffic by zone, as the last minute tells."""
    if now.latest is None:
        return []
    points = [p for p in now.recent if now.latest.second - p.second < ZONE_SECONDS]
    last_seen: dict[tuple[str, str], int] = {}
    answered: dict[str, float] = {}
    for point in points or [now.latest]:
        for name, one in point.instances.items():
            last_seen[one.zone, name] = point.second
            answered[one.zone] = answered.get(one.zone, 0) + one.requests_per_second
    total = sum(answered.values())
    return [
        _zone(
            zone,
            [now.latest.second - at for (where, _), at in last_seen.items() if where == zone],
            answered[zone] / total if total else None,
        )
        for zone in sorted(answered)
    ]


def _zone(name: str, quiet_seconds: Sequence[int], share: float | None) -> Zone:
    up = sum(quiet <= QUIET_SECONDS for quiet in quiet_seconds)
    missing = len(quiet_seconds) - up
    tone, verdict = ("good", "Healthy") if not missing else ("warn", "Short")
    if not up:
        tone, verdict = "bad", "Down"
    traffic = "no traffic in the last minute" if share is None else f"{share:.0%} of traffic"
    traffic = traffic.replace("%", " %")
    reports = f"{up} of {counted(len(quiet_seconds), 'instance')} in service"
    return Zone(name or "zone unknown", tone, verdict, up, missing, f"{reports} · {traffic}")
