"""Clipping, pulses and what only some runs have

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('layer', schema=None) as batch_op:
        batch_op.add_column(sa.Column('extras', sa.LargeBinary(), nullable=True))

    with op.batch_alter_table('snapshot', schema=None) as batch_op:
        batch_op.add_column(sa.Column('norm_before', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('norm_after', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('clipped', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('pulses', sa.LargeBinary(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('snapshot', schema=None) as batch_op:
        batch_op.drop_column('pulses')
        batch_op.drop_column('clipped')
        batch_op.drop_column('norm_after')
        batch_op.drop_column('norm_before')

    with op.batch_alter_table('layer', schema=None) as batch_op:
        batch_op.drop_column('extras')

