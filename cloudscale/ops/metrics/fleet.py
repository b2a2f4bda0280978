"""The fleet: its instances, and what its cloud says of it. Declarations only."""

from cloudscale.ops.metrics.metric import Metric

A_FLEET = "a fleet that the cloud keeps at its size"
A_LOAD_POLICY = "a scaling policy that sizes the fleet by its load"
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
        meaning="How many instances the Auto Scaling Group wants; where the fleet is simulated, "
        "how many the model wants.",
        needs=A_FLEET,
    ),
    Metric(
        slug="users_gap",
        label="Users' gap",
        unit="",
        colour="s6",
        decimals=0,
        brief="instances that users ask for and the fleet lacks",
        meaning="The instances that active users ask for by the scaling policy, less those that "
        "are desired already: 0 once they were asked for.",
        needs=A_FLEET,
    ),
    Metric(
        slug="load_gap",
        label="Load's gap",
        unit="",
        colour="s1",
        decimals=0,
        brief="instances that the foreseen load asks for, less the desired ones",
        meaning="The instances that a policy by offered load wants, less those that are desired; "
        "below 0 where it wants fewer. Only with such a policy.",
        needs=A_LOAD_POLICY,
    ),
    Metric(
        slug="instances_in_service",
        label="Fleet in service",
        unit="",
        colour="s3",
        decimals=0,
        brief="of the Auto Scaling Group",
        meaning="Instances that the Auto Scaling Group has in service; where the fleet is "
        "simulated, those of the model.",
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
