"""The server processes: each says once a second that it is there, and sees which others are.

Presence --beat--> its row in the database --> all processes that were there lately

Times are the database's, so that the clocks of the machines need not agree.
"""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Interval, Select, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from cloudscale.models import ServerProcess
from cloudscale.models.base import table_of, utc_now
from cloudscale.ops.telemetry.sampler import Instance

LIVE_SECONDS = 5
# Long after nobody counts it; a process that was only stalled finds its row, or writes it anew.
KEPT_SECONDS = 60
# What another program may have written need not even be a time that Python knows.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)

_processes = table_of(ServerProcess)


def _seen_within(seconds: int):  # noqa: ANN202
    """Lately; or in a time to come, where the clock was set back a little meanwhile."""
    span = cast(f"{seconds} seconds", Interval)
    now = func.clock_timestamp()
    return _processes.c.seen_at.between(now - span, now + span)


_COLUMNS = (
    *_processes.c["id", "instance", "host", "zone", "version", "started_at", "seen_at"],
    _seen_within(LIVE_SECONDS).label("is_live"),
)
_CREDIBLE = (_seen_within(KEPT_SECONDS), _processes.c.started_at.between(EARLIEST, LATEST))


@dataclass(frozen=True, slots=True)
class Presence:
    """This process among those that serve.

    Attributes:
        instance: What the fleet knows it as.
        id: Its name in the database, another at each start.
        started_at: When it began to be there.
    """

    instance: Instance
    id: str = field(default_factory=lambda: str(uuid4()))
    started_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True)
class Present:
    """A process that was there lately.

    Attributes:
        id: Its name in the database.
        instance: What the fleet knows it as.
        started_at: When it began to be there.
        seen_at: When it said so last.
        is_live: That was within `LIVE_SECONDS`.
    """

    id: str
    instance: Instance
    started_at: datetime
    seen_at: datetime
    is_live: bool


def beat(connection: Connection, me: Presence) -> list[Present]:
    """Say that this process is there, and see which others are; one statement.

    Args:
        connection: Open transaction.
        me: This process.

    Returns:
        The other processes that were there within `KEPT_SECONDS`.
    """
    others = select(*_COLUMNS).where(_processes.c.id != me.id, *_CREDIBLE)
    written, pruned = _write(me).cte("written"), _prune(me).cte("pruned")
    return _present(connection, others.add_cte(written, pruned))


def everyone(connection: Connection) -> list[Present]:
    """All processes that were there within `KEPT_SECONDS`, this one among them."""
    return _present(connection, select(*_COLUMNS).where(*_CREDIBLE))


def leave(connection: Connection, me: Presence) -> None:
    """Say that this process stops."""
    connection.execute(delete(_processes).where(_processes.c.id == me.id))


def _present(connection: Connection, query: Select[Any]) -> list[Present]:
    return [
        Present(row.id, Instance(*row[1:5]), row.started_at, row.seen_at, row.is_live)
        for row in connection.execute(query)
    ]


def _write(me: Presence):  # noqa: ANN202
    row = insert(_processes).values(
        id=me.id,
        instance=me.instance.name,
        host=me.instance.host,
        zone=me.instance.zone,
        version=me.instance.version,
        pid=os.getpid(),
        started_at=me.started_at,
        seen_at=func.clock_timestamp(),
    )
    told = {"seen_at": row.excluded.seen_at}
    return row.on_conflict_do_update(index_elements=["id"], set_=told).returning(_processes.c.id)


def _prune(me: Presence):  # noqa: ANN202
    """Rows that another process is at are skipped: two that wait for each other would be stuck."""
    c = _processes.c
    old = (
        select(c.id)
        .where(~_seen_within(KEPT_SECONDS), c.id != me.id)
        .with_for_update(skip_locked=True)
    )
    return delete(_processes).where(c.id.in_(old)).returning(c.id)
