"""One member far above its peers in CPU or memory, for minutes: it is drained and replaced. Pure.

When all are high it is load, and scaling is left to do its work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.observed import Fleet, Member, Observed
from cloudscale.ops.healing.recovery import replace


@dataclass(frozen=True, slots=True)
class Measure:
    """What is compared.

    Attributes:
        cause: The action's cause.
        words: As people say it.
        field: Of a member.
        floor_percent: Below it nobody is touched, however far above the others.
        alone_percent: From so much on a member without peers is replaced; `None`: never.
    """

    cause: str
    words: str
    field: str
    floor_percent: float
    alone_percent: float | None


MEASURES = (
    Measure("cpu-above-peers", "CPU", "cpu_percent", 85, None),
    Measure("memory-above-peers", "memory", "memory_percent", 90, 97),
)
"""A lone busy server may simply be busy; one whose memory is full will not serve much longer."""

AHEAD_POINTS = 25
"""So many percentage points above the median of its peers, in each of the minutes."""


def actions(desired: Desired, observed: Observed, history: History) -> Sequence[Action]:
    """Who is to be drained: the one that is furthest ahead, and no more than one in a look.

    Args:
        desired: For the limits: how many minutes.
        observed: What was found; who was not measured for so long is neither judged nor a peer.
        history: Not needed; all diagnoses take it.
    """
    del history
    fleet = observed.fleet
    if fleet is None or fleet.is_refreshing:
        return ()
    found = [
        one
        for measure in MEASURES
        for one in _above(measure, fleet, desired.limits.pressure_minutes)
    ]
    return tuple(found[:1])


def _above(measure: Measure, fleet: Fleet, minutes: int) -> Iterable[Action]:
    measured = [one for one in fleet.members if len(_series(one, measure, minutes)) == minutes]
    serving = [one for one in measured if one.lifecycle == "InService"]
    for member in sorted(serving, key=lambda one: -min(_series(one, measure, minutes))):
        peers = [one for one in serving if one.id != member.id]
        if not member.is_protected and _stands_out(measure, member, peers, minutes):
            yield _drain(measure, member, peers, minutes)


def _series(member: Member, measure: Measure, minutes: int) -> Sequence[float]:
    series: Sequence[float] = getattr(member, measure.field)
    return series[-minutes:]


def _stands_out(measure: Measure, member: Member, peers: Sequence[Member], minutes: int) -> bool:
    own = _series(member, measure, minutes)
    if not peers:
        return measure.alone_percent is not None and min(own) >= measure.alone_percent
    series = [_series(one, measure, minutes) for one in peers]
    others = [median(now) for now in zip(*series, strict=True)]
    return all(
        value >= measure.floor_percent and value - other >= AHEAD_POINTS
        for value, other in zip(own, others, strict=True)
    )


def _drain(measure: Measure, member: Member, peers: Sequence[Member], minutes: int) -> Action:
    own = _series(member, measure, minutes)
    if peers:
        other = median(_series(one, measure, minutes)[-1] for one in peers)
        against = f"while its {len(peers)} peers are at {other:.0f} % in the median"
    else:
        against = "and it will not serve much longer"
    why = (
        f"Its {measure.words} has been {min(own):.0f} to {max(own):.0f} % for {minutes} minutes, "
        f"{against}."
    )
    return replace(member, measure.cause, why, verb=Verb.DRAIN)
