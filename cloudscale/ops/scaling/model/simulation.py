"""Demand on a modelled fleet that follows a policy, on a clock of its own that begins at 0.

step    the group's events --> requests come to the instances in service
slot    every 10 s: what was measured --> Scaler --> the group's new size

The fleet begins settled, at the policy's desired size. CPU is what AWS would say of it: the mean
of the last whole minute; under a policy with an offered-load rule it is that of each slot, as the
leader measures it.

Source: AWS, Amazon EC2 User Guide, "Enable detailed monitoring" (one-minute metrics); Amazon EC2
Auto Scaling User Guide, "Set the default instance warmup" (left out of the group's metrics).
"""

from cloudscale.ops.policy.rules import Metric, OfferedLoad
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.scaling.decide import Scaler
from cloudscale.ops.scaling.model.course import Progress, play
from cloudscale.ops.scaling.model.demand import Demand
from cloudscale.ops.scaling.model.group import Group
from cloudscale.ops.scaling.model.happened import Happened
from cloudscale.ops.scaling.model.run import Run
from cloudscale.ops.scaling.model.settings import GroupSettings
from cloudscale.ops.scaling.model.work import Tally
from cloudscale.ops.scaling.observed import Capacity, Decision, Observation

__all__ = ["Demand", "Run", "simulate"]

MINUTE = 60


def simulate(
    demand: Demand,
    policy: ScalingPolicy,
    settings: GroupSettings,
    seed: int,
    progress: Progress | None = None,
) -> Run:
    """Run a demand against a fleet that follows a policy. The same arguments give the same run.

    Args:
        demand: What comes.
        policy: What decides; its grace and its bounds are those of the fleet.
        settings: What the fleet is like.
        seed: Of all chance in the fleet. Launch by launch it is the same for every policy.
        progress: Told the share that is done, 0 to 1, about a hundred times.
    """
    fleet = ScaledFleet(policy, settings.under(policy), seed)
    run = play(demand, settings.server, fleet, progress)
    run.decisions, run.happenings = tuple(fleet.decisions), tuple(fleet.happenings)
    return run


class MinuteMetric:
    """A metric that is known a minute at a time: the mean of the last whole one."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._mean: float | None = None

    def read(self, at: float, value: float | None) -> float | None:
        """Take the value of the slot that ended at `at`, and tell what is known then."""
        if value is not None:
            self._values.append(value)
        if at % MINUTE:
            return self._mean
        told, values = self._mean, self._values
        self._mean = sum(values) / len(values) if values else None
        self._values = []
        return told


class ScaledFleet:
    """The model group with a Scaler that decides about it every slot."""

    def __init__(self, policy: ScalingPolicy, settings: GroupSettings, seed: int) -> None:
        self.decisions: list[Decision] = []
        self.happenings: list[Happened] = []
        self._policy = policy
        self._scaler = Scaler(policy)
        self._group = Group(settings, seed, 0)
        self._group.settle(policy.bounds.desired_instances, 0)
        reads_slots = any(isinstance(rule, OfferedLoad) for rule in policy.rules)
        self._cpu = None if reads_slots else MinuteMetric()
        self._look()

    def _look(self) -> None:
        group = self._group
        at = group.next_event_at()
        self.changes_at = float("inf") if at is None else at
        self.desired = group.desired
        self.answering, self.dead, self.paid = group.counts()

    def advance(self, now: float) -> None:
        """Let happen what is due."""
        if self.changes_at <= now:
            self.happenings += self._group.advance(now)
            self._look()

    def end_slot(self, at: float, tally: Tally, users: float) -> None:
        """Tell the Scaler what the slot was like, and follow it."""
        capacity = self._group.capacity(at, self._policy.warm_up_seconds)
        self._scaler.observe(Observation(at, self._measured(at, tally, users, capacity)))
        decision = self._scaler.decide(capacity, at)
        if decision is None:
            return
        self.decisions.append(decision)
        wanted = self._policy.bounds.clamp(decision.desired)
        self._group.set_desired(wanted, at, decision.reason)
        self.happenings += self._group.advance(at)
        self._look()

    def _measured(
        self, at: float, tally: Tally, users: float, capacity: Capacity
    ) -> dict[Metric, float]:
        values: dict[Metric, float] = {
            "active_users": users,
            "users_gap": self._policy.users_gap(users, capacity.desired),
            "requests_per_second": tally.requests / tally.seconds,
        }
        if tally.answered:
            values["response_p95_ms"] = tally.p95_ms / tally.answered
        # Those that are warming are left out; where all do, nobody is left to measure.
        is_warm = capacity.warming < capacity.in_service + capacity.pending
        cpu = tally.cpu_percent if is_warm else None
        if self._cpu:
            cpu = self._cpu.read(at, cpu)
        if cpu is not None:
            values["cpu_percent"] = cpu
        return values
