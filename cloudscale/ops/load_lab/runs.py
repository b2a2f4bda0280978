"""The rows of runs, and what the timeline tells of them. Never commits.

open_ --beat, once a second--> finish        nobody beats any more --end_lost--> ended for it
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from cloudscale.models import LoadRun
from cloudscale.models.base import table_of
from cloudscale.ops import events
from cloudscale.ops.events import Door, Tone
from cloudscale.ops.events.table import connection_of
from cloudscale.ops.load_lab.figures import Figures
from cloudscale.ops.load_lab.plan import Plan
from cloudscale.ops.words import duration

LOST_SECONDS = 15
"""A run that nobody has spoken for so long is over: its process is gone, and its shoppers too."""
KEPT_DAYS = 90
PRUNE_BATCH = 1000
LOST = "The server process that ran it is gone."
WHY = "To show the shop under load. Virtual shoppers' orders are tests: no stock, no revenue."

runs = table_of(LoadRun)
c = runs.c
_now = func.clock_timestamp


@dataclass(frozen=True, slots=True)
class RunView:
    """One run. Times are aware; `ended_at` is None while it is under way.

    `outcome` says how it ended, and who asked to stop it from then on; else it is empty.
    """

    id: int
    shoppers: int
    seconds: int
    started_by: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    figures: Figures

    @property
    def in_words(self) -> str:
        """What it is: "40 virtual shoppers for 5 min, started by ada"."""
        return f"{_shoppers(self.shoppers)} for {_time(self.seconds)}, started by {self.started_by}"

    @property
    def is_running(self) -> bool:
        """Whether it is under way."""
        return self.ended_at is None


def open_(door: Door, plan: Plan, started_by: str) -> RunView | None:
    """Begin a run, unless one is under way; of two that begin at once one does.

    Args:
        door: Open transaction.
        plan: What is to be done.
        started_by: A name, for people.

    Returns:
        The run; None where one is under way.
    """
    statement = insert(runs).values(
        shoppers=plan.shoppers,
        seconds=plan.seconds,
        started_by=started_by,
        started_at=_now(),
        seen_at=_now(),
        outcome="",
        figures=Figures().as_json(),
    )
    new = statement.on_conflict_do_nothing().returning(runs)
    row = connection_of(door).execute(new).one_or_none()
    if row is None:
        return None
    run = _view(row)
    events.begin(door, _key(run.id), "system", "info", f"Load lab: {run.in_words}", WHY)
    return run


def beat(door: Door, run_id: int, figures: Figures) -> bool:
    """Say that a run goes on, and how.

    Returns:
        Whether it is to go on: nobody asked to stop it, or took it for lost.
    """
    going = update(runs).where(c.id == run_id, c.ended_at.is_(None), c.stop_asked_at.is_(None))
    told = going.values(seen_at=_now(), figures=figures.as_json())
    return connection_of(door).execute(told).rowcount > 0


def ask_to_stop(door: Door, by: str) -> RunView | None:
    """Have the run that is under way stopped, by whichever process runs it.

    Args:
        door: Open transaction.
        by: Who asks, for people.

    Returns:
        The run; None where there is none.
    """
    asking = update(runs).where(c.ended_at.is_(None))
    values = {
        "stop_asked_at": func.coalesce(c.stop_asked_at, _now()),
        "outcome": f"Stopped by {by}.",
    }
    row = connection_of(door).execute(asking.values(**values).returning(runs)).one_or_none()
    return _view(row) if row else None


def finish(door: Door, run_id: int, figures: Figures, outcome: str) -> None:
    """End a run; where somebody asked to stop it, that is the outcome.

    Args:
        door: Open transaction.
        run_id: Which.
        figures: The last ones.
        outcome: How it ended, in a sentence.
    """
    ended = update(runs).where(c.id == run_id, c.ended_at.is_(None))
    values = {
        "ended_at": _now(),
        "figures": figures.as_json(),
        "outcome": func.coalesce(func.nullif(c.outcome, ""), outcome),
    }
    _tell(door, connection_of(door).execute(ended.values(**values).returning(runs)))


def end_lost(door: Door) -> None:
    """End the run whose process is gone."""
    lost = update(runs).where(c.ended_at.is_(None), c.seen_at < _now() - _LOST)
    values = {"ended_at": c.seen_at, "outcome": LOST}
    _tell(door, connection_of(door).execute(lost.values(**values).returning(runs)))


def prune(door: Door) -> int:
    """Delete a batch of what ended over `KEPT_DAYS` days ago; returns how many it was."""
    old = select(c.id).where(c.ended_at < _now() - timedelta(days=KEPT_DAYS)).limit(PRUNE_BATCH)
    batch = old.with_for_update(skip_locked=True)
    return connection_of(door).execute(delete(runs).where(c.id.in_(batch))).rowcount


def newest(door: Door) -> RunView | None:
    """The run that is under way, or the last one."""
    row = connection_of(door).execute(select(runs).order_by(c.id.desc()).limit(1)).one_or_none()
    return _view(row) if row else None


def counted(figures: Figures) -> str:
    """What came of a run, in a sentence."""
    slow = "" if figures.p95_ms is None else f", p95 {figures.p95_ms:,.0f} ms"
    return (
        f"{_many(figures.requests, 'request')}{slow}, {_many(figures.orders, 'test order')}, "
        f"{_many(figures.refusals, 'refusal')}, {_many(figures.errors, 'error')}."
    )


_LOST = timedelta(seconds=LOST_SECONDS)


def _tell(door: Door, ended: Iterable[Row[Any]]) -> None:
    for row in ended:
        run = _view(row)
        tone: Tone = "warn" if run.figures.errors or run.outcome == LOST else "good"
        effect = f"{run.outcome} {counted(run.figures)}"
        events.end(door, _key(run.id), effect, tone, run.ended_at)


def _key(run_id: int) -> str:
    return f"load-lab:{run_id}"


def _view(row: Row[Any]) -> RunView:
    return RunView(
        id=row.id,
        shoppers=row.shoppers,
        seconds=row.seconds,
        started_by=row.started_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        figures=Figures.of_json(row.figures),
    )


def _shoppers(many: int) -> str:
    return _many(many, "virtual shopper")


def _time(seconds: int) -> str:
    return _many(seconds // 60, "minute") if seconds % 60 == 0 else duration(seconds)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
