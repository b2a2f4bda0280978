"""scaling traces: demand that operators uploaded, to try policies on

Revision: 0009, after: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scaling_trace",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=False),
        sa.Column("step_seconds", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("filled_steps", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requests", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("step_seconds BETWEEN 1 AND 3600", name="step_sensible"),
        sa.CheckConstraint("steps > 0", name="steps_positive"),
        sa.CheckConstraint("filled_steps >= 0", name="filled_not_negative"),
        sa.ForeignKeyConstraint(["uploaded_by"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("uploaded_by", "created_at"):
        op.create_index(f"ix_scaling_trace_{column}", "scaling_trace", [column])


def downgrade() -> None:
    op.drop_table("scaling_trace")
