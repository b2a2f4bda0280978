"""build files: what pages of another version of the store are made of

Revision: 0011, after: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "build_file",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_build_file"),
    )
    # What comes compressed is not compressed once more.
    op.execute("ALTER TABLE build_file ALTER COLUMN content SET STORAGE EXTERNAL")
    op.create_index("ix_build_file_published_at", "build_file", ["published_at"])


def downgrade() -> None:
    op.drop_table("build_file")
