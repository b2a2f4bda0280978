"""Whether something may be broken on purpose, and when to stop and put it back. Pure.

before:    Switches --why_not_on--> ""    Mode, board --why_not_healed--> ""
           Fleet --why_not_away--> ""
meanwhile: Watched --why_stop--> ""       anything else is the reason, in a sentence
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.observed import Fleet
from cloudscale.ops.healing.ports import Switches
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.staging import Staged, serving

Board = Mapping[str, Any]

SILENT = timedelta(minutes=5)
"""A healer that has told nothing for so long is not there: it looks once a minute."""
FEWEST = 2
"""Of servers that serve, where a trial takes one away."""
RINGING = "ALARM"
"""CloudWatch's word for an alarm that has gone off."""


@dataclass(frozen=True)
class Watched:
    """What is watched while something is broken.

    Attributes:
        now: When, aware UTC.
        switches: The switches.
        fleet: The members.
        board: How healing stands; `None` where it has told nothing yet.
        news: The lines of the record since the break.
        alarms: The state of each alarm that the trial is to stop at; one that is gone is missing.
        stop_at: These alarms' names.
    """

    now: datetime
    switches: Switches
    fleet: Fleet
    board: Board | None
    news: Sequence[Entry] = ()
    alarms: Mapping[str, str] = field(default_factory=dict)
    stop_at: Sequence[str] = ()


def why_not_on(switches: Switches, now: datetime) -> str:
    """Why the switches let no healer act; nothing where they do."""
    if not switches.is_on:
        return "The kill switch is off: nothing would be healed."
    if switches.hold and switches.hold.is_on(switches.pointer, now):
        until = f"{switches.hold.until:%Y-%m-%d %H:%M:%S} UTC"
        return f"Healing only looks until {until}: an apply is under way, or somebody holds it."
    return ""


def why_not_healed(mode: Mode, board: Board | None, now: datetime) -> str:
    """Why the healer, though it is on, would not heal what is broken now; nothing where it would.

    Args:
        mode: What the desired document lets it do.
        board: How healing stood when it last ran.
        now: Aware UTC.
    """
    if mode is not Mode.APPLY:
        return f"The healer's mode is {mode.value}: it would heal nothing by itself."
    return _silence(board, now) or _breaker(board or {})


def _silence(board: Board | None, now: datetime) -> str:
    if not board:
        return "The healer has never run: nothing would be healed."
    if abs(now - datetime.fromisoformat(board["at"])) >= SILENT:
        return f"The healer has not run since {board['at']}: nothing would be healed."
    return ""


def _breaker(board: Board) -> str:
    breaker = board.get("breaker")
    if breaker is None:
        return f"The healer's last run could not work: {board.get('words', '')}"
    if breaker["isOpen"]:
        return "The breaker is open: healing has stopped itself. See heal --close-breaker."
    return ""


def why_not_away(staged: Staged, fleet: Fleet | None, board: Board) -> str:
    """Why the fleet cannot spare what a trial takes away, or the healer cannot act on it."""
    budget = board.get("budget", {})
    if not staged.takes_away:
        return _spent(budget, "repairsThisHour", "repairsPerHour", "repairs")
    if fleet is None:
        return "The group's members could not be read."
    if len(serving(fleet)) < FEWEST:
        return f"{len(serving(fleet))} of the servers serve: with one less nobody would."
    if fleet.is_refreshing:
        return "A deployment is replacing servers: healing leaves all of them alone meanwhile."
    if budget.get("inUse", 0) >= budget.get("atOnce", 1):
        return "As many servers are away as may be at once: healing would only wait."
    return _spent(budget, "usedThisHour", "perHour", "interruptions")


def _spent(budget: Mapping[str, Any], used: str, most: str, what: str) -> str:
    if budget.get(used, 0) < budget.get(most, 1):
        return ""
    return f"This hour's {what} are used up: healing would only wait."


def why_stop(watched: Watched) -> str:
    """Why what was broken is to be put back now; nothing while the trial may go on."""
    return (
        _too_few(watched.fleet)
        or _healer_gave_up(watched.news)
        or why_not_on(watched.switches, watched.now)
        or _silence(watched.board, watched.now)
        or why_alarmed(watched.alarms, watched.stop_at)
    )


def fewest(fleet: Fleet) -> int:
    """So many servers must go on serving: one less than the group's least, and one at least."""
    return max(fleet.smallest - 1, 1)


def _too_few(fleet: Fleet) -> str:
    left, least = len(serving(fleet)), fewest(fleet)
    return f"Only {left} servers serve, and {least} must." if left < least else ""


def _healer_gave_up(news: Sequence[Entry]) -> str:
    for one in news:
        if one.phase is Phase.PAGED:
            return f"The healer calls people: {one.reason or one.title}"
        if one.phase is Phase.BREAKER_OPENED:
            return "The healer's breaker opened: it has stopped itself."
    return ""


def why_alarmed(alarms: Mapping[str, str], names: Sequence[str]) -> str:
    """Why the alarms that are watched say stop; nothing where all are there and quiet."""
    for name in names:
        if name not in alarms:
            return f"There is no alarm {name} to watch."
        if alarms[name] == RINGING:
            return f"The alarm {name} has gone off."
    return ""
