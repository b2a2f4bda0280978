"""`serve`: every step from settings to a store that answers, and back.

settings --> port reserved --> database --> schema, demo data --> web server --> /health answers
"""

import os
import signal

from cloudscale import db
from cloudscale.serving import frontend, port, preparation
from cloudscale.serving.database import OwnDatabase
from cloudscale.serving.preparation import DemoAccounts
from cloudscale.serving.refusal import Refused
from cloudscale.serving.signals import Stopped, stop_on_signals
from cloudscale.serving.terminal import Step, say
from cloudscale.serving.web import WebServer
from cloudscale.serving.workers import worker_count
from cloudscale.settings import Settings, SettingsError


def check(settings: Settings) -> None:
    """Refuse what must not, or cannot, be served.

    Raises:
        Refused: Settings, or a front end that is not there or not current.
    """
    try:
        settings.require_servable()
    except SettingsError as refusal:
        raise Refused(str(refusal)) from None
    worker_count(settings)
    if reason := frontend.why_not():
        raise Refused(f"{reason} Run `make run`, or `python -m cloudscale build`.")


def _welcome(
    settings: Settings, workers: int, own: OwnDatabase | None, people: DemoAccounts
) -> None:
    kept = "embedded PostgreSQL" if own else "PostgreSQL at DATABASE_URL"
    shared = " (run by another command)" if own and not own.is_ours else ""
    fleet = "a model is scaled and healed" if settings.cloud == "simulated" else settings.aws_region
    lines = [
        f"\n  CloudScale is open: {settings.origin}\n",
        f"  mode      {settings.environment}",
        f"  database  {kept}{shared}",
        f"  cloud     {settings.cloud} ({fleet})",
        f"  serving   {'1 process' if workers == 1 else f'{workers} processes'}",
    ]
    if people:
        lines.append("\n  Demo accounts:")
        lines += [f"  {role:<8}  {email:<26} {password}" for role, email, password in people]
    lines.append("\n  Ctrl-C stops everything.\n")
    say("\n".join(lines))


def _prepare(settings: Settings) -> DemoAccounts:
    """Schema and build; in the demo also catalogue and accounts, which need a secret."""
    preparation.migrate()
    preparation.publish(frontend.hashed_files())
    people = [] if settings.is_production else preparation.seed()
    db.get_engine().dispose()
    return people


def _serve_from(settings: Settings, own: OwnDatabase | None) -> bool:
    """Serve until told to stop; False when something was lost that cannot be brought back."""
    is_lost = False

    def stop_for_loss() -> None:
        nonlocal is_lost
        is_lost = True
        os.kill(os.getpid(), signal.SIGTERM)

    people, workers = _prepare(settings), worker_count(settings)
    version = settings.application_version or frontend.version()
    told = {"APPLICATION_VERSION": version, "WORKERS": str(workers)}
    preparation.export(**frontend.SERVE_THE_BUILD, **told)
    _, address = port.resolve(settings.host, settings.port)
    starting = Step("Starting the server")

    def be_up() -> None:
        starting.done()
        _welcome(settings, workers, own, people)

    web = WebServer(
        address,
        settings.port,
        be_up,
        notice_seconds=settings.drain_seconds,
        workers=workers,
        silence_seconds=settings.keep_alive_seconds,
    )
    try:
        if own:
            own.watch(stop_for_loss)
        return web.run() and not is_lost
    except Stopped:  # before the web server was there to be stopped
        return not is_lost
    finally:
        starting.dropped()


def _serve(settings: Settings) -> bool:
    check(settings)
    held = port.reserve(settings.host, settings.port)
    try:
        preparation.export_secret(settings)
        with preparation.database(settings) as own:
            return _serve_from(settings, own)
    finally:
        held.close()


def serve(settings: Settings) -> int:
    """Serve the store until a signal says stop.

    Args:
        settings: The settings of this process.

    Returns:
        Exit code: 0 stopped as asked, 1 something failed.

    Raises:
        Refused: It cannot be served.
    """
    with stop_on_signals():
        return 0 if _serve(settings) else 1
    return 0  # stopped before there was anything to serve
