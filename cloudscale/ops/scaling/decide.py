"""The decision: all rules of a policy together, within its bounds.

    observations + fleet + memory --> wishes --the largest wins--> decision + memory

`decide` is pure: everything that it knows is handed in. `Scaler` is the same as an object that
keeps what it needs of the history, for a live loop and for simulations of weeks. Both are the same
code, and a test compares them.

- The largest capacity that any rule wants is taken, so that the fleet shrinks only when no rule
  wants to keep more, and not below the floor that users set where the policy has a rule for it.
- It does not shrink while instances that were asked for are on their way.
- What was not measured moves nothing.

Source: AWS, Amazon EC2 Auto Scaling User Guide, "Dynamic scaling", multiple scaling policies.
"""

from collections.abc import Mapping, Sequence

from cloudscale.ops.policy.rules import (
    Alarm,
    OfferedLoad,
    Rule,
    SimpleScaling,
    StepScaling,
    TargetTracking,
)
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.scaling import reasons, wishes
from cloudscale.ops.scaling.alarm_states import EXTRA_PERIODS, AlarmState
from cloudscale.ops.scaling.memory import Load, Memory
from cloudscale.ops.scaling.observed import Capacity, Decision, Observation
from cloudscale.ops.scaling.watch import LATE_SECONDS, Measured, Watch

BOUNDS = "bounds"
"""What decides when the fleet is outside of its bounds."""


def decide(
    policy: ScalingPolicy,
    history: Sequence[Observation],
    capacity: Capacity,
    memory: Memory,
    now: float,
) -> tuple[Decision | None, Memory]:
    """What the fleet should have now.

    Args:
        policy: What is followed.
        history: Oldest first, one a slot; slots may be missing. `look_back_seconds` is enough.
        capacity: The fleet as it is.
        memory: What the last decision remembered; `Memory()` at first.
        now: In seconds of the observations' clock.

    Returns:
        The decision, `None` if there is nothing to do, and what to remember.
    """
    scaler = Scaler(policy, memory)
    for observation in history:
        if observation.at <= now:
            scaler.observe(observation)
    return scaler.decide(capacity, now), scaler.memory


def look_back_seconds(policy: ScalingPolicy) -> int:
    """How much history a decision can depend on."""
    alarms = [rule.alarm for rule in policy.rules if isinstance(rule, StepScaling | SimpleScaling)]
    alarms += [
        wishes.target_alarm(rule, is_high=False)
        for rule in policy.rules
        if isinstance(rule, TargetTracking)
    ]
    reach = [one.period_seconds * (one.evaluation_periods + EXTRA_PERIODS + 1) for one in alarms]
    return max(reach, default=60)


