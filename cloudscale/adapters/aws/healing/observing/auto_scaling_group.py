"""The Auto Scaling group as it is set up; who is in it is read elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import rows as reading
from cloudscale.adapters.aws.healing.observing.rows import Row
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Sight
from cloudscale.ops.healing.resource import Ref, Resource

MOST = 50
"""AWS takes no more names than so many in one question."""


def observe(calls: Calls, resources: Sequence[Resource], stack: StackFacts) -> Mapping[Ref, Sight]:
    """All of them from one question."""
    names = [one.id for one in resources]
    found: dict[str, Row] = {}
    for first in range(0, len(names), MOST):
        asked = {"AutoScalingGroupNames": names[first : first + MOST]}
        for page in calls.pages("autoscaling", "describe_auto_scaling_groups", **asked):
            # One that is being deleted is still told; nothing can be put back in it.
            rows = [row for row in page["AutoScalingGroups"] if not row.get("Status")]
            found |= reading.by(rows, "AutoScalingGroupName")
    return reading.sights(resources, found, _found)


def _found(resource: Resource, row: Row) -> Sight:
    subnets = row.get("VPCZoneIdentifier") or ""
    fields = {
        "min_size": row["MinSize"],
        "max_size": row["MaxSize"],
        "desired_capacity": row["DesiredCapacity"],
        "subnets": [one.strip() for one in subnets.split(",") if one.strip()],
        "health_check_type": row.get("HealthCheckType"),
        "health_check_grace_seconds": row.get("HealthCheckGracePeriod"),
        "suspended_processes": [one["ProcessName"] for one in row.get("SuspendedProcesses", ())],
        "launch_template": _template(row),
        "target_groups": list(row.get("TargetGroupARNs", ())),
        "default_warm_up_seconds": row.get("DefaultInstanceWarmup"),
        "max_lifetime_seconds": row.get("MaxInstanceLifetime"),
        "maintenance": _maintenance(row.get("InstanceMaintenancePolicy")),
        "metrics": [one["Metric"] for one in row.get("EnabledMetrics", ())],
        "protects_new_instances": row.get("NewInstancesProtectedFromScaleIn", False),
        "termination_policies": list(row.get("TerminationPolicies", ())),
        "tags": reading.tags(row.get("Tags")),
    }
    return reading.as_found(fields, arn=row.get("AutoScalingGroupARN", ""))


def _template(row: Row) -> dict[str, str] | None:
    """Which version is launched; nothing where somebody put mixed instances in its place."""
    told = row.get("LaunchTemplate")
    if not told:
        return None
    return {"id": told.get("LaunchTemplateId", ""), "version": str(told.get("Version", "$Default"))}


def _maintenance(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not told:
        return None
    return {
        "min_healthy_percent": told.get("MinHealthyPercentage"),
        "max_healthy_percent": told.get("MaxHealthyPercentage"),
    }
