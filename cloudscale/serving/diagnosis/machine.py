"""This machine: what is missing on it for those who run the store from its folder."""

import ctypes
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
from sqlalchemy.exc import SQLAlchemyError

from cloudscale import db, schema
from cloudscale.embedded_postgres import PostgresRefused, binaries
from cloudscale.serving import frontend, port, preparation
from cloudscale.serving.diagnosis.finding import Ailment, Finding, Remark, examined
from cloudscale.serving.refusal import Refused
from cloudscale.settings import ROOT, Settings, SettingsError

OLDEST_PYTHON = (3, 11)
GIGABYTE = 1024**3
# .venv, .tools and .web take 1.3 GB with the test tools, an empty database 0.1: there must be room
# for a build beside what is there, and for the database to grow.
LEAST_DISK_GB = 2
# Building the front end takes 573 MB at its peak, Python and bun together (measured, 2 cores).
LEAST_MEMORY_GB = 0.6
CGROUP = Path("/sys/fs/cgroup")
UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
SKEW_SECONDS = 60


def _python(_: Settings) -> str:
    if sys.version_info < OLDEST_PYTHON:
        raise Ailment("This Python is too old.", "Install 3.11 or newer, then `make clean run`.")
    if sys.prefix == sys.base_prefix:
        raise Ailment("This is not the project's environment.", "Use `make`, or .venv/bin/python.")
    return f"{sys.version.split()[0]} in {sys.prefix}"


def _dependencies(_: Settings) -> str:
    uv = ROOT / ".tools" / "bin" / "uv"
    if not uv.exists():
        raise Ailment("uv is not there.", "`make run` fetches it.")
    command = [str(uv), "sync", "--frozen", "--no-dev", "--inexact", "--check"]
    if subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode:
        raise Ailment("What is installed is not what uv.lock says.", "`make run` installs it.")
    return "as uv.lock says"


def _bun(_: Settings) -> str:
    if path := shutil.which("bun"):
        return path
    raise Ailment("bun, which builds the front end, is not there.", "`make run` installs it.")


def _front_end(_: Settings) -> str:
    if reason := frontend.why_not():
        raise Ailment(reason, "`make run` builds it.")
    return "built from these sources"


def _settings(settings: Settings) -> str:
    try:
        settings.require_servable()
    except SettingsError as refusal:
        raise Ailment(str(refusal)) from None
    return settings.environment


def _database(settings: Settings) -> str:
    """Start or join ours, or reach the one that is named, and compare its schema with ours."""
    if settings.database_url is None:
        try:
            binaries()
        except PostgresRefused as refusal:
            raise Ailment(str(refusal)) from None
        if not (settings.data_dir / "postgres" / "PG_VERSION").exists():
            return "embedded; `make run` sets it up"
    try:
        with preparation.database(settings) as own:
            return f"{'embedded' if own else 'at DATABASE_URL'}, {_version_and_schema()}"
    except Refused as refusal:
        raise Ailment(str(refusal)) from None
    except SQLAlchemyError as error:
        raise Ailment(f"It cannot be reached: {str(error).splitlines()[0]}") from None


def _version_and_schema() -> str:
    engine = db.get_engine()
    try:
        preparation.require_usable(engine)
        if not schema.is_current(engine):
            raise Ailment("Its schema is not current.", "`python -m cloudscale migrate`.")
        return f"PostgreSQL {preparation.server_version(engine)}, schema current"
    finally:
        engine.dispose()


def _port(settings: Settings) -> str:
    try:
        port.reserve(settings.host, settings.port).close()
    except port.PortRefused as refusal:
        raise Ailment(str(refusal)) from None
    return f"{settings.host}:{settings.port} is free"


def _browser(_: Settings) -> str:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    fetched = Path.home() / ".cache" / "ms-playwright"
    if found := next(filter(None, map(shutil.which, names)), None):
        return found
    if any(fetched.glob("chromium*")):
        return str(fetched)
    raise Remark(
        "Chromium is not there.", "The browser tests need it; `make test` installs it where it can."
    )


def _git(_: Settings) -> str:
    if path := shutil.which("git"):
        return path
    raise Remark("git is not there.", "Install it to fetch a newer version, or to make a release.")


def _disk(settings: Settings) -> str:
    """Room where the data will be; the folder itself need not be there yet."""
    folder = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free / GIGABYTE
    words = f"{free:.1f} GB free at {folder}"
    if free < LEAST_DISK_GB:
        raise Ailment(f"{words}.", f"Make room for {LEAST_DISK_GB} GB or more, or set DATA_DIR.")
    return words


def _memory(_: Settings) -> str:
    """What this process and its children may still take: of the machine, or of its container."""
    free = min(psutil.virtual_memory().available, *_left_by_cgroup()) / GIGABYTE
    if free < LEAST_MEMORY_GB:
        words = f"{free:.1f} GB are free; building the front end takes {LEAST_MEMORY_GB}."
        raise Ailment(words, "End other programs, or take a machine or container with more.")
    return f"{free:.1f} GB free"


def _left_by_cgroup() -> list[int]:
    """Bytes that a container's limit leaves; what is large is no limit.

    Source: Linux, cgroup-v2.rst, "Memory Interface Files".
    """
    try:
        limit = (CGROUP / "memory.max").read_text().strip()
        used = (CGROUP / "memory.current").read_text()
    except OSError:
        return [sys.maxsize]
    return [sys.maxsize if limit == "max" else max(0, int(limit) - int(used))]


def _clock(_: Settings) -> str:
    """Whether the clock is before what this code was written at, or nobody sets it."""
    asked = ["git", "log", "-1", "--format=%ct"]
    try:
        told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        told = ""
    if told.strip().isdigit() and time.time() + SKEW_SECONDS < int(told):
        raise Ailment(
            f"This machine's clock is {int(told) - time.time():.0f} s behind this very code.",
            "Set it (timedatectl set-ntp true): certificates and sessions are judged by it.",
        )
    if _synchronisation() == UNSYNCHRONISED:
        raise Remark("Nothing sets this machine's clock.", "timedatectl set-ntp true")
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())


def _synchronisation() -> int:
    """What the kernel says of its clock (adjtimex(2)); 0 where it cannot be asked."""
    if sys.platform != "linux":
        return 0
    try:
        return ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))  # zeros only ask
    except (OSError, AttributeError):
        return 0


EXAMINATIONS: dict[str, Callable[[Settings], str]] = {
    "Python": _python,
    "dependencies": _dependencies,
    "git": _git,
    "bun": _bun,
    "front end": _front_end,
    "disk": _disk,
    "memory": _memory,
    "clock": _clock,
    "settings": _settings,
    "database": _database,
    "port": _port,
    "test browser": _browser,
}


def findings(settings: Settings) -> Iterator[Finding]:
    """Examine everything."""
    return examined({name: partial(ask, settings) for name, ask in EXAMINATIONS.items()})