class Scaler:
    """Decides again and again, with the history that it needs and no more."""

    def __init__(self, policy: ScalingPolicy, memory: Memory | None = None) -> None:
        """Go on from what is remembered."""
        memory = memory or Memory()
        self.policy = policy
        self._names = {rule.name: rule for rule in policy.rules}
        self._shared = wishes.Shared(
            policy, Measured(), dict(memory.acted), list(memory.grown), memory.pause
        )
        self._followers = [self._follow(rule, memory) for rule in policy.rules]
        self._has_floor = any(
            condition.metric == "users_gap"
            for rule in policy.rules
            if isinstance(rule, StepScaling | SimpleScaling)
            for condition in rule.alarm.conditions
        )
        self._longest_warm_up = max(
            (getattr(rule, "warm_up_seconds", None) or 0 for rule in policy.rules), default=0
        )

    def _follow(self, rule: Rule, memory: Memory) -> wishes.Follower:
        shared = self._shared
        if isinstance(rule, OfferedLoad):
            return wishes.LoadFollower(rule, shared, memory.loads.get(rule.name, Load()))
        if isinstance(rule, TargetTracking):
            high, low = (
                self._watch(
                    wishes.target_alarm(rule, is_high),
                    memory.alarms.get(f"{rule.name}:{'high' if is_high else 'low'}"),
                    is_per_instance=rule.metric == "requests_per_second",
                )
                for is_high in (True, False)
            )
            return wishes.TargetFollower(rule, shared, high, low)
        watch = self._watch(rule.alarm, memory.alarms.get(rule.name))
        if isinstance(rule, StepScaling):
            return wishes.StepFollower(rule, shared, watch)
        return wishes.SimpleFollower(rule, shared, watch)

    def _watch(
        self, alarm: Alarm, state: AlarmState | None, is_per_instance: bool = False
    ) -> Watch:
        return Watch(self.policy, alarm, self._shared.measured, state, is_per_instance)

    def observe(self, observation: Observation) -> None:
        """Take a slot; one that is not newer than the last is passed over."""
        newest = self._shared.newest
        if newest is not None and observation.at <= newest.at:
            return
        self._shared.newest = observation
        self._shared.measured.add(observation.at, observation.values)

    def decide(self, capacity: Capacity, now: float) -> Decision | None:
        """What the fleet should have now; `None`: nothing to do."""
        shared = self._shared
        shared.pause = wishes.pause_now(shared.pause, capacity, now)
        wanted = [follower.wish(capacity, now) for follower in self._followers]
        decision = self._outside(capacity, now) or self._best(wanted, capacity, now)
        if decision is not None:
            self._remember(decision)
        return decision

    def _outside(self, capacity: Capacity, now: float) -> Decision | None:
        """Back into the bounds, whatever is measured."""
        desired, bounds = capacity.desired, self.policy.bounds
        inside = bounds.clamp(desired)
        if inside == desired:
            return None
        why = f"the bounds are {bounds.min_instances} to {bounds.max_instances}"
        return Decision(
            now, inside, desired, BOUNDS, reasons.sentence(why, desired, inside, inside)
        )

    def _best(
        self, wanted: Sequence[wishes.Wish | None], capacity: Capacity, now: float
    ) -> Decision | None:
        best = max((one for one in wanted if one), key=lambda one: one.desired, default=None)
        if best is None or best.desired == capacity.desired:
            return None
        desired = self.policy.bounds.clamp(best.desired)
        if best.desired < capacity.desired:
            if capacity.arriving:
                return None
            desired = max(desired, self._floor(capacity, now))
            if desired >= capacity.desired:
                return None
        if desired == capacity.desired:
            return None
        reason = reasons.sentence(best.why(), capacity.desired, best.desired, desired)
        return Decision(now, desired, capacity.desired, best.rule, reason)

    def _floor(self, capacity: Capacity, now: float) -> int:
        """Below what users do not let it shrink; as it is while they are not measured."""
        if not self._has_floor:
            return 0
        newest = self._shared.newest
        users = newest.values.get("active_users") if newest else None
        if newest is None or users is None or now - newest.at > LATE_SECONDS:
            return capacity.desired
        return self.policy.users_floor(users)

    def _remember(self, decision: Decision) -> None:
        shared = self._shared
        rule = self._names.get(decision.rule)
        if isinstance(rule, SimpleScaling):
            shared.pause = wishes.pause_after(rule)
        if self._longest_warm_up:
            horizon = decision.at - self._longest_warm_up
            shared.grown[:] = [one for one in shared.grown if one[0] > horizon]
            if decision.desired > decision.before:
                shared.grown.append((decision.at, decision.desired - decision.before))

    @property
    def alarms(self) -> Mapping[str, AlarmState]:
        """How the alarms stand, by rule; those of target tracking end in `:high` and `:low`."""
        return {
            name: watch.state
            for follower in self._followers
            for name, watch in follower.watches.items()
        }

    @property
    def memory(self) -> Memory:
        """What is to be remembered."""
        shared = self._shared
        return Memory(
            alarms=self.alarms,
            acted=dict(shared.acted),
            grown=tuple(shared.grown),
            pause=shared.pause,
            loads={
                rule.name: follower.forecast.memory()
                for rule, follower in zip(self.policy.rules, self._followers, strict=True)
                if isinstance(follower, wishes.LoadFollower)
            },
        )
