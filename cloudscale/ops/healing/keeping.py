"""The record in the shop's own database: the ledger of the model's healer, and a copy of AWS's.

DatabaseLedger --healing_state--> the lock, the board     --healing_record--> lines
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cloudscale.models import HealingApproval, HealingLine, HealingState
from cloudscale.models.base import table_of
from cloudscale.ops.events.table import Door, connection_of
from cloudscale.ops.healing.ports import Lease, LeaseLost
from cloudscale.ops.healing.record import Entry

lines = table_of(HealingLine)
approvals = table_of(HealingApproval)
states = table_of(HealingState)
THE_ROW = 1
KEPT_DAYS = 90
PRUNE_BATCH = 1_000
ADDED_AT_ONCE = 1_000
APPROVED_FOR = timedelta(days=1)
"""What was approved yesterday was approved of another day's circumstances."""
LONGEST_LEASE = timedelta(minutes=10)
"""A lock that ends later was taken by a clock that was ahead, and holds nobody up."""

Transaction = Callable[[], AbstractContextManager[Session]]
"""Opens a transaction that is committed at the end of its block."""


def add(door: Door, entries: Sequence[Entry]) -> list[Entry]:
    """Add lines; those that were new, since one that is there already is the same."""
    added: set[str] = set()
    for at in range(0, len(entries), ADDED_AT_ONCE):
        rows = [
            {
                "id": one.id,
                "at": one.at,
                "phase": one.phase.value,
                "incident": one.incident,
                "document": one.to_json(),
            }
            for one in entries[at : at + ADDED_AT_ONCE]
        ]
        statement = insert(lines).values(rows).on_conflict_do_nothing().returning(lines.c.id)
        added |= set(connection_of(door).scalars(statement))
    return [one for one in entries if one.id in added]


def read(door: Door, since: datetime) -> list[Entry]:
    """The lines since a moment, oldest first."""
    query = select(lines.c.document).where(lines.c.at >= since).order_by(lines.c.id)
    return [Entry.of_json(document) for document in connection_of(door).scalars(query)]


def ensure(door: Door) -> None:
    """Have the row of the state."""
    values = {"board": {}, "stack": {}, "is_on": True, "owner": "", "token": 0, "version": 0}
    statement = insert(states).values(id=THE_ROW, updated_at=func.clock_timestamp(), **values)
    connection_of(door).execute(statement.on_conflict_do_nothing())


def keep_board(door: Door, board: Mapping[str, Any]) -> None:
    """Keep how healing stands, in place of what was kept before."""
    ensure(door)
    values = {
        "board": dict(board),
        "version": states.c.version + 1,
        "updated_at": func.clock_timestamp(),
    }
    connection_of(door).execute(update(states).values(**values))


def approve(door: Door, action: str, by: str, now: datetime) -> None:
    """Approve an action; once more is anew."""
    values = {"approved_by": by, "approved_at": now, "handed_on_at": None}
    statement = insert(approvals).values(action=action, **values)
    connection_of(door).execute(
        statement.on_conflict_do_update(index_elements=["action"], set_=values)
    )


def approved(door: Door) -> frozenset[str]:
    """The ids of actions that somebody approved lately."""
    lately = approvals.c.approved_at > func.clock_timestamp() - APPROVED_FOR
    query = select(approvals.c.action).where(lately)
    return frozenset(connection_of(door).scalars(query))


def prune(session: Session) -> int:
    """Delete lines that are older than `KEPT_DAYS`; how many."""
    old = func.clock_timestamp() - timedelta(days=KEPT_DAYS)
    some = select(lines.c.id).where(lines.c.at < old).limit(PRUNE_BATCH)
    deleted = session.connection().execute(delete(lines).where(lines.c.id.in_(some)))
    return deleted.rowcount


class DatabaseLedger:
    """A healing `Ledger` in the shop's database. Any thread may use it.

    Args:
        transaction: Opens a transaction of its own for each call.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def take(self, owner: str, now: datetime, seconds: float) -> Lease | None:
        """Take the lock, if nobody holds it; `None` if somebody does."""
        until = now + timedelta(seconds=seconds)
        never = now + LONGEST_LEASE
        held = states.c.held_until
        is_free = held.is_(None) | (held <= now) | (held > never)
        with self._transaction() as session:
            ensure(session)
            taken = _changed(
                session.connection(),
                update(states)
                .where(is_free)
                .values(owner=owner, token=states.c.token + 1, held_until=until)
                .returning(states.c.token),
            )
        return Lease(owner, taken.token, until) if taken else None

    def renew(self, lease: Lease, now: datetime, seconds: float) -> Lease:
        """Hold it longer.

        Raises:
            LeaseLost: Somebody else holds it.
        """
        until = now + timedelta(seconds=seconds)
        with self._transaction() as session:
            _require(session.connection(), lease, held_until=until)
        return replace(lease, until=until)

    def give_back(self, lease: Lease) -> None:
        """Let go; nothing happens if it was lost."""
        with self._transaction() as session:
            mine = states.c.token == lease.token
            session.connection().execute(update(states).where(mine).values(held_until=None))

    def entries(self, since: datetime) -> Sequence[Entry]:
        """The lines since a moment, oldest first."""
        with self._transaction() as session:
            return read(session, since)

    def append(self, lease: Lease, entries: Sequence[Entry]) -> None:
        """Add lines, all or none.

        Raises:
            LeaseLost: Somebody else heals: none was added.
        """
        with self._transaction() as session:
            _require(session.connection(), lease, owner=lease.owner)
            add(session, entries)

    def keep(self, lease: Lease, board: Mapping[str, Any]) -> None:
        """Keep how healing stands now.

        Raises:
            LeaseLost: Somebody else heals: it was not kept.
        """
        with self._transaction() as session:
            _require(session.connection(), lease, owner=lease.owner)
            keep_board(session, board)

    def board(self) -> Mapping[str, Any] | None:
        """What was kept last."""
        with self._transaction() as session:
            board = session.connection().scalar(select(states.c.board))
        return board or None

    def approvals(self) -> Collection[str]:
        """The ids of actions that somebody approved lately."""
        with self._transaction() as session:
            return approved(session)

    def approve(self, action: str, by: str, now: datetime) -> None:
        """Approve an action by its id."""
        with self._transaction() as session:
            approve(session, action, by, now)


def _require(connection: Connection, lease: Lease, **values: Any) -> None:
    """Hold the lock's row until the transaction ends, if the lease is still the newest.

    Raises:
        LeaseLost: It is not.
    """
    mine = states.c.token == lease.token
    statement = update(states).where(mine).values(**values).returning(states.c.token)
    if _changed(connection, statement) is None:
        raise LeaseLost


def _changed(connection: Connection, statement: Any) -> Row[Any] | None:
    return connection.execute(statement).one_or_none()
