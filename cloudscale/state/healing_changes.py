"""What differs, before and after, in words that fit a phone. Pure.

fields before, fields after --changes--> only what differs, down to the one rule of a list
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cloudscale.ops.healing.kinds.kind import WHOLE

VALUE_LENGTH = 400
MOST_CHANGES = 30
ABSENT = "not there"
UNSAID = "-"
"""Nothing is said of it, which is another thing than that it is not there."""
NOTHING = object()
PEERS = ("cidrs", "ipv6_cidrs", "groups", "prefix_lists")
RULE = frozenset({"protocol", "from_port", "to_port", "description", *PEERS})


@dataclass(frozen=True)
class Change:
    """One thing that differs, before and after."""

    name: str = ""
    before: str = ""
    after: str = ""


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Fields that differ, before and after, as text; of very many, the first."""
    found = _of_fields("", before, after, UNSAID)
    told = list(islice(found, MOST_CHANGES))
    rest = sum(1 for _ in found)
    return [*told, Change("and", f"{rest} more", "")] if rest else told


def value(given: Any) -> str:
    """One value in words: `tcp`, `none`, `from port 22, protocol tcp`."""
    told = _value(given)
    return told if len(told) <= VALUE_LENGTH else f"{told[:VALUE_LENGTH]} …"


def _of_fields(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any], missing: str
) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        words = "all of it" if name == WHOLE else name.replace("_", " ")
        yield from _of_one(
            f"{path}, {words}" if path else words,
            before.get(name, NOTHING),
            after.get(name, NOTHING),
            missing,
        )


def _of_one(name: str, before: Any, after: Any, missing: str) -> Iterator[Change]:
    before, after = _opened(before), _opened(after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_fields(name, before, after, ABSENT)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(name, before, after)
    elif before is NOTHING or after is NOTHING or before != after:
        yield Change(name, _told(before, missing), _told(after, missing))


def _of_lists(name: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
    """What is in one of two lists and not in the other; both, where only the order differs."""
    extra, lacking = _beyond(before, after), _beyond(after, before)
    if len(extra) == len(lacking) == 1 and _is_of_many(before, after):
        yield from _of_one(name, extra[0], lacking[0], ABSENT)
        return
    yield from (Change(name, value(one), ABSENT) for one in extra)
    yield from (Change(name, ABSENT, value(one)) for one in lacking)
    if not extra and not lacking and before != after:
        yield Change(name, value(before), value(after))


def _is_of_many(before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether the one that differs is plainly the same one, changed: objects, in its own place."""
    places = [at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]]
    is_same_place = len(before) == len(after) and len(places) == 1
    return is_same_place and isinstance(before[places[0]], Mapping)


def _beyond(some: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Those of some that the others lack, each as often as it is too many."""
    left = Counter(map(_key, others))
    beyond = []
    for one in some:
        key = _key(one)
        if left[key]:
            left[key] -= 1
        else:
            beyond.append(one)
    return beyond


def _key(one: Any) -> str:
    return json.dumps(one, sort_keys=True, default=str)


def _opened(given: Any) -> Any:
    """A policy that is written as JSON text, as what it says."""
    if not isinstance(given, str) or not given.lstrip().startswith("{"):
        return given
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        return given


def _told(given: Any, missing: str) -> str:
    return missing if given is NOTHING else value(given)


def _value(given: Any) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, str):
        return given or "empty"
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, Mapping) and "protocol" in given and given.keys() <= RULE:
        return _rule(given)
    if isinstance(given, Mapping):
        return (
            ", ".join(f"{k.replace('_', ' ')} {_nested(v)}" for k, v in sorted(given.items()))
            or "none"
        )
    if isinstance(given, list | tuple):
        return ", ".join(map(_nested, given)) or "none"
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    return json.dumps(given, default=str)


def _rule(rule: Mapping[str, Any]) -> str:
    """A rule of a security group as people say it: `tcp 22, 0.0.0.0/0 (opened by hand)`."""
    first, last = rule.get("from_port"), rule.get("to_port")
    ports = f" {first}" if first == last else f" {first}-{last}"
    is_any = str(rule["protocol"]) in ("-1", "all") or first is None
    peers = [str(peer) for name in PEERS for peer in rule.get(name) or ()]
    protocol = str(rule["protocol"]).replace("-1", "all")
    told = ", ".join([protocol if is_any else protocol + ports, *peers])
    description = rule.get("description")
    return f"{told} ({description})" if description else told


def _nested(given: Any) -> str:
    """One inside another: more than one word goes in brackets."""
    is_many = isinstance(given, Mapping | list | tuple) and len(given) > 1
    return f"({_value(given)})" if is_many else _value(given)
