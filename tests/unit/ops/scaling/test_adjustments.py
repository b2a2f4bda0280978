"""The arithmetic of AWS's guide and of Kubernetes' document."""

import pytest

from cloudscale.ops.policy.rules import Step
from cloudscale.ops.scaling.adjustments import adjusted, proportional, rounded, step_for


@pytest.mark.parametrize(
    ("change", "whole"), [(12.7, 12), (0.67, 1), (-0.58, -1), (-6.67, -6), (0, 0), (1.0, 1)]
)
def test_percentages_are_rounded_as_aws_does(change: float, whole: int) -> None:
    """Source: EC2 Auto Scaling User Guide, "Scaling adjustment types", rounding."""
    assert rounded(change) == whole


def test_floating_point_loses_no_instance() -> None:
    assert rounded(2.9999999999999996) == 3
    assert adjusted(10, 30, "PercentChangeInCapacity") == 13


@pytest.mark.parametrize(
    ("current", "adjustment", "kind", "least", "expected"),
    [
        # Source: as above: 3 instances and an adjustment of 5 are 8; exactly 5 are 5.
        (3, 5, "ChangeInCapacity", None, 8),
        (3, 5, "ExactCapacity", None, 5),
        (10, 10, "PercentChangeInCapacity", None, 11),
        # 4 instances, 25 % and at least 2: 25 % of 4 is 1, so 2 are added.
        (4, 25, "PercentChangeInCapacity", 2, 6),
        (4, -25, "PercentChangeInCapacity", 2, 2),
        (100, 25, "PercentChangeInCapacity", 2, 125),
    ],
)
def test_adjustment_types(current, adjustment, kind, least, expected) -> None:
    assert adjusted(current, adjustment, kind, least) == expected


OUT = (
    Step(lower=0, upper=10, adjustment=0),
    Step(lower=10, upper=20, adjustment=10),
    Step(lower=20, adjustment=30),
)
IN = (
    Step(lower=-10, upper=0, adjustment=0),
    Step(lower=-20, upper=-10, adjustment=-10),
    Step(upper=-20, adjustment=-30),
)


@pytest.mark.parametrize(
    ("value", "adjustment"), [(50, 0), (59.9, 0), (60, 10), (69.9, 10), (70, 30), (1000, 30)]
)
def test_above_the_threshold_a_steps_lower_end_is_in_it(value: float, adjustment: int) -> None:
    """Source: the guide's table of steps around an alarm at 50, "Step adjustments"."""
    step = step_for(value - 50, OUT, is_above=True)
    assert step is not None and step.adjustment == adjustment


@pytest.mark.parametrize(
    ("value", "adjustment"), [(50, 0), (40.1, 0), (40, -10), (30.1, -10), (30, -30), (0, -30)]
)
def test_below_the_threshold_a_steps_upper_end_is_in_it(value: float, adjustment: int) -> None:
    """Source: as above."""
    step = step_for(value - 50, IN, is_above=False)
    assert step is not None and step.adjustment == adjustment


def test_a_value_that_no_step_holds_asks_for_nothing() -> None:
    assert step_for(-5, OUT, is_above=True) is None


@pytest.mark.parametrize(
    ("size", "value", "target", "expected"),
    [
        # Source: Kubernetes, "Horizontal Pod Autoscaling", algorithm details: 200m against 100m
        # doubles, 50m halves.
        (1, 200, 100, 2),
        (4, 200, 100, 8),
        (4, 50, 100, 2),
        # Source: Kubernetes blog, "v1.33: HorizontalPodAutoscaler Configurable Tolerance".
        (50, 90, 75, 60),
        (3, 55, 50, 4),
        (10, 50, 50, 10),
    ],
)
def test_sizes_in_proportion_to_a_metric(size, value, target, expected) -> None:
    assert proportional(size, value, target) == expected


def test_a_ratio_that_is_whole_but_for_floating_point_asks_for_no_more() -> None:
    assert proportional(3, 1.1 * 3, 1.1) == 9
