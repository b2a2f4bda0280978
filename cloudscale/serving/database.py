"""The embedded database of a data folder, shared by every command that needs it at the time.

One command runs the server, and holds a lock while it does; the kernel drops the lock however
that command ends. Every other command joins, and leaves the server alone when it is done. Should
the server go away under a command that stays, whoever gets the lock starts it again.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from cloudscale.embedded_postgres import EmbeddedPostgres, PostgresRefused
from cloudscale.serving.refusal import Refused
from cloudscale.serving.terminal import say, step

JOIN_TIMEOUT_SECONDS = 120
WATCH_SECONDS = 0.25
RESTARTS = 5  # within the window; more often than that, something is wrong that we cannot mend
RESTART_WINDOW_SECONDS = 60


class Lock:
    """A file lock that only one process holds, and that its children do not inherit.

    Args:
        path: The file; made when it is not there, and left there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> bool:
        """Take the lock if it is free; says whether it is held now."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let others take it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class OwnDatabase:
    """The embedded database of one data folder, for the life of one command.

    Args:
        data_dir: The folder; made when it is not there.
    """

    def __init__(self, data_dir: Path) -> None:
        self._server = EmbeddedPostgres(data_dir / "postgres")
        self._lock = Lock(data_dir / "postgres.lock")
        self._is_ours = False
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self._restarts: list[float] = []

    @property
    def is_ours(self) -> bool:
        """Whether this command runs the server, and will stop it."""
        return self._is_ours

    def open(self) -> str:
        """Start the server, or join the one that another command runs; returns its URL.

        Raises:
            PostgresRefused: It cannot run here.
        """
        make_folder(self._server.folder.parent)
        deadline = time.monotonic() + JOIN_TIMEOUT_SECONDS
        with step("Starting PostgreSQL"):
            while not self._start_if_free() and not self._answers():
                if time.monotonic() > deadline:
                    raise PostgresRefused(
                        "Another command runs the database of this data folder, but it does not "
                        "answer. Stop that command, or set DATA_DIR to another folder."
                    )
                time.sleep(WATCH_SECONDS)
        return self._server.url

    def watch(self, on_loss: Callable[[], None]) -> None:
        """Keep the server running from now on, until `close`.

        Args:
            on_loss: Called from another thread once the server cannot be brought back.
        """
        self._watcher = threading.Thread(target=self._watch, args=(on_loss,), daemon=True)
        self._watcher.start()

    def close(self) -> None:
        """Stop the server if this command runs it."""
        self._stopping.set()
        if self._watcher:
            self._watcher.join()
        if self._is_ours:
            self._server.stop()
            self._is_ours = False
        self._lock.release()

    def _start_if_free(self) -> bool:
        if not self._is_ours:
            if not self._lock.take():
                return False
            self._is_ours = True
        self._server.start()
        return True

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._server.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _watch(self, on_loss: Callable[[], None]) -> None:
        try:
            while not self._stopping.wait(WATCH_SECONDS):
                self._mend()
        except Exception as error:
            say(f"The database is lost. {error}")
            on_loss()

    def _mend(self) -> None:
        if self._is_ours and self._server.has_ended:
            self._count_restart()
            say("PostgreSQL ended unexpectedly; starting it again")
            self._server.start()
        elif not self._is_ours and self._start_if_free():
            say("The command that ran the database has ended; this one runs it now")

    def _count_restart(self) -> None:
        now = time.monotonic()
        self._restarts = [at for at in self._restarts if now - at < RESTART_WINDOW_SECONDS]
        self._restarts.append(now)
        if len(self._restarts) > RESTARTS:
            raise PostgresRefused(
                f"PostgreSQL ended {len(self._restarts)} times in {RESTART_WINDOW_SECONDS} s; "
                f"what it said last is in {self._server.log}."
            )


def make_folder(data_dir: Path) -> None:
    """Make the data folder.

    Raises:
        Refused: It cannot be made or written.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        is_writable = os.access(data_dir, os.W_OK | os.X_OK)
        reason = "" if is_writable else "permission denied"
    except OSError as error:
        reason = error.strerror
    if reason:
        raise Refused(
            f"The data folder {data_dir} cannot be written ({reason}). "
            "Set DATA_DIR to a folder that can."
        )
