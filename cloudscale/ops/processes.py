"""The live server processes: each writes its row once a second and reads those of the others.

Presence + reading --beat--> row in the database --> the readings of all that are live

Times are the database's, so that the clocks of the machines need not agree.
"""

import os
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Interval, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cloudscale.models import ServerProcess
from cloudscale.models.base import table_of, utc_now
from cloudscale.ops.telemetry.fleet import ProcessReading

LIVE_SECONDS = 5
# Long after nobody counts it; a process that was only stalled finds its row, or writes it anew.
KEPT_SECONDS = 60
HOST_LENGTH = 120

_processes = table_of(ServerProcess)


@dataclass(frozen=True, slots=True)
class Presence:
    """This process among those that serve.

    Attributes:
        id: Its name in the database, another at each start.
        started_at: When it began to be there.
    """

    id: str = field(default_factory=lambda: str(uuid4()))
    started_at: datetime = field(default_factory=utc_now)


def beat(session: Session, me: Presence, reading: ProcessReading) -> list[ProcessReading]:
    """Say that this process is live, and see which others are; one statement.

    Args:
        session: Open transaction.
        me: This process.
        reading: What it measured last.

    Returns:
        The readings of all live processes, this one first.
    """
    c = _processes.c
    reading = replace(reading, host=reading.host[:HOST_LENGTH])
    others = (
        select(c.host, c.reading)
        .where(c.seen_at > _seconds_ago(LIVE_SECONDS), c.id != me.id)
        .add_cte(_write(me, reading).cte("written"), _prune(me).cte("pruned"))
    )
    rows = session.connection().execute(others)
    return [reading, *(ProcessReading.of_json(host, value) for host, value in rows)]


def leave(session: Session, me: Presence) -> None:
    """Say that this process stops."""
    session.connection().execute(delete(_processes).where(_processes.c.id == me.id))


def _write(me: Presence, reading: ProcessReading):  # noqa: ANN202
    row = insert(_processes).values(
        id=me.id,
        host=reading.host,
        pid=os.getpid(),
        started_at=me.started_at,
        seen_at=func.clock_timestamp(),
        reading=reading.as_json(),
    )
    told = {"seen_at": row.excluded.seen_at, "reading": row.excluded.reading}
    return row.on_conflict_do_update(index_elements=["id"], set_=told).returning(_processes.c.id)


def _prune(me: Presence):  # noqa: ANN202
    """Rows that another process is at are skipped: two that wait for each other would be stuck."""
    c = _processes.c
    old = (
        select(c.id)
        .where(c.seen_at < _seconds_ago(KEPT_SECONDS), c.id != me.id)
        .with_for_update(skip_locked=True)
    )
    return delete(_processes).where(c.id.in_(old)).returning(c.id)


def _seconds_ago(seconds: int):  # noqa: ANN202
    return func.clock_timestamp() - cast(f"{seconds} seconds", Interval)
