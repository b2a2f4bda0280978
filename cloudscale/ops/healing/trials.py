"""What was broken on purpose, and how long each step of healing took. Never commits.

begin --> broken (the leader) --> followed by the record --> healthy, or given up
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cloudscale.models import HealingTrial
from cloudscale.models.base import table_of
from cloudscale.ops.events.table import Door, connection_of
from cloudscale.ops.healing.record import Entry, Phase

trials = table_of(HealingTrial)
c = trials.c
LIMIT = timedelta(minutes=10)
"""A trial that is not healthy by then is given up: a launch takes two minutes."""
KEPT_DAYS = 90
PRUNE_BATCH = 1_000
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class TrialView:
    """One trial. Times are aware; those of steps that were not reached are `None`.

    `ref` names what was broken; it is empty until the leader has broken it.
    """

    id: int
    slug: str
    ref: str
    started_by: str
    started_at: datetime
    seen_at: datetime | None
    acted_at: datetime | None
    healthy_at: datetime | None
    ended_at: datetime | None
    outcome: str

    @property
    def is_under_way(self) -> bool:
        """Whether it is not over yet."""
        return self.ended_at is None

    def seconds_to(self, moment: datetime | None) -> float | None:
        """From the break to a step; `None` where it was not reached."""
        return None if moment is None else max((moment - self.started_at).total_seconds(), 0)


def begin(door: Door, slug: str, started_by: str) -> int | None:
    """Ask for something to be broken; its id, or `None` where another one is under way."""
    statement = (
        insert(trials)
        .values(
            slug=slug,
            ref="",
            started_by=started_by,
            started_at=func.clock_timestamp(),
            is_under_way=True,
            outcome="",
        )
        .on_conflict_do_nothing()
        .returning(c.id)
    )
    return connection_of(door).scalar(statement)


def open_(door: Door) -> TrialView | None:
    """The one that is under way."""
    row = connection_of(door).execute(_select().where(c.is_under_way)).one_or_none()
    return _view(row) if row else None


def listed(door: Door, most: int = MOST_SHOWN) -> tuple[TrialView, ...]:
    """The newest ones first."""
    query = _select().order_by(c.id.desc()).limit(most)
    return tuple(_view(row) for row in connection_of(door).execute(query))


def set_broken(door: Door, id_: int, ref: str, at: datetime) -> None:
    """It is broken now, and this is what."""
    values = {"ref": ref[:160], "started_at": at}
    connection_of(door).execute(update(trials).where(c.id == id_).values(**values))


def follow(door: Door, trial: TrialView, found: Sequence[Entry]) -> TrialView:
    """Take in what the record says of it since it was broken.

    Args:
        door: Open transaction.
        trial: The one under way.
        found: Lines of the record, oldest first.
    """
    told = [one for one in found if str(one.ref) == trial.ref and one.at >= trial.started_at]
    steps = {
        "seen_at": _first(told, Phase.SEEN) or trial.seen_at,
        "acted_at": _first(told, Phase.ACTED) or trial.acted_at,
        "healthy_at": _first(told, Phase.HEALED, Phase.PASSED) or trial.healthy_at,
    }
    connection_of(door).execute(update(trials).where(c.id == trial.id).values(**steps))
    row = connection_of(door).execute(_select().where(c.id == trial.id)).one()
    return _view(row)


def end(door: Door, id_: int, outcome: str, healthy_at: datetime | None = None) -> None:
    """It is over."""
    values: dict[str, Any] = {
        "is_under_way": False,
        "ended_at": func.clock_timestamp(),
        "outcome": outcome[:300],
    }
    if healthy_at is not None:
        values["healthy_at"] = healthy_at
    connection_of(door).execute(update(trials).where(c.id == id_).values(**values))


def prune(session: Session) -> int:
    """Delete trials that are older than `KEPT_DAYS`; how many."""
    old = func.clock_timestamp() - timedelta(days=KEPT_DAYS)
    some = select(c.id).where(c.started_at < old).limit(PRUNE_BATCH)
    return session.connection().execute(delete(trials).where(c.id.in_(some))).rowcount


def _first(found: Sequence[Entry], *phases: Phase) -> datetime | None:
    return next((one.at for one in found if one.phase in phases), None)


def _select() -> Any:
    return select(
        *(c.id, c.slug, c.ref, c.started_by, c.started_at, c.seen_at, c.acted_at),
        *(c.healthy_at, c.ended_at, c.outcome),
    )


def _view(row: Row[Any]) -> TrialView:
    return TrialView(*row)
