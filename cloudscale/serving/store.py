"""`serve`: every step from settings to a store that answers, and back."""

import os
import sys
import threading
import time
import urllib.request

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from cloudscale import db, schema
from cloudscale.embedded_postgres import EmbeddedPostgres
from cloudscale.serving import frontend
from cloudscale.settings import Settings, SettingsError, get_settings


def say(message: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def _announce(settings: Settings) -> None:
    while True:
        try:
            urllib.request.urlopen(f"http://{settings.host}:{settings.port}/health", timeout=2)
            break
        except OSError:
            time.sleep(0.05)
    say(f"The store is open: {settings.origin}")


def serve(settings: Settings) -> int:
    """Serve the store until told to stop; returns the exit code."""
    try:
        settings.require_servable()
    except SettingsError as refusal:
        say(str(refusal))
        return 1
    if not frontend.is_current():
        say("The front end is not built, or not from these sources: run `make run`.")
        return 1
    postgres = None
    if settings.database_url is None:
        postgres = EmbeddedPostgres(settings.data_dir / "postgres")
        os.environ["DATABASE_URL"] = postgres.start()
        get_settings.cache_clear()
    try:
        schema.migrate(db.get_engine())
        db.get_engine().dispose()
        os.environ.update(frontend.SERVE_THE_BUILD)
        threading.Thread(target=_announce, args=(settings,), daemon=True).start()
        Granian(
            "cloudscale.cloudscale:app",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            factory=True,
            log_level=LogLevels.warning,
        ).serve()
    finally:
        if postgres:
            postgres.stop()
    return 0
