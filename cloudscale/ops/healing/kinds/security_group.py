"""Security groups: their rules, exclusively. A rule added by hand goes, a missing one comes back.

Rules are compared by their single sources: whoever groups them otherwise means the same.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import spelling, tags
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Owner, Remedy

PROTOCOLS = {"all": "-1", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
SOURCES = {
    "cidrs": ("IpRanges", "CidrIp"),
    "ipv6_cidrs": ("Ipv6Ranges", "CidrIpv6"),
    "groups": ("UserIdGroupPairs", "GroupId"),
    "prefix_lists": ("PrefixListIds", "PrefixListId"),
}
"""Where a rule comes from: our word, and EC2's two."""

Rule = tuple[str, int, int, str, str]
"""Protocol, first and last port, kind of source, source."""


def rules(value: Any) -> tuple[Rule, ...]:
    """Rules in one spelling, each with one source.

    Raises:
        ValueError: They are no rules.
    """
    return tuple(sorted(_split(value)))


def _split(value: Any) -> dict[Rule, str]:
    """Rules with one source each, and what each is for."""
    if value is not None and not isinstance(value, list | tuple):
        raise ValueError("rules are no list")
    found: dict[Rule, str] = {}
    for row in value or ():
        if not isinstance(row, Mapping):
            raise ValueError("a rule is no object")
        protocol = str(row["protocol"]).lower() if "protocol" in row else "-1"
        protocol = PROTOCOLS.get(protocol, protocol)
        first, last = (-1, -1) if protocol == "-1" else (_port(row, "from"), _port(row, "to"))
        for kind in SOURCES:
            for source in row.get(kind) or ():
                spelled = spelling.cidr(source) if "cidrs" in kind else spelling.text(source)
                rule = (protocol, first, last, kind, spelled)
                found[rule] = spelling.text(row.get("description"))
    return found


def _port(row: Mapping[str, Any], end: str) -> int:
    value = row.get(f"{end}_port")
    return int(spelling.number(-1 if value is None else value))


def _mend(broken: Broken) -> Remedy:
    if broken.found is None:
        return Remedy(not_by_call={"*": "A new one would have another id: Terraform must make it."})
    commands: list[Command] = []
    undo: list[Command] = []
    for way in ("ingress", "egress"):
        if broken.has(way):
            wanted = _split(broken.resource.fields[way])
            found = _split(broken.found.fields.get(way))
            added = {rule: found[rule] for rule in sorted(found.keys() - wanted.keys())}
            lost = {rule: wanted[rule] for rule in sorted(wanted.keys() - found.keys())}
            commands += _change(broken, way, revoked=added, authorized=lost)
            undo += _change(broken, way, revoked=lost, authorized=added)
    tagged, untagged = tags.on_ec2(broken)
    return Remedy((*commands, *tagged), (*undo, *untagged))


def _change(
    broken: Broken, way: str, revoked: Mapping[Rule, str], authorized: Mapping[Rule, str]
) -> Iterable[Command]:
    """First what closes, then what opens, one rule a call.

    A call is refused whole where one of its rules is there, or gone, already.
    """
    for verb, changed in (("revoke", revoked), ("authorize", authorized)):
        for rule, description in changed.items():
            permissions = [_permission(rule, description)]
            arguments = {"GroupId": broken.resource.id, "IpPermissions": permissions}
            yield Command("ec2", f"{verb}_security_group_{way}", arguments)


def _permission(rule: Rule, description: str) -> dict[str, Any]:
    protocol, first, last, kind, source = rule
    rows, name = SOURCES[kind]
    account, slash, group = source.partition("/")
    of_another = name == "GroupId" and slash
    origin = {"UserId": account, name: group} if of_another else {name: source}
    if description:
        origin["Description"] = description
    ports = {} if protocol == "-1" else {"FromPort": first, "ToPort": last}
    return {"IpProtocol": protocol, **ports, rows: [origin]}


SECURITY_GROUP = Kind(
    "security_group",
    "security group",
    (
        Field("ingress", canonical=rules),
        Field("egress", canonical=rules),
        Field("description", Owner.IGNORED, "It cannot change."),
        Field("vpc", Owner.IGNORED, "It cannot change."),
        tags.TAGS,
    ),
    _mend,
)
