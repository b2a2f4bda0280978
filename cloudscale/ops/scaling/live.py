"""The live loop without a cloud: real load and real users, a modelled fleet. For the leader alone.

samples --Observation, every 10 s--> Scaler --Decision--> fleet --what happened--> the timeline
   board, mind --> database, so that a new leader goes on where this one was

Whatever goes wrong here must not end the lead: it is rolled back by itself, and logged.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import Connection

from cloudscale.ops.cloud import Read
from cloudscale.ops.fleet_gauges import gauges
from cloudscale.ops.policy import in_force, keeping
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.ports import FleetSource, Reading
from cloudscale.ops.scaling import board as boards
from cloudscale.ops.scaling import keeping as states
from cloudscale.ops.scaling import told
from cloudscale.ops.scaling.board import Board
from cloudscale.ops.scaling.decide import Scaler, look_back_seconds
from cloudscale.ops.scaling.duty import SETTLE_SECONDS, LoadGap, observation, users_gap
from cloudscale.ops.scaling.memory import Memory
from cloudscale.ops.scaling.model import Happened
from cloudscale.ops.scaling.observed import SLOT_SECONDS, Capacity, Observation
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.hub import drawn
from cloudscale.ops.telemetry.levels import FLEET
from cloudscale.ops.telemetry.point import Point

logger = logging.getLogger(__name__)

LEVEL_SECONDS = 10
"""The level of kept samples that a new leader reads what was observed from."""


class ElasticFleet(FleetSource, Protocol):
    """A fleet that can be given another size, and lives as its clock goes on."""

    def begin(self, policy: ScalingPolicy, now: float, kept: Mapping[str, Any] | None) -> bool:
        """Go on with what was kept, or start anew; whether it goes on."""
        ...

    def follow(self, policy: ScalingPolicy) -> None:
        """Another policy is in force."""
        ...

    def set_desired(self, desired: int, now: float, cause: str) -> None:
        """Want another size from now on."""
        ...

    def advance(self, now: float) -> Sequence[Happened]:
        """What happened up to now."""
        ...

    def capacity(self, warm_up_seconds: float) -> Capacity:
        """How many instances there are."""
        ...

    def as_json(self) -> dict[str, Any]:
        """All of it, to be kept."""
        ...


class LiveScaling:
    """One leader's loop. For one thread at a time.

    Args:
        fleet: What is scaled.
    """

    def __init__(self, fleet: ElasticFleet) -> None:
        self._fleet = fleet
        self._scaler = Scaler(in_force.in_force())
        self._board = Board()
        self._newest: Observation | None = None
        self._load, self._load_gap = LoadGap(), {}
        self._slot = 0
        self._is_begun = False
        self._is_failing = False

    def begin(self, connection: Connection, now: float) -> None:
        """Take over: the declared policy, the fleet and the scaler's memory as they were kept."""
        self._safely(connection, lambda: self._begin(connection, now))

    def gauges(self, now: float, active_users: float) -> Reading:
        """Sizes of the fleet and the users' gap, to be kept with this second."""
        if not self._is_begun:
            return {}
        at, fleet = moment(now), self._fleet.read()
        known = gauges(Read(fleet, at), None, at)
        return {**known, **users_gap(active_users, fleet.desired), **self._load_gap}

    def act(self, connection: Connection, now: float, points: Sequence[Point]) -> None:
        """Let the fleet live on; when a slot is over, decide."""
        self._safely(connection, lambda: self._act(connection, now, points))

    def _safely(self, connection: Connection, work: Callable[[], None]) -> None:
        try:
            with connection.begin_nested():
                work()
            self._is_failing = False
        except Exception:  # what was measured is worth more than what a model does
            if not self._is_failing:
                logger.exception("The simulated fleet could not be scaled")
            # What was rolled back is not what is in memory: all of it is read again.
            self._is_failing, self._is_begun = True, False

    def _begin(self, connection: Connection, now: float) -> None:
        keeping.put_declared(connection)
        keeping.refresh(connection)
        policy = in_force.in_force()
        self._board, mind = states.load(connection)
        if not self._fleet.begin(policy, now, mind.get("fleet")):
            told.forget(connection, now)
            self._board, mind = Board(), {}
        self._scaler = Scaler(policy, _memory(mind))
        since = now - look_back_seconds(policy)
        kept = store.read(connection, FLEET, LEVEL_SECONDS, since, now - LEVEL_SECONDS)
        for point in drawn(kept, LEVEL_SECONDS):
            self._observe([point], point.second + LEVEL_SECONDS)
        self._slot, self._is_begun = int(now - SETTLE_SECONDS) // SLOT_SECONDS, True
        self._keep(connection, now)

    def _observe(self, points: Sequence[Point], until: int) -> None:
        self._newest = observation(points, until)
        self._scaler.observe(self._newest)

    def _act(self, connection: Connection, now: float, points: Sequence[Point]) -> None:
        if not self._is_begun:
            self._begin(connection, now)
        self._follow_policy()
        happened = self._fleet.advance(now)
        told.tell_happened(connection, happened)
        slot = int(now - SETTLE_SECONDS) // SLOT_SECONDS
        if slot == self._slot and not happened:
            return
        if slot > self._slot:
            self._observe(points, slot * SLOT_SECONDS)
            self._decide(connection, now)
        self._slot = slot
        self._keep(connection, now)

    def _follow_policy(self) -> None:
        policy = in_force.in_force()
        if policy != self._scaler.policy:
            self._fleet.follow(policy)
            self._scaler = Scaler(policy, self._scaler.memory)

    def _decide(self, connection: Connection, now: float) -> None:
        policy, before = self._scaler.policy, dict(self._scaler.alarms)
        capacity = self._fleet.capacity(policy.warm_up_seconds)
        if self._newest:
            self._load_gap = self._load.take(self._newest, capacity, now)
        decision = self._scaler.decide(capacity, now)
        alarms = self._scaler.alarms
        told.tell_alarms(connection, policy, before, alarms, self._rows(), now)
        if decision is None:
            told.tell_settled(connection, capacity, now)
            return
        told.tell_decision(connection, decision, policy)
        self._board = replace(self._board, decision=decision.reason, decided_at=decision.at)
        self._fleet.set_desired(decision.desired, now, decision.reason)
        told.tell_happened(connection, self._fleet.advance(now))

    def _rows(self) -> tuple[boards.AlarmRow, ...]:
        values = dict(self._newest.values) if self._newest else {}
        if "active_users" in values:
            desired = self._fleet.read().desired or 0
            values["users_gap"] = self._scaler.policy.users_gap(values["active_users"], desired)
        return boards.alarm_rows(self._scaler.policy, self._scaler.alarms, values)

    def _keep(self, connection: Connection, now: float) -> None:
        shown = self._board.with_fleet(self._fleet.read())
        policy, alarms = self._scaler.policy.name, self._rows()
        self._board = replace(shown, policy=policy, alarms=alarms, read_at=now)
        mind = {"fleet": self._fleet.as_json(), "memory": self._scaler.memory.to_json()}
        states.save(connection, self._board, mind)


def _memory(mind: Mapping[str, Any]) -> Memory:
    try:
        return Memory.from_json(mind["memory"])
    except (KeyError, ValueError):
        return Memory()
