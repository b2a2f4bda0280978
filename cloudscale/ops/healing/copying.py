"""The healer's record on AWS, in the shop's own database: copied by the leader, for pages to read.

approvals of the page  --hand_on-->  the healer's ledger
lines, board           <--copy----   the healer's ledger     --> healing_record, timeline

The healer alone writes its record; what is here is a copy, that any leader may bring up to date.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, func, select, update

from cloudscale.ops.events.table import Door, connection_of
from cloudscale.ops.healing import keeping, told
from cloudscale.ops.healing.beside import Beside
from cloudscale.ops.healing.keeping import KEPT_DAYS, Transaction, approvals, lines, states
from cloudscale.ops.healing.record import Entry
from cloudscale.ops.ports import CloudFault, Reading
from cloudscale.ops.telemetry.point import Point

logger = logging.getLogger(__name__)

COPY_TURNS = 10
"""Every how many seconds the record is asked for; the healer runs once a minute."""
OVERLAP = timedelta(minutes=15)
"""A line may be written so long after the moment that it names, or by a clock that was behind."""


class Record(Protocol):
    """What copying needs of a healing `Ledger`. All calls may raise CloudFault."""

    def entries(self, since: datetime) -> Sequence[Entry]:
        """The lines since a moment, oldest first."""
        ...

    def board(self) -> Mapping[str, Any] | None:
        """What was kept last."""
        ...

    def approve(self, action: str, by: str, now: datetime) -> None:
        """Approve an action by its id."""
        ...


class Copying:
    """The leader's duty of copying, as a thread of its own: the cloud may take its time.

    Args:
        record: The healer's.
        transaction: Opens a transaction of the thread's own.
    """

    def __init__(self, record: Record, transaction: Transaction) -> None:
        self._record, self._transaction = record, transaction
        self._turns, self._fault = 0, ""
        failing = "The healer's record could not be copied"
        self._beside = Beside("healing-copy", self._second, failing)

    def begin(self, connection: Connection, now: float) -> None:
        """Take over; the thread begins with the first second."""
        keeping.ensure(connection)

    def gauges(self, now: float, active_users: float) -> Reading:
        """Nothing that samples keep."""
        return {}

    def act(self, connection: Connection, now: float, points: Sequence[Point]) -> None:
        """Say that the leader is there."""
        self._beside.live()

    def _second(self) -> None:
        is_due = self._turns % COPY_TURNS == 0
        self._turns += 1
        if is_due:
            self.run()

    def run(self) -> None:
        """Hand on what was approved here, then copy what is new; what the cloud refuses is said."""
        try:
            self.hand_on()
            self.copy()
        except CloudFault as fault:
            if fault.reason != self._fault:
                logger.warning("The healer's record was not copied: %s", fault.reason)
            self._fault = fault.reason
        else:
            self._fault = ""

    def hand_on(self) -> None:
        """Tell the healer what was approved on the page; twice says the same.

        Raises:
            CloudFault: The record cannot be reached: it is handed on later.
        """
        with self._transaction() as session:
            waiting = _to_be_handed_on(session)
        for action, by, at in waiting:
            self._record.approve(action, by, at)
            with self._transaction() as session:
                _mark(session, action, at)

    def copy(self) -> int:
        """Copy what is new of the record, and how healing stands; how many lines were new.

        Raises:
            CloudFault: The record cannot be reached.
        """
        with self._transaction() as session:
            since = _since(session)
        found, board = self._record.entries(since), self._record.board()
        with self._transaction() as session:
            new = keeping.add(session, found)
            told.tell(session, new)
            if board:
                _keep(session, board)
        return len(new)


def _since(door: Door) -> datetime:
    """From where on lines may lack: a while before the newest that is of the past already."""
    now = func.clock_timestamp()
    is_copied = lines.c.document["isSimulated"].as_boolean().is_(False)
    query = select(lines.c.at).where(is_copied, lines.c.at <= now).order_by(lines.c.at.desc())
    newest = connection_of(door).scalar(query.limit(1))
    if newest is not None:
        return newest - OVERLAP
    return connection_of(door).execute(select(now)).scalar_one() - timedelta(days=KEPT_DAYS)


def _keep(door: Door, board: Mapping[str, Any]) -> None:
    """Keep a board that is not kept yet, and where it says that the kill switch stands."""
    kept = connection_of(door).scalar(select(states.c.board)) or {}
    if kept.get("run") == board.get("run") and kept.get("at") == board.get("at"):
        return
    keeping.keep_board(door, board)
    is_on = board.get("switch", {}).get("isOn")
    if isinstance(is_on, bool):
        connection_of(door).execute(update(states).values(is_on=is_on))


def _to_be_handed_on(door: Door) -> list[tuple[str, str, datetime]]:
    lately = approvals.c.approved_at > func.clock_timestamp() - keeping.APPROVED_FOR
    query = select(approvals.c.action, approvals.c.approved_by, approvals.c.approved_at)
    rows = connection_of(door).execute(query.where(lately, approvals.c.handed_on_at.is_(None)))
    return [(row.action, row.approved_by, row.approved_at) for row in rows]


def _mark(door: Door, action: str, approved_at: datetime) -> None:
    """It was handed on, unless somebody approved it once more meanwhile."""
    is_it = (approvals.c.action == action) & (approvals.c.approved_at == approved_at)
    statement = update(approvals).where(is_it).values(handed_on_at=func.clock_timestamp())
    connection_of(door).execute(statement)
