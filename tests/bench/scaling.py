"""What a scaling decision costs, and how long it takes from a load's step to its decision.

The step is put at every second of two minutes, since a period begins on the clock and not with the
load; the slowest of them is shown. Decisions are taken when a slot ends, as the live loop does.
Time is this thread's CPU time: what else runs on the machine is not the decision's.
"""

import time
from collections.abc import Sequence

from cloudscale.ops.policy import POLICY, ScalingPolicy
from cloudscale.ops.policy.rules import OfferedLoad, TargetTracking
from cloudscale.ops.scaling import SLOT_SECONDS, Capacity, Memory, Observation, Scaler, decide
from cloudscale.ops.scaling.decide import look_back_seconds
from tests.bench._row import Row

WEEK_SLOTS = 7 * 24 * 3_600 // SLOT_SECONDS
FLEET = Capacity(desired=3, in_service=3)
EVERY_KIND = POLICY.model_copy(
    update={
        "rules": (
            *POLICY.rules,
            TargetTracking(name="target", metric="cpu_percent", target=60),
            OfferedLoad(name="load"),
        )
    }
)
BY_LOAD = POLICY.model_copy(update={"rules": (OfferedLoad(name="load"),)})


def run() -> list[Row]:
    """Measure; about 5 seconds."""
    mean_us, slowest_ms = _ticks(POLICY)
    all_mean_us, all_slowest_ms = _ticks(EVERY_KIND)
    return [
        Row("scaling: a tick of the shop's policy, mean of a week", mean_us, "us CPU", "< 50"),
        Row("scaling: the slowest in a thousand of its ticks", slowest_ms, "ms CPU", "< 1"),
        Row("scaling: a tick with target tracking and offered load", all_mean_us, "us CPU", "< 50"),
        Row("scaling: the slowest in a thousand of those", all_slowest_ms, "ms CPU", "< 1"),
        Row("scaling: the pure function with its whole history", _pure_ms(), "ms CPU", "< 1"),
        Row("scaling: from users coming to the decision, slowest", _users_seconds(), "s", "<= 15"),
        Row("scaling: the same by offered load", _load_seconds(), "s", "<= 15"),
        Row("scaling: the same by CPU for 2 of 2 minutes", _cpu_seconds(), "s", "AWS: 120 to 180"),
    ]


def _slot(number: int) -> Observation:
    values = {
        "cpu_percent": 40.0 + (number * 7) % 25,
        "active_users": float(number % 40),
        "requests_per_second": 60.0 + number % 30,
    }
    return Observation(float(number * SLOT_SECONDS), values)  # pyright: ignore[reportArgumentType]


def _ticks(policy: ScalingPolicy) -> tuple[float, float]:
    """The mean in microseconds, and in milliseconds what one in a thousand is slower than."""
    scaler, took = Scaler(policy), []
    for number in range(WEEK_SLOTS):
        slot = _slot(number)
        begin = time.thread_time()
        scaler.observe(slot)
        scaler.decide(FLEET, slot.at)
        took.append(time.thread_time() - begin)
    took.sort()
    return sum(took) / len(took) * 1e6, took[int(len(took) * 0.999)] * 1e3


def _pure_ms() -> float:
    """With as much history as it can depend on; the median of a hundred."""
    slots = [_slot(number) for number in range(look_back_seconds(POLICY) // SLOT_SECONDS)]
    took = []
    for _ in range(100):
        begin = time.thread_time()
        decide(POLICY, slots, FLEET, Memory(), slots[-1].at)
        took.append(time.thread_time() - begin)
    return sorted(took)[50] * 1e3


def _slowest(policy: ScalingPolicy, before: float, after: float, users: Sequence[int]) -> float:
    """Seconds from a step of the load to the decision, for the least lucky second it can come at.

    Args:
        policy: What is followed.
        before: CPU in percent until the step.
        after: CPU in percent from it on.
        users: Active users until it and from it on.
    """
    return max(_reaction(policy, 3_600 + second, before, after, users) for second in range(120))


def _reaction(
    policy: ScalingPolicy, step_at: int, before: float, after: float, users: Sequence[int]
) -> float:
    scaler = Scaler(policy)
    for number in range(1, 1_000):
        at = number * SLOT_SECONDS
        share = min(max((at - step_at) / SLOT_SECONDS, 0.0), 1.0)  # of the slot after the step
        scaler.observe(
            Observation(
                float(at),
                {
                    "cpu_percent": before + share * (after - before),
                    "active_users": users[1] if share > 0 else users[0],
                },
            )
        )
        decision = scaler.decide(FLEET, float(at))
        if decision and decision.desired > FLEET.desired and at > step_at:
            return at - step_at
    raise AssertionError("the step was never answered")


def _users_seconds() -> float:
    return _slowest(POLICY, 20, 20, (3, 160))


def _load_seconds() -> float:
    return _slowest(BY_LOAD, 30, 90, (0, 0))


def _cpu_seconds() -> float:
    return _slowest(POLICY, 40, 95, (0, 0))
