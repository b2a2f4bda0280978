"""The schema's versions: bring a database up to date, or say what a new migration would hold.

models --make_revision--> migrations/versions/*.py --migrate--> database
"""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from cloudscale.models import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
# Any constant of our own: two processes that migrate at once wait for each other on it.
MIGRATION_LOCK = 7_261_994


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Bring the database to the newest revision; safe to call from several processes at once.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: A migration failed; nothing of it was applied.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        command.upgrade(_config(connection), "head")


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


def differences(engine: Engine) -> list[object]:
    """What a new migration would hold; empty when models and migrations agree."""
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))
