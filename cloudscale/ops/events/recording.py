"""Recording what happened: one row a key, however often it is told. Never commits.

    Happening --record--> ops_event

What has ended is history: it is not changed by being told again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from cloudscale.ops.events.table import Door, c, connection_of, events, is_open
from cloudscale.ops.events.views import (
    KEY_LENGTH,
    LENGTHS,
    Happening,
    Kind,
    Tone,
    details_of,
    key_of,
    line,
)

KEPT_DAYS = 90
PRUNE_BATCH = 1_000

_TOLD = ("kind", "tone", "source", "title", "cause", "effect", "subject", "details")
_now = func.clock_timestamp


def record(door: Door, happenings: Iterable[Happening]) -> int:
    """Record what happened, in one statement; what is recorded already and the same is left alone.

    Args:
        door: Open transaction.
        happenings: Any number; of those with one key the last counts. One that is in progress is
            brought up to date, and ended when it has an end.

    Returns:
        How many rows are new or were changed.
    """
    rows = {row["key"]: row for row in map(_row, happenings)}
    if not rows:
        return 0
    # Always in the same order, so that two that record the same do not wait for each other.
    statement = insert(events).values([row for _, row in sorted(rows.items())])
    new = statement.excluded
    ended_at = case(
        (new.ended_at.is_not(None), func.greatest(c.started_at, new.ended_at)), else_=None
    )
    is_news = or_(
        new.ended_at.is_not(None), *(c[name].is_distinct_from(new[name]) for name in _TOLD)
    )
    told = {name: new[name] for name in _TOLD}
    upsert = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={**told, "ended_at": ended_at, "updated_at": _now()},
        where=and_(is_open, is_news),
    )
    return len(connection_of(door).execute(upsert.returning(c.id)).all())


def begin(
    door: Door,
    key: str,
    kind: Kind,
    tone: Tone,
    title: str,
    cause: str,
    effect: str = "",
    **more: Any,
) -> int:
    """Record that something is in progress; told again, its words are brought up to date.

    Args:
        door: Open transaction.
        key: What `end` knows it by.
        kind: Its kind.
        tone: Its tone.
        title: What happens.
        cause: Why.
        effect: What it changes.
        **more: Further fields of `Happening`.

    Returns:
        1 when it is new or was changed, else 0.
    """
    return record(door, [Happening(key, kind, tone, title, cause, effect, **more)])


def happened(
    door: Door,
    key: str,
    kind: Kind,
    tone: Tone,
    title: str,
    cause: str,
    effect: str = "",
    **more: Any,
) -> int:
    """Like `begin`, for what took no time."""
    told = Happening(key, kind, tone, title, cause, effect, is_moment=True, **more)
    return record(door, [told])


def end(
    door: Door,
    key: str,
    effect: str = "",
    tone: Tone | None = None,
    ended_at: datetime | None = None,
    *,
    may_recur: bool = False,
) -> bool:
    """Record that something is over.

    Args:
        door: Open transaction.
        key: Its key.
        effect: What it changed; what was said of that stays unless told.
        tone: How it is to be taken now; as before unless told.
        ended_at: Aware; this moment unless told, and never before it started.
        may_recur: Free the key, so that the same can begin again.

    Returns:
        Whether it was in progress until now.
    """
    values: dict[str, Any] = {
        "ended_at": func.greatest(c.started_at, _now() if ended_at is None else ended_at),
        "updated_at": _now(),
    }
    if effect:
        values["effect"] = line(effect, LENGTHS["effect"])
    if tone:
        values["tone"] = tone
    if may_recur:
        values["key"] = func.concat(func.left(c.key, KEY_LENGTH - 21), "#", c.id)
    mine = update(events).where(c.key == key_of(key), is_open)
    return connection_of(door).execute(mine.values(values)).rowcount > 0


def prune(door: Door) -> int:
    """Delete a batch of what ended over `KEPT_DAYS` days ago; what lasts is kept.

    Returns:
        How many were deleted.
    """
    old = (
        select(c.id)
        .where(c.ended_at < _now() - timedelta(days=KEPT_DAYS))
        .limit(PRUNE_BATCH)
        .with_for_update(skip_locked=True)
    )
    return connection_of(door).execute(delete(events).where(c.id.in_(old))).rowcount


def _row(told: Happening) -> dict[str, Any]:
    # Of one statement, so that a moment starts and ends at the same time.
    started_at = func.statement_timestamp() if told.started_at is None else told.started_at
    ended_at = started_at if told.is_moment else told.ended_at
    if told.ended_at and told.started_at:
        ended_at = max(told.started_at, told.ended_at)
    return {
        "key": key_of(told.key),
        "kind": told.kind,
        "tone": told.tone,
        "source": told.source,
        **{name: line(getattr(told, name), length) for name, length in LENGTHS.items()},
        "details": details_of(told.details),
        "started_at": started_at,
        "ended_at": ended_at,
        "updated_at": _now(),
    }
