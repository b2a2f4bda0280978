"""`doctor`: what is missing on this machine, and how to mend it. Changes nothing."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from cloudscale import db, schema
from cloudscale.embedded_postgres import PostgresRefused, binaries
from cloudscale.serving import frontend, port, preparation
from cloudscale.serving.refusal import Refused
from cloudscale.serving.terminal import say
from cloudscale.settings import ROOT, Settings, SettingsError

OLDEST_PYTHON = (3, 11)


class Ailment(Exception):
    """Something is wrong; the message says what, and how to mend it."""


def _python(_: Settings) -> str:
    if sys.version_info < OLDEST_PYTHON:
        raise Ailment("This Python is too old: install 3.11 or newer, then `make clean run`.")
    if sys.prefix == sys.base_prefix:
        raise Ailment("This is not the project's environment: use `make`, or .venv/bin/python.")
    return f"{sys.version.split()[0]} in {sys.prefix}"


def _dependencies(_: Settings) -> str:
    uv = ROOT / ".tools" / "bin" / "uv"
    if not uv.exists():
        raise Ailment("uv is not there: `make run` fetches it.")
    command = [str(uv), "sync", "--frozen", "--no-dev", "--inexact", "--check"]
    if subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode:
        raise Ailment("What is installed is not what uv.lock says: `make run` installs it.")
    return "as uv.lock says"


def _bun(_: Settings) -> str:
    if path := shutil.which("bun"):
        return path
    raise Ailment("bun, which builds the front end, is not there: `make run` installs it.")


def _front_end(_: Settings) -> str:
    if reason := frontend.why_not():
        raise Ailment(f"{reason} `make run` builds it.")
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
            raise Ailment("Its schema is not current: `python -m cloudscale migrate`.")
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
    raise Ailment("The browser tests need Chromium: `make test` installs it where it can.")


EXAMINATIONS: dict[str, Callable[[Settings], str]] = {
    "Python": _python,
    "dependencies": _dependencies,
    "bun": _bun,
    "front end": _front_end,
    "settings": _settings,
    "database": _database,
    "port": _port,
    "test browser": _browser,
}


def report(settings: Settings) -> int:
    """Examine everything, and say of each whether it is well.

    Returns:
        Exit code: 0 all is well, 1 something is to be mended.
    """
    ailing = 0
    for name, examine in EXAMINATIONS.items():
        try:
            say(f"  ok    {name:<14} {examine(settings)}")
        except Ailment as ailment:
            ailing += 1
            say(f"  MEND  {name:<14} {ailment}")
    say("All is well." if not ailing else f"{ailing} to mend.")
    return 1 if ailing else 0
