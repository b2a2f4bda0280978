"""The embedded server starts over whatever an earlier run left, and never outlives its parent."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from cloudscale.embedded_postgres import EmbeddedPostgres, binaries
from cloudscale.server_user import PostgresRefused
from cloudscale.settings import ROOT


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place for a cluster (pytest's own is closed to the user that runs it for root)."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-pg-") as place:
        yield Path(place) / "postgres"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A cluster that was started and stopped once, to be copied."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-pg-") as place:
        embedded = EmbeddedPostgres(Path(place) / "postgres", is_durable=False)
        embedded.start()
        embedded.stop()
        yield embedded.folder


@pytest.fixture
def empty_server(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server whose cluster is yet to be made."""
    embedded = EmbeddedPostgres(folder, is_durable=False)
    yield embedded
    embedded.stop()


@pytest.fixture
def server(folder: Path, cluster: Path) -> Iterator[EmbeddedPostgres]:
    """A server whose cluster is there, not yet started."""
    subprocess.run(["cp", "-a", str(cluster), str(folder)], check=True)
    embedded = EmbeddedPostgres(folder, is_durable=False)
    yield embedded
    embedded.stop()


def answer(url: str, statement: str = "SELECT 1") -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()
    return row and row[0]


def pid_of(server: EmbeddedPostgres) -> int:
    return int((server.folder / "postmaster.pid").read_text().split()[0])


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.02)


def test_data_is_there_after_a_stop_and_a_start(server):
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    pid = pid_of(server)
    server.stop()
    assert not psutil.pid_exists(pid)
    assert not (server.folder / "postmaster.pid").exists()
    assert answer(server.start(), "SELECT number FROM kept") == 7
    assert "database system was shut down" in server.log.read_text()


def test_after_a_kill_it_recovers_and_what_was_committed_is_there(server):
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(pid_of(server), signal.SIGKILL)
    wait_for_end(pid_of(server))
    assert server.has_ended
    assert answer(server.start(), "SELECT number FROM kept") == 7


def test_a_stranger_with_the_recorded_pid_is_left_alone(server):
    server.start()
    os.kill(pid_of(server), signal.SIGKILL)
    wait_for_end(pid_of(server))
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        for lock in (server.folder / "postmaster.pid", server.folder / ".s.PGSQL.5432.lock"):
            lines = lock.read_text().splitlines() if lock.exists() else ["", str(server.folder)]
            lock.write_text("\n".join([str(stranger.pid), *lines[1:], ""]))
        assert answer(server.start()) == 1
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_lock_file_that_was_cut_short_is_no_obstacle(server):
    server.start()
    server.stop()
    (server.folder / "postmaster.pid").touch()
    assert answer(server.start()) == 1


def test_a_server_left_behind_is_stopped_and_its_data_kept(server, folder):
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    left_behind = pid_of(server)
    successor = EmbeddedPostgres(folder, is_durable=False)
    try:
        assert answer(successor.start(), "SELECT number FROM kept") == 7
        assert pid_of(successor) != left_behind
        assert server.has_ended
    finally:
        successor.stop()


def test_it_ends_cleanly_when_its_parent_is_killed(folder):
    script = (
        "import sys, pathlib, time\n"
        "from cloudscale.embedded_postgres import EmbeddedPostgres\n"
        "EmbeddedPostgres(pathlib.Path(sys.argv[1]), is_durable=False).start()\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout and parent.stdout.readline() == b"ready\n"
        pid = int((folder / "postmaster.pid").read_text().split()[0])
        parent.kill()
    wait_for_end(pid)
    assert "database system is shut down" in folder.with_name("postgres.log").read_text()


def test_a_set_up_that_was_killed_half_way_is_begun_again(empty_server, folder):
    half = folder.with_name("postgres.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert answer(empty_server.start()) == 1
    assert not half.exists()


def test_a_folder_of_something_else_is_refused_and_kept(empty_server, folder):
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(PostgresRefused, match="not a database"):
        empty_server.start()
    assert (folder / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("name", ["with space", 'a,b"c', "100%", "d" * 60 + "/" + "e" * 60])
def test_any_folder_name_works(name):
    with tempfile.TemporaryDirectory(prefix="cloudscale-pg-") as place:
        server = EmbeddedPostgres(Path(place) / name / "postgres", is_durable=False)
        try:
            assert answer(server.start()) == 1
            sockets = server.socket_folder
            assert sockets.stat().st_mode & 0o077 == 0
        finally:
            server.stop()
        assert sockets == server.folder or not sockets.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
def test_root_opens_closed_parents_just_enough_and_says_so(caplog):
    with tempfile.TemporaryDirectory(prefix="cloudscale-pg-") as place:
        closed = Path(place) / "closed"
        closed.mkdir(mode=0o700)
        server = EmbeddedPostgres(closed / "postgres", is_durable=False)
        try:
            assert answer(server.start()) == 1
        finally:
            server.stop()
        assert closed.stat().st_mode & 0o777 == 0o701
    assert str(closed) in caplog.text


def test_the_programs_that_people_need_are_there():
    names = {path.name for path in binaries().iterdir()}
    assert {"postgres", "initdb", "pg_dump", "pgbench"} <= names
