"""How well a policy did: late requests, cost, flaps, reaction, and elasticity. Pure.

Source of the elasticity figures: N. Herbst et al., "Ready for Rain? A View from SPEC Research on
the Future of Cloud Metrics", SPEC RG Cloud Working Group, SPEC-RG-2016-01, section 4 (elasticity);
as used by A. Bauer et al., "Chameleon", IEEE TPDS 30(4), 2019, section 6.2. With demand d and
supply s in instances over T:

    accuracy under  θU = 100/T · Σ max(d - s, 0) / d · Δt      accuracy over  θO likewise, s - d
    timeshare under τU = 100/T · Σ [d > s] · Δt                timeshare over τO likewise, s > d
    instability         = 100/(T - t1) · Σ min(max(sgn Δs - sgn Δd, 0), 1) · Δt

All are percentages, and 0 is the best.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cloudscale.ops.scaling.observed import Decision

FLAP_SECONDS = 600
"""A change that is reversed within ten minutes helped nobody."""


@dataclass(frozen=True, slots=True)
class Elasticity:
    """How closely supply followed demand, in percent; 0 is the best.

    Attributes:
        under_accuracy: How much of the demand was not met, on average.
        over_accuracy: How much more than the demand there was, on average.
        under_timeshare: How much of the time there was too little.
        over_timeshare: How much of the time there was too much.
        instability: How much of the time supply moved up while demand did not, or stayed while
            demand fell.
    """

    under_accuracy: float
    over_accuracy: float
    under_timeshare: float
    over_timeshare: float
    instability: float


def elasticity(demand: Sequence[float], supply: Sequence[float]) -> Elasticity:
    """The figures of the SPEC cloud group.

    Args:
        demand: Instances that were needed in each slot, all slots equally long; at least 1.
        supply: Instances that were there.

    Raises:
        ValueError: They are not equally long, or empty.
    """
    if not demand or len(demand) != len(supply):
        raise ValueError("demand and supply must have the same length, and one slot at least")
    slots = len(demand)
    pairs = list(zip(demand, supply, strict=True))
    steps = list(zip(pairwise(demand), pairwise(supply), strict=True))
    moves = sum(_moves(*change) for change in steps)
    return Elasticity(
        under_accuracy=100 * sum(max(d - s, 0) / d for d, s in pairs) / slots,
        over_accuracy=100 * sum(max(s - d, 0) / d for d, s in pairs) / slots,
        under_timeshare=100 * sum(d > s for d, s in pairs) / slots,
        over_timeshare=100 * sum(s > d for d, s in pairs) / slots,
        instability=100 * moves / max(len(steps), 1),
    )


def _moves(demand: tuple[float, float], supply: tuple[float, float]) -> int:
    return min(max(_sign(supply[1] - supply[0]) - _sign(demand[1] - demand[0]), 0), 1)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def flaps(decisions: Sequence[Decision], within_seconds: float = FLAP_SECONDS) -> int:
    """How often the fleet was told to go one way and, within ten minutes, the other."""
    changes = [one for one in decisions if one.desired != one.before]
    return sum(
        (one.desired > one.before) != (after.desired > after.before)
        and after.at - one.at < within_seconds
        for one, after in pairwise(changes)
    )


@dataclass(frozen=True, slots=True)
class Reaction:
    """How long the fleet was too small each time that demand outgrew it.

    Attributes:
        times: How often.
        mean_seconds: Until there was enough again, or demand had fallen; `None` without any.
        longest_seconds: The same for the worst.
    """

    times: int
    mean_seconds: float | None
    longest_seconds: float | None


def reaction(demand: Sequence[float], supply: Sequence[float], slot_seconds: float) -> Reaction:
    """How fast supply came after demand that had outgrown it."""
    lacks: list[int] = []
    lasting = 0
    for wanted, there in zip(demand, supply, strict=True):
        if wanted > there:
            lasting += 1
        elif lasting:
            lacks.append(lasting)
            lasting = 0
    if lasting:
        lacks.append(lasting)
    if not lacks:
        return Reaction(0, None, None)
    mean = sum(lacks) / len(lacks)
    return Reaction(len(lacks), mean * slot_seconds, max(lacks) * slot_seconds)


def pareto(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Which points nobody beats: none is as good on both axes and better on one; less is better."""
    return [
        not any(
            other[0] <= x and other[1] <= y and (other[0] < x or other[1] < y) for other in points
        )
        for x, y in points
    ]
