"""Which bodies are JSON that means one thing only; looked at before any router.

Python's parser takes what the standard does not (NaN, one field twice, an endless number), and
two readers of the same body must never see two different things.

Source: RFC 8259, sections 4 and 6; RFC 7493 (I-JSON), 2.3.
"""

import json
from typing import Any

from cloudscale.api.bodies import JSON

DEEPEST = 20
"""Levels of lists and objects in one another; the deepest body of this API has three."""


class NotPlainJson(ValueError):
    """Not JSON, or JSON that can be read in more than one way; the message is safe to show."""


def check(content_type: str, body: bytes) -> int | None:
    """The status to refuse a body with, or None if routers may have it.

    Args:
        content_type: The request's header.
        body: All of it.

    Returns:
        415 where it is not said to be JSON, 400 where it is none. An empty body passes: whether
        one is needed is the router's matter.
    """
    if not body:
        return None
    if content_type.partition(";")[0].strip().lower() != JSON:
        return 415
    try:
        read(body)
    except NotPlainJson:
        return 400
    return None


def read(body: bytes) -> Any:
    """Parse a body strictly.

    Raises:
        NotPlainJson: It is not JSON, or names a field twice, or is nested too deep.
    """
    try:
        parsed = json.loads(
            body.decode(), object_pairs_hook=_each_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as fault:
        raise NotPlainJson(str(fault)) from None
    if _depth(parsed) > DEEPEST:
        raise NotPlainJson("nested too deep")
    return parsed


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _depth(value: Any) -> int:
    """How many levels there are, looked at one level at a time: no recursion to exhaust."""
    level, levels = [[value]], 0
    while level := [inner for outer in level for inner in _within(outer)]:
        levels += 1
        if levels > DEEPEST:
            break
    return levels


def _within(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
