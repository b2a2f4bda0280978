"""What the leader knows of scaling, kept in one row: pages read the board, a new leader the mind.

save (the leader) --> scaling_state --refresh (every process)--> board.shown
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from cloudscale.models import ScalingState
from cloudscale.models.base import table_of
from cloudscale.ops.events.table import Door, connection_of
from cloudscale.ops.scaling import board
from cloudscale.ops.scaling.board import Board

states = table_of(ScalingState)
THE_ROW = 1


def save(door: Door, shown: Board, mind: Mapping[str, Any]) -> None:
    """Keep both; one statement."""
    values = {
        "board": board.to_json(shown),
        "mind": dict(mind),
        "updated_at": func.clock_timestamp(),
    }
    statement = insert(states).values(id=THE_ROW, version=1, **values)
    upsert = statement.on_conflict_do_update(
        index_elements=["id"], set_={**values, "version": states.c.version + 1}
    )
    connection_of(door).execute(upsert)


def load(door: Door) -> tuple[Board, dict[str, Any]]:
    """What was kept; empty before anything was."""
    row = connection_of(door).execute(select(states.c.board, states.c.mind)).one_or_none()
    return (Board(), {}) if row is None else (board.from_json(row.board), row.mind)


def refresh(door: Door) -> None:
    """Show what is kept now; what is shown already is not read again."""
    query = select(states.c.version, states.c.board).where(states.c.version != board.version())
    row = connection_of(door).execute(query).one_or_none()
    if row is not None:
        board.show(row.version, board.from_json(row.board))
