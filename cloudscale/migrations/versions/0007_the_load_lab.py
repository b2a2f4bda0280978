"""the load lab: virtual shoppers told apart, their orders marked as tests, and its runs

Revision: 0007, after: 0006

The flags default to false in the database, so that processes of the version before go on.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FLAGS = (("user_account", "is_virtual"), ("visit", "is_virtual"), ("customer_order", "is_test"))
INDEXES = (
    ("user_account", "ix_user_account_virtual", "is_virtual"),
    ("visit", "ix_visit_virtual", "is_virtual"),
    ("customer_order", "ix_customer_order_test", "is_test"),
)


def upgrade() -> None:
    for table, flag in FLAGS:
        column = sa.Column(flag, sa.Boolean(), server_default=sa.text("false"), nullable=False)
        op.add_column(table, column)
    for table, index, flag in INDEXES:
        op.create_index(index, table, ["id"], postgresql_where=sa.text(flag))
    _create_load_run()


def downgrade() -> None:
    """What virtual shoppers left would be taken for people's: it goes."""
    op.drop_table("load_run")
    op.execute("DELETE FROM customer_order WHERE is_test")
    op.execute("DELETE FROM user_account WHERE is_virtual")
    op.execute("DELETE FROM visit WHERE is_virtual")
    for table, index, _ in INDEXES:
        op.drop_index(index, table)
    for table, flag in FLAGS:
        op.drop_column(table, flag)


def _at(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_load_run() -> None:
    op.create_table(
        "load_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shoppers", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.String(254), nullable=False),
        _at("started_at"),
        _at("seen_at"),
        _at("stop_asked_at", nullable=True),
        _at("ended_at", nullable=True),
        sa.Column("outcome", sa.String(300), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_load_run"),
    )
    op.create_index(
        "uq_load_run_open",
        "load_run",
        [sa.text("(ended_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
