"""1,000 clients of `/ws` on one server process: what they cost it, and how fresh what they hold is.

The built store is served as a person would serve it; the clients are in another process.
"""

import json
import subprocess
import sys
import time
from typing import Any

import psutil

from cloudscale.settings import ROOT
from tests.bench._row import Row
from tests.e2e.store_process import StoreProcess

CLIENTS = 1000
SECONDS = 20.0
SETTLE_SECONDS = 3.0


class Usage:
    """What a process used since the last look."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._before, self._at = 0.0, 0.0
        self.look()

    def look(self) -> float:
        """Share of a core since the look before, in percent."""
        times, now = self._process.cpu_times(), time.monotonic()
        used, self._before = times.user + times.system - self._before, times.user + times.system
        passed, self._at = now - self._at, now
        return used / passed * 100


def run() -> list[Row]:
    """Measure; about 50 seconds."""
    store = StoreProcess().start()
    try:
        time.sleep(SETTLE_SECONDS)
        return _measure(store)
    finally:
        store.stop()


def _measure(store: StoreProcess) -> list[Row]:
    worker = psutil.Process(store.worker_pid)
    usage, empty_mb = Usage(worker), _memory_mb(worker)
    time.sleep(SECONDS)
    alone = usage.look()
    with _clients(store.port) as clients:
        assert clients.stdout is not None
        started = time.monotonic()
        assert clients.stdout.readline() == "connected\n"
        connecting, full_mb = time.monotonic() - started, _memory_mb(worker)
        usage.look()
        theirs = Usage(psutil.Process(clients.pid))
        line = clients.stdout.readline()
        with_all, of_clients = usage.look(), theirs.look()
    rows = _freshness(json.loads(line))
    return [
        Row("sockets: one process, nobody listens", alone, "% of core"),
        Row(f"sockets: one process, {CLIENTS} clients at 1 Hz", with_all, "% of core", "< 50"),
        Row("sockets: the clients themselves", of_clients, "% of core"),
        Row(f"sockets: until {CLIENTS} have connected", connecting, "s"),
        Row("sockets: memory of a connection", (full_mb - empty_mb) / CLIENTS * 1000, "kB"),
        *rows,
    ]


def _freshness(seen: dict[str, Any]) -> list[Row]:
    ages, gaps = sorted(seen["ages_ms"]), sorted(seen["gaps_ms"])
    share = len(ages) / (CLIENTS * SECONDS) * 100
    return [
        Row("sockets: clients left at the end", seen["clients"], "", str(CLIENTS)),
        Row("sockets: samples that arrived, of one a second to each", share, "%", "100"),
        Row("sockets: age of a sample when it arrives, p95", ages[int(len(ages) * 0.95)], "ms"),
        Row("sockets: age of a sample when it arrives, max", ages[-1], "ms", "< 1,000"),
        Row("sockets: between two samples of a client, max", gaps[-1], "ms"),
    ]


def _clients(port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench._socket_clients"]
    numbers = [str(number) for number in (port, CLIENTS, SECONDS)]
    return subprocess.Popen([*command, *numbers], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _memory_mb(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6
