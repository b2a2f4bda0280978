"""What pages show of healing: how it stands, what it found, what was broken on purpose.

healing_state, healing_record, healing_trial --read--> HealingView
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, select
from sqlmodel import Session

from cloudscale.ops.healing import keeping, trials
from cloudscale.ops.healing.keeping import lines, states
from cloudscale.ops.healing.record import Entry
from cloudscale.ops.healing.trials import TrialView

PAGE = 20
"""Incidents that are shown at a time."""
later = lines.alias("later")


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
        incidents: A page of them, those that were told of last first.
        older: Where the next page begins, as `read` takes it; empty on the last one.
        trials: What was broken on purpose, the newest first.
        approved: The ids of actions that somebody approved lately.
    """

    board: Mapping[str, Any]
    is_on: bool
    incidents: tuple[IncidentView, ...]
    older: str
    trials: tuple[TrialView, ...]
    approved: frozenset[str] = frozenset()


def read(session: Session, before: str = "") -> HealingView:
    """Read it.

    Args:
        session: Open transaction.
        before: Where the page of incidents begins, as the page before it said; empty is the
            newest.
    """
    connection = session.connection()
    state = connection.execute(select(states.c.board, states.c.is_on)).one_or_none()
    found = _told_last(connection, before)
    return HealingView(
        board=state.board if state else {},
        is_on=state.is_on if state else True,
        incidents=_incidents(session, [incident for _, incident in found[:PAGE]]),
        older=found[PAGE - 1][0] if len(found) > PAGE else "",
        trials=trials.listed(session),
        approved=keeping.approved(session),
    )


def _told_last(connection: Connection, before: str) -> list[tuple[str, str]]:
    """The last line of each incident and its name, the newest first; one more than a page.

    It goes back along the lines and leaves out those that their incident has a later one of:
    grouping all of the record, each time that a page looks, would take the longer the more there
    is.
    """
    has_later = exists().where(later.c.incident == lines.c.incident, later.c.id > lines.c.id)
    query = select(lines.c.id, lines.c.incident).where(lines.c.incident != "", ~has_later)
    if before:
        query = query.where(lines.c.id < before)
    rows = connection.execute(query.order_by(lines.c.id.desc()).limit(PAGE + 1))
    return [(row.id, row.incident) for row in rows]


def _incidents(session: Session, ids: Sequence[str]) -> tuple[IncidentView, ...]:
    query = select(lines.c.incident, lines.c.document).where(lines.c.incident.in_(ids))
    found: dict[str, list[Entry]] = {id_: [] for id_ in ids}
    for row in session.connection().execute(query.order_by(lines.c.id)):
        found[row.incident].append(Entry.of_json(row.document))
    return tuple(IncidentView(id_, entries) for id_, entries in found.items())
