"""What the leader does for scaling, whatever the fleet: the port, and what all of them share.

Leader, once a second --gauges, act--> Duty
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Protocol

from sqlalchemy import Connection

from cloudscale.ops.policy import in_force
from cloudscale.ops.policy.rules import Metric, OfferedLoad
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.ports import Reading
from cloudscale.ops.scaling.decide import BOUNDS, Scaler
from cloudscale.ops.scaling.observed import SLOT_SECONDS, Capacity, Observation
from cloudscale.ops.telemetry.point import Point

MEANS: tuple[Metric, ...] = ("cpu_percent", "requests_per_second")
NEWEST: tuple[Metric, ...] = ("active_users", "response_p95_ms")
"""What of samples alarms can look at: the mean of a slot; or its newest, where each sample is of
the last minutes already. It is also what the cloud is told every 10 seconds."""

SETTLE_SECONDS = 2
"""So long after a slot ended all of its seconds have been merged and read."""


class Duty(Protocol):
    """One leader's work for scaling. For one thread at a time."""

    def begin(self, connection: Connection, now: float) -> None:
        """Take over, in a transaction of the leader's."""
        ...

    def gauges(self, now: float, active_users: float) -> Reading:
        """What is to be kept of the fleet in this second, by slug."""
        ...

    def act(self, connection: Connection, now: float, points: Sequence[Point]) -> None:
        """Do a second's work.

        Args:
            connection: The leader's, in a transaction.
            now: Seconds since 1970.
            points: The last minutes by the second, oldest first.
        """
        ...


class Duties:
    """Several duties as one, in order.

    Args:
        duties: What the leader does.
    """

    def __init__(self, *duties: Duty) -> None:
        self._duties = duties

    def begin(self, connection: Connection, now: float) -> None:
        """Take over, all of it."""
        for duty in self._duties:
            duty.begin(connection, now)

    def gauges(self, now: float, active_users: float) -> Reading:
        """What all of them have to be kept."""
        told: dict[str, float] = {}
        for duty in self._duties:
            told |= duty.gauges(now, active_users)
        return told

    def act(self, connection: Connection, now: float, points: Sequence[Point]) -> None:
        """Do a second's work of all of them."""
        for duty in self._duties:
            duty.act(connection, now, points)


def users_gap(active_users: float, desired: int | None) -> Reading:
    """The instances that users ask for and nobody has asked for yet; nothing if not known."""
    if desired is None:
        return {}
    return {"users_gap": float(in_force.in_force().users_gap(active_users, desired))}


class LoadGap:
    """What a policy by offered load lacks of instances, or has too many; for clouds to act on."""

    def __init__(self) -> None:
        self._policy: ScalingPolicy | None = None
        self._scaler: Scaler | None = None

    def take(self, slot: Observation, capacity: Capacity, now: float) -> Reading:
        """Take a slot; what is to be kept of it, which is nothing with any other policy."""
        policy = in_force.in_force()
        if policy is not self._policy:
            rules = tuple(rule for rule in policy.rules if isinstance(rule, OfferedLoad))
            of_load = policy.model_copy(update={"rules": rules})
            self._policy, self._scaler = policy, Scaler(of_load) if rules else None
        if self._scaler is None:
            return {}
        self._scaler.observe(slot)
        decision = self._scaler.decide(capacity, now)
        is_of_load = decision is not None and decision.rule != BOUNDS
        return {"load_gap": float(decision.desired - capacity.desired) if is_of_load else 0.0}


def observation(points: Sequence[Point], until: int) -> Observation:
    """The slot that ended at a second; what none of its points has was not measured."""
    slot = [point for point in points if until - SLOT_SECONDS <= point.second < until]
    values: dict[Metric, float] = {}
    for metric in (*MEANS, *NEWEST):
        found = [point.values[metric] for point in slot if metric in point.values]
        if found:
            values[metric] = fmean(found) if metric in MEANS else found[-1]
    return Observation(float(until), values)
