"""What every command runs in: refusals become words and an exit code, and a database is there.

command --refusals_in_words, migrated_database--> what it does | why not, on stderr, and exit 1
"""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError

from cloudscale.errors import InvalidInput, StoreError
from cloudscale.serving.refusal import Refused
from cloudscale.serving.terminal import say
from cloudscale.settings import get_settings


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """Say why a command cannot be done, and exit 1."""
    try:
        yield
    except InvalidInput as refusal:
        for error in refusal.errors:
            say(f"{error.field}: {error.message}")
    except StoreError as refusal:
        say(refusal.message)
    except Refused as refusal:
        say(str(refusal))
    except ValidationError as wrong:
        for error in wrong.errors():
            say(f"{'.'.join(map(str, error['loc'])).upper()}: {error['msg']}")
    else:
        return
    raise typer.Exit(1)


@contextmanager
def migrated_database(wait_seconds: float = 0) -> Iterator[None]:
    """The database that the settings name, with the newest schema, for the life of one command."""
    from cloudscale import db
    from cloudscale.serving import preparation
    from cloudscale.serving.signals import stop_on_signals

    is_done = False
    with refusals_in_words():
        with stop_on_signals(), preparation.database(get_settings()):
            try:
                preparation.migrate(wait_seconds)
                with preparation.faults_in_words():
                    yield
                is_done = True
            finally:
                db.get_engine().dispose()
        if not is_done:
            raise Refused("Stopped before it was done; nothing half-done was kept.")
