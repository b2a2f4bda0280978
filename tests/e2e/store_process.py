"""A store of its own for a test: `python -m cloudscale serve`, as a person would start it."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil

from cloudscale.settings import ROOT
from tests.ending import STACKS, abort

START_TIMEOUT_SECONDS = 90
STOP_TIMEOUT_SECONDS = 20
PORTS = range(12_000, 32_000)
# Whatever the environment or a .env file says, for a test must never reach somebody's database.
UNSET = {
    "ENVIRONMENT": "demo",
    "HOST": "127.0.0.1",
    "CLOUD": "simulated",
    **dict.fromkeys(("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "SMTP_URL"), ""),
    "METRICS_TOKEN": "",
    "WORKERS": "1",  # tests that kill one know which
    "OTEL_EXPORTER_OTLP_ENDPOINT": "",
    "BCRYPT_ROUNDS": "4",
    "REGISTRATIONS_PER_HOUR": "1000",  # all tests come from one address
}


def free_port() -> int:
    """A port that nobody listens on.

    Not one that the system would give to a connection: it may do so before the server is there.
    """
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(condition, what: str, timeout_seconds: float = STOP_TIMEOUT_SECONDS):
    """Ask again and again until the condition holds; returns what it returned."""
    deadline = time.monotonic() + timeout_seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_seconds} s in vain until {what}")
        time.sleep(0.05)
    return result


def answers(url: str) -> bool:
    """Whether a URL answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def environment(data_dir: Path, port: int, **settings: str) -> dict[str, str]:
    """The environment of a process for which nothing is set but what is given."""
    places = {"DATA_DIR": str(data_dir), "PORT": str(port)}
    return {**os.environ, **STACKS, **UNSET, **settings, **places}


class StoreProcess:
    """One running store: its own port, and its own data folder unless one is given.

    Args:
        data_dir: Where it keeps its database; a fresh temporary folder when not given.
        root: The folder of the code, for another version than this.
        **settings: Environment variables (`PUBLIC_URL=…`), `PORT` and `DATA_DIR` included.
    """

    def __init__(self, data_dir: Path | None = None, root: Path = ROOT, **settings: str) -> None:
        # Not pytest's tmp_path: it is closed to other users, and PostgreSQL will not run as root.
        self._temporary = None if data_dir else tempfile.TemporaryDirectory(prefix="cloudscale-")
        self._root = root
        self.data_dir = data_dir or Path(self._temporary.name) / "data"
        self.port = int(settings.get("PORT") or free_port())
        self.environment = environment(self.data_dir, self.port, **settings)
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://localhost:{self.port}"

    @property
    def log_file(self) -> Path:
        """What it wrote to the terminal since it was started last."""
        return self.data_dir.parent / f"serve-{self.port}.log"

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return self.log_file.read_text()

    def start(self) -> "StoreProcess":
        """Start it and wait until it answers."""
        self.spawn()
        try:
            wait_until(self._is_up_or_ended, "the store answers", START_TIMEOUT_SECONDS)
            assert self.process.poll() is None, f"the store ended:\n{self.log}"
        except AssertionError:
            self.stop()
            raise
        return self

    def spawn(self, *command: str) -> subprocess.Popen:
        """Start `serve`, or another command, and do not wait."""
        arguments = [sys.executable, "-m", "cloudscale", *(command or ("serve",))]
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen(
                arguments,
                cwd=self._root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.process

    def _is_up_or_ended(self) -> bool:
        has_said_so = "CloudScale is open" in self.log
        return self.process.poll() is not None or (has_said_so and answers(f"{self.url}/health"))

    def account(self, role: str) -> tuple[str, str]:
        """E-mail and password of the demo account that is `member`, `ops`, `staff` or `owner`."""
        line = re.compile(rf"^  {role} +(\S+@\S+) +(\S+)$", re.MULTILINE)
        return wait_until(lambda: line.search(self.log), f"the {role} is named").groups()

    @property
    def processes(self) -> list[psutil.Process]:
        """Main, worker, PostgreSQL and all that they started."""
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    @property
    def postgres_pid(self) -> int:
        """The pid of the embedded PostgreSQL."""
        return int((self.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])

    @property
    def worker_pids(self) -> list[int]:
        """The pids of the processes that answer requests."""
        return [
            child.pid
            for child in psutil.Process(self.process.pid).children()
            if child.name() != "postgres" and "resource_tracker" not in " ".join(child.cmdline())
        ]

    @property
    def worker_pid(self) -> int:
        """The pid of the one process that answers requests."""
        (worker,) = self.worker_pids
        return worker

    def kill_worker(self) -> None:
        """SIGKILL the process that answers requests."""
        os.kill(self.worker_pid, signal.SIGKILL)

    def kill_main(self) -> None:
        """SIGKILL the process that watches the others."""
        self.process.kill()
        self.process.wait()

    def kill_postgres(self) -> None:
        """SIGKILL the embedded PostgreSQL."""
        os.kill(self.postgres_pid, signal.SIGKILL)

    def wait_until_up(self) -> None:
        """Wait until it answers again, its database too."""
        try:
            wait_until(lambda: answers(f"{self.url}/health/ready"), "the store answers again", 60)
        except AssertionError as late:
            raise AssertionError(f"{late}; it said:\n{self.log}") from None

    @property
    def _longest_stop(self) -> float:
        """Behind a balancer it may finish what is under way for a minute."""
        is_behind_one = float(self.environment.get("DRAIN_SECONDS") or 0) > 0
        return STOP_TIMEOUT_SECONDS + 70 * is_behind_one

    def stop(self) -> int | None:
        """Stop it as a service manager would, and clean up; returns its exit code."""
        code = None
        if self.process:
            if self.process.poll() is None:
                self.process.terminate()
            code = self.wait(self._longest_stop)
        if self._temporary:
            self._temporary.cleanup()
        return code

    def wait(self, seconds: float) -> int:
        """Its exit code, once it has ended; where it has not by then, what each thread was at."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            abort(one for one in self.processes if one.name() != "postgres")
            raise AssertionError(f"not stopped after {seconds} s:\n{self.log}") from None


def run(
    store: StoreProcess, command: str, port: int | None = None, **settings: str
) -> subprocess.CompletedProcess:
    """Run one more command on the data of a running store."""
    return subprocess.run(
        [sys.executable, "-m", "cloudscale", command],
        cwd=ROOT,
        env=environment(store.data_dir, port or store.port, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
