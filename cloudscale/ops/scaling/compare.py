"""Several policies on the same traffic, with the same chance. Pure.

Demand + policies --simulate, each--> Run --score--> Result; with an oracle to compare with
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from cloudscale.ops.policy.scaling import Bounds, ScalingPolicy
from cloudscale.ops.scaling import scores
from cloudscale.ops.scaling.model.demand import Demand
from cloudscale.ops.scaling.model.oracle import needed, oracle
from cloudscale.ops.scaling.model.run import Run
from cloudscale.ops.scaling.model.settings import GroupSettings
from cloudscale.ops.scaling.model.simulation import simulate
from cloudscale.ops.scaling.observed import SLOT_SECONDS

DRAWN_POINTS = 480
ORACLE = "oracle"
"""What the results of the one that knew everything before are called."""
POLICIES_SHARE = 0.9  # of the time; the rest goes into the oracle
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Series:
    """What charts draw of a run, thinned to `DRAWN_POINTS`.

    Attributes:
        seconds: Since the start.
        needed: Instances that the traffic needed, the most in each stretch.
        in_service: Instances that served, the fewest in each stretch.
        desired: Instances that were wanted, the most in each stretch.
        response_p95_ms: The slowest in each stretch.
    """

    seconds: list[float]
    needed: list[float]
    in_service: list[float]
    desired: list[float]
    response_p95_ms: list[float]


@dataclass(frozen=True, slots=True)
class Result:
    """How one policy did.

    Attributes:
        name: The policy's name; `oracle` for the one that knew everything before.
        description: What it does.
        requests: How many there were.
        late_percent: Requests that were late or failed.
        failed_percent: Those that were given up, or refused.
        instance_hours: What was paid for.
        cost: The same in US dollars.
        flaps: Changes that were reversed within ten minutes.
        changes: All changes.
        reaction: How fast it followed.
        elasticity: The SPEC figures.
        is_best: Whether no other is as good on late requests and on cost, and better on one.
        series: What charts draw.
    """

    name: str
    description: str
    requests: float
    late_percent: float
    failed_percent: float
    instance_hours: float
    cost: float
    flaps: int
    changes: int
    reaction: scores.Reaction
    elasticity: scores.Elasticity
    is_best: bool
    series: Series

    def as_json(self) -> dict[str, Any]:
        """As programs get it."""
        return asdict(self)


def compare(
    demand: Demand,
    policies: Sequence[ScalingPolicy],
    settings: GroupSettings,
    seed: int,
    progress: Progress = lambda share: None,
) -> tuple[Result, ...]:
    """Run every policy, and an oracle last.

    Args:
        demand: The traffic.
        policies: Those to compare.
        settings: The fleet.
        seed: Of all chance; the same for each policy.
        progress: Told the share that is done, 0 to 1.
    """
    runs = []
    for number, policy in enumerate(policies):
        told = _part_of(progress, number, len(policies))
        runs.append((policy, simulate(demand, policy, settings, seed, told)))
    bounds = _widest(policies)
    wanted = needed(demand, settings, bounds)
    results = [_result(policy, run, wanted, settings) for policy, run in runs]
    results.append(_result(None, oracle(demand, settings, bounds), wanted, settings))
    progress(1.0)
    return _judged(results)


def _widest(policies: Sequence[ScalingPolicy]) -> Bounds:
    """What any of them allows: an oracle that one of them could beat would be none."""
    fewest = min(policy.bounds.min_instances for policy in policies)
    most = max(policy.bounds.max_instances for policy in policies)
    return Bounds(min_instances=fewest, max_instances=most, desired_instances=fewest)


def _part_of(progress: Progress, number: int, parts: int) -> Progress:
    return lambda share: progress(POLICIES_SHARE * (number + share) / parts)


def _result(
    policy: ScalingPolicy | None, run: Run, wanted: Sequence[float], settings: GroupSettings
) -> Result:
    lost = run.late + run.failed
    server, hours = settings.server, run.instance_seconds / 3_600
    changes = [one for one in run.decisions if one.desired != one.before]
    return Result(
        name=policy.name if policy else ORACLE,
        description=policy.description if policy else "Knew all of it before: the least there is.",
        requests=run.requests,
        late_percent=100 * lost / run.requests if run.requests else 0.0,
        failed_percent=100 * run.failed / run.requests if run.requests else 0.0,
        instance_hours=hours,
        cost=hours * server.price_per_hour,
        flaps=scores.flaps(run.decisions),
        changes=len(changes),
        reaction=scores.reaction(wanted, run.in_service, SLOT_SECONDS),
        elasticity=scores.elasticity(wanted, run.in_service),
        is_best=False,
        series=_series(run, wanted),
    )


def _judged(results: Sequence[Result]) -> tuple[Result, ...]:
    """With the front marked, as precisely as it is shown; the oracle is nobody's policy."""
    points = [(round(one.late_percent, 3), round(one.cost, 2)) for one in results[:-1]]
    front = [*scores.pareto(points), False]
    return tuple(replace(one, is_best=best) for one, best in zip(results, front, strict=True))


def _series(run: Run, wanted: Sequence[float]) -> Series:
    stretch = max(-(-len(run.at) // DRAWN_POINTS), 1)

    def thinned(values: Sequence[float], keep: Callable[..., float]) -> list[float]:
        starts = range(0, len(values), stretch)
        return [round(keep(values[start : start + stretch]), 1) for start in starts]

    return Series(
        seconds=[one - run.at[0] for one in run.at[::stretch]],
        needed=thinned(wanted, max),
        in_service=thinned(run.in_service, min),
        desired=thinned(run.desired, max),
        response_p95_ms=thinned(run.response_p95_ms, max),
    )
