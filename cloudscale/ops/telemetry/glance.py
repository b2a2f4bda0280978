"""The fleet at a glance: what the side of the store shows, in texts and lines. Pure.

Tick --Glances.of--> Glance, the same object to all viewers of a process; about 2 kB
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from statistics import fmean

from cloudscale.ops.events import EventView
from cloudscale.ops.fleet_gauges import source_of
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.policy.in_force import thresholds
from cloudscale.ops.slo import SLOW_SECONDS
from cloudscale.ops.telemetry import news
from cloudscale.ops.telemetry.fleet_sample import load_percent
from cloudscale.ops.telemetry.hub import LASTING_SECONDS, Tick
from cloudscale.ops.telemetry.point import InstancePoint, Point
from cloudscale.ops.telemetry.summary import virtual_part
from cloudscale.ops.telemetry.traffic import Part, parts_of_instances, parts_of_zones
from cloudscale.ops.telemetry.trend import NOT_MEASURED, SPAN_SECONDS, Limit, Trend, trend

CALM_SECONDS = 10  # one busy second is no news
SLOW_MS = SLOW_SECONDS * 1000
SLOW = Limit(SLOW_MS, "slow")


@dataclass(frozen=True)
class Glance:
    """How the fleet is.

    Attributes:
        at_ms: When the newest second was over, in ms since 1970; 0 when there was none.
        clock: The same as a time of day, UTC.
        tone: `good`, `warn` or `bad`.
        verdict: One or two words.
        reason: Why, the same as long as it holds, since it is read aloud when it changes.
        figures: The most asked for figures in a sentence.
        users: Active users.
        instances: Instances in service.
        fleet: Where that is known from: `measured`, `simulated` or `aws`.
        load_percent: 0 to 100.
        load: The same in words.
        cpu: Its last minutes.
        response: The same of the response time, p95.
        targets: What a load balancer says, where there is one.
        zones: Those that were seen in the last minutes.
        parts: The instances in service, and their parts of the traffic.
    """

    at_ms: int = 0
    clock: str = ""
    tone: str = "good"
    verdict: str = ""
    reason: str = ""
    figures: str = ""
    users: str = NOT_MEASURED
    instances: str = NOT_MEASURED
    fleet: str = "measured"
    load_percent: int = 0
    load: str = "Not known"
    cpu: Trend = field(default_factory=Trend)
    response: Trend = field(default_factory=Trend)
    targets: str = ""
    zones: list[Part] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


class Glances:
    """Draws each tick once, however many look.

    Args:
        is_discreet: Instances are numbered, since anybody may look, and names tell of machines.
    """

    def __init__(self, *, is_discreet: bool) -> None:
        self._is_discreet = is_discreet
        self._drawn: tuple[Tick, Glance] | None = None

    def of(self, tick: Tick) -> Glance:
        """The glance of a tick."""
        if self._drawn is None or self._drawn[0] is not tick:
            self._drawn = (tick, glance(tick, is_discreet=self._is_discreet))
        return self._drawn[1]


def glance(tick: Tick, *, is_discreet: bool = False) -> Glance:
    """Draw a tick.

    Args:
        tick: The newest second, and the last minutes by the second.
        is_discreet: Instances get numbers for names.
    """
    until = tick.latest.second if tick.latest else int(tick.at.timestamp()) - 1
    recent = [point for point in tick.recent if until - SPAN_SECONDS < point.second <= until]
    grows = Limit(thresholds().cpu_scale_out_percent, "the fleet grows")
    shown = Glance(
        cpu=trend(recent, until, "cpu_percent", grows, top=100),
        response=trend(recent, until, "response_p95_ms", SLOW),
    )
    if tick.recent:
        at = tick.recent[-1].at + timedelta(seconds=1)
        shown = replace(shown, at_ms=int(at.timestamp() * 1000), clock=f"{at:%H:%M:%S}")
    if tick.latest is None:
        reason = "Nothing new was measured: the database does not answer."
        return replace(shown, tone="bad", verdict="No data", reason=reason)
    return _told(shown, tick, tick.latest, recent, is_discreet)


def _told(
    shown: Glance, tick: Tick, latest: Point, recent: Sequence[Point], is_discreet: bool
) -> Glance:
    """The glance with all that is known of the newest second."""
    load = load_percent(_calm_cpu(recent), latest.values.get("active_users"))
    tone, verdict, reason = _judged(latest, load, tick.alarms)
    serving = _in_service(recent)
    return replace(
        shown,
        tone=tone,
        verdict=verdict,
        reason=reason,
        figures=_figures(latest, _instances(latest, serving)),
        users=_number(latest, "active_users"),
        instances=f"{_instances(latest, serving)}",
        fleet=source_of(latest.values),
        load_percent=load or 0,
        load=_load_words(load),
        targets=_targets(latest),
        zones=parts_of_zones(serving, recent),
        parts=parts_of_instances(serving, recent, is_discreet=is_discreet),
    )


def _instances(latest: Point, serving: Mapping[str, InstancePoint]) -> int:
    """Those of the fleet, if there is one; else the server processes that measured lately."""
    is_fleet = "instances_in_service" in latest.values
    return round(latest.values["instances_in_service"]) if is_fleet else len(serving)


def _calm_cpu(recent: Sequence[Point]) -> float | None:
    lately = [point.values.get("cpu_percent") for point in recent[-CALM_SECONDS:]]
    measured = [percent for percent in lately if percent is not None]
    return fmean(measured) if measured else None


def _in_service(recent: Sequence[Point]) -> dict[str, InstancePoint]:
    """Who measured lately; one late letter takes nobody out of service."""
    since = recent[-1].second - LASTING_SECONDS
    lately: dict[str, InstancePoint] = {}
    for point in recent[-LASTING_SECONDS:]:
        if point.second > since:
            lately |= point.instances
    return dict(sorted(lately.items()))


def _judged(latest: Point, load: int | None, alarms: Sequence[EventView]) -> tuple[str, str, str]:
    """Tone, verdict and reason, the worst first; an alarm in progress is named whatever else is."""
    tone, verdict, reason = _of_values(latest, load)
    if not alarms:
        return tone, verdict, reason
    if "bad" in (tone, *(alarm.tone for alarm in alarms)):
        tone, verdict = "bad", "Trouble"
    elif tone == "good":
        tone, verdict = "warn", "Warning"
    return tone, verdict, f"{news.raised(alarms)} {reason}".rstrip()


def _of_values(latest: Point, load: int | None) -> tuple[str, str, str]:
    if latest.values.get("failures_per_minute", 0) > 0:
        return "bad", "Trouble", "Some requests of the last minute ended in a server error."
    if load is not None and load >= 100:
        return "warn", "Busy", "The load at which the fleet grows is reached."
    if latest.values.get("response_p95_ms", 0) >= SLOW_MS:
        return "warn", "Slow", f"1 request in 20 takes {SLOW_MS:.0f} ms or longer."
    return "good", "Healthy", ""


def _number(point: Point, slug: str) -> str:
    value = point.values.get(slug)
    return NOT_MEASURED if value is None else METRICS[slug].text(value)


def _figures(latest: Point, instances: int) -> str:
    users, p95 = latest.values.get("active_users"), latest.values.get("response_p95_ms")
    simulated = "simulated " if source_of(latest.values) == "simulated" else ""
    where = f"{instances} {simulated}instance{'' if instances == 1 else 's'}"
    noun = "active user" if round(users or 0) == 1 else "active users"
    who = "" if users is None else f"{users:,.0f} {noun}{virtual_part(latest)} on "
    speed = "no requests in the last minute" if p95 is None else f"p95 {p95:,.0f} ms"
    return f"{who}{where}, {speed}"


def _load_words(load: int | None) -> str:
    if load is None:
        return "Not known"
    return f"{load} %{' or more' if load >= 100 else ''} of the load at which the fleet grows"


def _targets(latest: Point) -> str:
    values: Mapping[str, float] = latest.values
    if "targets_healthy" not in values:
        return ""
    healthy, sick = round(values["targets_healthy"]), round(values.get("targets_unhealthy", 0))
    return f"The load balancer finds {healthy} of {healthy + sick} healthy."
