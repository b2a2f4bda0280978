"""The database: one engine, and the only place that commits.

Doors (states, API, CLI, loops) open a unit of work and hand its session to services.

    door --in_transaction(service, …)--> thread --unit_of_work()--> commit, or roll back whole
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from functools import cache
from threading import Lock
from time import perf_counter_ns
from types import FunctionType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from sqlalchemy import Engine, make_url
from sqlmodel import Session, create_engine

from cloudscale import statements, tracing
from cloudscale.connections import connect_args, make_impatient
from cloudscale.errors import Busy, StoreError
from cloudscale.settings import get_settings
from cloudscale.tracing import Layer

P = ParamSpec("P")
R = TypeVar("R")

# From 4 to 13 threads answer the same number of requests on two cores (650 a second, 32 at once),
# 20 answer fewer. The upper end, since some wait for locks; each finds a connection that is free.
THREADS, FEWEST_THREADS = 12, 4
HASHING_THREADS = 2
OTHER_CONNECTIONS = 2  # telemetry's, and the leader's
# Past it nobody waits any more, and a thread is not to be had because the database is stuck.
THREAD_TIMEOUT_SECONDS = 5
WAIT = "waiting for a thread"
# 60 sign-ins of 270 ms on two threads are 8 s of waiting: past that a refusal is kinder.
HASHING_QUEUE_LIMIT = 60


class DatabaseUnavailable(Exception):
    """No database is configured or running; the message says how to get one."""


def sqlalchemy_url(url: str) -> str:
    """Name the driver (psycopg 3) in a plain PostgreSQL URL."""
    for scheme in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    raise DatabaseUnavailable("DATABASE_URL must start with postgresql://")


class Share:
    """The threads, and so the connections, of one of several processes on a machine.

    Together they take little more than one alone would: they share its processors, and a database
    has a few hundred connections for the whole fleet.

    Args:
        workers: How many processes there are.
    """

    def __init__(self, workers: int) -> None:
        threads = max(FEWEST_THREADS, THREADS // workers)
        hashing_threads = max(1, HASHING_THREADS // workers)
        self.connections = threads + hashing_threads + OTHER_CONNECTIONS
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="shop")
        self.hashing = ThreadPoolExecutor(hashing_threads, thread_name_prefix="hashing")


_share = Share(1)


def be_one_of(workers: int) -> None:
    """Take this process's part of the machine, before anything is asked of the database."""
    global _share
    _share = Share(workers)


class Once(Generic[R]):
    """Makes something when it is first asked for; two threads that ask at once get the same one."""

    def __init__(self, make: Callable[[], R]) -> None:
        self._make = cache(make)
        self._lock = Lock()

    def __call__(self) -> R:
        """What was made."""
        with self._lock:
            return self._make()

    @property
    def is_made(self) -> bool:
        """Whether it was asked for already."""
        return self._make.cache_info().currsize > 0

    def cache_clear(self) -> None:
        """Have it made anew."""
        self._make.cache_clear()


@Once
def get_engine() -> Engine:
    """The engine of this process, on DATABASE_URL (the embedded server's while one runs)."""
    url = get_settings().database_url
    if url is None:
        raise DatabaseUnavailable(
            "No database: set DATABASE_URL, or start the embedded one with `make run`."
        )
    parsed = make_url(sqlalchemy_url(url.get_secret_value()))
    engine = create_engine(
        parsed,
        # All are kept: making one anew costs more than ten requests.
        pool_size=_share.connections,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,  # so that those in use stay fresh (connections.py)
        hide_parameters=True,  # what shoppers typed stays out of errors and logs
        connect_args=connect_args(parsed),
    )
    make_impatient(engine)
    statements.time_statements(engine)
    return engine


def pool_in_use() -> int:
    """How many of this process's connections are in use."""
    return get_engine().pool.checkedout() if get_engine.is_made else 0  # type: ignore[attr-defined]


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction: committed when the block ends, rolled back when it raises.

    A refusal that must leave a trace (`StoreError.is_recorded`) is committed and raised.
    """
    with Session(get_engine(), expire_on_commit=False) as session:
        try:
            yield session
        except StoreError as refusal:
            if refusal.is_recorded:
                _commit(session)
            raise
        _commit(session)


def _commit(session: Session) -> None:
    """Commit, timed as a statement: it is the one that waits for the disk."""
    session.flush()
    started_ns = perf_counter_ns()
    is_empty = not session.in_transaction()
    session.commit()
    if not is_empty:
        statements.note(statements.COMMIT, started_ns)


@contextmanager
def reading() -> Iterator[Session]:
    """A session for what only reads, each statement by itself: two round trips less, no BEGIN.

    For what need not be of one moment; anything written is written at once, so write nothing.
    """
    with Session(get_engine()) as session:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        yield session


def _run(
    asked_ns: int,
    door: Callable[[], AbstractContextManager[Session]],
    service: Callable[..., R],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> R:
    started_ns = perf_counter_ns()
    if started_ns - asked_ns > tracing.LONG_WAIT_NS:
        tracing.add(Layer.DOOR, WAIT, asked_ns, started_ns)
    with tracing.span(Layer.SERVICE, _name(service, args), StoreError), door() as session:
        return service(session, *args, **kwargs)


def _name(service: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What a service is called in traces: module.function; of what it is handed to call, if so."""
    named: Any = next((arg for arg in args if isinstance(arg, FunctionType)), service)
    function = getattr(named, "__qualname__", type(named).__qualname__)
    return _function_name(named.__module__, function)


@cache
def _function_name(module: str, function: str) -> str:
    return f"{module.removeprefix('cloudscale.').removeprefix('services.')}.{function}"


async def in_reading(
    service: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Like `in_transaction`, for a service that only reads (see `reading`)."""
    return await _in_thread(_run, perf_counter_ns(), reading, service, args, kwargs)


async def in_transaction(
    service: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Run one service in one transaction, off the event loop.

    Args:
        service: Takes an open `Session` first; must not commit.
        *args: Passed on to the service.
        **kwargs: Passed on to the service.

    Returns:
        What the service returned, after the commit.

    Raises:
        StoreError: What the service refused with, after the roll-back.
        Busy: Every thread is taken, and was for some seconds (503); nothing was started.
    """
    return await _in_thread(_run, perf_counter_ns(), unit_of_work, service, args, kwargs)


async def _in_thread(call: Callable[..., R], *args: Any) -> R:
    job = _share.threads.submit(copy_context().run, call, *args)
    answer = asyncio.wrap_future(job)
    try:
        done, _ = await asyncio.wait({answer}, timeout=THREAD_TIMEOUT_SECONDS)
        if not done and job.cancel():
            raise Busy
        return await answer
    finally:
        answer.cancel()  # whoever asked may be gone


_hashing_waiting = 0


async def in_hashing_transaction(
    service: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Like `in_transaction`, for services that hash a password.

    They run in a small pool of their own, so that a rush of sign-ins neither stalls the event
    loop nor takes every thread and connection from the shoppers.

    Raises:
        Busy: Too many are waiting already (503).
    """
    global _hashing_waiting
    if _hashing_waiting >= HASHING_QUEUE_LIMIT:
        raise Busy
    _hashing_waiting += 1
    try:
        call = (_run, perf_counter_ns(), unit_of_work, service, args, kwargs)
        return await asyncio.wrap_future(_share.hashing.submit(copy_context().run, *call))
    finally:
        _hashing_waiting -= 1
