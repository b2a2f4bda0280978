"""The alarms that have a group scaled, as CloudWatch judges them.

scaling_alarms --DescribeAlarms--> CloudAlarm, by name
"""

from typing import Any

from cloudscale.adapters.aws.faults import asking
from cloudscale.adapters.aws.place import Place
from cloudscale.ops.ports import CloudAlarm


def scaling_alarms(place: Place, group: str) -> tuple[CloudAlarm, ...]:
    """Every alarm that runs a scaling policy of the group; pages through all of the region's.

    Raises:
        CloudFault: AWS did not tell them.
    """
    # AWS has no question for "those of this group"; their actions name it.
    mark = f":autoScalingGroupName/{group}:"
    with asking("cloudwatch:DescribeAlarms"):
        pages = place.client("cloudwatch").get_paginator("describe_alarms")
        found = [
            row
            for page in pages.paginate(AlarmTypes=["MetricAlarm"])
            for row in page["MetricAlarms"]
            if any(mark in action for action in row.get("AlarmActions", []))
        ]
    return tuple(sorted(map(_alarm, found), key=lambda alarm: alarm.name))


def _alarm(row: dict[str, Any]) -> CloudAlarm:
    return CloudAlarm(
        name=row["AlarmName"],
        state=row["StateValue"],
        reason=row.get("StateReason", ""),
        since=row["StateUpdatedTimestamp"],
    )
