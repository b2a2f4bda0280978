"""Policies to choose from: the mission's, AWS's usual ones, and one that looks ahead. Pure."""

from cloudscale.ops.policy.declared import POLICY
from cloudscale.ops.policy.rules import (
    Alarm,
    Condition,
    OfferedLoad,
    SimpleScaling,
    TargetTracking,
)
from cloudscale.ops.policy.scaling import Bounds, ScalingPolicy

PLAIN = ScalingPolicy(
    name="plain-70-30",
    description="One instance more at 70 % CPU, one less below 30 %: the rule of most tutorials.",
    rules=(
        SimpleScaling(
            name="cpu-out",
            alarm=Alarm(
                conditions=(
                    Condition(
                        metric="cpu_percent", comparison=">=", threshold="cpu_scale_out_percent"
                    ),
                ),
                period_seconds=60,
                evaluation_periods=2,
                datapoints_to_alarm=2,
            ),
            adjustment=1,
        ),
        SimpleScaling(
            name="cpu-in",
            alarm=Alarm(
                conditions=(
                    Condition(
                        metric="cpu_percent", comparison="<", threshold="cpu_scale_in_percent"
                    ),
                ),
                period_seconds=60,
                evaluation_periods=2,
                datapoints_to_alarm=2,
            ),
            adjustment=-1,
        ),
    ),
)

TARGET_50 = ScalingPolicy(
    name="target-50",
    description="AWS target tracking: keeps the mean CPU near 50 %.",
    rules=(TargetTracking(name="cpu-target", metric="cpu_percent", target=50),),
)

FORESIGHT = ScalingPolicy(
    name="foresight",
    description="Sized every 10 s for the load that will be there when a new instance is, from "
    "five instances up.",
    bounds=Bounds(min_instances=5, max_instances=8, desired_instances=5),
    rules=(
        OfferedLoad(
            name="load", target_percent=70, scale_in_seconds=1_800, scale_in_margin_percent=20
        ),
    ),
)
"""Picked from a grid on the scenarios and a stretch of a real trace; tests/bench/policies.py scores
it on another. Its five instances are for traffic of that size; a smaller shop needs fewer."""

THRIFT = ScalingPolicy(
    name="thrift",
    description="Sized in the same way from two instances up, with little room to spare.",
    rules=(
        OfferedLoad(
            name="load", target_percent=90, scale_in_seconds=1_200, scale_in_margin_percent=10
        ),
    ),
)

CHOICES = {policy.name: policy for policy in (POLICY, PLAIN, TARGET_50, FORESIGHT, THRIFT)}
"""By name; the shop's own comes first."""
