"""Objectives as the panel shows them. Pure.

SloView --objective_rows--> rows of text
"""

from dataclasses import dataclass

from cloudscale.ops.slo import Alert, Burn, ObjectiveView, SloView
from cloudscale.ops.words import duration, percent, times

WARN_BELOW_PERCENT = 25


@dataclass(frozen=True)
class BurnRow:
    """How fast the budget burns over one span."""

    span: str
    rate: str
    limit: str
    verdict: str
    tone: str


@dataclass(frozen=True)
class AlertRow:
    """What one rule says."""

    rule: str
    verdict: str
    tone: str


@dataclass(frozen=True)
class ObjectiveRow:
    """How one objective stands. `bar` is the budget left, 0 to 100."""

    slug: str
    label: str
    promise: str
    left: str
    bar: int
    tone: str
    words: str
    burns: list[BurnRow]
    alerts: list[AlertRow]


def objective_rows(view: SloView) -> list[ObjectiveRow]:
    """Every objective as text."""
    return [_objective(one) for one in view.objectives]


def _objective(view: ObjectiveView) -> ObjectiveRow:
    left = view.budget_left_percent
    return ObjectiveRow(
        slug=view.objective.slug,
        label=view.objective.label,
        promise=view.objective.promise,
        left=_left(left),
        bar=0 if left is None else round(min(max(left, 0), 100)),
        tone=_tone(left) if view.is_judged else "absent",
        words=view.words,
        burns=[_burn(burn, view.alerts) for burn in view.burns],
        alerts=[_alert(alert) for alert in view.alerts],
    )


def _left(percent_left: float | None) -> str:
    if percent_left is None:
        return "Not known yet"
    is_left = percent_left >= 0
    return f"{percent(percent_left)} left" if is_left else f"{percent(-percent_left)} too much used"


def _tone(left: float | None) -> str:
    if left is None:
        return "absent"
    return "bad" if left <= 0 else "warn" if left < WARN_BELOW_PERCENT else "good"


def _burn(burn: Burn, alerts: tuple[Alert, ...]) -> BurnRow:
    limit = next(alert.rule.factor for alert in alerts if burn.window_seconds in _spans_of(alert))
    if burn.rate is None:
        verdict, tone = "no requests", "absent"
    else:
        verdict, tone = ("over", "bad") if burn.rate >= limit else ("under", "good")
    rate = "\N{EN DASH}" if burn.rate is None else times(burn.rate)
    return BurnRow(duration(burn.window_seconds), rate, times(limit), verdict, tone)


def _spans_of(alert: Alert) -> tuple[int, int]:
    return alert.rule.long_seconds, alert.rule.short_seconds


def _alert(alert: Alert) -> AlertRow:
    what = "Calls somebody at once" if alert.rule.severity == "page" else "Is written down"
    rule = f"{what} at {alert.rule.words}."
    if alert.is_raised:
        return AlertRow(rule, "Now", "bad")
    return AlertRow(rule, "Not now" if alert.is_resolved else "Cannot be told", "good")
