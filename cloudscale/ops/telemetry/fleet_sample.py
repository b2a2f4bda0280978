"""One sample of the fleet as programs are told it: JSON of the API and of `/ws`. Pure.

Point --fleet_sample--> FleetSample --> JSON
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from cloudscale.ops.fleet_gauges import in_service, is_changing, source_of
from cloudscale.ops.policy.in_force import thresholds
from cloudscale.ops.telemetry.point import Point

EXAMPLE = {
    "timestamp": "2026-03-01T12:00:00.012345Z",
    "activeUsers": 3,
    "ec2Instances": 2,
    "cpuUtilization": "41.30",
    "responseTime": 12,
    "loadPercentage": 75,
    "scalingStatus": "healthy",
    "region": "ap-south-1",
    "source": "measured",
}


class FleetSample(BaseModel):
    """The whole shop at one moment.

    While the database does not answer, nothing can be said of the fleet: `scalingStatus` is
    `error`, and all figures are `null` rather than those of one process.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        json_schema_extra={"examples": [EXAMPLE]},
    )

    timestamp: datetime = Field(description="When it was measured, UTC.")
    active_users: int | None = Field(
        ge=0, description="Distinct sessions that were active in the last 5 minutes, robots aside."
    )
    ec2_instances: int | None = Field(
        ge=0,
        description="Instances in service: the fleet's, as `source` says of it; server processes "
        "seen in the last 5 seconds until there is a fleet.",
    )
    cpu_utilization: str | None = Field(
        pattern=r"^\d{1,3}\.\d{2}$",
        description="Mean CPU of all machines in percent, a decimal string with two digits after "
        "the point; `null` also when no machine could tell.",
    )
    response_time: int | None = Field(
        ge=0,
        description="Half of all requests of the last minute were answered in this many whole "
        "milliseconds or less (p50); `null`, not 0, when there were none.",
    )
    load_percentage: int | None = Field(
        ge=0,
        le=100,
        description="The larger of CPU and active users against the threshold at which the fleet "
        "should grow (70 % and 4 users, unless another scaling policy is in force), in percent, "
        "capped at 100.",
    )
    scaling_status: Literal["healthy", "scaling", "error"] = Field(
        description="`error`: the database does not answer. `scaling`: the fleet is changing its "
        "size. `healthy`: neither."
    )
    region: str = Field(description="The AWS region that is set for this shop.")
    source: Literal["measured", "simulated", "aws"] = Field(
        description="Where the figures come from. `simulated`: the instances are those of a model "
        "that is scaled by what was measured; users, CPU and times are measured. `aws`: the "
        "instances are those of the Auto Scaling group."
    )


def fleet_sample(at: datetime, point: Point | None, region: str) -> FleetSample:
    """What programs are told of a moment.

    Args:
        at: When it was measured.
        point: The fleet then; `None` when the database did not answer.
        region: The AWS region that is set.
    """
    values = point.values if point else {}
    cpu_percent, users = values.get("cpu_percent"), values.get("active_users")
    instances, p50_ms = in_service(values), values.get("response_p50_ms")
    return FleetSample(
        timestamp=at,
        active_users=None if users is None else round(users),
        ec2_instances=None if instances is None else round(instances),
        cpu_utilization=None if cpu_percent is None else f"{cpu_percent:.2f}",
        response_time=None if p50_ms is None else round(p50_ms),
        load_percentage=load_percent(cpu_percent, users),
        scaling_status=_status(point),
        region=region,
        source=source_of(values),
    )


def _status(point: Point | None) -> Literal["healthy", "scaling", "error"]:
    if point is None:
        return "error"
    return "scaling" if is_changing(point.values) else "healthy"


def load_percent(cpu_percent: float | None, active_users: float | None) -> int | None:
    """The larger of both against its scale-out threshold, 0 to 100; `None` if neither is known."""
    limits, shares = thresholds(), []
    if cpu_percent is not None:
        shares.append(cpu_percent / limits.cpu_scale_out_percent)
    if active_users is not None:
        shares.append(active_users / limits.active_users_scale_out)
    return min(round(max(shares) * 100), 100) if shares else None
