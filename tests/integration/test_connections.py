"""A database that is frozen, not gone: every wait ends on our side, and all is well afterwards."""

import asyncio
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from fastapi import Response
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from cloudscale import connections, db
from cloudscale.api.health import ready
from cloudscale.db import in_transaction, unit_of_work
from cloudscale.embedded_postgres import EmbeddedPostgres
from cloudscale.errors import Busy
from tests.conftest import close_connections
from tests.e2e.store_process import wait_until


@pytest.fixture
def server(set_settings) -> Iterator[EmbeddedPostgres]:
    """A server of this test's own, which `unit_of_work` uses."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-test-") as folder:
        running = EmbeddedPostgres(Path(folder) / "postgres", is_durable=False)
        set_settings(DATABASE_URL=running.start())
        db.get_engine.cache_clear()
        yield running
        close_connections()
        db.get_engine.cache_clear()
        running.stop()


@contextmanager
def frozen(server: EmbeddedPostgres) -> Iterator[None]:
    """The server and all its helpers stand still meanwhile."""
    main = psutil.Process(int((server.folder / "postmaster.pid").read_text().split()[0]))
    all_of_it = [main, *main.children(recursive=True)]
    for process in all_of_it:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in all_of_it:
            os.kill(process.pid, signal.SIGCONT)


def ask(statement: str = "SELECT 1") -> object:
    with unit_of_work() as session:
        return session.connection().execute(text(statement)).scalar()


def test_a_frozen_database_is_told_within_seconds_and_answers_again_after(server):
    assert ask() == 1  # a connection waits in the pool
    time.sleep(connections.FRESH_SECONDS)
    with frozen(server):
        begin = time.monotonic()
        with pytest.raises(OperationalError):
            ask()
        assert time.monotonic() - begin < 30
    assert ask() == 1


def test_a_statement_that_hangs_is_given_up_and_rolled_back(server, monkeypatch):
    with unit_of_work() as session:
        session.connection().execute(text("CREATE TABLE kept (number int)"))
    monkeypatch.setattr(connections, "STATEMENT_TIMEOUT_SECONDS", 0.5)
    with pytest.raises(OperationalError, match="does not answer"):
        ask("WITH added AS (INSERT INTO kept VALUES (1) RETURNING 1) SELECT pg_sleep(3)")
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%(3)' AND state = 'active'"
    wait_until(lambda: ask(sleeping) == 0, "the server has noticed")
    assert ask("SELECT count(*) FROM kept") == 0


def test_work_that_takes_minutes_is_left_in_peace(server, monkeypatch):
    monkeypatch.setattr(connections, "STATEMENT_TIMEOUT_SECONDS", 0.3)
    with unit_of_work() as session:
        session.connection().connection.driver_connection.patience_seconds = None
        session.connection().execute(text("SELECT pg_sleep(1)"))
    with pytest.raises(OperationalError):  # and not for the next one
        ask("SELECT pg_sleep(1)")


async def test_readiness_says_so_in_time_while_every_thread_hangs(server):
    await in_transaction(lambda session: session.connection())
    with frozen(server):
        begin = time.monotonic()
        response = Response()
        assert await ready(response) == {"status": "unavailable", "database": "unreachable"}
        assert response.status_code == 503
        assert time.monotonic() - begin < 20
    response = Response()
    assert (await ready(response))["status"] == "ok"


async def test_who_finds_no_thread_is_refused_kindly_and_nothing_is_begun(server, monkeypatch):
    monkeypatch.setattr(db, "THREAD_TIMEOUT_SECONDS", 0.5)
    begun: list[int] = []

    def hang(session) -> None:
        begun.append(1)
        session.connection().execute(text("SELECT pg_sleep(2)"))

    rush = [asyncio.create_task(in_transaction(hang)) for _ in range(db.THREADS + 3)]
    found = await asyncio.gather(*rush, return_exceptions=True)
    refused = [outcome for outcome in found if isinstance(outcome, Busy)]
    assert (len(begun), len(refused)) == (db.THREADS, 3)


def test_threads_that_are_first_at_once_share_one_pool(database: str):
    gate = threading.Barrier(16)

    def first(_: int) -> Engine:
        gate.wait()
        return db.get_engine()

    for _ in range(20):
        db.get_engine.cache_clear()
        with ThreadPoolExecutor(16) as threads:
            assert len({id(engine) for engine in threads.map(first, range(16))}) == 1
