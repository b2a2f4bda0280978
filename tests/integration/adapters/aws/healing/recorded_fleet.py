"""A fleet of three as AWS tells of it, well or with something wrong with it: recorded answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudscale.adapters.aws.healing.calls import Calls
from tests.integration.adapters.aws.conftest import GROUP
from tests.integration.adapters.aws.healing.recorded import recorded

NAMES = ("i-0aaaaaaaaaaaaaaa1", "i-0aaaaaaaaaaaaaaa2", "i-0aaaaaaaaaaaaaaa3")
ARN = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:targetgroup/shop/73e2d6bc24d8a067"


def group(**facts: Any) -> dict[str, Any]:
    """The group, at rest."""
    rows = [
        {
            "InstanceId": name,
            "AvailabilityZone": "ap-south-1a",
            "LifecycleState": "InService",
            "HealthStatus": "Healthy",
            "ProtectedFromScaleIn": False,
            "LaunchTemplate": {"LaunchTemplateId": "lt-0123456789abcdef0", "Version": "3"},
        }
        for name in NAMES
    ]
    told = {
        "AutoScalingGroupName": GROUP,
        "MinSize": 2,
        "MaxSize": 8,
        "DesiredCapacity": 3,
        "DefaultCooldown": 300,
        "AvailabilityZones": ["ap-south-1a"],
        "HealthCheckType": "ELB",
        "HealthCheckGracePeriod": 180,
        "CreatedTime": datetime(2026, 1, 1, tzinfo=UTC),
        "TargetGroupARNs": [ARN],
        "LaunchTemplate": {"LaunchTemplateId": "lt-0123456789abcdef0", "Version": "3"},
        "Instances": rows,
    }
    return {"AutoScalingGroups": [{**told, **facts}]}


def machines() -> dict[str, Any]:
    """Its machines, running for two hours."""
    launched = datetime.now(UTC) - timedelta(hours=2)
    rows = [
        {"InstanceId": name, "State": {"Code": 16, "Name": "running"}, "LaunchTime": launched}
        for name in NAMES
    ]
    return {"Reservations": [{"Instances": rows}]}


def statuses(first: dict[str, Any] | None = None) -> dict[str, Any]:
    """Their status checks; what is told of the first one may be changed."""
    well = {"Status": "ok", "Details": [{"Name": "reachability", "Status": "passed"}]}
    rows = [
        {
            "InstanceId": name,
            "InstanceState": {"Code": 16, "Name": "running"},
            "InstanceStatus": well,
            "SystemStatus": well,
        }
        for name in NAMES
    ]
    rows[0] |= first or {}
    return {"InstanceStatuses": rows}


def impaired(seconds: int) -> dict[str, Any]:
    """A check that has failed for so long."""
    since = datetime.now(UTC) - timedelta(seconds=seconds)
    detail = {"Name": "reachability", "Status": "failed", "ImpairedSince": since}
    return {"Status": "impaired", "Details": [detail]}


def targets(*health: dict[str, str]) -> dict[str, Any]:
    """What the load balancer says of each, in their order."""
    rows = [
        {"Target": {"Id": name, "Port": 8000}, "TargetHealth": told}
        for name, told in zip(NAMES, health, strict=False)
    ]
    return {"TargetHealthDescriptions": rows}


WELL = {"State": "healthy"}
TIMED_OUT = {
    "State": "unhealthy",
    "Reason": "Target.Timeout",
    "Description": "Request timed out",
}
SERVERS_FAULT = {
    "State": "unhealthy",
    "Reason": "Elb.InternalError",
    "Description": "Health checks failed due to an internal error",
}
STARTING = {
    "State": "initial",
    "Reason": "Elb.InitialHealthChecking",
    "Description": "Initial health checks in progress",
}


@contextmanager
def aws(**told: Any) -> Iterator[Calls]:
    """AWS with these answers in place of those of a fleet that is well."""
    answers = {
        "describe_auto_scaling_groups": group(),
        "describe_instance_refreshes": {"InstanceRefreshes": []},
        "describe_instances": machines(),
        "describe_instance_status": statuses(),
        "describe_target_health": targets(WELL, WELL, WELL),
        "get_metric_data": {"MetricDataResults": []},
        **told,
    }
    asked = {
        "autoscaling": ("describe_auto_scaling_groups", "describe_instance_refreshes"),
        "ec2": ("describe_instances", "describe_instance_status"),
        "elbv2": ("describe_target_health",),
        "cloudwatch": ("get_metric_data",),
    }
    with recorded(
        {name: [(one, answers[one]) for one in names] for name, names in asked.items()}
    ) as calls:
        yield calls


def with_rows(**changes: Any) -> dict[str, Any]:
    """The group, with changes to what it says of its first member."""
    told = group()
    told["AutoScalingGroups"][0]["Instances"][0].update(changes)
    return told
