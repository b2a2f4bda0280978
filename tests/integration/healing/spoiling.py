"""Ways to spoil what is there, each noted with the resource and the fields that must show it."""

from collections.abc import Callable
from typing import Any

from cloudscale.ops.healing.resource import Ref
from tests.integration.healing.stage import Stage

Spoil = Callable[[Stage], Any]
SPOILED: dict[str, tuple[Ref, set[str], Spoil]] = {}


def spoils(ref: Ref, *fields: str) -> Callable[[Spoil], Spoil]:
    """Note a way to spoil it, under its name as a sentence."""

    def noted(spoil: Spoil) -> Spoil:
        SPOILED[spoil.__name__.replace("_", " ")] = (ref, set(fields), spoil)
        return spoil

    return noted
