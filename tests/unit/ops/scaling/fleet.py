"""A fleet that follows a policy slot by slot: instances come after a boot time, and warm up."""

from collections.abc import Callable, Iterable
from typing import Any

from cloudscale.ops.policy import POLICY, Bounds, ScalingPolicy
from cloudscale.ops.policy.rules import (
    Alarm,
    Condition,
    Metric,
    Part,
    SimpleScaling,
    Step,
    StepScaling,
)
from cloudscale.ops.scaling import SLOT_SECONDS, Capacity, Decision, Observation, Scaler

Values = dict[Metric, float]
WIDE = Bounds(min_instances=1, max_instances=100, desired_instances=10)


def policy_of(*rules: Part, bounds: Bounds = WIDE, **changes: Any) -> ScalingPolicy:
    """A policy with these rules."""
    return ScalingPolicy(name="test", rules=rules, bounds=bounds, **changes)  # pyright: ignore


def cpu_alarm(comparison: Any, threshold: float, minutes: int = 1, m: int | None = None) -> Alarm:
    """An alarm on CPU, minute by minute."""
    return Alarm(
        conditions=(Condition(metric="cpu_percent", comparison=comparison, threshold=threshold),),
        period_seconds=60,
        evaluation_periods=minutes,
        datapoints_to_alarm=m or minutes,
    )


def cpu_step(comparison: Any, threshold: float, *steps: Step, **more: Any) -> StepScaling:
    """Step scaling on one minute of CPU."""
    name = "out" if comparison in (">", ">=") else "in"
    return StepScaling(name=name, alarm=cpu_alarm(comparison, threshold), steps=steps, **more)


def cpu_simple(adjustment: int, cooldown_seconds: int = 300, **more: Any) -> SimpleScaling:
    """Simple scaling on one minute of CPU at 60 % or more."""
    return SimpleScaling(
        name="simple",
        alarm=cpu_alarm(">=", 60),
        adjustment=adjustment,
        cooldown_seconds=cooldown_seconds,
        **more,
    )


class Fleet:
    """Instances by the moment that they were asked for; what is decided is done at once."""

    def __init__(
        self,
        policy: ScalingPolicy = POLICY,
        size: int = 2,
        boot_seconds: int = 60,
        drain_seconds: int = 0,
    ) -> None:
        self.policy = policy
        self.scaler = Scaler(policy)
        self.now = 0.0
        self.boot_seconds = boot_seconds
        self.drain_seconds = drain_seconds
        self.asked_at = [-1e6] * size
        self.left_at: list[float] = []
        self.decisions: list[Decision] = []

    def capacity(self) -> Capacity:
        """The fleet now."""
        ages = [self.now - at for at in self.asked_at]
        ready = sum(age >= self.boot_seconds for age in ages)
        return Capacity(
            desired=len(ages),
            in_service=ready,
            pending=len(ages) - ready,
            terminating=sum(self.now - at < self.drain_seconds for at in self.left_at),
            warming=sum(age < self.boot_seconds + self.policy.warm_up_seconds for age in ages),
        )

    def see(self, values: Iterable[Values | None]) -> list[Decision]:
        """Measure slot by slot, `None` for one that was not measured; returns what was decided."""
        before = len(self.decisions)
        for measured in values:
            self.now += SLOT_SECONDS
            if measured is not None:
                self.scaler.observe(Observation(self.now, measured))
            self.obey(self.scaler.decide(self.capacity(), self.now))
        return self.decisions[before:]

    def obey(self, decision: Decision | None) -> None:
        """Have as many instances as was decided."""
        if decision is None:
            return
        self.decisions.append(decision)
        while len(self.asked_at) < decision.desired:
            self.asked_at.append(self.now)
        while len(self.asked_at) > decision.desired:
            self.asked_at.pop(0)
            self.left_at.append(self.now)

    def see_minutes(self, minutes: int, **values: float) -> list[Decision]:
        """Measure the same for so many minutes."""
        return self.see([dict(values)] * (minutes * 60 // SLOT_SECONDS))  # pyright: ignore

    def wait(self, until: Callable[["Fleet"], bool], values: Values) -> None:
        """Measure the same until something is so, an hour at most."""
        for _ in range(360):
            if until(self):
                return
            self.see([values])
        raise AssertionError("it never came to that")


def sizes(decisions: Iterable[Decision]) -> list[int]:
    """The sizes that were decided."""
    return [one.desired for one in decisions]
