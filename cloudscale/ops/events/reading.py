"""Reading what happened: lists, changes, one event.

ops_event --listed, changed_since, event--> EventView
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_

from cloudscale.errors import InvalidInput
from cloudscale.ops.events.table import Door, c, connection_of, is_open
from cloudscale.ops.events.views import KINDS, EventView, Kind, Place, search_words

MOST_LISTED = 200
"""The most events on one page."""
MOST_CHANGES = 500
MAX_EVENT_ID = 2**63 - 1

_NOW = func.statement_timestamp()  # unlike the clock's it is one for all rows: an index can be used
_COLUMNS = tuple(c[name] for name in EventView.__dataclass_fields__)


def listed(
    door: Door,
    since: datetime,
    until: datetime,
    kinds: Sequence[str] = (),
    text: str = "",
    before: Place | None = None,
    limit: int = 50,
) -> list[EventView]:
    """What happened in a span of time: in progress first, then newest first.

    Args:
        door: Open transaction.
        since: Aware; what ended before is left out.
        until: Aware; what started later is left out.
        kinds: Only these of `KINDS`; empty for all.
        text: Words that must all be in title, cause, effect or subject.
        before: The place of the last event of the page before.
        limit: Events a page, 1 to `MOST_LISTED`.

    Raises:
        InvalidInput: A filter or the limit cannot be taken; it is named (422).
    """
    if not 1 <= limit <= MOST_LISTED:
        raise InvalidInput.of("limit", f"Limit must be from 1 to {MOST_LISTED}.")
    if since > until:
        raise InvalidInput.of("since", "Since must not be later than until.")
    wanted = (c.started_at <= until, *_conditions(kinds, text))
    found: list[EventView] = []
    if before is None or before.is_open:
        found = _newest(door, (is_open, *wanted), before, limit)
        before = None
    if len(found) < limit:
        over = (c.ended_at >= since, *wanted)
        found += _newest(door, over, before, limit - len(found))
    return found


def _newest(
    door: Door, conditions: Sequence[ColumnElement[bool]], before: Place | None, limit: int
) -> list[EventView]:
    """By themselves, those that last and those that are over come in the order of an index."""
    query = select(*_COLUMNS).where(*conditions)
    if before is not None:
        last = tuple_(literal(before.started_at), literal(before.id))
        query = query.where(tuple_(c.started_at, c.id) < last)
    return _views(door, query.order_by(c.started_at.desc(), c.id.desc()).limit(limit))


def changed_since(door: Door, moment: datetime) -> list[EventView]:
    """What is new or was changed after a moment of the database's clock, the newest last.

    Of a flood only the last `MOST_CHANGES`.

    A transaction tells nothing before it commits: whoever follows must look back over the last
    seconds again, as `timeline.News` does.
    """
    return _changed(door, moment)


def changed_within(door: Door, seconds: float) -> list[EventView]:
    """The same of the last so many seconds of the database's clock."""
    return _changed(door, _NOW - timedelta(seconds=seconds))


def _changed(door: Door, moment: Any) -> list[EventView]:
    query = select(*_COLUMNS).where(c.updated_at > moment)
    newest_first = query.order_by(c.updated_at.desc(), c.id.desc()).limit(MOST_CHANGES)
    return _views(door, newest_first)[::-1]


def event(door: Door, event_id: int) -> EventView | None:
    """One event; `None` when there is none, or none any more."""
    if type(event_id) is not int or not 1 <= event_id <= MAX_EVENT_ID:
        return None
    found = _views(door, select(*_COLUMNS).where(c.id == event_id))
    return found[0] if found else None


def in_progress(door: Door, kind: Kind) -> list[EventView]:
    """Everything of a kind that lasts, oldest first."""
    query = select(*_COLUMNS).where(is_open, c.kind == kind)
    return _views(door, query.order_by(c.started_at, c.id))


def latest(door: Door, kind: Kind) -> EventView | None:
    """The newest of a kind."""
    query = select(*_COLUMNS).where(c.kind == kind)
    newest = _views(door, query.order_by(c.started_at.desc(), c.id.desc()).limit(1))
    return newest[0] if newest else None


def _conditions(kinds: Sequence[str], text: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if kinds:
        if not set(kinds) <= set(KINDS):
            raise InvalidInput.of("kind", f"Choose from {', '.join(KINDS)}.")
        found.append(c.kind.in_(kinds))
    whole = func.concat_ws("\n", c.title, c.cause, c.effect, c.subject)
    found.extend(whole.icontains(word, autoescape=True) for word in search_words(text))
    return found


def _views(door: Door, query: Select[Any]) -> list[EventView]:
    return [EventView(*row) for row in connection_of(door).execute(query)]
