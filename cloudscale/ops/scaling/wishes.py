"""What each rule wants of the fleet now, as AWS means it.

A rule wants a size, wants the fleet kept as it is (a wish for the desired capacity), or says
nothing (`None`). Its alarm calls upon it when it goes off, and once a minute while it lasts.

Source: AWS, Amazon EC2 Auto Scaling User Guide, "Step and simple scaling policies" and "Target
tracking scaling policies"; Amazon CloudWatch User Guide, "Alarm actions" (once a minute). In one
thing this is stricter: nothing is done on data that stopped, even where the alarm still stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cloudscale.ops.policy.rules import (
    Alarm,
    Condition,
    OfferedLoad,
    SimpleScaling,
    StepScaling,
    TargetTracking,
)
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.scaling import reasons
from cloudscale.ops.scaling.adjustments import adjusted, proportional, step_for
from cloudscale.ops.scaling.memory import Load, Pause
from cloudscale.ops.scaling.observed import Capacity, Observation
from cloudscale.ops.scaling.offered_load import Forecast
from cloudscale.ops.scaling.watch import LATE_SECONDS, Measured, Watch

REPEAT_SECONDS = 60
OUT_MINUTES = 3
IN_MINUTES = 15
IN_SHARE = 0.9
"""Target tracking shrinks below this share of its target only, and not to more than it."""


@dataclass(slots=True)
class Wish:
    """A size that a rule wants; the reason is put into words only if it is the one that counts."""

    desired: int
    rule: str
    why: Callable[[], str] = str


class Follower(Protocol):
    """A rule at work."""

    watches: Mapping[str, Watch]

    def wish(self, capacity: Capacity, now: float) -> Wish | None:
        """What it wants now."""
        ...


class Shared:
    """What the rules of one policy share."""

    def __init__(
        self,
        policy: ScalingPolicy,
        measured: Measured,
        acted: dict[str, float],
        grown: list[tuple[float, int]],
        pause: Pause | None,
    ) -> None:
        """Go on from what is remembered."""
        self.policy = policy
        self.measured = measured
        self.acted = acted
        self.grown = grown
        self.pause = pause
        self.newest: Observation | None = None

    def is_called(self, key: str, watch: Watch, now: float) -> bool:
        """Whether an alarm calls upon its rule now; that it did is remembered."""
        last = self.acted.get(key)
        if last is not None and watch.state.since <= last and now - last < REPEAT_SECONDS:
            return False
        self.acted[key] = now
        return True

    def arriving(self, warm_up_seconds: int | None, capacity: Capacity, now: float) -> int:
        """How many instances do not count as capacity yet, by a rule's warm-up."""
        if warm_up_seconds is None or warm_up_seconds == self.policy.warm_up_seconds:
            return capacity.arriving
        young = sum(more for at, more in self.grown if now - at < warm_up_seconds)
        return min(young, capacity.desired)


class StepFollower:
    """Step scaling.

    What is on its way is not yet capacity: a step is counted from what is there, so that the same
    step twice asks for nothing more, and a larger one for the difference. What is leaving still is.
    """

    def __init__(self, rule: StepScaling, shared: Shared, watch: Watch) -> None:
        """Follow a rule."""
        self._rule = rule
        self._shared = shared
        self._watch = watch
        self.watches: Mapping[str, Watch] = {rule.name: watch}
        self._is_above = rule.alarm.conditions[0].comparison in (">", ">=")

    def wish(self, capacity: Capacity, now: float) -> Wish | None:
        """What it wants now."""
        watch = self._watch
        watch.look(capacity, now)
        if not watch.is_in_alarm or not watch.values:
            return None
        step = step_for(watch.values[0] - watch.limit, self._rule.steps, self._is_above)
        if step is None:
            return None
        wanted = self._wanted(step.adjustment, capacity, now)
        if watch.is_fresh(now) and self._shared.is_called(self._rule.name, watch, now):
            return Wish(wanted, self._rule.name, watch.why)
        return Wish(capacity.desired, self._rule.name) if wanted >= capacity.desired else None

    def _wanted(self, adjustment: int, capacity: Capacity, now: float) -> int:
        rule = self._rule
        desired = capacity.desired
        is_more = (
            adjustment > desired if rule.adjustment_type == "ExactCapacity" else adjustment > 0
        )
        if is_more:
            there = desired - self._shared.arriving(rule.warm_up_seconds, capacity, now)
        else:
            there = desired + capacity.leaving
        wanted = adjusted(there, adjustment, rule.adjustment_type, rule.min_adjustment_magnitude)
        return max(wanted, desired) if is_more else min(wanted, desired)


class SimpleFollower:
    """Simple scaling: acts once, then waits until its change is done and a cooldown is over."""

    def __init__(self, rule: SimpleScaling, shared: Shared, watch: Watch) -> None:
        """Follow a rule."""
        self._rule = rule
        self._shared = shared
        self._watch = watch
        self.watches: Mapping[str, Watch] = {rule.name: watch}

    def wish(self, capacity: Capacity, now: float) -> Wish | None:
        """What it wants now."""
        watch, rule = self._watch, self._rule
        watch.look(capacity, now)
        if not watch.is_in_alarm:
            return None
        wanted = adjusted(capacity.desired, rule.adjustment, rule.adjustment_type)
        is_called = watch.is_fresh(now) and self._shared.is_called(rule.name, watch, now)
        if is_called and not self._waits(capacity, now):
            return Wish(wanted, rule.name, watch.why)
        return Wish(capacity.desired, rule.name) if wanted >= capacity.desired else None

    def _waits(self, capacity: Capacity, now: float) -> bool:
        if _is_changing(capacity):
            return True
        pause = self._shared.pause
        return pause is not None and (pause.done_at is None or now - pause.done_at < pause.seconds)


