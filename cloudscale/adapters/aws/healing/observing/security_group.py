"""Security groups and their rules, each rule with one source and its own description."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import rows as reading
from cloudscale.adapters.aws.healing.observing.rows import Row
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.kinds.security_group import SOURCES
from cloudscale.ops.healing.observed import Sight
from cloudscale.ops.healing.resource import Ref, Resource


def observe(calls: Calls, resources: Sequence[Resource], stack: StackFacts) -> Mapping[Ref, Sight]:
    """All of them from one question. A filter leaves out what is gone; a list of ids would fail."""
    wanted = [{"Name": "group-id", "Values": [one.id for one in resources]}]
    pages = calls.pages("ec2", "describe_security_groups", Filters=wanted)
    found = reading.by((row for page in pages for row in page["SecurityGroups"]), "GroupId")
    return reading.sights(resources, found, _found)


def _found(resource: Resource, row: Row) -> Sight:
    return reading.as_found(
        {
            "ingress": list(_rules(row, "IpPermissions")),
            "egress": list(_rules(row, "IpPermissionsEgress")),
            "description": row.get("Description", ""),
            "vpc": row.get("VpcId", ""),
            "tags": reading.tags(row.get("Tags")),
        }
    )


def _rules(row: Row, way: str) -> Iterable[dict[str, Any]]:
    owner = row.get("OwnerId", "")
    for permission in row.get(way, ()):
        for kind, (rows, name) in SOURCES.items():
            for origin in permission.get(rows, ()):
                yield {
                    "protocol": permission["IpProtocol"],
                    "from_port": permission.get("FromPort"),
                    "to_port": permission.get("ToPort"),
                    kind: [_source(origin, name, owner)],
                    "description": origin.get("Description", ""),
                }


def _source(origin: Mapping[str, Any], name: str, owner: str) -> str:
    """A group of another account is named as Terraform does: the account, and the group."""
    account = origin.get("UserId", owner)
    of_another = name == "GroupId" and account and owner and account != owner
    return f"{account}/{origin[name]}" if of_another else origin[name]
