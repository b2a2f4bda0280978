"""Required tags: those of the document must be there; people may add others. Pure."""

from collections.abc import Mapping
from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import spelling
from cloudscale.ops.healing.kinds.kind import Broken, Field


def spelled(value: Any) -> dict[str, str]:
    """Tags by their names, written so or as a list of keys and values.

    Raises:
        ValueError: They are no tags.
    """
    if isinstance(value, list | tuple):
        if not all(isinstance(one, Mapping) and "key" in one for one in value):
            raise ValueError("tags are neither an object nor a list of keys and values")
        value = {one["key"]: one.get("value") for one in value}
    return spelling.mapping()(value)


TAGS = Field("tags", canonical=spelled, is_met=spelling.includes)
"""The field of every kind that is tagged."""


def missing(broken: Broken) -> dict[str, str]:
    """The wanted tags that are not there or say something else."""
    wanted, found = spelled(broken.resource.fields.get("tags")), _found(broken)
    return {name: value for name, value in wanted.items() if found.get(name) != value}


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most of AWS's calls take them."""
    return [{"Key": name, "Value": value} for name, value in sorted(tags.items())]


def of_new(broken: Broken) -> dict[str, str]:
    """What something is tagged with that is made again, where its tags are not compared either."""
    resource = broken.resource
    return spelled(resource.fields.get("tags") or resource.about.get("tags"))


def before(broken: Broken) -> dict[str, str]:
    """What the tags that would be set say now, where they are there at all."""
    found = _found(broken)
    return {name: found[name] for name in missing(broken) if name in found}


def lost(broken: Broken) -> list[str]:
    """The names of wanted tags that are not there at all: undoing takes them away again."""
    found = _found(broken)
    return sorted(name for name in missing(broken) if name not in found)


def _found(broken: Broken) -> dict[str, str]:
    return spelled(broken.found.fields.get("tags")) if broken.found else {}


def on_ec2(broken: Broken) -> tuple[list[Command], list[Command]]:
    """What tags a resource of EC2 as wanted, and what takes that back."""
    if not broken.has("tags"):
        return [], []
    of = {"Resources": [broken.resource.id]}
    commands = [Command("ec2", "create_tags", {**of, "Tags": pairs(missing(broken))})]
    undo = []
    if said := before(broken):
        undo.append(Command("ec2", "create_tags", {**of, "Tags": pairs(said)}))
    if names := lost(broken):
        gone = [{"Key": name} for name in names]
        undo.append(Command("ec2", "delete_tags", {**of, "Tags": gone}))
    return commands, undo
