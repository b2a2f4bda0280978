"""Alembic's entry: run the migrations on the connection that `schema.migrate` hands in."""

import sqlmodel.sql.sqltypes  # noqa: F401  (named by generated migrations)
from alembic import context

from cloudscale.models import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
