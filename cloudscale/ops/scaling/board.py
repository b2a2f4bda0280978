"""How the fleet scales, for pages: sizes, alarms against their limits, the last decision. Pure.

leader --Board--> database (`keeping`) --> every process: `shown`, without any I/O
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cloudscale.ops.policy.rules import (
    Condition,
    Metric,
    OfferedLoad,
    SimpleScaling,
    StepScaling,
    TargetTracking,
)
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.ports import FleetState, Lifecycle, Origin
from cloudscale.ops.scaling.alarm_states import AlarmState
from cloudscale.ops.scaling.reasons import UNIT, number

NAMED: dict[Metric, str] = {
    "cpu_percent": "CPU",
    "active_users": "users",
    "users_gap": "gap",
    "requests_per_second": "requests",
    "response_p95_ms": "p95",
}
MOST_INSTANCES = 24


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm.

    Attributes:
        name: Of its rule.
        state: `OK`, `ALARM` or `INSUFFICIENT_DATA`.
        words: Its values against their limits: "gap 0 of 1".
        since: From when on, in seconds since 1970; 0 where that is not known.
    """

    name: str
    state: str
    words: str
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """One instance of the fleet."""

    id: str
    zone: str
    state: str


@dataclass(frozen=True, slots=True)
class Board:
    """All of it.

    Attributes:
        source: Where the fleet is known from; `measured` means that there is none.
        policy: The name of the policy in force.
        desired: How many instances there should be; this and what follows is `None` where unknown.
        in_service: How many serve.
        pending: How many start.
        terminating: How many leave.
        smallest: The fewest that may be.
        largest: The most that may be.
        instances: Each of them, of many the first.
        alarms: Each of them.
        decision: The last change of size, why, in a sentence; empty before the first.
        decided_at: When that was, in seconds since 1970.
        read_at: When the fleet was last known, in seconds since 1970; 0 for never.
        fault: Why it is not known any more, in words; empty while it is.
    """

    source: Origin = "measured"
    policy: str = ""
    desired: int | None = None
    in_service: int | None = None
    pending: int | None = None
    terminating: int | None = None
    smallest: int | None = None
    largest: int | None = None
    instances: tuple[InstanceRow, ...] = ()
    alarms: tuple[AlarmRow, ...] = ()
    decision: str = ""
    decided_at: float = 0.0
    read_at: float = 0.0
    fault: str = ""

    def with_fleet(self, fleet: FleetState) -> "Board":
        """The same with what is known of a fleet."""
        rows = [InstanceRow(one.id, one.zone, one.lifecycle.value) for one in fleet.instances or ()]
        return replace(
            self,
            source=fleet.source,
            desired=fleet.desired,
            in_service=fleet.count(Lifecycle.IN_SERVICE),
            pending=fleet.count(Lifecycle.PENDING),
            terminating=fleet.count(Lifecycle.TERMINATING),
            smallest=fleet.smallest,
            largest=fleet.largest,
            instances=tuple(rows[:MOST_INSTANCES]),
        )


_AS_JSON: TypeAdapter[Board] = TypeAdapter(Board)
_shown: list[tuple[int, Board]] = [(0, Board())]


def to_json(board: Board) -> dict[str, Any]:
    """A board as JSON values."""
    return _AS_JSON.dump_python(board, mode="json")


def from_json(document: Mapping[str, Any]) -> Board:
    """What `to_json` wrote; an empty one of what another version wrote."""
    try:
        return _AS_JSON.validate_python(document)
    except ValidationError:
        return Board()


def shown() -> Board:
    """The board as this process knows it."""
    return _shown[0][1]


def version() -> int:
    """Which one that is; 0 before any was read."""
    return _shown[0][0]


def show(number: int, board: Board) -> None:
    """Take another; any thread may."""
    _shown[0] = (number, board)


def alarm_rows(
    policy: ScalingPolicy,
    states: Mapping[str, AlarmState],
    values: Mapping[Metric, float],
) -> tuple[AlarmRow, ...]:
    """The alarms of a policy's rules with the newest values.

    Args:
        policy: Which.
        states: By name, as `Scaler.alarms` tells them.
        values: The newest of each metric, `users_gap` among them.
    """
    return tuple(
        AlarmRow(name, states[name].state, words, states[name].since)
        for name, words in _named(policy, values)
        if name in states
    )


def _named(policy: ScalingPolicy, values: Mapping[Metric, float]) -> Iterator[tuple[str, str]]:
    for rule in policy.rules:
        match rule:
            case StepScaling() | SimpleScaling():
                told = (_against(policy, one, values) for one in rule.alarm.conditions)
                yield rule.name, ", ".join(told)
            case TargetTracking():
                words = _words(rule.metric, values.get(rule.metric), rule.target)
                yield f"{rule.name}:high", words
                yield f"{rule.name}:low", words
            case OfferedLoad():
                pass  # it has no alarm: it sizes the fleet each time


def _against(policy: ScalingPolicy, condition: Condition, values: Mapping[Metric, float]) -> str:
    limit = policy.limit(condition.threshold)
    return _words(condition.metric, values.get(condition.metric), limit)


def _words(metric: Metric, value: float | None, limit: float) -> str:
    seen = "not measured" if value is None else number(value)
    return f"{NAMED[metric]} {seen} of {number(limit)}{UNIT[metric]}"
