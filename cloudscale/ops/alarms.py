"""Alarms: which are to be raised or ended, and why, in a sentence. Pure but for `watch`.

    points + SloView + those that are raised --Alarms.evaluate--> changes --watch--> the timeline

Those that are raised are read from the timeline, so that a new leader goes on where the old one
was. An alarm is raised under one key, which two leaders cannot take at once. What is not measured
changes nothing: nothing is well because nobody looked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from cloudscale.ops import events
from cloudscale.ops.events import Door, Happening, Tone
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.policy import ALARMS, Alarm
from cloudscale.ops.policy.alarms import alarms_under
from cloudscale.ops.policy.in_force import thresholds
from cloudscale.ops.slo import Alert, SloView
from cloudscale.ops.telemetry.point import Point
from cloudscale.ops.words import duration

KEY = "alarm:"
LEAST_COVERED = 0.5
"""The share of a period that must have been measured for its reading to count."""
LOOK_BACK_SECONDS = max(one.period_seconds * max(one.readings, one.good_readings) for one in ALARMS)
"""How far back the points must go that `evaluate` is given."""


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm that is to be raised or ended.

    Attributes:
        slug: Which.
        is_raised: Raised, or ended.
        at: When, aware UTC.
        why: The reason, in a sentence with the numbers.
        title: What is the matter; empty where it ends.
        tone: How bad it is.
    """

    slug: str
    is_raised: bool
    at: datetime
    why: str
    title: str = ""
    tone: Tone = "info"

    @property
    def key(self) -> str:
        """Its key in the timeline while it is raised."""
        return KEY + self.slug


@dataclass(frozen=True, slots=True)
class _Period:
    """What a metric was in one period; `value` is `None` where too little was measured."""

    value: float | None
    requests: float


def watch(door: Door, points: Sequence[Point], slo: SloView, now: datetime) -> list[Change]:
    """Raise and end alarms in the timeline; one short statement while nothing changes.

    Args:
        door: The leader's open transaction.
        points: Of the last `LOOK_BACK_SECONDS`, in any order.
        slo: How the objectives stand.
        now: The database's time, aware.

    Returns:
        What changed.
    """
    raised = {
        event.key.removeprefix(KEY): event.started_at
        for event in events.in_progress(door, "alarm")
        if event.key.startswith(KEY)
    }
    changes = Alarms(raised).evaluate(points, slo, now)
    for change in changes:
        _record(door, change)
    return changes


def _record(door: Door, change: Change) -> None:
    if change.is_raised:
        told = Happening(
            change.key, "alarm", change.tone, change.title, change.why, started_at=change.at
        )
        events.record(door, [told])
    else:
        events.end(door, change.key, change.why, ended_at=change.at, may_recur=True)


class Alarms:
    """All alarms, some of them raised.

    Args:
        raised: Since when, by slug.
    """

    def __init__(self, raised: Mapping[str, datetime]) -> None:
        self._raised = raised

    def evaluate(self, points: Sequence[Point], slo: SloView, now: datetime) -> list[Change]:
        """What is to be raised or ended now."""
        changes = [
            *self._of_metrics(points, now),
            *self._of_budgets(slo.alerts, now),
            *self._undeclared(slo.alerts, now),
        ]
        return [change for change in changes if change.is_raised != (change.slug in self._raised)]

    def _of_metrics(self, points: Sequence[Point], now: datetime) -> Iterator[Change]:
        for alarm in alarms_under(thresholds()):
            if alarm.slug in self._raised:
                good = _periods(alarm, points, now, alarm.good_readings)
                if _is_over(alarm, good):
                    yield self._ended(alarm.slug, f"{_told(alarm, good[:1])}.", now)
            elif _is_reached(alarm, bad := _periods(alarm, points, now, alarm.readings)):
                yield Change(alarm.slug, True, now, _cause(alarm, bad), alarm.title, alarm.tone)

    def _of_budgets(self, alerts: Iterable[Alert], now: datetime) -> Iterator[Change]:
        for alert in alerts:
            slug, since = budget_slug(alert), self._raised.get(budget_slug(alert))
            if since is None and alert.is_raised:
                yield Change(slug, True, now, alert.reason, _title(alert), _tone(alert))
            # What the short span says can change by the second; its length bounds how often we do.
            rested = timedelta(seconds=alert.rule.short_seconds)
            if since is not None and alert.is_resolved and now - since >= rested:
                yield self._ended(slug, alert.reason, now)

    def _undeclared(self, alerts: Iterable[Alert], now: datetime) -> Iterator[Change]:
        """What an earlier version raised, and nobody would ever end."""
        known = {alarm.slug for alarm in ALARMS} | {budget_slug(alert) for alert in alerts}
        for slug in sorted(self._raised.keys() - known):
            yield self._ended(slug, "There is no such alarm any more.", now)

    def _ended(self, slug: str, why: str, now: datetime) -> Change:
        lasted = max((now - self._raised[slug]).total_seconds(), 0)
        return Change(slug, False, now, f"Ended after {duration(lasted)}. {why}")


