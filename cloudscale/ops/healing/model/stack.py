"""The modelled stack: what there should be, made of the policy in force, and what there is. Pure.

It holds one resource of each sort that trials break, with the fields of `ops/healing/kinds`.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.limits import Limits, Mode
from cloudscale.ops.healing.resource import Ref, Resource
from cloudscale.ops.policy.scaling import ScalingPolicy

NAME = "simulated"
GROUP = "simulated-fleet"
TARGET_GROUP = "simulated-tg"
CHANGE = "model"
SICK_SECONDS = 10
"""The modelled group looks every few seconds and replaces after three; healing is no slower."""
REBOOT_SECONDS = 5
"""A modelled reboot takes no time: what it has not helped by the next run it does not help."""

OPEN_PORT = {
    "protocol": "tcp",
    "from_port": 8000,
    "to_port": 8000,
    "groups": ["sg-simulated-alb"],
    "description": "The load balancer",
}
TO_ANYWHERE = {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidrs": ["0.0.0.0/0"]}


def desired(policy: ScalingPolicy, region: str, mode: Mode) -> Desired:
    """What there should be, with this policy in force.

    Args:
        policy: Whose bounds and alarms the stack has.
        region: The region that the model says it is in.
        mode: What healing may do.
    """
    alarms = [_alarm(name, number) for name, number in _thresholds(policy).items()]
    return Desired(
        change=CHANGE,
        stack=StackFacts(NAME, region, group=GROUP),
        limits=Limits(mode=mode, sick_seconds=SICK_SECONDS, reboot_seconds=REBOOT_SECONDS),
        resources=(_security_group(), _group(policy), _target_group(), *alarms),
    )


def _thresholds(policy: ScalingPolicy) -> dict[str, float]:
    return {name: float(value) for name, value in policy.thresholds.model_dump().items()}


def _security_group() -> Resource:
    fields = {"ingress": [OPEN_PORT], "egress": [TO_ANYWHERE]}
    return _resource("security_group", "fleet", "sg-simulated-fleet", fields)


def _group(policy: ScalingPolicy) -> Resource:
    fields = {
        "min_size": policy.bounds.min_instances,
        "max_size": policy.bounds.max_instances,
        "health_check_type": "ELB",
        "suspended_processes": [],
    }
    return _resource("auto_scaling_group", GROUP, GROUP, fields)


def _target_group() -> Resource:
    check = {
        "path": "/health",
        "protocol": "HTTP",
        "port": "traffic-port",
        "interval_seconds": 10,
        "timeout_seconds": 5,
        "healthy_count": 2,
        "unhealthy_count": 3,
        "matcher": "200",
    }
    attributes = {"deregistration_delay.timeout_seconds": "60"}
    fields = {"health_check": check, "attributes": attributes}
    return _resource("target_group", TARGET_GROUP, TARGET_GROUP, fields)


def _alarm(name: str, threshold: float) -> Resource:
    id_ = f"simulated-{name.replace('_', '-')}"
    fields = {
        "description": f"The threshold {name.replace('_', ' ')} of the policy in force.",
        "namespace": "CloudScale/Simulated",
        "metric": name,
        "dimensions": {"AutoScalingGroupName": GROUP},
        "statistic": "Average",
        "period_seconds": 60,
        "evaluation_periods": 2,
        "threshold": threshold,
        "comparison": "GreaterThanOrEqualToThreshold",
        "is_enabled": True,
        "alarm_actions": [],
        "ok_actions": [],
        "no_data_actions": [],
    }
    return _resource("alarm", id_, id_, fields)


def _resource(kind: str, name: str, id_: str, fields: Mapping[str, Any]) -> Resource:
    return Resource(Ref(kind, name), id_, f"simulated.{kind}.{name}", fields)


def as_wanted(wanted: Desired) -> dict[str, Any]:
    """A stack in which everything is as it should be: fields by ref."""
    return {str(one.ref): deepcopy(dict(one.fields)) for one in wanted.resources}


def followed(
    there: Mapping[str, Any], before: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """The stack after another policy: only what is wanted otherwise moves, as in an apply.

    Args:
        there: The stack as it is.
        before: What was wanted of it, as `as_wanted` tells it.
        wanted: What is wanted now.
    """
    stack = {ref: dict(fields) for ref, fields in there.items() if ref in wanted}
    for ref, fields in wanted.items():
        if ref not in before:
            stack[ref] = dict(fields)
        elif ref in stack:
            moved = {name: one for name, one in fields.items() if before[ref].get(name) != one}
            stack[ref] |= moved
    return deepcopy(stack)
