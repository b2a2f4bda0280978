"""What the least fleet would cost to somebody who knew the demand before it came. Pure.

For each slot the fewest instances are found that answer its requests in time; the oracle has asked
for each of them exactly so early that it is in service when it is needed. It pays for the start of
each, and keeps one through a lull that is shorter than a start would take. Nobody can follow it:
it is what policies are measured by.
"""

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from cloudscale.ops.policy.scaling import Bounds
from cloudscale.ops.scaling.model.course import play
from cloudscale.ops.scaling.model.demand import Demand
from cloudscale.ops.scaling.model.run import Run
from cloudscale.ops.scaling.model.settings import GroupSettings
from cloudscale.ops.scaling.model.work import BUSIEST, Responses, Tally
from cloudscale.ops.scaling.observed import SLOT_SECONDS

LATE = 0.001
"""So small a share of late requests is as good as none; a queue without any has no load."""


def bearable(settings: GroupSettings) -> float:
    """How many requests a second an instance can answer with at most `LATE` of them late.

    Found for an instance with a queue of its own; with a shared one it could bear a little more.
    """
    server = settings.server
    responses = Responses(server)
    steps = range(int(BUSIEST * 1_000))
    beyond = bisect_left(
        steps,
        True,
        key=lambda step: responses.at(server.workers, step / 1_000).late > LATE,
    )
    return max(beyond - 1, 1) / 1_000 * server.requests_per_second


def needed(demand: Demand, settings: GroupSettings, bounds: Bounds) -> "array[float]":
    """The fewest instances, within the bounds, for the busiest step of each slot of 10 s."""
    each = bearable(settings)
    rates, hold = demand.requests_per_second, demand.step_seconds
    found = array("d")
    for begins in range(0, demand.seconds, SLOT_SECONDS):
        ends = min(begins + SLOT_SECONDS, demand.seconds)
        busiest = max(rates[begins // hold : -(-ends // hold)])
        found.append(bounds.clamp(int(-(-busiest // each))))
    return found


def start_seconds(settings: GroupSettings) -> float:
    """How long an instance takes, at the median, from its launch to its first request."""
    checks = settings.health_interval_seconds * (settings.healthy_threshold - 0.5)
    return settings.launch.median_seconds + settings.boot.median_seconds + checks


def held(sizes: Sequence[float], slots: int) -> "array[float]":
    """The same sizes, but without a lull of at most so many slots between two times of more."""
    afterwards = [0.0] * slots
    return _least(_most([*sizes, *afterwards], slots), slots)[: len(sizes)]


def _most(sizes: Sequence[float], slots: int) -> "array[float]":
    """For each slot the most of it and the `slots` before it."""
    found, best = array("d"), deque[tuple[int, float]]()
    for number, size in enumerate(sizes):
        while best and best[-1][1] <= size:
            best.pop()
        best.append((number, size))
        if best[0][0] < number - slots:
            best.popleft()
        found.append(best[0][1])
    return found


def _least(sizes: Sequence[float], slots: int) -> "array[float]":
    """For each slot the least of it and the `slots` after it."""
    mirrored = _most([-one for one in reversed(sizes)], slots)
    return array("d", (-one for one in reversed(mirrored)))


class PlannedFleet:
    """A fleet whose size in every slot is known before."""

    dead = 0

    def __init__(self, sizes: Sequence[float]) -> None:
        self._sizes = sizes
        self.changes_at = 0.0
        self.advance(0.0)

    def advance(self, now: float) -> None:
        """Have the size of the slot that begins."""
        slot = min(int(now // SLOT_SECONDS), len(self._sizes) - 1)
        self.answering = self.desired = self.paid = int(self._sizes[slot])
        self.changes_at = (slot + 1) * SLOT_SECONDS

    def end_slot(self, at: float, tally: Tally, users: float) -> None:
        """It knew before."""


def oracle(demand: Demand, settings: GroupSettings, bounds: Bounds) -> Run:
    """Run a demand against the least fleet; no instance fails in it."""
    start = start_seconds(settings)
    sizes = held(needed(demand, settings, bounds), int(start // SLOT_SECONDS))
    run = play(demand, settings.server, PlannedFleet(sizes), None)
    launches = sum(max(now - before, 0) for before, now in pairwise(sizes))
    run.instance_seconds += launches * (start - settings.launch.median_seconds)
    return run