def budget_slug(alert: Alert) -> str:
    """The name of an alarm on an error budget."""
    return f"budget-{alert.objective.slug}-{alert.rule.severity}"


def _title(alert: Alert) -> str:
    speed = "fast" if alert.rule.severity == "page" else "steadily"
    return f"{alert.objective.label}: the error budget burns {speed}"


def _tone(alert: Alert) -> Tone:
    return "bad" if alert.rule.severity == "page" else "warn"


def _periods(alarm: Alarm, points: Sequence[Point], now: datetime, count: int) -> list[_Period]:
    """The last periods of an alarm's metric, newest first."""
    span = timedelta(seconds=alarm.period_seconds)
    return [
        _period(alarm, points, now - (ago + 1) * span, now - ago * span) for ago in range(count)
    ]


def _period(alarm: Alarm, points: Sequence[Point], since: datetime, until: datetime) -> _Period:
    within = sorted((one for one in points if since <= one.at < until), key=lambda one: one.at)
    measured = [one for one in within if alarm.metric in one.values]
    requests = sum(one.values.get("requests_per_second", 0) * one.step_seconds for one in within)
    covered = sum(one.step_seconds for one in measured)
    if not measured or covered < LEAST_COVERED * alarm.period_seconds:
        return _Period(None, requests)
    values = [one.values[alarm.metric] for one in measured]
    return _Period(fmean(values) if alarm.reads == "mean" else values[-1], requests)


def _is_reached(alarm: Alarm, periods: Sequence[_Period]) -> bool:
    bad = [one for one in periods if one.value is not None and one.value >= alarm.raise_at]
    return len(bad) >= alarm.bad_readings and _has_traffic(alarm, periods)


def _is_over(alarm: Alarm, periods: Sequence[_Period]) -> bool:
    is_good = all(one.value is not None and one.value < alarm.clear_below for one in periods)
    return is_good and _has_traffic(alarm, periods)


def _has_traffic(alarm: Alarm, periods: Sequence[_Period]) -> bool:
    return sum(one.requests for one in periods) >= alarm.least_requests


def _cause(alarm: Alarm, periods: Sequence[_Period]) -> str:
    threshold = f"the threshold is {METRICS[alarm.metric].text(alarm.raise_at)}"
    if alarm.reads == "mean":
        return f"{_told(alarm, periods)}; {threshold}."
    bad = sum(one.value is not None and one.value >= alarm.raise_at for one in periods)
    readings = f"{bad} of {len(periods)} readings, {alarm.period_seconds} s apart"
    return f"{_told(alarm, periods)}; {threshold}, reached in {readings}."


def _told(alarm: Alarm, periods: Sequence[_Period]) -> str:
    """What the metric was, as the beginning of a sentence."""
    values = [one.value for one in periods if one.value is not None]
    if alarm.reads == "mean":
        span = alarm.period_seconds * len(periods)
        return f"{alarm.said} {METRICS[alarm.metric].text(fmean(values))} on average over {span} s"
    return f"{alarm.said} {METRICS[alarm.metric].text(values[0])}"
