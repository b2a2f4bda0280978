"""Rows of answers as sights: by their names, or asked for one by one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cloudscale.adapters.aws.healing import refusals
from cloudscale.ops.healing.observed import Found, Gone, Sight, Unreadable
from cloudscale.ops.healing.resource import Ref, Resource
from cloudscale.ops.ports import CloudFault

Row = dict[str, Any]


def tags(rows: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """Tags as an object, without AWS's own."""
    told = {
        one.get("Key", one.get("TagKey", "")): one.get("Value", one.get("TagValue", ""))
        for one in rows or ()
    }
    return {name: value for name, value in told.items() if not name.startswith("aws:")}


def by(rows: Iterable[Row], name: str) -> dict[str, Row]:
    """Rows by one of their values."""
    return {row[name]: row for row in rows}


def sights(
    wanted: Sequence[Resource], rows: Mapping[str, Row], found: Callable[[Resource, Row], Sight]
) -> dict[Ref, Sight]:
    """A sight for each wanted resource, from rows by id; one without a row is gone."""
    return {one.ref: found(one, rows[one.id]) if one.id in rows else Gone() for one in wanted}


def each(wanted: Sequence[Resource], look: Callable[[Resource], Sight]) -> dict[Ref, Sight]:
    """A sight for each wanted resource, asked for one by one; one that is refused stops no other.

    Raises:
        CloudFault: Whatever else is asked would be refused too.
    """
    seen: dict[Ref, Sight] = {}
    for one in wanted:
        try:
            seen[one.ref] = look(one)
        except CloudFault as fault:
            if fault.is_total:
                raise
            seen[one.ref] = Gone() if refusals.is_vanished(fault) else Unreadable(fault.reason)
    return seen


def optional(look: Callable[[], Any], absent: str, nothing: Any = None) -> Any:
    """What a call tells; nothing where AWS says by this code that nothing is set.

    Raises:
        CloudFault: It was refused for another reason.
    """
    try:
        return look()
    except CloudFault as fault:
        if refusals.code(fault) == absent:
            return nothing
        raise


def named(row: Mapping[str, Any], words: Mapping[str, str]) -> Row:
    """Our fields of a row, by AWS's words for them; what it does not tell is left out."""
    return {name: row[word] for name, word in words.items() if row.get(word) is not None}


def as_found(fields: Mapping[str, Any], **about: Any) -> Found:
    """A sight of something that is there; its tags are facts too."""
    if "tags" in fields:
        about = {"tags": fields["tags"], **about}
    return Found(dict(fields), about=about)
