"""The load balancer, its listeners and rules, and the target group on AWS."""

from collections.abc import Mapping, Sequence

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import rows as reading
from cloudscale.adapters.aws.healing.observing.rows import Row
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Sight
from cloudscale.ops.healing.resource import Ref, Resource
from cloudscale.ops.ports import CloudFault

Wanted = Sequence[Resource]


KINDS = ("load_balancer", "target_group", "listener", "listener_rule")
TAGS = "tags of balancers"


def tagged(wanted: Wanted) -> list[str]:
    """Those whose tags are wanted."""
    return [one.id for one in wanted if "tags" in one.fields]


def _tags(calls: Calls, wanted: Wanted) -> dict[str, dict[str, str]]:
    """Tags by ARN, of all that the look wants at once; of one that is gone AWS tells none of all.

    Raises:
        CloudFault: They were refused of these alone, too.
    """
    arns = tagged(wanted)
    together = calls.batch(TAGS, arns)
    try:
        return _tags_of(calls, together)
    except CloudFault as fault:
        if fault.is_total or list(together) == arns:
            raise
        return _tags_of(calls, arns)


def _tags_of(calls: Calls, arns: Sequence[str]) -> dict[str, dict[str, str]]:
    """Twenty in a call."""
    found: dict[str, dict[str, str]] = {}
    for first in range(0, len(arns), 20):
        answer = calls.ask("elbv2", "describe_tags", ResourceArns=arns[first : first + 20])
        for row in answer["TagDescriptions"]:
            found[row["ResourceArn"]] = reading.tags(row["Tags"])
    return found


def _attributes(answer: Row) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


def load_balancers(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Each by itself: what it is, its attributes and its tags."""

    def look(resource: Resource) -> Sight:
        arn = {"LoadBalancerArn": resource.id}
        answer = calls.ask("elbv2", "describe_load_balancers", LoadBalancerArns=[resource.id])
        row = answer["LoadBalancers"][0]
        attributes = calls.ask("elbv2", "describe_load_balancer_attributes", **arn)
        return reading.as_found(
            {
                "attributes": _attributes(attributes),
                "security_groups": row.get("SecurityGroups", []),
                "subnets": [zone["SubnetId"] for zone in row["AvailabilityZones"]],
                "tags": _tags(calls, [resource]).get(resource.id, {}),
            }
        )

    return reading.each(wanted, look)


def target_groups(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Each by itself: its health check, its attributes and its tags."""

    def look(resource: Resource) -> Sight:
        answer = calls.ask("elbv2", "describe_target_groups", TargetGroupArns=[resource.id])
        arn = {"TargetGroupArn": resource.id}
        attributes = calls.ask("elbv2", "describe_target_group_attributes", **arn)
        return reading.as_found(
            {
                "health_check": _health(answer["TargetGroups"][0]),
                "attributes": _attributes(attributes),
                "tags": _tags(calls, [resource]).get(resource.id, {}),
            }
        )

    return reading.each(wanted, look)


def _health(row: Row) -> Row:
    words = {
        "path": "HealthCheckPath",
        "protocol": "HealthCheckProtocol",
        "port": "HealthCheckPort",
        "interval_seconds": "HealthCheckIntervalSeconds",
        "timeout_seconds": "HealthCheckTimeoutSeconds",
        "healthy_count": "HealthyThresholdCount",
        "unhealthy_count": "UnhealthyThresholdCount",
    }
    return {**reading.named(row, words), "matcher": row.get("Matcher", {}).get("HttpCode")}


def listeners(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Each by itself: one that is gone must not hide the others."""

    def look(resource: Resource) -> Sight:
        answer = calls.ask("elbv2", "describe_listeners", ListenerArns=[resource.id])
        row = answer["Listeners"][0]
        return reading.as_found(
            {
                "port": row["Port"],
                "protocol": row["Protocol"],
                "ssl_policy": row.get("SslPolicy"),
                "certificates": [one["CertificateArn"] for one in row.get("Certificates", ())],
                "actions": [_action(one) for one in row["DefaultActions"]],
                "tags": _tags(calls, [resource]).get(resource.id, {}),
            }
        )

    return reading.each(wanted, look)


def listener_rules(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Each by itself."""

    def look(resource: Resource) -> Sight:
        row = calls.ask("elbv2", "describe_rules", RuleArns=[resource.id])["Rules"][0]
        return reading.as_found(
            {
                "priority": row["Priority"],
                "conditions": [_condition(one) for one in row["Conditions"]],
                "actions": [_action(one) for one in row["Actions"]],
                "tags": _tags(calls, [resource]).get(resource.id, {}),
            }
        )

    return reading.each(wanted, look)


def _action(row: Row) -> Row:
    """An action as documents write it. Of a forward to several groups, each counts."""
    told: Row = {"type": row["Type"]}
    if row["Type"] == "forward":
        several = row.get("ForwardConfig", {}).get("TargetGroups", [])
        arns = sorted({one["TargetGroupArn"] for one in several})
        told["target_group"] = " ".join(arns) or row.get("TargetGroupArn")
    if redirect := row.get("RedirectConfig"):
        told["redirect"] = {
            "protocol": redirect.get("Protocol"),
            "port": redirect.get("Port"),
            "status_code": redirect.get("StatusCode"),
            "host": redirect.get("Host"),
            "path": redirect.get("Path"),
            "query": redirect.get("Query"),
        }
    if answer := row.get("FixedResponseConfig"):
        told["fixed_response"] = {
            "status_code": answer.get("StatusCode"),
            "content_type": answer.get("ContentType"),
            "message_body": answer.get("MessageBody"),
        }
    return told


def _condition(row: Row) -> Row:
    values = row.get("Values") or [
        value
        for name, config in row.items()
        if name.endswith("Config")
        for value in config.get("Values", ())
    ]
    return {"field": row["Field"], "values": values}
