"""What was broken on purpose, and how long each step of healing took. Never commits.

begin --> broken (the leader) --> followed by the record --> healthy, or given up
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cloudscale.models import HealingTrial
from cloudscale.models.base import table_of
from cloudscale.ops.events.table import Door, connection_of
from cloudscale.ops.healing.action import Verb
from cloudscale.ops.healing.chaos import BY_GROUP, how_it_healed
from cloudscale.ops.healing.guards import OF_MEMBERS
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.recovery import EVERYBODY
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.words import counted

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
    def is_of_fleet(self) -> bool:
        """Whether it hurt servers, and not a setting."""
        return self.ref.partition("/")[0] in ("zone", OF_MEMBERS)

    @property
    def how_it_healed(self) -> str:
        """Who put it right, in words."""
        has_acted = self.acted_at is not None
        return how_it_healed(has_acted=has_acted, is_of_fleet=self.is_of_fleet)

    @property
    def zone(self) -> str:
        """The zone that it took away; empty where it broke something else."""
        kind, _, name = self.ref.partition("/")
        return name if kind == "zone" else ""

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


def one(door: Door, id_: int) -> TrialView:
    """A trial by its id."""
    return _view(connection_of(door).execute(_select().where(c.id == id_)).one())


def withdraw(door: Door, id_: int, outcome: str) -> None:
    """End a trial that nobody has begun to carry out; one that was broken goes on."""
    values = {"is_under_way": False, "ended_at": func.clock_timestamp(), "outcome": outcome[:300]}
    is_untouched = (c.id == id_) & c.is_under_way & (c.ref == "")
    connection_of(door).execute(update(trials).where(is_untouched).values(**values))


def set_broken(door: Door, id_: int, ref: str, at: datetime) -> None:
    """It is broken now, and this is what."""
    values = {"ref": ref[:160], "started_at": at}
    connection_of(door).execute(update(trials).where(c.id == id_).values(**values))


def concerning(trial: TrialView, found: Sequence[Entry], lost: Collection[str] = ()) -> list[Entry]:
    """The lines that a trial goes by, since it was broken.

    No line is about a zone: its trial goes by the members that were lost with it. Who is hurt may
    also be seen in what is told of all members at once.

    Args:
        trial: Whose.
        found: Lines of the record, oldest first.
        lost: Ids of the members that were in the zone when it went dark.
    """
    wanted = {str(Ref(OF_MEMBERS, one)) for one in lost} if trial.zone else {trial.ref}
    if trial.is_of_fleet:
        wanted.add(str(EVERYBODY))
    return [one for one in found if str(one.ref) in wanted and one.at >= trial.started_at]


def follow(door: Door, trial: TrialView, told: Sequence[Entry]) -> TrialView:
    """Take in what the record says of it.

    A zone's trial is not healthy because one of its members is, nor anybody's because not all are
    sick any more.

    Args:
        door: Open transaction.
        trial: The one under way.
        told: The lines that concern it, oldest first.
    """
    of_itself = [one for one in told if str(one.ref) == trial.ref]
    healthy_at = _first(of_itself, Phase.HEALED, Phase.PASSED)
    steps = {
        "seen_at": _first(told, Phase.SEEN) or trial.seen_at,
        "acted_at": _first(told, Phase.ACTED) or trial.acted_at,
        "healthy_at": healthy_at or trial.healthy_at,
    }
    connection_of(door).execute(update(trials).where(c.id == trial.id).values(**steps))
    row = connection_of(door).execute(_select().where(c.id == trial.id)).one()
    return _view(row)


def who_mended(told: Sequence[Entry], lost: Collection[str], there: Collection[str]) -> str:
    """Who put others in the place of members that were lost with a zone, in words.

    Args:
        told: The lines that concern its trial.
        lost: Ids of the members that were in the zone when it went dark.
        there: Ids of the members that are there now.
    """
    acted = [(one.ref.name, one.verb) for one in told if one.ref and one.phase is Phase.ACTED]
    if not acted:
        return BY_GROUP
    rebooted = {name for name, verb in acted if verb == Verb.REBOOT}
    replaced = {name for name, verb in acted if verb in (Verb.REPLACE, Verb.DRAIN)}
    stayed = set(lost) & set(there) - replaced
    shares = (
        (len(replaced), "healing replaced {}"),
        (len(set(lost) - replaced - stayed), "the group itself replaced {}"),
        (len(stayed), "{} stayed"),
    )
    shared = ", ".join(words.format(count) for count, words in shares if count)
    before = f" Healing had rebooted {len(rebooted)} before." if rebooted else ""
    return f"Of {counted(len(lost), 'member')} that went dark, {shared}.{before}"


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
