"""prune sign-in failures

Revision: 0002, after: 0001
"""

from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_sign_in_failure_at', 'sign_in_failure', ['at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_sign_in_failure_at', table_name='sign_in_failure')
