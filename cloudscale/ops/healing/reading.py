"""What pages show of healing: how it stands, what it found, what was broken on purpose.

healing_state, healing_record, healing_trial --read--> HealingView
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from cloudscale.ops.healing import trials
from cloudscale.ops.healing.keeping import lines, states
from cloudscale.ops.healing.record import Entry
from cloudscale.ops.healing.trials import TrialView

PAGE = 20
"""Incidents that are shown at a time."""


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
    """

    board: Mapping[str, Any]
    is_on: bool
    incidents: tuple[IncidentView, ...]
    has_older: bool
    trials: tuple[TrialView, ...]


def read(session: Session, pages: int = 1) -> HealingView:
    """Read it.

    Args:
        session: Open transaction.
        pages: How many pages of incidents are shown.
    """
    connection = session.connection()
    state = connection.execute(select(states.c.board, states.c.is_on)).one_or_none()
    most = max(1, pages) * PAGE
    newest = (
        select(lines.c.incident)
        .where(lines.c.incident != "")
        .group_by(lines.c.incident)
        .order_by(func.max(lines.c.id).desc())
        .limit(most + 1)
    )
    ids = list(connection.scalars(newest))
    return HealingView(
        board=state.board if state else {},
        is_on=state.is_on if state else True,
        incidents=_incidents(session, ids[:most]),
        has_older=len(ids) > most,
        trials=trials.listed(session),
    )


def _incidents(session: Session, ids: Sequence[str]) -> tuple[IncidentView, ...]:
    query = select(lines.c.incident, lines.c.document).where(lines.c.incident.in_(ids))
    found: dict[str, list[Entry]] = {id_: [] for id_ in ids}
    for row in session.connection().execute(query.order_by(lines.c.id)):
        found[row.incident].append(Entry.of_json(row.document))
    return tuple(IncidentView(id_, entries) for id_, entries in found.items())
