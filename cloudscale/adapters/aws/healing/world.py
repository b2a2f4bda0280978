"""The stack on AWS, as healing's world: every kind looked at at once, by a few threads.

Desired --OBSERVERS, members, database--> Observed    what could not be read is a gap
Command --acting--> one call
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cloudscale.adapters.aws.healing import acting
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.look import Look
from cloudscale.adapters.aws.healing.observing import OBSERVERS, Observe, batches_of
from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.observed import Database, Fleet, Found, Observed, Sight, Unreadable
from cloudscale.ops.healing.resource import Ref, Resource
from cloudscale.ops.ports import CloudFault

THREADS = 8
PATIENCE_SECONDS = 40
"""A call ends within 15 s, and no observer makes more than a few in a row."""

FLEET, DATABASE = "fleet", "database sight"
MEMBER_KINDS = {"member", "fleet"}
LATE = "It did not answer in time."

Job = Callable[[], Any]


@dataclass
class AwsWorld:
    """A healing `World`.

    Attributes:
        calls: Makes the calls.
        observers: What looks at each kind.
        see_fleet: What looks at the members.
        see_database: What looks at the database.
        patience_seconds: So long one look may take.
    """

    calls: Calls
    observers: Mapping[str, Observe] = field(default_factory=lambda: OBSERVERS)
    see_fleet: Callable[[Calls, StackFacts], Fleet] | None = None
    see_database: Callable[[Calls, StackFacts], Database] | None = None
    patience_seconds: float = PATIENCE_SECONDS

    def observe(self, desired: Desired, only: Collection[Ref] | None = None) -> Observed:
        """Look at all of it, or at some. It never raises: what cannot be read is a gap."""
        before, at = self.calls.made, datetime.now(UTC)
        wanted = _by_kind(desired, only)
        look = Look(self.calls, batches_of(wanted))
        jobs = self._jobs(look, desired.stack, wanted, only)
        answers, faults = _all(jobs, self.patience_seconds)
        observed = Observed(
            at, fleet=answers.pop(FLEET, None), database=answers.pop(DATABASE, None)
        )
        resources: dict[Ref, Sight] = {}
        for kind, rows in wanted.items():
            told = answers.get(kind, {})
            reason = faults.get(kind, f"Nobody looks at {kind.replace('_', ' ')}.")
            silent = Unreadable(reason if kind not in answers else "AWS did not tell of it.")
            resources.update({one.ref: told.get(one.ref, silent) for one in rows})
        gaps = {**_gaps(resources), **_gaps_of_sights(observed), **faults}
        made = self.calls.made - before
        return replace(observed, resources=resources, gaps=gaps, calls=made)

    def act(self, command: Command) -> None:
        """Make one call that changes something.

        Raises:
            Refused: It was not made, or nobody knows.
        """
        acting.act(self.calls, command)

    def _jobs(
        self,
        calls: Calls,
        stack: StackFacts,
        wanted: Mapping[str, Sequence[Resource]],
        only: Collection[Ref] | None,
    ) -> dict[str, Job]:
        kinds = {ref.kind for ref in only} if only is not None else {*MEMBER_KINDS, "database"}
        jobs: dict[str, Job] = {}
        see_fleet, see_database = self.see_fleet, self.see_database
        if see_fleet and stack.group and kinds & MEMBER_KINDS:
            jobs[FLEET] = lambda: see_fleet(calls, stack)
        if see_database and stack.database and "database" in kinds:
            jobs[DATABASE] = lambda: see_database(calls, stack)
        for kind, rows in wanted.items():
            if kind in self.observers:
                jobs[kind] = _look(self.observers[kind], calls, rows, stack)
        return jobs


def _look(observe: Observe, calls: Calls, rows: Sequence[Resource], stack: StackFacts) -> Job:
    return lambda: observe(calls, rows, stack)


def _by_kind(desired: Desired, only: Collection[Ref] | None) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for one in desired.resources:
        if only is None or one.ref in only:
            found[one.ref.kind].append(one)
    return dict(found)


def _all(jobs: Mapping[str, Job], patience_seconds: float) -> tuple[dict[str, Any], dict[str, str]]:
    """Do all jobs at once; answers, and in words what became of the others."""
    if not jobs:
        return {}, {}
    pool = ThreadPoolExecutor(min(THREADS, len(jobs)), "healing")
    futures = {name: pool.submit(job) for name, job in jobs.items()}
    try:
        wait(futures.values(), patience_seconds)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    faults = {name: words for name, one in futures.items() if (words := _fault(one))}
    return {name: one.result() for name, one in futures.items() if name not in faults}, faults


def _fault(future: Future[Any]) -> str:
    if future.cancelled() or not future.done():
        return LATE
    fault = future.exception()
    if fault is None:
        return ""
    if isinstance(fault, CloudFault):
        return fault.reason
    return f"AWS answered what this healer does not understand ({type(fault).__name__})."


def _gaps_of_sights(observed: Observed) -> dict[str, str]:
    """Parts of the members and of the database that could not be read."""
    fleet = observed.fleet.absent if observed.fleet else {}
    database = observed.database.absent if observed.database else {}
    return {
        **{f"{FLEET} {part}": reason for part, reason in fleet.items()},
        **{f"{DATABASE} {part}": reason for part, reason in database.items()},
    }


def _gaps(resources: Mapping[Ref, Sight]) -> dict[str, str]:
    """Of each kind of which something could not be read, the first reason."""
    gaps: dict[str, str] = {}
    for ref, sight in resources.items():
        reasons = [sight.reason] if isinstance(sight, Unreadable) else _absent(sight)
        for reason in reasons:
            gaps.setdefault(ref.kind, reason)
    return gaps


def _absent(sight: Sight) -> list[str]:
    """Of what is there, why some of it could not be read."""
    return list(sight.absent.values()) if isinstance(sight, Found) else []
