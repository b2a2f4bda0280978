"""What the shop promises, and how fast the errors that this allows are used up. Pure.

    tallies over 5 min … 30 d --evaluate--> SloView: budget left, burn rates, alerts

Source: B. Beyer et al., The Site Reliability Workbook (Google, 2018), chapter 5, "Alerting on
SLOs": multiwindow, multi-burn-rate alerts (table 5-8), and its section on low traffic.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from cloudscale.ops.words import amount, duration, percent, times

SLO_SECONDS = 30 * 86_400
"""The span over which an objective must hold."""

SLOW_SECONDS = 0.3
"""Requests that take longer are slow. Three tenths of a second still feel like an answer to what
one did; this shop answers most within a tenth, so what is slower has waited for something."""

MINIMUM_REQUESTS = 200
"""With fewer in an alert's long window it is not raised, and an objective is not called missed. One
failure of 200 is 0.5 % and burns the budget of 99.9 % at 5 times its rate: under both limits, so
that a single failure calls nobody. A shop with a dozen visitors in an hour has more; with fewer,
there is hardly anybody to fail."""

Severity = Literal["page", "ticket"]


@dataclass(frozen=True, slots=True)
class Tally:
    """What was answered in one span.

    Attributes:
        requests: How many.
        failures: How many of them ended in a server error.
        slow: How many took longer than `SLOW_SECONDS`.
    """

    requests: int = 0
    failures: int = 0
    slow: int = 0


@dataclass(frozen=True, slots=True)
class Objective:
    """One promise.

    Attributes:
        slug: Its name in keys.
        label: Its name on screens.
        target: The share of requests that must be good, 0 to 1.
        good: What a good request is, after "99.9 % of requests".
        bad: What the others did, after "3 of 200 requests".
    """

    slug: Literal["availability", "latency"]
    label: str
    target: float
    good: str
    bad: str

    @property
    def allowed(self) -> float:
        """The share of requests that may be bad."""
        return round(1 - self.target, 9)  # 1 - 0.999 is a little more than 0.001

    @property
    def promise(self) -> str:
        """The promise in a sentence."""
        share = percent(self.target * 100).replace(".0 ", " ")
        return f"{share} of the requests of 30 days {self.good}."

    def bad_in(self, tally: Tally) -> int:
        """How many requests were bad; never more than there were."""
        bad = tally.failures if self.slug == "availability" else tally.slow
        return min(max(bad, 0), tally.requests)


AVAILABILITY = Objective(
    "availability", "Availability", 0.999, "do not end in a server error", "failed"
)
"""Three nines: 43 minutes of outage in 30 days. One server that dies unnoticed for a whole health
check (a minute) must not use up the month; a fleet in one region cannot honestly promise more."""

LATENCY = Objective(
    "latency",
    "Response time",
    0.95,
    f"are answered within {SLOW_SECONDS * 1000:.0f} ms",
    f"took longer than {SLOW_SECONDS * 1000:.0f} ms",
)
"""One in twenty may be slow: signing in hashes a password for a quarter of a second on purpose,
and a new server's first answers are slow. More than that, and visitors notice."""

OBJECTIVES = (AVAILABILITY, LATENCY)
"""Everything that is promised, declared here alone."""


@dataclass(frozen=True, slots=True)
class BurnRule:
    """When the budget burns so fast that somebody must be told.

    Attributes:
        severity: Whether to wake somebody, or to write it down for the morning.
        factor: How many times too fast.
        long_seconds: It must be so over this span, which makes sure that it matters …
        short_seconds: … and over this one, which makes sure that it still goes on.
    """

    severity: Severity
    factor: float
    long_seconds: int
    short_seconds: int

    @property
    def words(self) -> str:
        """The rule in a phrase."""
        long, short = duration(self.long_seconds), duration(self.short_seconds)
        return f"{times(self.factor)} over {long} and {short}"


BURN_RULES = (
    BurnRule("page", 14.4, 3_600, 300),  # 2 % of the budget in an hour
    BurnRule("ticket", 6.0, 21_600, 1_800),  # 5 % of it in six hours
)
WINDOWS = (300, 1_800, 3_600, 21_600, SLO_SECONDS)
"""The spans, in seconds, whose tallies are needed."""

