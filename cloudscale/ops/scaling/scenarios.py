"""Traffic to try policies on, made by rule: the same seed makes the same traffic. Pure.

Each scenario asks one question of a policy. All of them are demand on a shop of this kind, not
measured from one; a real day is `traces`.
"""

import math
import random
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from cloudscale.ops.scaling.model.demand import Demand

STEP_SECONDS = 10
HOUR = 3_600
REQUESTS_PER_USER = 0.5
"""Requests a second of one active user: a page with its pictures and events, some ten requests,
every 20 s."""
SIZE = 2.0
"""All rates are this many times as high: the busiest need most of a fleet of eight."""

ScenarioName = Literal["steady", "flash-sale", "noisy", "step", "retry-storm"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of traffic.

    Attributes:
        name: Its slug.
        title: Its name on screens.
        question: What it asks of a policy.
        hours: How long it lasts.
        rate: Requests a second at so many seconds after the start; chance comes from its source.
    """

    name: ScenarioName
    title: str
    question: str
    hours: int
    rate: Callable[[random.Random], Callable[[float], float]]

    def demand(self, seed: int = 1) -> Demand:
        """The traffic itself, in steps of 10 s."""
        rate = self.rate(random.Random(f"{self.name} {seed}"))  # noqa: S311 - traffic, no secret
        steps = range(0, self.hours * HOUR, STEP_SECONDS)
        return demand_of([max(SIZE * rate(at), 0.0) for at in steps], STEP_SECONDS)


def demand_of(requests_per_second: Sequence[float], step_seconds: int) -> Demand:
    """Demand by its rate alone; users are as many as make so many requests."""
    return Demand(
        step_seconds=step_seconds,
        requests_per_second=array("d", requests_per_second),
        active_users=array("d", (rate / REQUESTS_PER_USER for rate in requests_per_second)),
    )


def _steady(chance: random.Random) -> Callable[[float], float]:
    """A day: quiet at four in the morning, busiest in the evening, each minute a little other."""
    shake = _noise(chance, 0.04)

    def rate(at: float) -> float:
        hour = at / HOUR
        day = 0.5 - 0.5 * math.cos((hour - 4) / 24 * 2 * math.pi)
        evening = math.exp(-(((hour - 20) / 2.2) ** 2))
        return (20 + 180 * day + 160 * evening) * shake(at)

    return rate


def _flash_sale(chance: random.Random) -> Callable[[float], float]:
    """Twenty times the traffic within a minute, half of the rest gone every 20 minutes."""
    base, begins, rises, half_life = 20.0, 1.5 * HOUR, 60.0, 20 * 60.0
    shake = _noise(chance, 0.05)

    def rate(at: float) -> float:
        since = at - begins
        if since < 0:
            return base * shake(at)
        peak = 19 * base * min(since / rises, 1.0)
        return (base + peak * 0.5 ** (max(since - rises, 0) / half_life)) * shake(at)

    return rate


def _noisy(chance: random.Random) -> Callable[[float], float]:
    """No trend at all: chance alone, with bursts of a few minutes. Nothing here wants a change."""
    shake, bursts = _noise(chance, 0.18), _bursts(chance, every=40 * 60, lasting=120, factor=0.8)
    return lambda at: 90 * shake(at) * (1 + bursts(at))


def _step(chance: random.Random) -> Callable[[float], float]:
    """Four times the traffic from one moment to the next, and after two hours back."""
    shake = _noise(chance, 0.04)
    return lambda at: (240 if HOUR <= at < 3 * HOUR else 60) * shake(at)


def _retry_storm(chance: random.Random) -> Callable[[float], float]:
    """Ten minutes in which hardly anybody gets through to the shop, then everybody at once.

    A policy that takes the silence for calm has shrunk when the storm comes.
    """
    base, begins, lasts = 150.0, 2.0 * HOUR, 600.0
    shake = _noise(chance, 0.05)

    def rate(at: float) -> float:
        since = at - begins
        if since < 0:
            return base * shake(at)
        if since < lasts:
            return 0.05 * base * shake(at)
        return base * (1 + 2.5 * math.exp(-(since - lasts) / 240)) * shake(at)

    return rate


def _noise(chance: random.Random, size: float) -> Callable[[float], float]:
    """A factor around 1 that forgets itself within a minute: log-normal, autoregressive."""
    keep = math.exp(-STEP_SECONDS / 60)
    fresh = size * math.sqrt(1 - keep * keep)
    level = chance.gauss(0, size)

    def factor(_at: float) -> float:
        nonlocal level
        level = keep * level + chance.gauss(0, fresh)
        return math.exp(level - size * size / 2)

    return factor


def _bursts(
    chance: random.Random, every: float, lasting: float, factor: float
) -> Callable[[float], float]:
    """How much more there is for bursts that come by chance; 0 between them."""
    begins = chance.expovariate(1 / every)

    def more(at: float) -> float:
        nonlocal begins
        while at >= begins + lasting:
            begins += lasting + chance.expovariate(1 / every)
        return factor if at >= begins else 0.0

    return more


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("steady", "Steady day", "Does it follow a day without waste?", 24, _steady),
    Scenario(
        "flash-sale", "Flash sale, 20 times", "How long do visitors wait for it?", 6, _flash_sale
    ),
    Scenario("noisy", "Noisy day", "Does it stay calm when nothing happens?", 24, _noisy),
    Scenario("step", "Sudden step", "How fast is it there, and gone again?", 5, _step),
    Scenario(
        "retry-storm",
        "Outage with retry storm",
        "Does it take an outage for calm, and is it there when all come back?",
        5,
        _retry_storm,
    ),
)

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
