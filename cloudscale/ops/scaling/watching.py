"""How a cloud scales the fleet: watched, and its policy put in force here. For the leader alone.

CloudWatcher --fleet, alarms, policy--> board, policy in force --> database
samples --> gaps, which the cloud is told and acts on

It sets nothing: sizes are the group's, thresholds and policies Terraform's.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from cloudscale.ops.cloud import CloudWatcher
from cloudscale.ops.policy import in_force, keeping
from cloudscale.ops.ports import FleetState, Lifecycle, PolicyDocument, Reading
from cloudscale.ops.scaling import keeping as states
from cloudscale.ops.scaling.board import AlarmRow, Board
from cloudscale.ops.scaling.duty import SETTLE_SECONDS, LoadGap, observation, users_gap
from cloudscale.ops.scaling.observed import SLOT_SECONDS, Capacity
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.point import Point

logger = logging.getLogger(__name__)

LONGEST_REASON = 240


class CloudScaling:
    """One leader's watch. For one thread at a time.

    Args:
        watcher: Asks the cloud.
    """

    def __init__(self, watcher: CloudWatcher) -> None:
        self._watcher = watcher
        self._board = Board(source="aws")
        self._document: PolicyDocument | None = None
        self._load, self._load_gap = LoadGap(), {}
        self._slot = 0
        self._is_failing = False

    def begin(self, connection: Connection, now: float) -> None:
        """Take over: what was known of the fleet is shown until there is something newer."""

        def work() -> None:
            if not self._watcher.asks_for_policy:
                keeping.put_declared(connection)
            keeping.refresh(connection)
            kept, _ = states.load(connection)
            self._board = kept if kept.source == "aws" else self._board

        self._safely(connection, work)

    def gauges(self, now: float, active_users: float) -> Reading:
        """The gaps; nothing of them while the size is not known, so that nobody acts on them."""
        desired = self._watcher.desired(moment(now))
        return {} if desired is None else {**users_gap(active_users, desired), **self._load_gap}

    def act(self, connection: Connection, now: float, points: Sequence[Point]) -> None:
        """When a slot is over, follow the policy, and show what is known."""
        slot = int(now - SETTLE_SECONDS) // SLOT_SECONDS
        if slot != self._slot:
            self._slot = slot
            self._safely(connection, lambda: self._act(connection, now, points))

    def _safely(self, connection: Connection, work: Callable[[], None]) -> None:
        try:
            with connection.begin_nested():
                work()
            self._is_failing = False
        except Exception:  # what was measured is worth more than what is said of the cloud
            if not self._is_failing:
                logger.exception("How the cloud scales could not be kept")
            self._is_failing = True

    def _act(self, connection: Connection, now: float, points: Sequence[Point]) -> None:
        document = self._watcher.policy
        if document is not None and document != self._document:
            keeping.put_from_terraform(connection, document.text, document.version)
            self._document = document
        self._measure_load(now, points)
        self._board = self._seen()
        states.save(connection, self._board, {})

    def _measure_load(self, now: float, points: Sequence[Point]) -> None:
        fleet, desired = self._watcher.fleet, self._watcher.desired(moment(now))
        if fleet is None or desired is None or fleet.is_stale(moment(now)):
            self._load_gap = {}
            return
        slot = observation(points, self._slot * SLOT_SECONDS)
        self._load_gap = self._load.take(slot, _capacity(fleet.value, desired), now)

    def _seen(self) -> Board:
        """What is known now; of what is not known any more, what was known last, and why."""
        read, policy = self._watcher.fleet, in_force.in_force().name
        fault = self._watcher.faults.get("fleet", "")
        if read is None:
            return replace(self._board, policy=policy, fault=fault or self._board.fault)
        fleet = read.value
        known = replace(
            self._board.with_fleet(fleet), policy=policy, read_at=read.read_at.timestamp()
        )
        fault = fault or " ".join(
            dict.fromkeys(why for part, why in fleet.absent.items() if part != "targets")
        )
        return _with_words(replace(known, fault=fault), fleet)


def _with_words(board: Board, fleet: FleetState) -> Board:
    """With what the cloud says of its alarms and of what it did last."""
    if fleet.alarms is not None:
        alarms = tuple(
            AlarmRow(one.name, one.state, one.reason[:LONGEST_REASON], one.since.timestamp())
            for one in fleet.alarms
        )
        board = replace(board, alarms=alarms)
    if not fleet.activities:
        return board
    last = fleet.activities[0]
    told = f"{last.description} {last.cause}".strip()[: 2 * LONGEST_REASON]
    return replace(board, decision=told, decided_at=last.started_at.timestamp())


def _capacity(fleet: FleetState, desired: int) -> Capacity:
    """The fleet as a decision sees it; AWS does not tell since when an instance serves."""
    pending = fleet.count(Lifecycle.PENDING) or 0
    return Capacity(
        desired=desired,
        in_service=fleet.count(Lifecycle.IN_SERVICE) or 0,
        pending=pending,
        terminating=fleet.count(Lifecycle.TERMINATING) or 0,
        warming=pending,
    )
