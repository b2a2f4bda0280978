"""How long each SQL statement took, told without a value of it. Imports `tracing` alone.

SQLAlchemy's engine --events--> span of the current trace
                          | --> buffer, from any thread --taken--> counted on the event loop
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from time import perf_counter_ns
from typing import Any

from sqlalchemy import Engine, event

from cloudscale import tracing
from cloudscale.tracing import Layer

NAME_LIMIT = 300
COMMIT = "COMMIT"
# How one name follows from many texts, in this order.
_FOLDS = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"'(?:[^']|'')*'"), "?"),  # a value, should one ever be written out
    (re.compile(r"%\(\w+\)s(?:::\w+(?:\[\])?)?"), "?"),
    (re.compile(r"(?<![\w.$])\d+(?:\.\d+)?\b"), "?"),
    (re.compile(r"\bsa_savepoint_\d+\b"), "?"),  # SQLAlchemy numbers them
    (re.compile(r"\bIN \(\?(?:, \?)*\)"), "IN (…)"),
    (re.compile(r"\(\?(?:, \?)+\)(?:, \(\?(?:, \?)+\))*"), "(?, …)"),
)
# What tells long statements apart comes after their columns.
_COLUMNS = re.compile(r"\bSELECT (?:(?!SELECT ).)*? FROM ")


Record = Callable[[str, float, bool], None]
"""Takes a statement's name, the seconds it took and whether it failed, in the thread it ran in."""

_recorders: list[Record] = []


@contextmanager
def told_to(record: Record) -> Iterator[None]:
    """Have every statement of this process counted while the block runs."""
    _recorders.append(record)
    try:
        yield
    finally:
        _recorders.remove(record)


@lru_cache(maxsize=1024)
def name_of(statement: str) -> str:
    """What a statement is called: its text with lists folded and `?` for every value.

    Args:
        statement: As it is sent to PostgreSQL, with placeholders.

    Returns:
        At most `NAME_LIMIT` characters.
    """
    name = statement
    for pattern, shorter in _FOLDS:
        name = pattern.sub(shorter, name)
    name = name.strip()
    if len(name) > NAME_LIMIT:
        name = _COLUMNS.sub("SELECT … FROM ", name)
    return name if len(name) <= NAME_LIMIT else name[: NAME_LIMIT - 1] + "…"


def note(name: str, started_ns: int, *, is_failure: bool = False) -> None:
    """Record a statement that has just ended, from the thread that it ran in.

    Args:
        name: Without values.
        started_ns: When it was sent, by `perf_counter_ns`.
        is_failure: The database refused it.
    """
    ended_ns = perf_counter_ns()
    tracing.add(Layer.SQL, name, started_ns, ended_ns, is_failure)
    for record in _recorders:
        record(name, (ended_ns - started_ns) / 1e9, is_failure)


def time_statements(engine: Engine) -> None:
    """Record every statement of an engine from now on.

    These events cost a fifth of before_cursor_execute and its kind (0.6 instead of 2.9 us of
    SQLAlchemy's own), and an exception passes through the same function.
    """
    event.listen(engine, "do_execute", _execute)
    event.listen(engine, "do_executemany", _execute_many)
    event.listen(engine, "do_execute_no_params", _execute_without)


def _execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    return _timed(context.dialect.do_execute, cursor, statement, parameters, context)


def _execute_many(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    return _timed(context.dialect.do_executemany, cursor, statement, parameters, context)


def _execute_without(cursor: Any, statement: str, context: Any) -> bool:
    return _timed(context.dialect.do_execute_no_params, cursor, statement, context)


def _timed(execute: Callable[..., None], cursor: Any, statement: str, *rest: Any) -> bool:
    """Execute a statement and record it.

    Returns:
        True, which tells SQLAlchemy that it was executed.
    """
    started_ns = perf_counter_ns()
    try:
        execute(cursor, statement, *rest)
    except BaseException:
        note(name_of(statement), started_ns, is_failure=True)
        raise
    note(name_of(statement), started_ns)
    return True
