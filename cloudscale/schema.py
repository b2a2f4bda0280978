"""The schema's versions: bring a database up to date, or say what a new migration would hold.

models --make_revision--> migrations/versions/*.py --migrate--> database
"""

import logging
from argparse import Namespace
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from cloudscale.models import metadata
from cloudscale.schema_shape import compare, shape

logger = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
# Any constant of our own: two processes that migrate at once wait for each other on it.
MIGRATION_LOCK = 7_261_994
AS_MODELLED = "as_the_models_say"


def _config(connection: Connection) -> Config:
    config = Config(cmd_opts=Namespace(quiet=True))  # else Alembic writes to stdout
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Bring the database to the newest revision; safe to call from several processes at once.

    A database that a newer version has migrated already is left as it is: each version's schema
    serves the version before, too, which runs beside it during a rollout and after a rollback.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: A migration failed; nothing of it was applied.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        config = _config(connection)
        if newer := _unknown(connection, config):
            logger.warning("The schema is of a newer version (%s) and stays so", newer)
            return
        command.upgrade(config, "head")


def make_revision(engine: Engine, message: str) -> str:
    """Write the migration that takes the database at `head` to what the models say.

    Args:
        engine: A database at the newest revision.
        message: What changes, in a few words; it becomes the file's name.

    Returns:
        The new revision's number, one after the newest.
    """
    with engine.begin() as connection:
        config = _config(connection)
        newest = ScriptDirectory.from_config(config).get_current_head() or "0"
        revision = f"{int(newest) + 1:04d}"
        command.revision(config, message, autogenerate=True, rev_id=revision)
    return revision


def is_current(engine: Engine) -> bool:
    """Whether every migration that there is has been applied, and perhaps newer ones."""
    with engine.connect() as connection:
        config = _config(connection)
        if _unknown(connection, config):
            return True
        applied = MigrationContext.configure(connection).get_current_heads()
        return set(applied) == set(ScriptDirectory.from_config(config).get_heads())


def _unknown(connection: Connection, config: Config) -> str:
    """The revision of the database, where it is after all that this version has; else empty."""
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    applied = set(MigrationContext.configure(connection).get_current_heads())
    newest = max(known, key=int)
    unknown = [one for one in applied - known if one.isdecimal() and int(one) > int(newest)]
    return "".join(unknown)


def differences(engine: Engine) -> list[str]:
    """What a new migration would bring about, a line each; empty when models and tables agree.

    The models' tables are made beside the real ones, in a schema that is rolled back, and
    PostgreSQL describes both.

    Args:
        engine: A database at the newest revision, in which we may create a schema.
    """
    with engine.connect() as connection:
        has = shape(connection)
        path = connection.scalar(text("SHOW search_path"))
        connection.execute(text(f"CREATE SCHEMA {AS_MODELLED}"))
        connection.execute(text(f"SET LOCAL search_path TO {AS_MODELLED}, {path}"))
        metadata.create_all(connection, checkfirst=False)
        wanted = shape(connection)
        connection.rollback()
    return compare(has, wanted)
