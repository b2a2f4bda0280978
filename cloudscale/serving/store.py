"""`serve`: every step from settings to a store that answers, and back.

settings --> port reserved --> database --> schema, demo data --> web server --> /health answers
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from cloudscale import db, schema
from cloudscale.embedded_postgres import PostgresRefused
from cloudscale.serving import frontend, port
from cloudscale.serving.database import OwnDatabase, make_folder
from cloudscale.serving.secret import demo_secret
from cloudscale.serving.terminal import say, step
from cloudscale.serving.web import STOP_SIGNALS, WebServer
from cloudscale.settings import Settings, SettingsError, get_settings


class Refused(Exception):
    """The store cannot be served; the message says why and what to do."""


class Stopped(BaseException):
    """A signal asked for the end."""


def export(**settings: str) -> None:
    """Set settings for this process and every process that it starts."""
    os.environ.update(settings)
    get_settings.cache_clear()
    db.get_engine.cache_clear()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    for number in STOP_SIGNALS:  # nothing interrupts the end
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM or a closed terminal end the block, and undo what it did.

    A signal that was ignored when the command was started (nohup, `&`) stays ignored.
    """
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    with suppress(Stopped):
        yield


@contextmanager
def database(settings: Settings) -> Iterator[OwnDatabase | None]:
    """The database that the settings name: one of ours, started or joined, where they name none.

    Raises:
        Refused: It cannot run here.
    """
    if settings.database_url:
        yield None
        return
    try:
        own = OwnDatabase(settings.data_dir)
        try:
            export(DATABASE_URL=own.open())
            yield own
        finally:
            own.close()
    except PostgresRefused as refusal:
        raise Refused(str(refusal)) from None


def migrate() -> None:
    """Bring the database's schema up to date.

    Raises:
        Refused: The database is not reachable, or a migration failed.
    """
    try:
        with step("Bringing the schema up to date"):
            schema.migrate(db.get_engine())
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise Refused(f"The database cannot be used: {reason}") from None


def prepare() -> None:
    """Everything that must be true of the database before it is served."""
    migrate()
    db.get_engine().dispose()


def check(settings: Settings) -> None:
    """Refuse what must not, or cannot, be served.

    Raises:
        Refused: Settings, or a front end that is not there or not current.
    """
    try:
        settings.require_servable()
    except SettingsError as refusal:
        raise Refused(str(refusal)) from None
    if reason := frontend.why_not():
        raise Refused(f"{reason} Run `make run`, or `python -m cloudscale build`.")


def _welcome(settings: Settings, own: OwnDatabase | None) -> None:
    kept = "embedded PostgreSQL" if own else "PostgreSQL at DATABASE_URL"
    shared = " (run by another command)" if own and not own.is_ours else ""
    say(f"\n  CloudScale is open: {settings.origin}\n")
    say(f"  mode      {settings.environment}")
    say(f"  database  {kept}{shared}")
    say(f"  cloud     {settings.cloud}")
    say("\n  Ctrl-C stops everything.\n")


def _serve(settings: Settings) -> bool:
    check(settings)
    held = port.reserve(settings.host, settings.port)
    _, address = port.resolve(settings.host, settings.port)
    is_lost = False

    def stop_for_loss() -> None:
        nonlocal is_lost
        is_lost = True
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        if not settings.is_production and settings.secret_key is None:
            make_folder(settings.data_dir)
            export(SECRET_KEY=demo_secret(settings.data_dir))
        with database(settings) as own:
            prepare()
            if own:
                own.watch(stop_for_loss)
            export(**frontend.SERVE_THE_BUILD)
            web = WebServer(address, settings.port, lambda: _welcome(settings, own))
            return web.run() and not is_lost
    finally:
        held.close()


def serve(settings: Settings) -> int:
    """Serve the store until a signal says stop.

    Args:
        settings: The settings of this process.

    Returns:
        Exit code: 0 stopped as asked, 1 refused or failed.
    """
    code = 0
    with stop_on_signals():
        try:
            code = 0 if _serve(settings) else 1
        except (Refused, PostgresRefused, port.PortRefused) as refusal:
            say(str(refusal))
            code = 1
    return code
