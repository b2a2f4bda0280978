"""The fleet and its alarms in words, as the dashboard shows them. Pure.

Board, policy in force --fleet_panel--> FleetPanel, a part of each tick
"""

from dataclasses import dataclass
from datetime import datetime

from cloudscale.ops.policy.in_force import InForce
from cloudscale.ops.scaling.board import AlarmRow, Board
from cloudscale.ops.telemetry.clock import moment

UNKNOWN = "\N{EN DASH}"
STALE_SECONDS = {"simulated": 60, "aws": 180, "measured": 60}
"""After so long without news what is known is old: three readings."""
STATES = {"OK": ("OK", "good"), "ALARM": ("ALARM", "warn")}
NO_DATA = ("NO DATA", "info")
LIFE = {"in_service": "in service", "other": "in the warm pool or leaving"}


@dataclass(frozen=True, slots=True)
class FleetPanel:
    """All of it, in texts.

    Attributes:
        source: Where the fleet is known from; its badge says it.
        fault: Why what is shown is old, and from when it is; empty while it is not.
        sizes: Desired, in service, pending and terminating instances.
        bounds: How many there may be.
        alarms: Name, state, tone and values of each.
        instances: Id, zone, and what it is about to do.
        decision: The last change of size, and why.
        policy: Which policy is in force, since when, and who put it there.
    """

    source: str
    fault: str
    sizes: tuple[str, ...]
    bounds: str
    alarms: tuple[tuple[str, str, str, str], ...]
    instances: tuple[tuple[str, str, str], ...]
    decision: str
    policy: str


def fleet_panel(board: Board, held: InForce, now: datetime) -> FleetPanel:
    """A board in words.

    Args:
        board: What the leader told last.
        held: The policy in force.
        now: Aware UTC.
    """
    sizes = (board.desired, board.in_service, board.pending, board.terminating)
    return FleetPanel(
        source=board.source,
        fault=_fault(board, now),
        sizes=tuple(UNKNOWN if one is None else f"{one}" for one in sizes),
        bounds=_bounds(board),
        alarms=tuple(map(_alarm, board.alarms)),
        instances=tuple(
            (one.id, one.zone, LIFE.get(one.state, one.state)) for one in board.instances
        ),
        decision=_decision(board),
        policy=_policy(held),
    )


def _fault(board: Board, now: datetime) -> str:
    if not board.read_at:
        return board.fault
    is_old = now.timestamp() - board.read_at > STALE_SECONDS[board.source]
    if not board.fault and not is_old:
        return ""
    why = board.fault or "Nothing newer is known of the fleet."
    return f"{why} This is how it was at {_clock(board.read_at)}."


def _bounds(board: Board) -> str:
    if board.smallest is None or board.largest is None:
        return ""
    return f"{board.smallest} to {board.largest} allowed"


def _alarm(row: AlarmRow) -> tuple[str, str, str, str]:
    state, tone = STATES.get(row.state, NO_DATA)
    return row.name, state, tone, row.words


def _decision(board: Board) -> str:
    if not board.decision:
        return "No change of size yet."
    return f"{_clock(board.decided_at)}: {board.decision}"


def _policy(held: InForce) -> str:
    if not held.id:
        return f"Policy {held.policy.name}."
    since = f"{held.since:%-d %b %H:%M} UTC"
    return f"Policy {held.policy.name}, in force since {since} by {held.put_in_force_by}."


def _clock(second: float) -> str:
    return f"{moment(second):%-d %b %H:%M:%S} UTC"
