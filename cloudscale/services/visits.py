"""The rows of visits: found by token, made, noted as active, ended, pruned. For services only."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select, update

from cloudscale.models import User, Visit, utc_now
from cloudscale.services.activity import MARKS, write
from cloudscale.services.identity import Client
from cloudscale.services.tokens import digest

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=12)
KEPT = timedelta(days=30)
"""How long a guest's visit lives without activity, and how long the cookie does."""

# A mark waits for two seconds in one process, which the others do not know. So a visit whose row
# says that it was away for long is written at once, long before it would be taken for spent.
WRITTEN_AT_ONCE = timedelta(minutes=5)
PRUNE_BATCH = 1000


def find(session: Session, token: str, *, lock: bool = False) -> tuple[Visit, User | None] | None:
    """The visit of a genuine token and its user, as the database has them now."""
    statement = (
        select(Visit, User)
        .outerjoin(User, col(User.id) == col(Visit.user_id))
        .where(Visit.token_hash == digest(token))
        .execution_options(populate_existing=True)
    )
    if lock:  # two sign-ins with one token take turns, so that its cart is merged once
        statement = statement.with_for_update(of=Visit)
    row = session.exec(statement).one_or_none()
    return (row[0], row[1]) if row else None


def make(session: Session, token: str, client: Client, now: datetime, **more: Any) -> None:
    """Insert the row of a token, unless another request with the same token just did.

    Args:
        session: Open transaction.
        token: A genuine one.
        client: Where the request comes from.
        now: Aware time.
        **more: Further columns, or others than follow from the client.
    """
    values = {
        "token_hash": digest(token),
        "ip": client.ip[:45],
        "user_agent": client.user_agent[:300],
        "is_robot": client.is_robot,
        "is_virtual": client.is_virtual,
        "created_at": now,
        "last_active_at": now,
    }
    statement = insert(Visit).values(**(values | more))
    session.connection().execute(statement.on_conflict_do_nothing(index_elements=["token_hash"]))


def note_activity(session: Session, visit: Visit, client: Client, now: datetime) -> None:
    """Note that a visit is active, in memory; in its row too where that says long ago.

    Never waits for another request of the same visit.
    """
    away = now - visit.last_active_at
    if away <= timedelta(0):  # it was made just now
        return
    mark = MARKS.note(_id(visit), client, now)
    if away >= WRITTEN_AT_ONCE:
        write(session, {_id(visit): mark})


def is_spent(visit: Visit, now: datetime) -> bool:
    """Whether the visit was ended or ran out, so that its token never works again."""
    if visit.ended_at is not None:
        return True
    idle = now - MARKS.latest(_id(visit), visit.last_active_at)
    if visit.user_id is None:
        return idle >= KEPT
    signed_in_at = visit.signed_in_at or visit.created_at
    return idle >= IDLE_LIMIT or now - signed_in_at >= ABSOLUTE_LIMIT


def is_live(now: datetime) -> ColumnElement[bool]:
    """The same of a signed-in session, as a condition."""
    return and_(
        col(Visit.ended_at).is_(None),
        col(Visit.last_active_at) > now - IDLE_LIMIT,
        col(Visit.signed_in_at) > now - ABSOLUTE_LIMIT,
    )


def end(session: Session, which: ColumnElement[bool]) -> int:
    """End signed-in sessions; returns how many were not ended before."""
    signed_in = and_(col(Visit.user_id).is_not(None), col(Visit.ended_at).is_(None))
    statement = update(Visit).where(which, signed_in).values(ended_at=utc_now())
    return session.connection().execute(statement).rowcount


def prune(session: Session, now: datetime | None = None) -> int:
    """Delete visits that nobody has used for 30 days, guests' carts with them; a batch a call.

    Returns:
        How many were deleted.
    """
    stale = (
        select(col(Visit.id))
        .where(col(Visit.last_active_at) < (now or utc_now()) - KEPT)
        .limit(PRUNE_BATCH)
        .with_for_update(skip_locked=True)
    )
    return session.connection().execute(delete(Visit).where(col(Visit.id).in_(stale))).rowcount


def _id(visit: Visit) -> int:
    return visit.id  # type: ignore[return-value]