def pause_after(rule: SimpleScaling) -> Pause:
    """The wait that a simple rule begins."""
    return Pause(rule.cooldown_seconds)


def pause_now(pause: Pause | None, capacity: Capacity, now: float) -> Pause | None:
    """The wait as it stands: its cooldown begins when the change is done, and it ends with it."""
    if pause is None or (pause.done_at is not None and now - pause.done_at >= pause.seconds):
        return None
    if pause.done_at is None and not _is_changing(capacity):
        return Pause(pause.seconds, now)
    return pause


def _is_changing(capacity: Capacity) -> bool:
    return capacity.pending > 0 or capacity.leaving > 0 or capacity.in_service < capacity.desired


class TargetFollower:
    """Target tracking: out in proportion after 3 minutes above, in after 15 well below.

    Requests are those of each instance in service, as a load balancer counts them by target.
    """

    def __init__(self, rule: TargetTracking, shared: Shared, high: Watch, low: Watch) -> None:
        """Follow a rule."""
        self._rule = rule
        self._shared = shared
        self._high = high
        self._low = low
        self.watches: Mapping[str, Watch] = {f"{rule.name}:high": high, f"{rule.name}:low": low}

    def wish(self, capacity: Capacity, now: float) -> Wish | None:
        """What it wants now."""
        rule = self._rule
        self._high.look(capacity, now)
        self._low.look(capacity, now)
        kept = Wish(capacity.desired, rule.name)
        if self._high.is_in_alarm:
            return self._grown(capacity, now) or kept
        if rule.is_scale_in_disabled:
            return None
        if not self._low.is_in_alarm or not self._low.is_fresh(now):
            return kept
        if not self._shared.is_called(f"{rule.name}:low", self._low, now):
            return kept
        there = capacity.desired + capacity.leaving
        wanted = proportional(there, self._low.values[0], rule.target * IN_SHARE)
        return Wish(min(wanted, capacity.desired), rule.name, self._low.why)

    def _grown(self, capacity: Capacity, now: float) -> Wish | None:
        rule, high = self._rule, self._high
        if not high.is_fresh(now) or not self._shared.is_called(f"{rule.name}:high", high, now):
            return None
        there = capacity.desired - self._shared.arriving(rule.warm_up_seconds, capacity, now)
        wanted = proportional(there, high.values[0], rule.target)
        return Wish(max(wanted, capacity.desired), rule.name, high.why)


class LoadFollower:
    """Sizing by offered load; looks at each slot, and at the fleet that it was measured with."""

    def __init__(self, rule: OfferedLoad, shared: Shared, load: Load) -> None:
        """Follow a rule."""
        self._rule = rule
        self._shared = shared
        self._wanted: int | None = None
        self.forecast = Forecast(rule, load)
        self.watches: Mapping[str, Watch] = {}

    def wish(self, capacity: Capacity, now: float) -> Wish | None:
        """What it wants now."""
        rule, forecast = self._rule, self.forecast
        kept = Wish(capacity.desired, rule.name)
        wanted = self._take(capacity, now)
        if wanted is None:
            return kept
        if wanted > capacity.desired:
            return Wish(wanted, rule.name, self._why)
        most = forecast.most_wanted()
        if most is None or most >= capacity.desired:
            return kept
        return Wish(most, rule.name, self._why)

    def _take(self, capacity: Capacity, now: float) -> int | None:
        """The size by the newest slot; `None` without one that is new."""
        slot, forecast = self._shared.newest, self.forecast
        if slot is None or capacity.in_service == 0 or now - slot.at > LATE_SECONDS:
            return None
        if forecast.taken_at is not None and slot.at <= forecast.taken_at:
            return None
        cpu = slot.values.get("cpu_percent")
        if cpu is None:
            return None
        requests = slot.values.get("requests_per_second")
        return forecast.take(slot.at, cpu, requests, capacity.in_service)

    def _why(self) -> str:
        seen, rule = self.forecast.foreseen(), self._rule
        return (
            f"the load was {reasons.number(seen.newest)} busy instances and is foreseen at "
            f"{reasons.number(seen.ahead)} in {rule.look_ahead_seconds} s; with "
            f"{reasons.number(seen.head_room)} for chance and {reasons.number(rule.target_percent)}"
            f" % CPU each; down to the most of {rule.scale_in_seconds} s only"
        )


def target_alarm(rule: TargetTracking, is_high: bool) -> Alarm:
    """One of the two alarms that target tracking makes for itself."""
    minutes = OUT_MINUTES if is_high else IN_MINUTES
    return Alarm(
        conditions=(
            Condition(
                metric=rule.metric,
                comparison=">" if is_high else "<",
                threshold=rule.target if is_high else rule.target * IN_SHARE,
            ),
        ),
        period_seconds=60,
        evaluation_periods=minutes,
        datapoints_to_alarm=minutes,
    )
