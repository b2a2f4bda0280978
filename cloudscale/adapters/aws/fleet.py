"""The fleet as AWS sees it: its Auto Scaling group, its targets, what scaling did last.

AwsFleet --DescribeAutoScalingGroups, DescribeTargetHealth, DescribeScalingActivities,
           DescribeAlarms--> FleetState
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from cloudscale.adapters.aws.alarms import scaling_alarms
from cloudscale.adapters.aws.faults import asking
from cloudscale.adapters.aws.place import MISSING, Place
from cloudscale.ops.ports import (
    CloudFault,
    FleetInstance,
    FleetState,
    Lifecycle,
    ScalingActivity,
    ZoneTargets,
)

T = TypeVar("T")

ACTIVITIES = 50  # more than a fleet of 16 does in a minute
NO_TARGETS = "TARGET_GROUP_ARN is not set, and the Auto Scaling group has no target group."
UNKNOWN_ZONE = "unknown"
LIFECYCLES = {
    "InService": Lifecycle.IN_SERVICE,
    "Pending": Lifecycle.PENDING,
    "Terminating": Lifecycle.TERMINATING,
    "Terminated": Lifecycle.TERMINATING,
    "EnteringStandby": Lifecycle.STANDBY,
    "Standby": Lifecycle.STANDBY,
}
TARGET_STATES = {
    "healthy": "healthy",
    "unhealthy": "unhealthy",
    "unavailable": "unhealthy",
    "draining": "draining",
    "unhealthy.draining": "draining",
    "initial": "initial",
}


class AwsFleet:
    """A `FleetSource` for one Auto Scaling group.

    Args:
        place: Which one.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def read(self) -> FleetState:
        """The fleet now, from four calls or so; blocks for up to 15 s where AWS does not answer.

        A part that AWS refuses is absent with its reason, and the others are read.

        Raises:
            CloudFault: No part could be read.
        """
        faults: dict[str, CloudFault] = {}
        group = _part(faults, "instances", self._group) or {}
        instances = tuple(map(_instance, group["Instances"])) if group else None
        zones = {instance.id: instance.zone for instance in instances or ()}
        arns = group.get("TargetGroupARNs", [])
        targets = _part(faults, "targets", lambda: self._targets(arns, zones))
        activities = _part(faults, "activities", self._activities)
        alarms = _part(faults, "alarms", lambda: scaling_alarms(self._place, self._group_name()))
        if len(faults) == 4:
            raise faults["instances"]
        return FleetState(
            desired=group.get("DesiredCapacity"),
            smallest=group.get("MinSize"),
            largest=group.get("MaxSize"),
            instances=instances,
            targets=targets,
            activities=activities,
            alarms=alarms,
            absent={name: fault.reason for name, fault in faults.items()},
        )

    def desired(self) -> int:
        """How many instances the group wants, from one call.

        Raises:
            CloudFault: It could not be read.
        """
        return self._group()["DesiredCapacity"]

    def _group(self) -> dict[str, Any]:
        name = self._group_name()
        with asking("autoscaling:DescribeAutoScalingGroups"):
            pages = self._pages("describe_auto_scaling_groups", AutoScalingGroupNames=[name])
            found = [group for page in pages for group in page["AutoScalingGroups"]]
        if not found:
            raise CloudFault(f"There is no Auto Scaling group {name} in {self._place.region}.")
        return found[0]

    def _activities(self) -> tuple[ScalingActivity, ...]:
        name = self._group_name()
        with asking("autoscaling:DescribeScalingActivities"):
            bound = {"MaxItems": ACTIVITIES, "PageSize": ACTIVITIES}
            pages = self._pages(
                "describe_scaling_activities", AutoScalingGroupName=name, PaginationConfig=bound
            )
            return tuple(_activity(row) for page in pages for row in page["Activities"])

    def _targets(self, arns: Iterable[str], zones: Mapping[str, str]) -> tuple[ZoneTargets, ...]:
        """Targets by zone; one that is in several target groups counts in each."""
        named = self._place.target_group_arn
        arns = [named] if named else list(arns)
        if not arns:
            raise CloudFault(NO_TARGETS)
        found: list[dict[str, Any]] = []
        with asking("elasticloadbalancing:DescribeTargetHealth"):
            client = self._place.client("elbv2")
            for arn in arns:
                answer = client.describe_target_health(TargetGroupArn=arn)
                found.extend(answer["TargetHealthDescriptions"])
        return _by_zone(found, zones)

    def _group_name(self) -> str:
        if self._place.auto_scaling_group is None:
            raise CloudFault(MISSING["auto_scaling_group"])
        return self._place.auto_scaling_group

    def _pages(self, operation: str, **question: Any) -> Iterable[dict[str, Any]]:
        client = self._place.client("autoscaling")
        return client.get_paginator(operation).paginate(**question)


def _part(faults: dict[str, CloudFault], name: str, read: Callable[[], T]) -> T | None:
    """Read one part; a fault is noted under its name.

    Raises:
        CloudFault: One that goes for every part.
    """
    try:
        return read()
    except CloudFault as fault:
        if fault.is_total:
            raise
        faults[name] = fault
        return None


def _instance(row: dict[str, Any]) -> FleetInstance:
    state = row["LifecycleState"].partition(":")[0]  # "Pending:Wait" is pending too
    return FleetInstance(
        id=row["InstanceId"],
        zone=row["AvailabilityZone"],
        lifecycle=LIFECYCLES.get(state, Lifecycle.OTHER),
        is_healthy=row["HealthStatus"].lower() == "healthy",
    )


def _activity(row: dict[str, Any]) -> ScalingActivity:
    return ScalingActivity(
        id=row["ActivityId"],
        started_at=row["StartTime"],
        ended_at=row.get("EndTime"),
        status=row["StatusCode"],
        cause=row.get("Cause", ""),
        description=row.get("Description", ""),
        progress_percent=int(row.get("Progress", 0)),
    )


def _by_zone(rows: Iterable[dict[str, Any]], zones: Mapping[str, str]) -> tuple[ZoneTargets, ...]:
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        target = row["Target"]
        zone = zones.get(target["Id"]) or target.get("AvailabilityZone") or UNKNOWN_ZONE
        state = TARGET_STATES.get(row["TargetHealth"]["State"], "unused")
        counts.setdefault(zone, Counter())[state] += 1
    return tuple(ZoneTargets(zone, **counts[zone]) for zone in sorted(counts))
