"""A simulation's course: demand meets a fleet, step by step, whoever decides about the fleet."""

from collections.abc import Callable
from typing import Protocol

from cloudscale.ops.scaling.model.demand import Demand
from cloudscale.ops.scaling.model.run import Run
from cloudscale.ops.scaling.model.settings import Server
from cloudscale.ops.scaling.model.work import Tally, Work
from cloudscale.ops.scaling.observed import SLOT_SECONDS

Progress = Callable[[float], None]
PROGRESS_PARTS = 100


class Fleet(Protocol):
    """The instances, as requests meet them.

    Attributes:
        changes_at: Until then nothing about it changes.
        answering: Instances that answer.
        dead: Instances that are sent requests and do not answer.
        paid: Instances that are paid for.
        desired: Instances that are wanted.
    """

    changes_at: float
    answering: int
    dead: int
    paid: int
    desired: int

    def advance(self, now: float) -> None:
        """Let happen what is due."""
        ...

    def end_slot(self, at: float, tally: Tally, users: float) -> None:
        """Hear what a slot was like, and decide."""
        ...


def play(demand: Demand, server: Server, fleet: Fleet, progress: Progress | None) -> Run:
    """Let a demand meet a fleet, from second 0 on.

    Args:
        demand: What comes.
        server: What an instance can do.
        fleet: Who answers.
        progress: Told the share that is done, 0 to 1, about a hundred times.
    """
    run, work = Run(), Work(server)
    seconds = demand.seconds
    slots = -(-seconds // SLOT_SECONDS)
    part = max(slots // PROGRESS_PARTS, 1)
    for slot in range(slots):
        begins, ends = slot * SLOT_SECONDS, min((slot + 1) * SLOT_SECONDS, seconds)
        _slot(demand, work, fleet, begins, ends)
        users = demand.active_users[(ends - 1) // demand.step_seconds]
        tally = work.take()
        fleet.advance(ends)
        run.add(ends, tally, fleet.desired, fleet.answering + fleet.dead, users)
        fleet.end_slot(ends, tally, users)
        if progress and slot % part == 0:
            progress(slot / slots)
    run.waiting = work.waiting
    if progress:
        progress(1.0)
    return run


def _slot(demand: Demand, work: Work, fleet: Fleet, begins: int, ends: int) -> None:
    rates, hold = demand.requests_per_second, demand.step_seconds
    step = min(hold, SLOT_SECONDS)
    for now in range(begins, ends, step):
        if fleet.changes_at <= now:
            fleet.advance(now)
        work.step(rates[now // hold], step, fleet.answering, fleet.dead, fleet.paid)