Tallies = Mapping[int, Tally] | Callable[[int], Tally | None]
"""By seconds up to now. A span that is missing could not be told."""


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast the budget burns over one span.

    Attributes:
        window_seconds: The span.
        rate: 1 uses the budget up in exactly 30 days; `None` when there were no requests, or
            nobody can tell.
        tally: What it is made of.
    """

    window_seconds: int
    rate: float | None
    tally: Tally | None


@dataclass(frozen=True, slots=True)
class Alert:
    """What one rule says of one objective.

    Attributes:
        rule: The rule.
        objective: The objective.
        long: Over its long span.
        short: Over its short one.
    """

    rule: BurnRule
    objective: Objective
    long: Burn
    short: Burn

    @property
    def is_raised(self) -> bool:
        """Whether somebody must be told: both spans are over the limit, with traffic enough."""
        requests = self.long.tally.requests if self.long.tally else 0
        is_over = all((burn.rate or 0) >= self.rule.factor for burn in (self.long, self.short))
        return is_over and requests >= MINIMUM_REQUESTS

    @property
    def is_resolved(self) -> bool:
        """Whether it is known to be over: the short span is below. Not to know is not enough."""
        return self.short.rate is not None and self.short.rate < self.rule.factor

    @property
    def reason(self) -> str:
        """How it stands, in a sentence."""
        if self.long.rate is None or self.long.tally is None or self.short.rate is None:
            return "There were no requests to judge by."
        bad, requests = self.objective.bad_in(self.long.tally), self.long.tally.requests
        return (
            f"{bad:,} of {requests:,} requests {self.objective.bad} in "
            f"{duration(self.rule.long_seconds)}: {times(self.long.rate)} what the objective "
            f"allows, {times(self.short.rate)} in the last {duration(self.rule.short_seconds)}; "
            f"the limit is {times(self.rule.factor)} over both."
        )


@dataclass(frozen=True, slots=True)
class ObjectiveView:
    """How one objective stands.

    Attributes:
        objective: The objective.
        tally: Of 30 days, or since measuring began; `None` when nobody can tell.
        budget_left_percent: 100 when nothing is used, 0 when all is, less when it is missed.
        burns: By span, shortest first, without that of 30 days.
        alerts: One a rule.
    """

    objective: Objective
    tally: Tally | None
    budget_left_percent: float | None
    burns: tuple[Burn, ...]
    alerts: tuple[Alert, ...]

    @property
    def allowed_minutes(self) -> float:
        """How long nothing at all might work in 30 days."""
        return SLO_SECONDS / 60 * self.objective.allowed

    @property
    def spent_minutes(self) -> float | None:
        """The same for the share of the budget that is used."""
        if self.budget_left_percent is None:
            return None
        return self.allowed_minutes * (100 - self.budget_left_percent) / 100

    @property
    def is_judged(self) -> bool:
        """Whether there were requests enough to say that it is kept or missed."""
        return self.tally is not None and self.tally.requests >= MINIMUM_REQUESTS

    @property
    def words(self) -> str:
        """How it stands, in sentences."""
        if self.tally is None or self.budget_left_percent is None:
            return "Nothing is known of these 30 days yet."
        if not self.tally.requests:
            return "There were no requests yet, so the whole budget is left."
        bad, allowed = self.objective.bad_in(self.tally), self.objective.allowed
        told = (
            f"{bad:,} of {self.tally.requests:,} requests {self.objective.bad}, "
            f"{amount(self.tally.requests * allowed)} may: {amount(self.spent_minutes or 0)} of "
            f"{amount(self.allowed_minutes)} minutes are used up."
        )
        if not self.is_judged:
            return f"Too few requests to judge by. {told}"
        return told if self.budget_left_percent >= 0 else f"The objective is missed. {told}"


@dataclass(frozen=True, slots=True)
class SloView:
    """How all objectives stand."""

    objectives: tuple[ObjectiveView, ...]

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """What every rule says of every objective."""
        return tuple(alert for one in self.objectives for alert in one.alerts)

    @property
    def error_budget_percent(self) -> float | None:
        """What is left of the availability's budget, as `METRICS` has it."""
        return self.objectives[0].budget_left_percent


def burn_rate(objective: Objective, tally: Tally | None) -> float | None:
    """How many times faster than allowed requests were bad; `None` without any request."""
    if tally is None or tally.requests <= 0:
        return None
    # Rounded, so that what is exactly at a limit is not a hair below it.
    return round(objective.bad_in(tally) / tally.requests / objective.allowed, 9)


def budget_left_percent(objective: Objective, tally: Tally | None) -> float | None:
    """What is left of the budget of a span, judged by the requests that there were so far."""
    if tally is None:
        return None
    return 100 * (1 - (burn_rate(objective, tally) or 0))


def evaluate(tallies: Tallies) -> SloView:
    """Judge every objective.

    Args:
        tallies: What was answered, by span; every span of `WINDOWS` is asked for.
    """
    tell = tallies if callable(tallies) else tallies.get
    told = {window: tell(window) for window in WINDOWS}
    return SloView(tuple(_judged(objective, told) for objective in OBJECTIVES))


def _judged(objective: Objective, told: Mapping[int, Tally | None]) -> ObjectiveView:
    burns = {
        window: Burn(window, burn_rate(objective, tally), tally) for window, tally in told.items()
    }
    whole = burns.pop(SLO_SECONDS).tally
    alerts = tuple(
        Alert(rule, objective, burns[rule.long_seconds], burns[rule.short_seconds])
        for rule in BURN_RULES
    )
    left = budget_left_percent(objective, whole)
    return ObjectiveView(objective, whole, left, tuple(burns.values()), alerts)
