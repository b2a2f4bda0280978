"""Scaling policies against each other: late requests and cost, on traffic that none was tuned on.

Foresight and thrift were picked by hand from the grid of `tune`, which sees the scenarios with
seed 1 and five days of a real trace; others of the grid are cheaper there. They are scored here on
the scenarios with seed 2, and on the four days after those.

    python -m tests.bench policies            scores, about a minute
    python -m tests.bench.policies            the grid, about two minutes

Source of the trace: cloudscale/data/traces/README.md.
"""

import gzip
import itertools
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cloudscale.ops.policy import POLICY, Bounds, ScalingPolicy
from cloudscale.ops.policy.choices import CHOICES, FORESIGHT, PLAIN, THRIFT
from cloudscale.ops.policy.rules import OfferedLoad
from cloudscale.ops.scaling import scores, traces
from cloudscale.ops.scaling.compare import compare
from cloudscale.ops.scaling.model.demand import Demand
from cloudscale.ops.scaling.model.simulation import simulate
from cloudscale.ops.scaling.scenarios import BY_NAME, SCENARIOS
from cloudscale.ops.scaling.traces import Trace
from cloudscale.ops.scaling.whatif import booting_in
from tests.bench._row import Row

FILE = Path(__file__).parents[2] / "cloudscale/data/traces/worldcup98_first_half.csv.gz"
PEAK = 1_000.0  # requests a second, as many as eight instances can bear
TUNED_ON, SCORED_ON = ("1998-06-04", "1998-06-09"), ("1998-06-09", "1998-06-13")
FLEET = booting_in(120)
NOISY_DAYS = 100
PAIRS = ((FORESIGHT, POLICY), (THRIFT, PLAIN))


class Total(NamedTuple):
    """How a policy did on several stretches of demand together."""

    late_percent: float
    cost: float
    flaps: int


def run() -> Iterator[Row]:
    """Score the policies; about a minute."""
    unseen = _demands(2, SCORED_ON)
    yield from _side_by_side(unseen)
    for policy in (FORESIGHT, THRIFT):
        goal = "0" if policy is FORESIGHT else ""
        flaps = sum(_noisy_flaps(policy, seed) for seed in range(NOISY_DAYS))
        yield Row(f"policies: {policy.name}, {NOISY_DAYS} noisy days", flaps, "flaps", goal)


def _side_by_side(demands: dict[str, Demand]) -> Iterator[Row]:
    """Every stretch by itself, with all policies and the oracle, and then all together."""
    late, cost, requests = {}, {}, 0.0
    for name, demand in demands.items():
        results = compare(demand, tuple(CHOICES.values()), FLEET, seed=2)
        requests += results[0].requests
        for one in results:
            lost = one.late_percent * one.requests
            late[one.name] = late.get(one.name, 0.0) + lost
            cost[one.name] = cost.get(one.name, 0.0) + one.cost
            yield from _rows(f"{name}, {one.name}", one.late_percent, one.cost)
    shares = {name: lost / requests for name, lost in late.items()}
    goals = {ours.name: theirs.name for ours, theirs in PAIRS}
    for name, share in shares.items():
        better = goals.get(name)
        goal = (f"< {shares[better]:.3f}", f"< {cost[better]:.2f}") if better else ("", "")
        yield from _rows(f"all unseen, {name}", share, cost[name], *goal)


def _rows(
    name: str, late: float, cost: float, late_goal: str = "", cost_goal: str = ""
) -> Iterator[Row]:
    yield Row(f"policies: {name}, late", round(1_000 * late), "of 100,000", _scaled(late_goal))
    yield Row(f"policies: {name}, cost", cost, "US $", cost_goal)


def _scaled(goal: str) -> str:
    return f"< {round(1_000 * float(goal[2:]))}" if goal else ""


def _noisy_flaps(policy: ScalingPolicy, seed: int) -> int:
    demand = BY_NAME["noisy"].demand(seed)
    return scores.flaps(simulate(demand, policy, FLEET, seed).decisions)


@cache
def _trace() -> Trace:
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        return traces.read(lines, fill_gaps=True)


def _stretch(first: str, last: str) -> Demand:
    """The real trace between two days, its busiest minute as busy as `PEAK`."""
    trace = _trace()
    seconds = len(trace.requests) * trace.step_seconds

    def share(day: str) -> float:
        at = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
        return (at - trace.began_at) / seconds

    return trace.part(share(first), share(last)).demand(PEAK)


def _demands(seed: int, days: tuple[str, str]) -> dict[str, Demand]:
    real = {f"World Cup {days[0]} to {days[1][-2:]}": _stretch(*days)}
    return {one.name: one.demand(seed) for one in SCENARIOS} | real


def total(policy: ScalingPolicy, demands: Sequence[Demand]) -> Total:
    """How a policy does on all of them."""
    runs = [simulate(demand, policy, FLEET, seed=1) for demand in demands]
    lost, came = sum(one.late + one.failed for one in runs), sum(one.requests for one in runs)
    hours = sum(one.instance_seconds for one in runs) / 3_600
    flaps = sum(scores.flaps(one.decisions) for one in runs)
    return Total(100 * lost / came, hours * FLEET.server.price_per_hour, flaps)


def grid() -> Iterator[ScalingPolicy]:
    """What was tried: with five instances at least for few late ones, with two for little cost."""
    careful = itertools.product((4, 5), (65, 70, 80), (2, 3), (1_800,), (20, 30), (180, 300))
    sparing = itertools.product((2,), (85, 90, 94), (1, 2), (900, 1_200), (5, 10), (300,))
    for fewest, target, room, calm, margin, trend in itertools.chain(careful, sparing):
        rule = OfferedLoad(
            name="load",
            target_percent=target,
            head_room=room,
            scale_in_seconds=calm,
            scale_in_margin_percent=margin,
            trend_seconds=trend,
        )
        name = f"n{fewest}-t{target}-r{room}-c{calm}-m{margin}-l{trend}"
        bounds = Bounds(min_instances=fewest, max_instances=8, desired_instances=fewest)
        yield ScalingPolicy(name=name, bounds=bounds, rules=(rule,))


def tune() -> Iterator[str]:
    """A line for each policy of the grid, and for those to beat, on what tuning may see."""
    seen = tuple(_demands(1, TUNED_ON).values())
    for policy in (POLICY, PLAIN, *grid()):
        late, cost, flaps = total(policy, seen)
        yield f"{policy.name:<32} late {late:7.4f} %   $ {cost:6.2f}   {flaps} flaps"


if __name__ == "__main__":
    for told in tune():
        sys.stdout.write(told + "\n")
        sys.stdout.flush()
