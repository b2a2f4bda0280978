"""What a decision is made of, and what it is: measurements, a fleet, a wish. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from cloudscale.ops.policy.rules import Metric

SLOT_SECONDS = 10
"""How much time one observation covers: the resolution of the metrics that the leader publishes."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What was measured in one slot.

    Attributes:
        at: When the slot ended, in seconds of any clock; alarms' periods are multiples on it.
        values: By metric. One that is missing was not measured, which is not the same as 0.
            `users_gap` need not be there: it follows from `active_users` and the fleet.
    """

    at: float
    values: Mapping[Metric, float]


@dataclass(frozen=True, slots=True)
class Capacity:
    """A fleet at one moment.

    Attributes:
        desired: How many instances were asked for.
        in_service: How many serve.
        pending: How many start.
        terminating: How many are draining or ending.
        warming: How many of those in service or pending are younger than the warm-up.
    """

    desired: int
    in_service: int
    pending: int = 0
    terminating: int = 0
    warming: int = 0

    @property
    def arriving(self) -> int:
        """How many were asked for and do not count yet: warming, or not even launched."""
        return self.warming + max(self.desired - self.in_service - self.pending, 0)

    @property
    def leaving(self) -> int:
        """How many were given up and are still there."""
        return self.terminating + max(self.in_service + self.pending - self.desired, 0)


@dataclass(frozen=True, slots=True)
class Decision:
    """A size that the fleet should have, and why.

    Attributes:
        at: When it was decided, in seconds of the observations' clock.
        desired: The size.
        before: The size that was asked for until then.
        rule: The name of the rule that decided, or `bounds`.
        reason: A sentence with values, threshold and counts.
    """

    at: float
    desired: int
    before: int
    rule: str
    reason: str
