"""IAM roles: who may take them, and what they allow, exclusively. And the profile of servers."""

from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import policies, spelling, tags
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Remedy
from cloudscale.ops.healing.resource import Fields


def _mend(broken: Broken) -> Remedy:
    if broken.found is None:
        why = "A new one would not be the one that its users were given: Terraform must make it."
        return Remedy(not_by_call={"*": why})
    wanted, found = broken.resource.fields, broken.found.fields
    tagged, untagged = _tags(broken)
    return Remedy(
        (*_changes(broken, wanted, found), *tagged),
        (*_changes(broken, found, wanted), *untagged),
    )


def _tags(broken: Broken) -> tuple[list[Command], list[Command]]:
    if not broken.has("tags"):
        return [], []
    of = {"RoleName": broken.resource.id}
    undo = []
    if said := tags.before(broken):
        undo.append(Command("iam", "tag_role", {**of, "Tags": tags.pairs(said)}))
    if names := tags.lost(broken):
        undo.append(Command("iam", "untag_role", {**of, "TagKeys": names}))
    return [Command("iam", "tag_role", {**of, "Tags": tags.pairs(tags.missing(broken))})], undo


def _changes(broken: Broken, target: Fields, now: Fields) -> list[Command]:
    name = broken.resource.id
    commands: list[Command] = []
    if broken.has("trust") and target.get("trust"):
        arguments = {"RoleName": name, "PolicyDocument": policies.written(target["trust"])}
        commands.append(Command("iam", "update_assume_role_policy", arguments))
    if broken.has("inline"):
        commands += _inline(name, target.get("inline") or {}, now.get("inline") or {})
    if broken.has("attached"):
        commands += _attached(name, target.get("attached") or (), now.get("attached") or ())
    return commands


def _inline(role: str, target: Fields, now: Fields) -> list[Command]:
    commands = []
    for name in sorted(target):
        if name not in now or policies.canonical(now[name]) != policies.canonical(target[name]):
            text = policies.written(target[name])
            arguments = {"RoleName": role, "PolicyName": name, "PolicyDocument": text}
            commands.append(Command("iam", "put_role_policy", arguments))
    for name in sorted(now.keys() - target.keys()):
        arguments = {"RoleName": role, "PolicyName": name}
        commands.append(Command("iam", "delete_role_policy", arguments))
    return commands


def _attached(role: str, target: Any, now: Any) -> list[Command]:
    more, fewer = sorted(set(target) - set(now)), sorted(set(now) - set(target))
    return [
        *(_of_policy("attach_role_policy", role, arn) for arn in more),
        *(_of_policy("detach_role_policy", role, arn) for arn in fewer),
    ]


def _of_policy(operation: str, role: str, arn: str) -> Command:
    return Command("iam", operation, {"RoleName": role, "PolicyArn": arn})


ROLE = Kind(
    "role",
    "IAM role",
    (
        Field("trust", canonical=policies.canonical),
        Field("inline", canonical=spelling.mapping(policies.canonical)),
        Field("attached", canonical=spelling.unordered()),
        tags.TAGS,
    ),
    _mend,
)


def _mend_profile(broken: Broken) -> Remedy:
    if broken.found is None:
        return Remedy(not_by_call={"*": "Launch templates name the one that Terraform made."})
    wanted, found = broken.resource.fields["role"], broken.found.fields.get("role")
    return Remedy(
        tuple(_roles(broken.resource.id, wanted, found)),
        tuple(_roles(broken.resource.id, found, wanted)),
    )


def _roles(profile: str, target: str | None, now: str | None) -> list[Command]:
    """A profile holds one role: the other one goes first."""
    commands = []
    for operation, role in (
        ("remove_role_from_instance_profile", now),
        ("add_role_to_instance_profile", target),
    ):
        if role:
            arguments = {"InstanceProfileName": profile, "RoleName": role}
            commands.append(Command("iam", operation, arguments))
    return commands


INSTANCE_PROFILE = Kind(
    "instance_profile",
    "instance profile",
    (Field("role", canonical=spelling.optional(spelling.text)),),
    _mend_profile,
)
