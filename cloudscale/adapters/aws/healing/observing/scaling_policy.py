"""Scaling policies of a group, with the ARNs that AWS made up for them."""

from collections.abc import Mapping, Sequence
from typing import Any

from cloudscale.adapters.aws.healing import refusals
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing.rows import Row
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Found, Gone, Sight
from cloudscale.ops.healing.resource import Ref, Resource
from cloudscale.ops.ports import CloudFault


def observe(calls: Calls, resources: Sequence[Resource], stack: StackFacts) -> Mapping[Ref, Sight]:
    """All of a group from one question."""
    found: dict[tuple[str, str], Sight] = {}
    for group in sorted({group_of(one, stack) for one in resources}):
        found |= {(group, row["PolicyName"]): _found(row) for row in rows_of(calls, group)}
    return {one.ref: found.get((group_of(one, stack), one.id), Gone()) for one in resources}


def group_of(resource: Resource, stack: StackFacts) -> str:
    """The group that a policy or a hook belongs to."""
    return resource.about.get("group") or stack.group


def rows_of(calls: Calls, group: str) -> list[Row]:
    """AWS's answer for one group; none where the group is gone.

    Raises:
        CloudFault: They could not be read.
    """
    pages = calls.pages("autoscaling", "describe_policies", AutoScalingGroupName=group)
    try:
        return [row for page in pages for row in page["ScalingPolicies"]]
    except CloudFault as fault:
        if refusals.is_vanished(fault):
            return []
        raise


def _found(row: Row) -> Found:
    fields = {
        "type": row.get("PolicyType", "SimpleScaling"),
        "adjustment_type": row.get("AdjustmentType"),
        "adjustment": row.get("ScalingAdjustment"),
        "cooldown_seconds": row.get("Cooldown"),
        "min_adjustment": row.get("MinAdjustmentMagnitude"),
        "aggregation": row.get("MetricAggregationType"),
        "warm_up_seconds": row.get("EstimatedInstanceWarmup"),
        "steps": [_step(one) for one in row.get("StepAdjustments") or ()],
        "target": _target(row.get("TargetTrackingConfiguration")),
        "is_enabled": row.get("Enabled", True),
    }
    return Found(fields, about={"arn": row["PolicyARN"]})


def _step(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "lower": row.get("MetricIntervalLowerBound"),
        "upper": row.get("MetricIntervalUpperBound"),
        "adjustment": row["ScalingAdjustment"],
    }


def _target(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not told:
        return None
    metric = told.get("PredefinedMetricSpecification") or {}
    return {
        "value": told["TargetValue"],
        "metric": metric.get("PredefinedMetricType", ""),
        "label": metric.get("ResourceLabel"),
        "is_scale_in_disabled": told.get("DisableScaleIn", False),
    }
