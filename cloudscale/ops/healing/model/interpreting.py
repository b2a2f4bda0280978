"""What a call would do to the modelled stack: the same calls that AWS would be asked. Pure.

Command --apply--> other fields
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds.alarm import ACTIONS, WORDS
from cloudscale.ops.healing.kinds.auto_scaling_group import UPDATES
from cloudscale.ops.healing.kinds.security_group import SOURCES, rules
from cloudscale.ops.healing.ports import Refused

Stack = dict[str, Any]
Arguments = Mapping[str, Any]

HEALTH = {
    "HealthCheckPath": "path",
    "HealthCheckProtocol": "protocol",
    "HealthCheckPort": "port",
    "HealthCheckIntervalSeconds": "interval_seconds",
    "HealthCheckTimeoutSeconds": "timeout_seconds",
    "HealthyThresholdCount": "healthy_count",
    "UnhealthyThresholdCount": "unhealthy_count",
}


def apply(stack: Stack, command: Command) -> Stack:
    """The stack after a call.

    Raises:
        Refused: The model knows no such call, or what it names is not there.
    """
    effect = EFFECTS.get((command.service, command.operation))
    if effect is None:
        raise Refused(f"The model knows no {command.service} {command.operation}.")
    changed = deepcopy(stack)
    try:
        effect(changed, command.arguments)
    except KeyError as missing:
        raise Refused(f"{missing} is not there.", is_vanished=True) from missing
    return changed


def _rules(way: str, *, is_added: bool) -> Callable[[Stack, Arguments], None]:
    def effect(stack: Stack, arguments: Arguments) -> None:
        group = stack[_ref("security_group", arguments["GroupId"].removeprefix("sg-simulated-"))]
        told = [row for one in arguments["IpPermissions"] for row in _told(one)]
        if is_added:
            group[way] = [*group[way], *told]
            return
        gone = set(rules(told))
        kept = [row for one in group[way] for row in _single(one)]
        group[way] = [row for row in kept if not set(rules([row])) & gone]

    return effect


def _told(permission: Arguments) -> list[dict[str, Any]]:
    """A permission as documents write it, one rule for each source."""
    ports = {
        "protocol": permission["IpProtocol"],
        "from_port": permission.get("FromPort"),
        "to_port": permission.get("ToPort"),
    }
    return [
        {**ports, kind: [source[name]], "description": source.get("Description", "")}
        for kind, (rows, name) in SOURCES.items()
        for source in permission.get(rows, ())
    ]


def _single(rule: Arguments) -> list[dict[str, Any]]:
    others = {name: one for name, one in rule.items() if name not in SOURCES}
    return [{**others, kind: [one]} for kind in SOURCES for one in rule.get(kind) or ()]


def _put_alarm(stack: Stack, arguments: Arguments) -> None:
    fields = {name: arguments[word] for name, word in WORDS.items() if word in arguments}
    fields |= {name: list(arguments.get(word, ())) for name, word in ACTIONS.items()}
    rows = arguments.get("Dimensions", ())
    fields["dimensions"] = {one["Name"]: one["Value"] for one in rows}
    stack[_ref("alarm", arguments["AlarmName"])] = fields


def _update_group(stack: Stack, arguments: Arguments) -> None:
    group = stack[_ref("auto_scaling_group", arguments["AutoScalingGroupName"])]
    words = {name: word for name, (word, _) in UPDATES.items()}
    group |= {name: arguments[word] for name, word in words.items() if word in arguments}


def _processes(*, is_suspended: bool) -> Callable[[Stack, Arguments], None]:
    def effect(stack: Stack, arguments: Arguments) -> None:
        group = stack[_ref("auto_scaling_group", arguments["AutoScalingGroupName"])]
        there, named = set(group["suspended_processes"]), set(arguments["ScalingProcesses"])
        group["suspended_processes"] = sorted(there | named if is_suspended else there - named)

    return effect


def _target_group(stack: Stack, arguments: Arguments) -> None:
    group = stack[_ref("target_group", arguments["TargetGroupArn"])]
    told = {name: arguments[word] for word, name in HEALTH.items() if word in arguments}
    if "Matcher" in arguments:
        told["matcher"] = arguments["Matcher"]["HttpCode"]
    group["health_check"] = {**group["health_check"], **told}


def _target_attributes(stack: Stack, arguments: Arguments) -> None:
    group = stack[_ref("target_group", arguments["TargetGroupArn"])]
    told = {one["Key"]: one["Value"] for one in arguments["Attributes"]}
    group["attributes"] = {**group["attributes"], **told}


def _ref(kind: str, name: str) -> str:
    return f"{kind}/{name}"


EFFECTS: Mapping[tuple[str, str], Callable[[Stack, Arguments], None]] = {
    ("ec2", "authorize_security_group_ingress"): _rules("ingress", is_added=True),
    ("ec2", "authorize_security_group_egress"): _rules("egress", is_added=True),
    ("ec2", "revoke_security_group_ingress"): _rules("ingress", is_added=False),
    ("ec2", "revoke_security_group_egress"): _rules("egress", is_added=False),
    ("cloudwatch", "put_metric_alarm"): _put_alarm,
    ("autoscaling", "update_auto_scaling_group"): _update_group,
    ("autoscaling", "suspend_processes"): _processes(is_suspended=True),
    ("autoscaling", "resume_processes"): _processes(is_suspended=False),
    ("elbv2", "modify_target_group"): _target_group,
    ("elbv2", "modify_target_group_attributes"): _target_attributes,
}
