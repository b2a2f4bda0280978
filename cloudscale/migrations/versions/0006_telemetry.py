"""telemetry: the inbox and the samples, what happened, slow requests

Revision: 0006, after: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_at IS NULL")


INSTANCE = (("instance", 120), ("zone", 40), ("version", 64))


def upgrade() -> None:
    _tell_processes_apart()
    _create_telemetry_inbox()
    _create_telemetry_sample()
    _create_ops_event()
    _create_slow_trace()


def downgrade() -> None:
    for table in ("slow_trace", "ops_event", "telemetry_sample", "telemetry_inbox"):
        op.drop_table(table)
    op.execute("DELETE FROM server_process")
    op.add_column("server_process", _document("reading"))
    for name, _ in INSTANCE:
        op.drop_column("server_process", name)


def _tell_processes_apart() -> None:
    """Rows of it live for seconds, and each process writes its own anew."""
    op.execute("DELETE FROM server_process")
    op.drop_column("server_process", "reading")
    for name, length in INSTANCE:
        op.add_column("server_process", _text(name, length))


def _at(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _document(name: str = "document") -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def _text(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False)


def _create_telemetry_inbox() -> None:
    op.create_table(
        "telemetry_inbox",
        sa.Column("id", sa.BigInteger(), nullable=False),
        _at("at"),
        _text("instance", 120),
        _document(),
        sa.PrimaryKeyConstraint("id", name="pk_telemetry_inbox"),
        prefixes=["UNLOGGED"],
    )


def _create_telemetry_sample() -> None:
    op.create_table(
        "telemetry_sample",
        _text("series", 16),
        sa.Column("step_seconds", sa.Integer(), autoincrement=False, nullable=False),
        _at("at"),
        _document(),
        sa.PrimaryKeyConstraint("series", "step_seconds", "at", name="pk_telemetry_sample"),
    )


def _create_ops_event() -> None:
    op.create_table(
        "ops_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        _text("key", 160),
        _text("kind", 16),
        _text("tone", 8),
        _text("source", 12),
        _text("title", 200),
        _text("cause", 500),
        _text("effect", 500),
        _text("subject", 120),
        _at("started_at"),
        _at("ended_at", nullable=True),
        _at("updated_at"),
        _document("details"),
        sa.CheckConstraint(
            "kind IN ('scaling', 'healing', 'deploy', 'alarm', 'system')",
            name=op.f("ck_ops_event_kind_known"),
        ),
        sa.CheckConstraint(
            "tone IN ('good', 'warn', 'bad', 'info')", name=op.f("ck_ops_event_tone_known")
        ),
        sa.CheckConstraint(
            "source IN ('measured', 'aws', 'simulated')", name=op.f("ck_ops_event_source_known")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ops_event"),
    )
    op.create_index("uq_ops_event_key", "ops_event", ["key"], unique=True)
    op.create_index("ix_ops_event_started_at", "ops_event", ["started_at", "id"])
    op.create_index("ix_ops_event_updated_at", "ops_event", ["updated_at"])
    op.create_index("ix_ops_event_open", "ops_event", ["id"], postgresql_where=OPEN)


def _create_slow_trace() -> None:
    op.create_table(
        "slow_trace",
        _text("id", 32),
        _at("at"),
        _text("kind", 8),
        _text("name", 300),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("is_failure", sa.Boolean(), nullable=False),
        _text("instance", 120),
        _document(),
        sa.PrimaryKeyConstraint("id", name="pk_slow_trace"),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_slow_trace_at", "slow_trace", ["at"])
    op.create_index("ix_slow_trace_name", "slow_trace", ["name", "at"])
