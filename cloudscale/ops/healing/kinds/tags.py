"""Required tags: those of the document must be there; people may add others. Pure."""

from collections.abc import Mapping
from typing import Any

from cloudscale.ops.healing.kinds import spelling
from cloudscale.ops.healing.kinds.kind import Broken, Field

TAGS = Field("tags", canonical=spelling.mapping(), is_met=spelling.includes)
"""The field of every kind that is tagged."""


def missing(broken: Broken) -> dict[str, str]:
    """The wanted tags that are not there or say something else."""
    wanted: Mapping[str, Any] = broken.resource.fields.get("tags", {})
    found = (broken.found.fields.get("tags") or {}) if broken.found else {}
    return {name: value for name, value in wanted.items() if found.get(name) != value}


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most of AWS's calls take them."""
    return [{"Key": name, "Value": value} for name, value in sorted(tags.items())]


def before(broken: Broken) -> dict[str, str]:
    """What the tags that would be set say now, where they are there at all."""
    found = (broken.found.fields.get("tags") or {}) if broken.found else {}
    return {name: found[name] for name in missing(broken) if name in found}
