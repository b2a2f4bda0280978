"""Rows of telemetry: the inbox, and the samples at every level. Takes a connection, never commits.

put --> inbox --collect--> (merged by the leader) --write--> samples --read--> windows

Other programs may write to these tables: whatever is in a row, it is read as a document or as none.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Numeric, Text, case, cast, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from cloudscale.models import ServerProcess, TelemetryInbox, TelemetrySample
from cloudscale.models.base import table_of
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.levels import Level
from cloudscale.ops.telemetry.window import LARGEST

# A leader that finds a long queue takes it in parts, so that no transaction gets long.
COLLECTED_AT_ONCE = 2000
PRUNED_AT_ONCE = 5000
# A bucket starts before its time is over, but never after.
AHEAD_SECONDS = 5
# Letters wait for a minute where the database is away, and for the next leader. What is rolled up
# of an older second is made of rows that are kept no longer.
LATE_SECONDS = 600

_inbox = table_of(TelemetryInbox)
_samples = table_of(TelemetrySample)
_processes = table_of(ServerProcess)

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """What one instance told of one second."""

    second: int
    instance: str
    document: Document


def put(connection: Connection, letters: Sequence[Letter]) -> None:
    """Put what an instance measured into the inbox; one statement."""
    if letters:
        rows = [
            {"at": moment(one.second), "instance": one.instance, "document": one.document}
            for one in letters
        ]
        connection.execute(insert(_inbox).values(rows))


def collect(connection: Connection, now: float) -> list[Letter]:
    """Take letters out of the inbox, oldest first, of instances that are known.

    What an unknown instance wrote, or what is of a time to come or long ago, is taken out too, and
    is not told.
    """
    oldest = select(_inbox.c.id).order_by(_inbox.c.id).limit(COLLECTED_AT_ONCE).subquery()
    taken = (
        delete(_inbox)
        .where(_inbox.c.id <= select(func.max(oldest.c.id)).scalar_subquery())
        .returning(_inbox.c.at, _inbox.c.instance, cast(_inbox.c.document, Text).label("text"))
        .cte("taken")
    )
    rows = connection.execute(
        select(taken.c.at, taken.c.instance, taken.c.text)
        .where(taken.c.instance.in_(select(_processes.c.instance)))
        .where(taken.c.at.between(moment(now - LATE_SECONDS), moment(now)))
    )
    return sorted(
        (Letter(int(at.timestamp()), instance, _document(text)) for at, instance, text in rows),
        key=lambda letter: letter.second,
    )


def write(connection: Connection, series: str, step: int, rows: Mapping[int, Document]) -> None:
    """Write samples, in place of what was there.

    Args:
        connection: Open transaction.
        series: Which.
        step: Their level's, in seconds.
        rows: Documents by the second at which their step starts.
    """
    if not rows:
        return
    values = [
        {"series": series, "step_seconds": step, "at": moment(second), "document": document}
        for second, document in sorted(rows.items())
    ]
    statement = upsert(_samples).values(values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["series", "step_seconds", "at"],
            set_={"document": statement.excluded.document},
        )
    )


def read(
    connection: Connection, series: str, step: int, since: float, until: float
) -> dict[int, Document]:
    """The samples of a level whose steps start in a span, in order, by that second."""
    c = _samples.c
    rows = connection.execute(
        select(c.at, cast(c.document, Text))
        .where(c.series == series, c.step_seconds == step)
        .where(c.at >= moment(since), c.at < moment(until))
        .order_by(c.at)
    )
    starts = ((at.timestamp(), text) for at, text in rows)
    return {int(start): _document(text) for start, text in starts if start % step == 0}


def extent(connection: Connection, series: str, step: int, now: float) -> tuple[int, int] | None:
    """The seconds at which the oldest and the newest sample of a level start, if it has any."""
    c = _samples.c
    row = connection.execute(
        select(func.min(c.at), func.max(c.at))
        .where(c.series == series, c.step_seconds == step)
        .where(c.at.between(moment(0), moment(now + AHEAD_SECONDS)))
    ).one()
    return (int(row[0].timestamp()), int(row[1].timestamp())) if row[0] else None


def summed(
    connection: Connection, series: str, step: int, slugs: Iterable[str], since: float
) -> dict[str, int]:
    """How often some things were counted since a moment, added up by the database."""
    c = _samples.c
    sums = [func.coalesce(func.sum(_counted(slug)), 0).label(slug) for slug in slugs]
    row = connection.execute(
        select(*sums).where(c.series == series, c.step_seconds == step, c.at >= moment(since))
    ).one()
    return {slug: int(count) for slug, count in row._mapping.items()}


def prune(connection: Connection, series: str, level: Level, now: float) -> int:
    """Delete what a level no longer keeps, oldest first and not all at once.

    Returns:
        How many rows.
    """
    c = _samples.c
    old = (
        select(c.at)
        .where(c.series == series, c.step_seconds == level.step_seconds)
        .where(c.at < moment(now - level.kept_seconds))
        .order_by(c.at)
        .limit(PRUNED_AT_ONCE)
        .subquery()
    )
    # Up to the newest of them: a list of times the planner would look up one by one.
    last = select(func.max(old.c.at)).scalar_subquery()
    return connection.execute(
        delete(_samples).where(
            c.series == series, c.step_seconds == level.step_seconds, c.at <= last
        )
    ).rowcount


def forget_from(connection: Connection, second: float) -> int:
    """Delete samples that claim to be of a time to come: the database's clock was set back.

    Returns:
        How many rows.
    """
    later = delete(_samples).where(_samples.c.at >= moment(second))
    return connection.execute(later).rowcount


def database_now(connection: Connection) -> datetime:
    """What the database says that the time is."""
    return connection.scalar(select(func.clock_timestamp()))  # type: ignore[return-value]


def _document(text: str) -> Document:
    """A document of ours; what is none has nothing in it."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):  # numbers of 10,000 digits, lists in lists in lists
        return {}
    return read if isinstance(read, dict) else {}


def _counted(slug: str):  # noqa: ANN202
    """A count of a sample as a number; NULL where there is none, or something else."""
    written = _samples.c.document["counts"][slug]
    number = cast(written.astext, Numeric)
    return case((func.jsonb_typeof(written) == "number", func.trunc(func.least(number, LARGEST))))
