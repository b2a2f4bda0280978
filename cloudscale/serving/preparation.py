"""Everything that must be true of the database before anything is served from it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from cloudscale import db, schema
from cloudscale.data.seed import seed_demo
from cloudscale.embedded_postgres import PostgresRefused
from cloudscale.services import accounts
from cloudscale.serving.database import OwnDatabase
from cloudscale.serving.refusal import Refused
from cloudscale.serving.terminal import say, step
from cloudscale.settings import Settings, get_settings

DemoAccounts = list[tuple[str, str, str]]


def export(**settings: str) -> None:
    """Set settings for this process and every process that it starts."""
    os.environ.update(settings)
    get_settings.cache_clear()
    db.get_engine.cache_clear()


@contextmanager
def database(settings: Settings) -> Iterator[OwnDatabase | None]:
    """The database that the settings name: one of ours, started or joined, where they name none.

    Yields:
        Ours; `None` for one that the settings name.

    Raises:
        Refused: Ours cannot run here.
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


def seed() -> DemoAccounts:
    """Fill an empty store with the demo catalogue, and see to the demo accounts.

    Returns:
        Role, e-mail and password of each account.
    """
    with step("Filling the demo store"), db.unit_of_work() as session:
        added = seed_demo(session)
        people = accounts.ensure_demo_accounts(session)
    if added:
        say(f"The demo catalogue is in: {added} products")
    return people
