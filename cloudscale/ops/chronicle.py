"""The leader's record of what happens: processes, versions, alarms, the lead, outages, lost runs.

    processes, points, tallies --Chronicle.write, once a second--> the timeline

Whatever goes wrong here must not end the lead: it is rolled back by itself, and logged.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloudscale.ops import alarms, budget, events, happenings, processes, slo
from cloudscale.ops.events import EventView
from cloudscale.ops.happenings import Processes
from cloudscale.ops.load_lab import runs
from cloudscale.ops.ports import ScalingActivity
from cloudscale.ops.processes import Presence
from cloudscale.ops.slo import SloView
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.levels import FLEET
from cloudscale.ops.telemetry.point import Point

logger = logging.getLogger(__name__)

BUDGET_EVERY_SECONDS = 10
# After a longer pause without any leader the shop was stopped, and nobody took over from anyone.
PAUSE_SECONDS = 60

Points = Callable[[], Sequence[Point]]
"""The fleet's last minutes by the second, from any thread."""


class Chronicle:
    """One leader's record. For one thread at a time.

    Args:
        me: The leader's process.
        points: What was measured lately.

    Attributes:
        points: The same.
        slo: How the objectives stand; nothing is known of them at first.
    """

    def __init__(self, me: Presence, points: Points) -> None:
        self.slo: SloView = slo.evaluate({})
        self._me = me
        self.points = points
        self._processes: Processes = {}
        self._deployed: EventView | None = None
        self._judged_at = 0.0
        self._outage: tuple[float, float] | None = None
        self._activities: Sequence[ScalingActivity] = ()
        self._is_failing = False

    def note_outage(self, outage: tuple[float, float] | None) -> None:
        """The database was away, from when to when (seconds since 1970)."""
        self._outage = outage or self._outage

    def begin(self, connection: Connection) -> None:
        """Record that this process leads now; before it merges its first second."""
        self._safely(connection, lambda: self._take_over(connection))

    def write(
        self, connection: Connection, now: float, activities: Sequence[ScalingActivity] = ()
    ) -> None:
        """Record what has happened since the last time.

        Args:
            connection: The leader's, in a transaction.
            now: Seconds since 1970.
            activities: What the cloud says that the fleet did last.
        """
        self._safely(connection, lambda: self._write(connection, now, activities))

    def _safely(self, connection: Connection, work: Callable[[], None]) -> None:
        try:
            with connection.begin_nested():
                work()
            self._is_failing = False
        except Exception:  # what was measured is worth more than what is said of it
            if not self._is_failing:
                logger.exception("What happened could not be recorded")
            self._is_failing = True

    def _take_over(self, connection: Connection) -> None:
        now = store.database_now(connection).timestamp()
        extent = store.extent(connection, FLEET, 1, now)
        self._deployed = events.latest(connection, "deploy")
        if extent is None or not 0 <= now - extent[1] <= PAUSE_SECONDS:
            return
        me = next((one for one in processes.everyone(connection) if one.id == self._me.id), None)
        if me is not None:
            without_seconds = max(now - extent[1] - 1, 0)
            told = happenings.took_the_lead(me, moment(now), without_seconds)
            events.record(connection, [told])

    def _write(
        self, connection: Connection, now: float, activities: Sequence[ScalingActivity]
    ) -> None:
        at = moment(now)
        self._record_processes(connection, at)
        runs.end_lost(connection)
        self._watch_alarms(connection, now)
        if self._outage is not None:
            away = happenings.database_was_away(*map(moment, self._outage))
            events.record(connection, [away])
            self._outage = None
        if activities != self._activities:
            events.record(connection, map(happenings.scaling, activities))
            self._activities = activities

    def _watch_alarms(self, connection: Connection, now: float) -> None:
        at = moment(now)
        if abs(now - self._judged_at) >= BUDGET_EVERY_SECONDS:
            self.slo, self._judged_at = budget.slo_view(connection, now), now
        since = at - timedelta(seconds=alarms.LOOK_BACK_SECONDS)
        lately = [point for point in self.points() if point.at >= since]
        alarms.watch(connection, lately, self.slo, at)

    def _record_processes(self, connection: Connection, at: datetime) -> None:
        found = happenings.of_processes(processes.everyone(connection))
        events.record(connection, happenings.changes(self._processes, found, at))
        if events.record(connection, happenings.deployments(found, self._deployed, at)):
            self._deployed = events.latest(connection, "deploy")
        self._processes = found
