"""One server process's exchange with the database: what it tells, and what it hears.

letters --Post.tell--> inbox, presence        samples, timeline --Post.hear--> Heard
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import Connection, func, literal, select
from sqlalchemy.exc import SQLAlchemyError

from cloudscale.db import get_engine
from cloudscale.ops import events, happenings, leadership, processes
from cloudscale.ops.chronicle import Chronicle, Points
from cloudscale.ops.events import EventView
from cloudscale.ops.leader import Leader
from cloudscale.ops.leadership import Leadership
from cloudscale.ops.policy import keeping
from cloudscale.ops.processes import Presence, Present
from cloudscale.ops.scaling import keeping as scaling
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.clock import ShopClock, moment
from cloudscale.ops.telemetry.levels import FLEET
from cloudscale.ops.telemetry.sampler import Instance
from cloudscale.ops.telemetry.store import Document, Letter
from cloudscale.ops.timeline import LOOK_BACK_SECONDS

logger = logging.getLogger(__name__)

STATEMENT_TIMEOUT = "900ms"
FROZEN_TIMEOUT = f"{leadership.SILENCE_SECONDS}s"


class Heard(NamedTuple):
    """What was read.

    Attributes:
        documents: By second, by step.
        changed: What changed lately in the timeline.
        alarms: Those in progress.
    """

    documents: dict[int, dict[int, Document]]
    changed: list[EventView]
    alarms: list[EventView]


class Post:
    """This process's exchange with the database. Blocks; for one thread at a time.

    Args:
        instance: This process.
        clock: Is set by the database's.
        lead: Makes what the leader does, on its connection.

    Attributes:
        points: Tells what was measured lately.
        outage: When the database was away, until the leader has recorded it.
    """

    def __init__(
        self,
        instance: Instance,
        clock: ShopClock,
        lead: Callable[[Connection, Chronicle], Leader] = Leader,
    ) -> None:
        self.presence = Presence(instance)
        self.leadership = Leadership()
        self.others: list[Present] = []
        self._clock = clock
        self._lead = lead
        self._leader: Leader | None = None
        self._chronicle: Chronicle | None = None
        self.points: Points = tuple
        self.outage: tuple[float, float] | None = None

    def tell(self, letters: Sequence[Letter]) -> None:
        """Put letters into the inbox and say that this process is there; lead, if nobody does.

        Where the connection is lost at the commit they may be there or not; they are taken for
        told then, since a gap is better than a second that counts twice.

        Raises:
            SQLAlchemyError: They were not told.
        """
        with get_engine().connect() as connection:
            is_vacant = self._look_at_the_clock(connection)
            self.others = processes.beat(connection, self.presence)
            store.put(connection, letters)
            with suppress(SQLAlchemyError):
                connection.commit()
        if is_vacant and not self.leadership.is_held:
            self._take_over()

    def _take_over(self) -> None:
        """Lead, unless another is quicker; whatever goes wrong, what was told stays told."""
        try:
            if self.leadership.take():
                with self.leadership.acting() as connection:
                    self._chronicle = Chronicle(self.presence, lambda: self.points())
                    self._leader = self._lead(connection, self._chronicle)
        except Exception as failure:  # the next second is another try
            logger.warning("Nobody leads yet: %s", type(failure).__name__)

    def _look_at_the_clock(self, connection: Connection) -> bool:
        """Be brief from now on, set the clock, and see whether nobody leads; one statement.

        A process that is frozen in this very transaction must not keep the lock.
        """
        asked = self._clock.steady()
        brief = func.concat(
            func.set_config("statement_timeout", STATEMENT_TIMEOUT, literal(True)),
            func.set_config("idle_in_transaction_session_timeout", FROZEN_TIMEOUT, literal(True)),
        )
        vacant = func.pg_try_advisory_xact_lock(leadership.LOCK)
        row = connection.execute(select(brief, func.clock_timestamp(), vacant)).one()
        self._clock.adjust(row[1], asked, self._clock.steady())
        return row[2]

    def hear(self, levels: Mapping[int, int], silent_seconds: float = 0) -> Heard:
        """Do the leader's work, if this process leads, and read what is new.

        Args:
            levels: From which second on to read, by step.
            silent_seconds: For how long nothing could be read before.

        Raises:
            SQLAlchemyError: The database is away.
        """
        outage, self.outage = self.outage, None
        if self.leadership.is_held and self._leader and self._chronicle:
            self._chronicle.note_outage(outage)
            with self.leadership.acting() as connection:
                self._leader.act(connection, self._clock.now(), self.others)
        with get_engine().connect() as connection:
            keeping.refresh(connection)
            scaling.refresh(connection)
            until = self._clock.now() + store.AHEAD_SECONDS
            documents = {
                step: store.read(connection, FLEET, step, since, until)
                for step, since in levels.items()
            }
            look_back = silent_seconds + LOOK_BACK_SECONDS
            changed = events.changed_within(connection, look_back)
            return Heard(documents, changed, events.in_progress(connection, "alarm"))

    def leave(self) -> None:
        """Lead no more, and take this process out of the fleet."""
        self.leadership.leave()
        with get_engine().connect() as connection:
            processes.leave(connection, self.presence)
            connection.commit()
            # Told by the one who leaves: the leader may leave with it.
            me, at = self.presence, moment(self._clock.now())
            gone = Present(me.id, me.instance, me.started_at, at, is_live=False)
            events.record(connection, [happenings.stopped(gone, at)])
            connection.commit()
