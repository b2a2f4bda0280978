"""The healer as a function on AWS: EventBridge calls it each minute, and when something happens.

event --> what called, for the log --> one run --> its outcome as JSON

Healing goes by what is there, not by what an event says of it: an event only means "look now", so
one that is lost, late, doubled or forged changes nothing. It carries no settings and no package but
boto3, which AWS lends; `package-healer` packs it.
"""

import json
import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from cloudscale.adapters.aws.healing.assembly import Whereabouts, parts_of
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.ops.healing import run

SOURCES = {
    "aws.ec2": "EC2",
    "aws.autoscaling": "Auto Scaling",
    "aws.cloudwatch": "CloudWatch",
    "aws.events": "the schedule",
    "aws.scheduler": "the schedule",
}

logger = logging.getLogger("cloudscale.healer")


def handler(event: Any, context: Any = None) -> dict[str, Any]:
    """Heal once.

    Args:
        event: What EventBridge tells: the schedule, or a change of EC2, Auto Scaling or an alarm.
        context: Of the function; not needed.

    Returns:
        What the run came to. One that may do nothing, or that finds trouble, has come to something.

    Raises:
        CloudFault: The record cannot be reached; the function counts an error, and its alarm calls.
        KeyError: A variable of its environment is not set.
    """
    logger.setLevel(logging.INFO)
    where = whereabouts(os.environ)
    called_by = caller(event)
    calls = _calls(where)
    before = calls.made
    report = run.heal(parts_of(where, calls), "function")
    told = {
        "outcome": report.outcome,
        "words": report.words,
        "run": report.run,
        "calledBy": called_by,
        "lines": len(report.entries),
        "gaps": sorted(report.gaps),
        "calls": calls.made - before,
        "seconds": round(report.seconds, 1),
    }
    logger.info(json.dumps(told))
    return told


def whereabouts(environment: Mapping[str, str]) -> Whereabouts:
    """Which stack the function heals, as Terraform set its environment.

    Raises:
        KeyError: A variable is not set.
    """
    return Whereabouts(
        stack=environment["HEALING_STACK"],
        table=environment["HEALING_TABLE"],
        topic=environment.get("HEALING_TOPIC_ARN", ""),
        region=environment["AWS_REGION"],
        endpoint_url=environment.get("AWS_ENDPOINT_URL") or None,
    )


def caller(event: Any) -> str:
    """Who called, in words for the log; whatever the event looks like."""
    if not isinstance(event, Mapping):
        return "somebody"
    source = SOURCES.get(str(event.get("source", "")))
    if source is None:
        return "somebody"
    detail = event.get("detail")
    told = detail if isinstance(detail, Mapping) else {}
    about = next((told[name] for name in ABOUT if isinstance(told.get(name), str)), "")
    kind = str(event.get("detail-type", ""))[:100]
    return f"{source}: {kind} {about[:100]}".strip() if source != "the schedule" else source


ABOUT = ("EC2InstanceId", "instance-id", "alarmName", "AutoScalingGroupName")
"""Where events name what they are about."""


@cache
def _calls(where: Whereabouts) -> Calls:
    """Clients are made once, and kept as long as AWS keeps the function warm."""
    return where.calls()
