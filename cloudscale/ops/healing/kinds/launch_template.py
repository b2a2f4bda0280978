"""Launch templates: which version counts, and that its content is what Terraform wrote."""

from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import spelling, tags
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Owner, Remedy

OPTIONAL = spelling.optional(spelling.text)
CONTENT = spelling.shape(
    image_id=OPTIONAL,
    instance_type=OPTIONAL,
    user_data_sha256=OPTIONAL,
    security_groups=spelling.unordered(),
    instance_profile=OPTIONAL,
    metadata=spelling.mapping(),
    monitoring=spelling.optional(spelling.truth),
    ebs_optimized=spelling.optional(spelling.truth),
    disks=spelling.unordered(spelling.mapping(spelling.text)),
)


def _mend(broken: Broken) -> Remedy:
    if broken.found is None:
        return Remedy(not_by_call={"*": "A new one would have another id: Terraform must make it."})
    by_hand = _by_hand(broken)
    commands, undo = [], []
    if broken.has("default_version") and "default_version" not in by_hand:
        commands.append(_default(broken, broken.resource.fields["default_version"]))
        undo.append(_default(broken, broken.found.fields.get("default_version")))
    tagged, untagged = tags.on_ec2(broken)
    return Remedy((*commands, *tagged), (*undo, *untagged), not_by_call=by_hand)


def _by_hand(broken: Broken) -> dict[str, str]:
    if not broken.has("content"):
        return {}
    told = {"content": "A version cannot be changed; Terraform must write a new one."}
    if broken.has("default_version") and broken.found and not broken.found.fields.get("content"):
        told["default_version"] = "The version that should be the default one is gone."
    return told


def _default(broken: Broken, version: Any) -> Command:
    number = str(spelling.whole(1 if version is None else version))
    arguments = {"LaunchTemplateId": broken.resource.id, "DefaultVersion": number}
    return Command("ec2", "modify_launch_template", arguments)


LAUNCH_TEMPLATE = Kind(
    "launch_template",
    "launch template",
    (
        Field("default_version", canonical=spelling.number),
        Field("content", canonical=CONTENT),
        Field("latest_version", Owner.IGNORED, "A version that nobody uses harms nobody."),
        tags.TAGS,
    ),
    _mend,
)
