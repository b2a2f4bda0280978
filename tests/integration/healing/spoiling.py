"""Ways to spoil what is there, each noted with the resource and the fields that must show it."""

from collections.abc import Callable
from typing import Any

from cloudscale.ops.healing.resource import Ref
from tests.integration.healing.stage import Stage

Spoil = Callable[[Stage], Any]
Noted = dict[str, tuple[Ref, set[str], Spoil]]
SPOILED: Noted = {}
REST_SPOILED: Noted = {}


def noting(where: Noted) -> Callable[..., Callable[[Spoil], Spoil]]:
    """What notes ways to spoil a family: `@spoils(ref, "field")`, under its name as a sentence."""

    def spoils(ref: Ref, *fields: str) -> Callable[[Spoil], Spoil]:
        def noted(spoil: Spoil) -> Spoil:
            where[spoil.__name__.replace("_", " ")] = (ref, set(fields), spoil)
            return spoil

        return noted

    return spoils


spoils = noting(SPOILED)
spoils_rest = noting(REST_SPOILED)
