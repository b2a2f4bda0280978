"""scaling: the policy that is in force, and what the leader keeps in mind

Revision: 0008, after: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ORIGINS = "origin IN ('declared', 'terraform', 'operator')"


def upgrade() -> None:
    op.create_table(
        "scaling_policy",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        _document("document"),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("origin", sa.String(12), nullable=False),
        sa.Column("put_in_force_by", sa.String(254), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(ORIGINS, name=op.f("ck_scaling_policy_origin_known")),
        sa.PrimaryKeyConstraint("id", name="pk_scaling_policy"),
    )
    op.create_table(
        "scaling_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        _document("board"),
        _document("mind"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_scaling_state_one_row")),
        sa.PrimaryKeyConstraint("id", name="pk_scaling_state"),
    )


def downgrade() -> None:
    for table in ("scaling_state", "scaling_policy"):
        op.drop_table(table)


def _document(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), nullable=False)
