"""What is asked of a fleet, over time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cloudscale.ops.scaling.observed import SLOT_SECONDS

STEPS_SECONDS = (1, SLOT_SECONDS, 60)


@dataclass(frozen=True, slots=True)
class Demand:
    """Requests and users, step by step.

    Attributes:
        step_seconds: How long one value holds: 1, 10 or 60.
        requests_per_second: One value a step, 0 or more.
        active_users: As many values.

    Raises:
        ValueError: It is empty, or not of one length, or a value is no amount.
    """

    step_seconds: int
    requests_per_second: Sequence[float]
    active_users: Sequence[float]

    def __post_init__(self) -> None:
        if self.step_seconds not in STEPS_SECONDS:
            raise ValueError(f"step_seconds ({self.step_seconds}) must be 1, 10 or 60")
        if len(self.requests_per_second) == 0:
            raise ValueError("requests_per_second is empty")
        if len(self.requests_per_second) != len(self.active_users):
            raise ValueError("requests_per_second and active_users must have the same length")
        for name in ("requests_per_second", "active_users"):
            values = getattr(self, name)
            if not math.isfinite(sum(values)) or min(values) < 0:
                raise ValueError(f"{name}: every value must be a number, 0 or more")

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return self.step_seconds * len(self.requests_per_second)
