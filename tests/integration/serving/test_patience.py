"""`migrate --wait`: a database that is not up yet is waited for, and what is wrong is said."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine
from typer.testing import CliRunner

from cloudscale import db, schema
from cloudscale.cli import app
from cloudscale.embedded_postgres import EmbeddedPostgres
from cloudscale.serving import patience
from cloudscale.settings import ROOT, get_settings


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """A server that is not running yet."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-test-") as folder:
        made = EmbeddedPostgres(Path(folder) / "postgres", is_durable=False)
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture
def migrate(monkeypatch):
    """Run the command in this process."""
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.2)

    def run(url: str, wait: float):
        monkeypatch.setenv("DATABASE_URL", url)
        get_settings.cache_clear()
        db.get_engine.cache_clear()
        return CliRunner().invoke(app, ["migrate", "--wait", str(wait)])

    yield run
    db.get_engine.cache_clear()
    get_settings.cache_clear()


def is_migrated(url: str) -> bool:
    engine = create_engine(db.sqlalchemy_url(url))
    try:
        return schema.is_current(engine)
    finally:
        engine.dispose()


def test_a_database_that_comes_later_is_waited_for(server, migrate):
    command = [sys.executable, "-m", "cloudscale", "migrate", "--wait", "100"]
    environment = {**os.environ, "DATABASE_URL": server.url}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as waiting:
        told = waiting.stderr.readline().decode()
        server.start()
        rest = waiting.stderr.read().decode()
    assert "for the database: " in told
    assert waiting.returncode == 0, rest
    assert is_migrated(server.url)


def test_one_that_never_comes_is_told_after_the_time_that_was_given(server, migrate):
    begun = time.monotonic()
    ran = migrate(server.url, 1)
    assert ran.exit_code == 1
    assert 1 <= time.monotonic() - begun < 20
    assert "The database cannot be used: " in ran.stderr
    assert "Traceback" not in ran.output


def test_without_a_connection_to_spare_it_waits_for_one(server, migrate):
    url = server.start()
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE ROLE keeper LOGIN PASSWORD 'hidden' CONNECTION LIMIT 1")
        admin.execute("CREATE DATABASE shop OWNER keeper")
    own = url.replace("postgres@/postgres", "keeper:hidden@/shop")
    taken = psycopg.connect(own)
    given_back = threading.Timer(1.5, taken.close)
    given_back.start()
    ran = migrate(own, 60)
    given_back.join()
    assert ran.exit_code == 0, ran.stderr
    assert "too many connections" in ran.stderr
    assert "hidden" not in ran.output
    assert is_migrated(own)


def test_what_waiting_does_not_mend_is_told_at_once(server, migrate):
    url = server.start()
    begun = time.monotonic()
    ran = migrate(url.replace("/postgres?", "/nowhere?"), 60)
    assert ran.exit_code == 1
    assert time.monotonic() - begun < 20
    assert 'database "nowhere" does not exist' in ran.stderr
    assert "Waiting" not in ran.stderr


def test_who_comes_while_another_migrates_waits_until_it_has(server, migrate):
    url = server.start()
    holder = psycopg.connect(url, autocommit=True)
    holder.execute("SELECT pg_advisory_lock(%s)", [schema.MIGRATION_LOCK])
    done = threading.Timer(12, holder.close)  # longer than a statement may wait for a lock
    done.start()
    ran = migrate(url, 60)
    done.join()
    assert ran.exit_code == 0, ran.stderr
    assert "lock timeout" in ran.stderr
    assert is_migrated(url)
