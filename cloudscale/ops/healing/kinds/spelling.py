"""One spelling of values that can be written in several ways. Pure.

A value of a wrong shape is a ValueError.
"""

import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any


def number(value: Any) -> float:
    """`2`, `2.0` and `"2"` are one number."""
    if isinstance(value, bool) or value is None:
        raise ValueError(f"{value!r} is no number")
    try:
        return float(value)
    except TypeError:
        raise ValueError(f"{value!r} is no number") from None


def amount(value: Any) -> float | None:
    """A number of which 0 and nothing are the same: not set."""
    return None if value is None or value == "" else number(value) or None


def whole(value: Any) -> int:
    """A number as calls take it that want a whole one."""
    return int(number(value))


def flag(value: Any) -> bool:
    """A truth that is false where nothing is said."""
    return False if value is None else truth(value)


def truth(value: Any) -> bool:
    """`True`, `"true"` and `"True"` are one."""
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise ValueError(f"{value!r} is neither true nor false")


def text(value: Any) -> str:
    """Text, or a number or a truth as text; nothing is the empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else f"{value:g}"
    raise ValueError(f"{value!r} is no text")


def optional(spelling: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Nothing and the empty text are nothing; else as told."""

    def spelled(value: Any) -> Any:
        return None if value is None or value == "" else spelling(value)

    return spelled


def unordered(spelling: Callable[[Any], Any] = text) -> Callable[[Any], Any]:
    """A list whose order and repetitions say nothing."""

    def spelled(value: Any) -> tuple[Any, ...]:
        if value is None:
            return ()
        if isinstance(value, str | Mapping) or not hasattr(value, "__iter__"):
            raise ValueError(f"{value!r} is no list")
        found = {json.dumps(one, sort_keys=True, default=str): one for one in map(spelling, value)}
        return tuple(found[key] for key in sorted(found))

    return spelled


def mapping(spelling: Callable[[Any], Any] = text) -> Callable[[Any], Any]:
    """An object, whose order says nothing; nothing is an empty one."""

    def spelled(value: Any) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise ValueError(f"{value!r} is no object")
        return {str(name): spelling(value[name]) for name in sorted(value, key=str)}

    return spelled


def cidr(value: Any) -> str:
    """A network of addresses as its first address and its length."""
    return str(ipaddress.ip_network(text(value).strip(), strict=False))


def includes(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether an object has all that is wanted of it, and perhaps more."""
    return all(name in found and found[name] == value for name, value in wanted.items())


def shape(**spellings: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """An object with certain parts; one that is missing is spelled as nothing."""

    def spelled(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise ValueError(f"{value!r} is no object")
        return {name: spell(value.get(name)) for name, spell in spellings.items()}

    return spelled


def ordered(spelling: Callable[[Any], Any] = text) -> Callable[[Any], Any]:
    """A list whose order says something."""

    def spelled(value: Any) -> tuple[Any, ...]:
        if value is None:
            return ()
        if isinstance(value, str | Mapping) or not hasattr(value, "__iter__"):
            raise ValueError(f"{value!r} is no list")
        return tuple(map(spelling, value))

    return spelled
