"""healing: the record, what was approved, how it stands, and what was broken on purpose

Revision: 0010, after: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "healing_record",
        sa.Column("id", sa.String(80), nullable=False),
        _time("at"),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("incident", sa.String(80), nullable=False),
        _document("document"),
        sa.PrimaryKeyConstraint("id", name="pk_healing_record"),
    )
    op.create_index("ix_healing_record_at", "healing_record", ["at"])
    op.create_index("ix_healing_record_incident_id", "healing_record", ["incident", "id"])
    op.create_table(
        "healing_approval",
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("approved_by", sa.String(254), nullable=False),
        _time("approved_at"),
        _time("handed_on_at", is_optional=True),
        sa.PrimaryKeyConstraint("action", name="pk_healing_approval"),
    )
    op.create_table(
        "healing_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        _document("board"),
        _document("stack"),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        _time("held_until", is_optional=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _time("updated_at"),
        sa.CheckConstraint("id = 1", name=op.f("ck_healing_state_one_row")),
        sa.PrimaryKeyConstraint("id", name="pk_healing_state"),
    )
    _create_trials()


def _create_trials() -> None:
    op.create_table(
        "healing_trial",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(40), nullable=False),
        sa.Column("ref", sa.String(160), nullable=False),
        sa.Column("started_by", sa.String(254), nullable=False),
        _time("started_at"),
        *(_time(name, is_optional=True) for name in ("seen_at", "acted_at", "healthy_at", "ended_at")),
        sa.Column("is_under_way", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_healing_trial"),
    )
    op.create_index(
        "uq_healing_trial_open",
        "healing_trial",
        ["is_under_way"],
        unique=True,
        postgresql_where=sa.text("is_under_way"),
    )


def downgrade() -> None:
    for table in ("healing_trial", "healing_state", "healing_approval", "healing_record"):
        op.drop_table(table)


def _document(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def _time(name: str, *, is_optional: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=is_optional)
