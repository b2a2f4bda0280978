"""Healing the model, in the leader's process: a thread of its own beside the leader's.

leader --act, once a second--> a sign of life
thread: trial asked for --> broken     every 10 s: heal --> record --> timeline, trial

The leader's second must not wait for two looks that are ten seconds apart. A thread whose leader is
silent ends; of two at once the record's lock lets one heal.
"""

import logging
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloudscale.ops.healing import keeping, told, trials
from cloudscale.ops.healing.beside import Beside
from cloudscale.ops.healing.breaking import BREAKS, OF_FLEET, ZONE_SECONDS, FragileFleet
from cloudscale.ops.healing.clock import SystemClock
from cloudscale.ops.healing.guards import OF_MEMBERS
from cloudscale.ops.healing.keeping import DatabaseLedger, Transaction
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.model.kept import KeptStack, ModelSource
from cloudscale.ops.healing.model.world import ModelWorld
from cloudscale.ops.healing.ports import Clock, Letter, Parts
from cloudscale.ops.healing.record import Entry
from cloudscale.ops.healing.report import Report
from cloudscale.ops.healing.run import heal
from cloudscale.ops.healing.trials import TrialView
from cloudscale.ops.ports import Reading
from cloudscale.ops.telemetry.point import Point

logger = logging.getLogger(__name__)

RUN_SECONDS = 10
PATIENCE = timedelta(minutes=3)
"""So long a trial waits for the fleet to be whole; a launch takes two minutes."""


class Timeline:
    """A `Messenger` that needs to tell nobody: incidents are on the timeline."""

    def tell(self, letter: Letter) -> None:
        """Log its subject."""
        logger.info(letter.subject)


class LiveHealing:
    """One leader's healing of the model.

    Args:
        fleet: The modelled fleet.
        transaction: Opens a transaction of the thread's own.
        region: The region that the model says it is in.
        mode: What healing may do.
        clock: What its runs and trials go by.
    """

    def __init__(
        self,
        fleet: FragileFleet,
        transaction: Transaction,
        region: str,
        mode: Mode,
        clock: Clock | None = None,
    ) -> None:
        self._fleet, self._transaction = fleet, transaction
        self._stack = KeptStack(transaction)
        self._source = ModelSource(transaction, region, mode)
        self._clock = clock or SystemClock()
        world = ModelWorld(fleet, self._stack, self._clock.now)
        ledger = DatabaseLedger(transaction)
        self._parts = Parts(self._source, world, ledger, Timeline(), self._clock)
        self._healed_at = 0.0
        self._beside = Beside("healing", self._second, "The model could not be healed")

    def begin(self, connection: Connection, now: float) -> None:
        """Take over; the thread begins with the first second."""
        keeping.ensure(connection)

    def gauges(self, now: float, active_users: float) -> Reading:
        """Nothing that samples keep."""
        return {}

    def act(self, connection: Connection, now: float, points: Sequence[Point]) -> None:
        """Say that the leader is there."""
        self._beside.live()

    def _second(self) -> None:
        self.break_what_is_asked()
        if time.monotonic() - self._healed_at >= RUN_SECONDS:
            self._healed_at = time.monotonic()
            self.run()

    def run(self) -> Report:
        """Heal once, tell it, and follow the trial that is under way."""
        self._stack.follow(self._source.desired())
        report = heal(self._parts, "loop", is_simulated=True)
        with self._transaction() as session:
            told.tell(session, report.entries)
        self._follow_trial()
        return report

    # Trials

    def break_what_is_asked(self) -> None:
        """Begin the trial that somebody asked for, if there is one."""
        with self._transaction() as session:
            trial = trials.open_(session)
        if trial is None or trial.ref or self._must_wait(trial):
            return
        self._stack.follow(self._source.desired())
        now = self._clock.now()
        ref = BREAKS[trial.slug](self._fleet, self._stack, now.timestamp())
        with self._transaction() as session:
            if ref:
                trials.set_broken(session, trial.id, ref, now)
            else:
                trials.end(session, trial.id, "Nothing was there to break.")

    def _must_wait(self, trial: TrialView) -> bool:
        """Whether a server is still away: whoever takes another one then tries something else."""
        if trial.slug not in OF_FLEET or self._is_fleet_whole():
            return False
        if self._clock.now() - trial.started_at > PATIENCE:
            with self._transaction() as session:
                trials.withdraw(session, trial.id, "Nothing was broken: a server was away already.")
        return True

    def _follow_trial(self) -> None:
        with self._transaction() as session:
            trial = trials.open_(session)
            if trial is None or not trial.ref:
                return
            lost = self._fleet.lost_with(trial.zone) if trial.zone else ()
            found = keeping.read(session, trial.started_at - timedelta(seconds=1))
            about = trials.concerning(trial, found, lost)
            followed = trials.follow(session, trial, about)
            ended = self._ended(followed, about, lost)
            if ended is not None:
                outcome, healthy_at = ended
                trials.end(session, trial.id, outcome, healthy_at)

    def _ended(
        self, trial: TrialView, about: Sequence[Entry], lost: Collection[str]
    ) -> tuple[str, datetime | None] | None:
        """What a trial came to, and when all was well again; `None` while it goes on."""
        now = self._clock.now()
        age = now - trial.started_at
        there = {one.id for one in self._fleet.members()}
        kind, _, name = trial.ref.partition("/")
        if trial.zone and age >= timedelta(seconds=ZONE_SECONDS):
            self._fleet.regain_zone(trial.zone)
            if self._is_fleet_whole():
                return trials.who_mended(about, lost, there), now
        if trial.healthy_at is not None:
            return trial.how_it_healed, trial.healthy_at
        if kind == OF_MEMBERS and name not in there and self._is_fleet_whole():
            return trial.how_it_healed, now
        return ("It was not healthy again in time.", None) if age >= trials.LIMIT else None

    def _is_fleet_whole(self) -> bool:
        """Whether as many serve as there should be."""
        healthy = [one for one in self._fleet.members() if one.target == "healthy"]
        return len(healthy) >= (self._fleet.read().desired or 0)
