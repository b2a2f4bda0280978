"""find a visit's carts, for deleting visits

Revision: 0003, after: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_cart_visit_id', 'cart', ['visit_id'], unique=False, postgresql_where=sa.text('visit_id IS NOT NULL'))


def downgrade() -> None:
    op.drop_index('ix_cart_visit_id', table_name='cart')
