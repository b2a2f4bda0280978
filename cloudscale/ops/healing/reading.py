"""What pages show of healing: how it stands, what it found, what was broken on purpose.

healing_state, healing_record, healing_trial --read--> HealingView
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import Session

from cloudscale.ops.healing import keeping, trials
from cloudscale.ops.healing.keeping import lines, states
from cloudscale.ops.healing.record import Entry
from cloudscale.ops.healing.trials import TrialView

PAGE = 20
"""Incidents that are shown at a time."""
LINES_OF_ONE = 6
"""So many lines an incident has, more or less."""


@dataclass(frozen=True)
class IncidentView:
    """One thing that was wrong: its lines, oldest first."""

    id: str
    entries: Sequence[Entry]


@dataclass(frozen=True)
class HealingView:
    """All that the page shows.

    Attributes:
        board: How healing stood after its last run; empty before the first.
        is_on: Where the kill switch stands.
        incidents: The newest first.
        has_older: Whether there are more.
        trials: What was broken on purpose, the newest first.
        approved: The ids of actions that somebody approved lately.
    """

    board: Mapping[str, Any]
    is_on: bool
    incidents: tuple[IncidentView, ...]
    has_older: bool
    trials: tuple[TrialView, ...]
    approved: frozenset[str] = frozenset()


def read(session: Session, pages: int = 1) -> HealingView:
    """Read it.

    Args:
        session: Open transaction.
        pages: How many pages of incidents are shown.
    """
    connection = session.connection()
    state = connection.execute(select(states.c.board, states.c.is_on)).one_or_none()
    most = max(1, pages) * PAGE
    ids = _newest(connection, most + 1)
    return HealingView(
        board=state.board if state else {},
        is_on=state.is_on if state else True,
        incidents=_incidents(session, ids[:most]),
        has_older=len(ids) > most,
        trials=trials.listed(session),
        approved=keeping.approved(session),
    )


def _newest(connection: Connection, most: int) -> list[str]:
    """The incidents that were told of last, the newest first.

    It looks back over the newest lines alone, over more of them until there are enough: grouping
    all of the record, each time that a page looks, would take the longer the more there is.
    """
    count = most * LINES_OF_ONE
    while True:
        newest = (
            select(lines.c.id, lines.c.incident).order_by(lines.c.id.desc()).limit(count).subquery()
        )
        rows = connection.execute(select(newest.c.incident).order_by(newest.c.id.desc())).all()
        found = list(dict.fromkeys(row.incident for row in rows if row.incident))
        if len(found) >= most or len(rows) < count:
            return found[:most]
        count *= 4


def _incidents(session: Session, ids: Sequence[str]) -> tuple[IncidentView, ...]:
    query = select(lines.c.incident, lines.c.document).where(lines.c.incident.in_(ids))
    found: dict[str, list[Entry]] = {id_: [] for id_ in ids}
    for row in session.connection().execute(query.order_by(lines.c.id)):
        found[row.incident].append(Entry.of_json(row.document))
    return tuple(IncidentView(id_, entries) for id_, entries in found.items())
