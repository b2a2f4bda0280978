"""Everything that must be true of the database before anything is served from it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from cloudscale import db, schema
from cloudscale.data.seed import seed_demo
from cloudscale.embedded_postgres import PostgresRefused
from cloudscale.services import accounts, build_files
from cloudscale.serving import patience
from cloudscale.serving.database import OwnDatabase, make_folder
from cloudscale.serving.refusal import Refused
from cloudscale.serving.secret import demo_secret
from cloudscale.serving.terminal import say, step
from cloudscale.settings import Settings, get_settings

OLDEST_POSTGRESQL = 15
SEEDING_LOCK = 7_120_002  # an advisory lock; arbitrary, and no other's
DemoAccounts = list[tuple[str, str, str]]


def export(**settings: str) -> None:
    """Set settings for this process and every process that it starts."""
    os.environ.update(settings)
    get_settings.cache_clear()
    db.get_engine.cache_clear()


def export_secret(settings: Settings) -> None:
    """Give the demo a secret, where none is set: one that is generated once and kept.

    Raises:
        Refused: The data folder cannot be written.
    """
    if not settings.is_production and settings.secret_key is None:
        make_folder(settings.data_dir)
        export(SECRET_KEY=demo_secret(settings.data_dir))


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


@contextmanager
def faults_in_words() -> Iterator[None]:
    """Tell what the database refused in the block; the password is in none of its words.

    Raises:
        Refused: It is not reachable, or did not do what it was asked.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise Refused(f"The database cannot be used: {patience.reason_of(error)}") from None


def migrate(wait_seconds: float = 0) -> None:
    """Bring the database's schema up to date.

    Args:
        wait_seconds: How long to wait for a database that is not up yet, or is too busy.

    Raises:
        Refused: The database is not reachable, too old or read-only, or a migration failed.
    """
    engine = db.get_engine()

    def bring_up() -> None:
        require_usable(engine)
        schema.migrate(engine)

    with step("Bringing the schema up to date"), faults_in_words():
        patience.persist(bring_up, wait_seconds)


def require_usable(engine: Engine) -> None:
    """Refuse a server that is too old, or on which nothing can be written.

    Raises:
        Refused: In words that say what to do.
    """
    if (version := server_version(engine)) < OLDEST_POSTGRESQL:
        raise Refused(f"PostgreSQL {version} is too old: {OLDEST_POSTGRESQL} or newer is needed.")
    with engine.connect() as connection:
        if connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
            raise Refused(
                "The database is read-only: DATABASE_URL must name the primary server, and "
                "default_transaction_read_only be off there."
            )


def server_version(engine: Engine) -> int:
    """The major version of the database server."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000


def publish(build: Mapping[str, bytes]) -> None:
    """Make the files of this build known to instances of other versions.

    Args:
        build: Content by name, of what is named after its content.

    Raises:
        Refused: The database did not take them.
    """
    with faults_in_words(), db.unit_of_work() as session:
        build_files.publish(session, build)


def seed() -> DemoAccounts:
    """Fill an empty store with the demo catalogue, and see to the demo accounts.

    Returns:
        Role, e-mail and password of each account.

    Raises:
        Refused: The database did not take them.
    """
    with (
        step("Seeing to the demo catalogue and accounts"),
        faults_in_words(),
        db.unit_of_work() as session,
    ):
        # Instances that start together take turns: who comes second finds all of it there.
        session.connection().execute(select(func.pg_advisory_xact_lock(SEEDING_LOCK)))
        added = seed_demo(session)
        people = accounts.ensure_demo_accounts(session)
    if added:
        say(f"The demo catalogue is in: {added} products")
    return people
