"""The load balancer and what hangs on it: listeners, rules, target group.

AWS makes up their ARNs, which Terraform's state knows: one that is gone is Terraform's to make.
"""

from collections.abc import Callable, Mapping
from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import spelling, tagging, tags
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Remedy
from cloudscale.ops.healing.resource import Fields

GONE = {"*": "A new one would have another ARN: Terraform must make it."}
TEXT = spelling.optional(spelling.text)
NUMBER = spelling.optional(spelling.number)
ATTRIBUTES = Field("attributes", canonical=spelling.mapping(), is_met=spelling.includes)

Change = Callable[[Broken, Fields], list[Command]]
"""The calls that give a broken resource some fields: the wanted ones, or those that it had."""


def _both_ways(broken: Broken, change: Change) -> Remedy:
    """Calls towards what is wanted, and the same ones back to what was found."""
    if broken.found is None:
        return Remedy(not_by_call=GONE)
    commands = change(broken, broken.resource.fields)
    undo = change(broken, {**broken.resource.fields, **broken.found.fields})
    tagged, untagged = tagging.ELB.both_ways(broken, [broken.resource.id])
    return Remedy((*commands, *tagged), (*undo, *untagged))


def _attributes(broken: Broken, fields: Fields) -> list[dict[str, str]]:
    """Only those that Terraform names: others are AWS's own."""
    named = broken.resource.fields.get("attributes", {})
    there = fields.get("attributes") or {}
    return [{"Key": name, "Value": str(there[name])} for name in sorted(named) if name in there]


def _balancer(broken: Broken, fields: Fields) -> list[Command]:
    arn = {"LoadBalancerArn": broken.resource.id}
    commands = []
    if broken.has("attributes"):
        arguments = {**arn, "Attributes": _attributes(broken, fields)}
        commands.append(Command("elbv2", "modify_load_balancer_attributes", arguments))
    if broken.has("security_groups"):
        arguments = {**arn, "SecurityGroups": list(fields["security_groups"])}
        commands.append(Command("elbv2", "set_security_groups", arguments))
    if broken.has("subnets"):
        arguments = {**arn, "Subnets": list(fields["subnets"])}
        commands.append(Command("elbv2", "set_subnets", arguments))
    return commands


def _listener(broken: Broken, fields: Fields) -> list[Command]:
    changed = ("port", "protocol", "ssl_policy", "certificates", "actions")
    if not broken.has(*changed):
        return []
    arguments: dict[str, Any] = {"ListenerArn": broken.resource.id}
    words = {"port": "Port", "protocol": "Protocol", "ssl_policy": "SslPolicy"}
    for name, word in words.items():
        if fields.get(name):
            arguments[word] = fields[name]
    if fields.get("certificates"):
        arguments["Certificates"] = [{"CertificateArn": one} for one in fields["certificates"]]
    arguments["DefaultActions"] = [_action(one) for one in fields["actions"]]
    return [Command("elbv2", "modify_listener", arguments)]


def _action(action: Mapping[str, Any]) -> dict[str, Any]:
    """An action as AWS takes it: forward, redirect or a fixed answer."""
    told: dict[str, Any] = {"Type": action["type"]}
    if action.get("target_group"):
        told["TargetGroupArn"] = action["target_group"]
    if redirect := action.get("redirect"):
        words = {"protocol": "Protocol", "port": "Port", "status_code": "StatusCode"}
        words |= {"host": "Host", "path": "Path", "query": "Query"}
        told["RedirectConfig"] = {
            word: str(redirect[name])
            for name, word in words.items()
            if redirect.get(name) is not None
        }
    if answer := action.get("fixed_response"):
        told["FixedResponseConfig"] = {
            "StatusCode": str(answer["status_code"]),
            "ContentType": answer["content_type"],
            "MessageBody": answer.get("message_body") or "",
        }
    return told


