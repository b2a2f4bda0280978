"""The scaling policy's thresholds: the one place that declares them.

Charts draw them, headlines speak of them; what acts on them reads the same values.
Imports nothing of ours.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When the fleet should grow or shrink.

    Attributes:
        cpu_scale_out_percent: Grow at or above this CPU.
        cpu_scale_in_percent: Shrink below this CPU.
        active_users_scale_out: Grow at or above this many active users.
    """

    cpu_scale_out_percent: float = 70.0
    cpu_scale_in_percent: float = 30.0
    active_users_scale_out: int = 4


THRESHOLDS = Thresholds()
