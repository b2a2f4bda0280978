"""Who bears far more than its peers, for minutes on end: drained and replaced. Pure.

Fleet's figures by the minute --actions--> DRAIN of who is alone with it

Where most are busy it is load, and scaling does its work: nobody is drained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from statistics import median

from cloudscale.ops.healing import members
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.members import Judged
from cloudscale.ops.healing.observed import Fleet, Member, Observed
from cloudscale.ops.healing.recovery import replaced

ABOVE_PERCENT = 25
"""So many points above its peers' median a member must be."""

SPREADS = 3
SPREAD_OF_MAD = 1.4826
"""And so many of its peers' standard deviations, taken from the median absolute deviation.

Source: Leys et al. 2013, "Detecting outliers: do not use standard deviation around the mean".
"""

BUSY_PERCENT = 70
"""Peers whose median is there or above are busy themselves: the fleet grows from there on."""

ALONE_PERCENT = 95
"""Without peers to compare with, memory that stays above this is about to run out."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that members are compared by.

    Attributes:
        name: The member's field.
        cause: The action's cause.
        words: What it is called.
        floor_percent: Below this nobody is too busy.
        alone_percent: What is too much for a member without peers; `None`: nothing is.
    """

    name: str
    cause: str
    words: str
    floor_percent: float
    alone_percent: float | None = None


MEMORY = Figure("memory_percent", "memory-above-peers", "memory", 90, ALONE_PERCENT)
CPU = Figure("cpu_percent", "cpu-above-peers", "CPU", 85)
FIGURES = (MEMORY, CPU)
"""Memory first: what runs out of it dies, what runs out of CPU is slow."""


def actions(desired: Desired, observed: Observed, history: History) -> Sequence[Action]:
    """Who is drained: the one that bears most, and no more than one by one look.

    Args:
        desired: For how many minutes one must be above its peers.
        observed: What was found; whose figures are missing is neither drained nor compared with.
        history: The moment that it was read for.
    """
    fleet = observed.fleet
    if fleet is None or fleet.is_refreshing:
        return ()
    judged = members.judge(fleet, desired, history.now)
    if judged.is_all_sick:
        return ()
    serving = _serving(fleet, judged, history.now)
    minutes = max(1, int(desired.limits.pressure_minutes))
    for figure in FIGURES:
        known = ((newest(one, figure, minutes) or (0.0,), one) for one in serving)
        for _, one in sorted(known, key=lambda pair: -min(pair[0])):
            found = _drained(one, figure, serving, fleet, judged, minutes)
            if found is not None and members.can_be_touched(one):
                return (found,)
    return ()


def _serving(fleet: Fleet, judged: Judged, now: datetime) -> list[Member]:
    """Those that do what members are for, and are not busy with their own start."""
    sick = {one.member.id for one in judged.sick}
    grace = timedelta(seconds=fleet.grace_seconds)
    wanted = "healthy" if fleet.target_group else None
    return [
        one
        for one in fleet.members
        if one.lifecycle == "InService"
        and one.id not in sick
        and one.machine == "running"
        and one.target == wanted
        and one.launched_at is not None
        and now - one.launched_at >= grace
    ]


def _drained(
    member: Member,
    figure: Figure,
    serving: Sequence[Member],
    fleet: Fleet,
    judged: Judged,
    minutes: int,
) -> Action | None:
    own = newest(member, figure, minutes)
    if own is None:
        return None
    if judged.in_service == 1:
        words = _alone(figure, own)
    else:
        peers = [one for one in serving if one is not member]
        words = _above(figure, own, [newest(one, figure, minutes) for one in peers])
    told = {figure.name: [round(value, 1) for value in own]}
    if not words:
        return None
    return replaced(fleet, member, Verb.DRAIN, figure.cause, words, before=told)


def newest(member: Member, figure: Figure, minutes: int) -> tuple[float, ...] | None:
    """The newest minutes of a figure; `None` where not all are known."""
    told = tuple(getattr(member, figure.name))[-minutes:]
    return told if len(told) == minutes and all(map(isfinite, told)) else None


def _alone(figure: Figure, own: Sequence[float]) -> str:
    most = figure.alone_percent
    if most is None or min(own) <= most:
        return ""
    return (
        f"Its {figure.words} was at {min(own):.0f} to {max(own):.0f} % for {len(own)} minutes. It "
        "has no peers to compare it with, but this is about to run out."
    )


def _above(figure: Figure, own: Sequence[float], others: Sequence[tuple[float, ...] | None]) -> str:
    """Why a member is far above its peers in every minute, in a sentence; empty where it is not."""
    known = [told for told in others if told is not None]
    if not known or 2 * len(known) < len(others):
        return ""
    by_minute = list(zip(*known, strict=True))
    if not all(_is_far(figure, value, row) for value, row in zip(own, by_minute, strict=True)):
        return ""
    middle = median(median(row) for row in by_minute)
    least, most = f"{min(own):.0f}", f"{max(own):.0f}"
    at = least if least == most else f"{least} to {most}"
    peers = "its one peer" if len(known) == 1 else f"the median of its {len(known)} peers"
    return (
        f"Its {figure.words} was at {at} % for {len(own)} minutes, while {peers} was at "
        f"{middle:.0f} %: it is not load."
    )


def _is_far(figure: Figure, value: float, peers: Sequence[float]) -> bool:
    middle = median(peers)
    spread = SPREAD_OF_MAD * median(abs(one - middle) for one in peers)
    far = max(figure.floor_percent, middle + ABOVE_PERCENT, middle + SPREADS * spread)
    return value >= far and middle < BUSY_PERCENT
