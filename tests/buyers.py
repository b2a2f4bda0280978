"""Processes of buyers, for tests and benches that need several: they order, and can be killed.

They are forked from a server that has imported the shop once, so that starting one is cheap.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from cloudscale.db import get_engine, unit_of_work
from cloudscale.errors import StoreError
from cloudscale.models import PaymentStatus
from cloudscale.services import orders, payment
from tests.shop import Buyer

# Statements are compiled and prepared after some executions.
WARM_UP = 10

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.buyers"])


@dataclass(frozen=True)
class Job:
    """What a process does.

    Attributes:
        buyers: Who orders, one after the other.
        has_keys: Whether each buyer sends an idempotency key.
        cancel_every: Cancel each n-th order again; 0 cancels none.
        stalls: Stop for ever in the middle of paying, the stock taken and nothing committed.
    """

    buyers: list[Buyer] = field(default_factory=list)
    has_keys: bool = False
    cancel_every: int = 0
    stalls: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one buyer: an order's id, or the name of the refusal."""

    user_id: int
    order_id: int | None = None
    refused: str = ""


class Process:
    """One process, and the pipe to it.

    Args:
        work: What it does with its database, its task and its end of the pipe; says "ready"
            first and waits for "go".
        url: The database.
        task: Handed on to `work`.
    """

    def __init__(self, work: Callable[[str, Any, Connection], None], url: str, task: Any) -> None:
        self._pipe, theirs = _context.Pipe()
        self._process = _context.Process(target=work, args=(url, task, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def next(self) -> Any:
        """The next thing that it tells; waits for it.

        Raises:
            EOFError: It has ended.
        """
        return self._pipe.recv()

    def go(self) -> None:
        """Let it begin."""
        self.send("go")

    def send(self, what: Any) -> None:
        """Tell it something."""
        self._pipe.send(what)

    def rest(self) -> Iterator[Outcome]:
        """Every outcome until it ends, which must be well."""
        try:
            while True:
                yield self.next()
        except EOFError:
            self._process.join(timeout=60)
            assert self._process.exitcode == 0

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


@contextmanager
def ready(
    work: Callable[[str, Any, Connection], None], url: str, *tasks: Any
) -> Iterator[list[Process]]:
    """Processes that are ready, one for each task; killed at the end."""
    with ExitStack() as stack:
        started = []
        for task in tasks:
            started.append(Process(work, url, task))
            stack.callback(started[-1].kill)
        for process in started:
            assert process.next() == "ready"
        yield started


@contextmanager
def processes(url: str, *jobs: Job) -> Iterator[list[Process]]:
    """Processes of buyers that have all begun at the same moment; killed at the end."""
    with ready(_work, url, *jobs) as started:
        for process in started:
            process.go()
        yield started


def outcomes(url: str, *jobs: Job) -> list[Outcome]:
    """What became of every buyer of every job, all jobs at once."""
    with processes(url, *jobs) as started:
        return [outcome for process in started for outcome in process.rest()]


def orders_in_time(seconds: float, buyers: Iterator[Buyer]) -> int:
    """How many orders, one after the other, are done in that time."""
    deadline = time.perf_counter() + seconds
    for placed, buyer in enumerate(buyers):
        with unit_of_work() as session:
            buyer.place_order(session, f"key-{buyer.user_id}")
        if time.perf_counter() > deadline:
            return placed
    raise RuntimeError("too few buyers for so fast a machine")


def keep_pace(url: str, buyers: list[Buyer], pipe: Connection) -> None:
    """Work for a bench: for each number of seconds that is sent, tell how many orders it took."""
    os.environ["DATABASE_URL"] = url
    rest = iter(buyers)
    for _ in range(WARM_UP):
        with unit_of_work() as session:
            next(rest).place_order(session)
    pipe.send("ready")
    while True:
        pipe.send(orders_in_time(pipe.recv(), rest))


def _work(url: str, job: Job, pipe: Connection) -> None:
    os.environ["DATABASE_URL"] = url
    if job.stalls:
        payment.OnDelivery.charge = lambda *_: _stall(pipe)
    get_engine().connect().close()
    pipe.send("ready")
    pipe.recv()
    for position, buyer in enumerate(job.buyers):
        pipe.send(_order(job, buyer, position))


def _order(job: Job, buyer: Buyer, position: int) -> Outcome:
    """One buyer orders, and may cancel."""
    key = f"key-{buyer.user_id}" if job.has_keys else None
    try:
        with unit_of_work() as session:
            placed = buyer.place_order(session, key)
        if job.cancel_every and position % job.cancel_every == 0:
            with unit_of_work() as session:
                orders.cancel(session, buyer.shopper(), placed.id)
        return Outcome(buyer.user_id, placed.id)
    except StoreError as refusal:
        return Outcome(buyer.user_id, refused=type(refusal).__name__)


def _stall(pipe: Connection) -> PaymentStatus:
    """A payment that never comes back."""
    pipe.send("paying")
    while True:
        signal.pause()
