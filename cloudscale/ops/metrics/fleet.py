"""The fleet: its instances, and what its cloud says of it. Declarations only."""

from cloudscale.ops.metrics.metric import Metric

A_FLEET = "a fleet that the cloud keeps at its size"
A_BALANCER = "a load balancer that tells"
AWS = "a shop on AWS"

FLEET = (
    Metric(
        slug="instances",
        label="In service",
        unit="",
        colour="s1",
        decimals=0,
        brief="server processes that report",
        meaning="Server processes of the whole shop that reported to the database in the last "
        "5 seconds.",
    ),
    Metric(
        slug="instances_desired",
        label="Desired",
        unit="",
        colour="s4",
        decimals=0,
        brief="of the Auto Scaling Group",
        meaning="How many instances the Auto Scaling Group wants; only where there is one.",
        needs=A_FLEET,
    ),
    Metric(
        slug="instances_in_service",
        label="In service, AWS",
        unit="",
        colour="s3",
        decimals=0,
        brief="of the Auto Scaling Group",
        meaning="Instances that the Auto Scaling Group has in service; only where there is one.",
        needs=A_FLEET,
    ),
    Metric(
        slug="instances_pending",
        label="Starting",
        unit="",
        colour="s5",
        decimals=0,
        brief="launched, not yet in service",
        meaning="Instances that are launched and not yet in service.",
        needs=A_FLEET,
    ),
    Metric(
        slug="instances_terminating",
        label="Leaving",
        unit="",
        colour="s6",
        decimals=0,
        brief="finish what they do",
        meaning="Instances that finish what they do and leave.",
        needs=A_FLEET,
    ),
    Metric(
        slug="targets_healthy",
        label="Healthy targets",
        unit="",
        colour="s3",
        decimals=0,
        brief="of the load balancer",
        meaning="Targets that the load balancer finds healthy; only where there is one.",
        needs=A_BALANCER,
    ),
    Metric(
        slug="targets_unhealthy",
        label="Unhealthy targets",
        unit="",
        colour="s6",
        decimals=0,
        brief="of the load balancer",
        meaning="Targets that the load balancer finds unhealthy; only where there is one.",
        needs=A_BALANCER,
    ),
    Metric(
        slug="aws_cpu_percent",
        label="CPU, AWS",
        unit="%",
        colour="s5",
        decimals=0,
        brief="as CloudWatch measured it",
        meaning="CPU of the group's instances as CloudWatch measured it, mean of its last minute; "
        "read once a minute.",
        needs=AWS,
    ),
    Metric(
        slug="aws_response_p95_ms",
        label="Response p95, AWS",
        unit="ms",
        colour="s5",
        decimals=0,
        brief="as the load balancer measured it",
        meaning="p95 of the targets' response time as the load balancer measured it, in its last "
        "minute; read once a minute.",
        needs=AWS,
    ),
    Metric(
        slug="aws_healthy_hosts",
        label="Healthy hosts, AWS",
        unit="",
        colour="s3",
        decimals=0,
        brief="as CloudWatch counted them",
        meaning="Healthy targets as CloudWatch counted them in its last minute.",
        needs=AWS,
    ),
    Metric(
        slug="aws_unhealthy_hosts",
        label="Unhealthy hosts, AWS",
        unit="",
        colour="s6",
        decimals=0,
        brief="as CloudWatch counted them",
        meaning="Unhealthy targets as CloudWatch counted them in its last minute.",
        needs=AWS,
    ),
)
