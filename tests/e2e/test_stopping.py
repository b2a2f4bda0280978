"""Whatever ends the store ends all of it, and whatever died, the next start works."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from cloudscale.settings import ROOT
from tests.e2e.store_process import StoreProcess, answers, wait_until

IN_A_TERMINAL = (
    "import fcntl, os, signal, sys, termios\n"
    "os.setsid()\n"
    # Ignored by what a script starts with `&` or nohup, and by whatever that starts.
    "[signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGHUP)]\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'cloudscale', 'serve'])\n"
)


class Terminal:
    """Reads what is written to a terminal, so that nobody waits to write, until it is closed."""

    def __init__(self, ours: int) -> None:
        self.said = b""
        self._ours, self._closing = ours, Event()
        self._reading = Thread(target=self._read, daemon=True)
        self._reading.start()

    def close(self) -> None:
        """Close it once; whoever has it as their terminal is told (SIGHUP)."""
        if not self._closing.is_set():
            self._closing.set()
            self._reading.join()
            os.close(self._ours)

    def _read(self) -> None:
        with suppress(OSError):  # nobody has it open any more
            while not self._closing.is_set():
                if select.select([self._ours], [], [], 0.05)[0]:
                    self.said += os.read(self._ours, 4096)


@pytest.fixture
def store(built: None) -> Iterator[StoreProcess]:
    """A store of this test's own, to be ended in its own way."""
    running = StoreProcess()
    yield running
    running.stop()


def has_ended(processes: list[psutil.Process]) -> bool:
    return not any(
        process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes
    )


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def assert_all_ended(store: StoreProcess, processes: list[psutil.Process]) -> None:
    wait_until(lambda: has_ended(processes), f"these ended: {processes}")
    assert not is_listening(store.port)
    assert not (store.data_dir / "postgres" / "postmaster.pid").exists()
    postgres_said = (store.data_dir / "postgres.log").read_text().splitlines()
    assert "database system is shut down" in postgres_said[-1]


def test_it_heals_and_after_every_kind_of_kill_the_next_start_works(store):
    store.start()
    first_worker = store.worker_pid
    with socket.create_connection(("127.0.0.1", store.port)):  # a client stays connected
        store.kill_worker()
        store.wait_until_up()
    assert store.worker_pid != first_worker
    assert "server process ended unexpectedly" in store.log

    store.kill_postgres()
    wait_until(lambda: "PostgreSQL ended unexpectedly" in store.log, "it is noticed")
    store.wait_until_up()

    processes = store.processes
    store.kill_main()
    store.start()  # at once, beside whatever is still ending
    store.wait_until_up()
    wait_until(lambda: has_ended(processes), "no orphan is left")
    processes = store.processes
    store.process.send_signal(signal.SIGTERM)
    assert store.process.wait(20) == 0
    assert_all_ended(store, processes)


@pytest.mark.parametrize("ending", ["Ctrl-C", "closed terminal"])
def test_a_terminal_stops_everything(store, ending):
    ours, theirs = os.openpty()
    store.process = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL],
        cwd=ROOT,
        env=store.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    # A terminal reads: once 4 kB wait in it, whoever writes another line waits too.
    terminal = Terminal(ours)
    wait_until(lambda: answers(f"{store.url}/health"), "the store answers", 90)
    processes = store.processes
    if ending == "Ctrl-C":
        os.write(ours, b"\x03")
    else:
        terminal.close()
    try:
        assert store.process.wait(20) == 0
    except subprocess.TimeoutExpired:
        pytest.fail(f"it did not end: {terminal.said.decode()}")
    assert_all_ended(store, processes)
    terminal.close()


def test_a_second_store_on_the_same_data_goes_on_when_the_first_stops(store):
    store.start()
    joined = StoreProcess(store.data_dir).start()
    try:
        wait_until(lambda: "run by another command" in joined.log, "it says that it joined")
        store.process.send_signal(signal.SIGTERM)
        assert store.process.wait(20) == 0
        wait_until(lambda: "this one runs it now" in joined.log, "it takes over")
        joined.wait_until_up()
        processes = joined.processes
    finally:
        joined.stop()
    assert_all_ended(joined, processes)


def test_what_nohup_protects_stays(tmp_path: Path):
    script = (
        "import signal\n"
        "from cloudscale.serving.signals import stop_on_signals\n"
        "with stop_on_signals():\n"
        "    signal.raise_signal(signal.SIGHUP)\n"
        "    print('still here')\n"
        "    signal.raise_signal(signal.SIGTERM)\n"
        "    print('never')\n"
    )
    command = ["nohup", sys.executable, "-c", script]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert ran.stdout == "still here\n"
    assert ran.returncode == 0
