"""The arithmetic of steps, percentages and targets. Pure.

Source: AWS, Amazon EC2 Auto Scaling User Guide, "Step and simple scaling policies" (adjustment
types and their rounding, step adjustments, instance warm-up) and "Target tracking scaling
policies"; Kubernetes documentation, "Horizontal Pod Autoscaling", algorithm details.
"""

from collections.abc import Sequence
from math import ceil

from cloudscale.ops.policy.rules import AdjustmentType, Step

NO_ERROR = 1e-9
"""As much as floating point may be off: 3 * 1.1 must not need four instances."""


def step_for(distance: float, steps: Sequence[Step], is_above: bool) -> Step | None:
    """The step that a distance from the threshold lies in.

    Args:
        distance: The metric less the threshold.
        steps: As declared.
        is_above: Whether the alarm watches for high values. Then a step's lower end is in it and
            its upper is not; where it watches for low ones it is the other way round.
    """
    for step in steps:
        low = float("-inf") if step.lower is None else step.lower
        high = float("inf") if step.upper is None else step.upper
        if low <= distance < high if is_above else low < distance <= high:
            return step
    return None


def adjusted(current: int, adjustment: int, kind: AdjustmentType, least: int | None = None) -> int:
    """The capacity that an adjustment leads to.

    Args:
        current: The capacity that it starts from.
        adjustment: Instances, or percent.
        kind: What the adjustment is.
        least: A percentage changes the capacity by so many instances at least.
    """
    if kind == "ExactCapacity":
        return adjustment
    if kind == "ChangeInCapacity":
        return current + adjustment
    change = rounded(current * adjustment / 100)
    if least is not None and 0 < abs(change) < least:
        change = least if change > 0 else -least
    return current + change


def rounded(change: float) -> int:
    """A change in whole instances: towards zero, but never to zero."""
    if change == 0:
        return 0
    whole = int(abs(change) + NO_ERROR) or 1
    return whole if change > 0 else -whole


def proportional(size: int, value: float, target: float) -> int:
    """So many instances that a metric which they share comes down or up to its target."""
    return ceil(size * value / target - NO_ERROR)