def _rule(broken: Broken, fields: Fields) -> list[Command]:
    commands = []
    if broken.has("conditions", "actions"):
        arguments = {
            "RuleArn": broken.resource.id,
            "Conditions": [_condition(one) for one in fields["conditions"]],
            "Actions": [_action(one) for one in fields["actions"]],
        }
        commands.append(Command("elbv2", "modify_rule", arguments))
    if broken.has("priority"):
        place = {"RuleArn": broken.resource.id, "Priority": int(fields["priority"])}
        commands.append(Command("elbv2", "set_rule_priorities", {"RulePriorities": [place]}))
    return commands


def _condition(condition: Mapping[str, Any]) -> dict[str, Any]:
    words = {"path-pattern": "PathPatternConfig", "host-header": "HostHeaderConfig"}
    word = words.get(condition["field"])
    values = {"Values": list(condition["values"])}
    return {"Field": condition["field"], **({word: values} if word else values)}


def _target_group(broken: Broken, fields: Fields) -> list[Command]:
    arn = {"TargetGroupArn": broken.resource.id}
    commands = []
    if broken.has("health_check"):
        commands.append(
            Command("elbv2", "modify_target_group", arn | _health(fields["health_check"]))
        )
    if broken.has("attributes"):
        arguments = {**arn, "Attributes": _attributes(broken, fields)}
        commands.append(Command("elbv2", "modify_target_group_attributes", arguments))
    return commands


def _health(check: Mapping[str, Any]) -> dict[str, Any]:
    words = {
        "path": "HealthCheckPath",
        "protocol": "HealthCheckProtocol",
        "port": "HealthCheckPort",
        "interval_seconds": "HealthCheckIntervalSeconds",
        "timeout_seconds": "HealthCheckTimeoutSeconds",
        "healthy_count": "HealthyThresholdCount",
        "unhealthy_count": "UnhealthyThresholdCount",
    }
    told = {word: check[name] for name, word in words.items() if name in check}
    return {**told, "Matcher": {"HttpCode": str(check["matcher"])}} if "matcher" in check else told


def _as_asked(part: str) -> Callable[[Any], str]:
    """A part of a redirect's address; where nothing is said, it is that of the request."""
    return lambda value: part if value is None else spelling.text(value)


ACTION = spelling.shape(
    type=spelling.text,
    target_group=TEXT,
    redirect=spelling.shape(
        protocol=TEXT,
        port=TEXT,
        status_code=TEXT,
        host=_as_asked("#{host}"),
        path=_as_asked("/#{path}"),
        query=_as_asked("#{query}"),
    ),
    fixed_response=spelling.shape(status_code=TEXT, content_type=TEXT, message_body=TEXT),
)
CONDITION = spelling.shape(field=spelling.text, values=spelling.unordered())
HEALTH_CHECK = spelling.shape(
    path=TEXT,
    protocol=TEXT,
    port=TEXT,
    interval_seconds=NUMBER,
    timeout_seconds=NUMBER,
    healthy_count=NUMBER,
    unhealthy_count=NUMBER,
    matcher=TEXT,
)
LOAD_BALANCER = Kind(
    "load_balancer",
    "load balancer",
    (
        ATTRIBUTES,
        Field("security_groups", canonical=spelling.unordered()),
        Field("subnets", canonical=spelling.unordered()),
        tags.TAGS,
    ),
    lambda broken: _both_ways(broken, _balancer),
)
LISTENER = Kind(
    "listener",
    "listener",
    (
        Field("port", canonical=spelling.number),
        Field("protocol", canonical=spelling.text),
        Field("ssl_policy", canonical=TEXT),
        Field("certificates", canonical=spelling.unordered()),
        Field("actions", canonical=spelling.ordered(ACTION)),
        tags.TAGS,
    ),
    lambda broken: _both_ways(broken, _listener),
)
LISTENER_RULE = Kind(
    "listener_rule",
    "listener rule",
    (
        Field("priority", canonical=spelling.number),
        Field("conditions", canonical=spelling.unordered(CONDITION)),
        Field("actions", canonical=spelling.ordered(ACTION)),
        tags.TAGS,
    ),
    lambda broken: _both_ways(broken, _rule),
)
TARGET_GROUP = Kind(
    "target_group",
    "target group",
    (Field("health_check", canonical=HEALTH_CHECK), ATTRIBUTES, tags.TAGS),
    lambda broken: _both_ways(broken, _target_group),
)
