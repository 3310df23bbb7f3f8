"""checkpoints, and whose an attempt is

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('checkpoint',
    sa.Column('run_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_checkpoint_run_id_run'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('run_id', name=op.f('pk_checkpoint'))
    )
    if op.get_bind().dialect.name == 'postgresql':
        # Weights don't compress: trying to would take longer than to write them.
        op.execute("ALTER TABLE checkpoint ALTER COLUMN data SET STORAGE EXTERNAL")

    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.add_column(sa.Column('worker', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('resumed', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('resumed_step', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('crashes', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('stalls', sa.Integer(), server_default='0', nullable=False))

    with op.batch_alter_table('worker', schema=None) as batch_op:
        batch_op.add_column(sa.Column('host', sqlmodel.sql.sqltypes.AutoString(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('place', sqlmodel.sql.sqltypes.AutoString(), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('worker', schema=None) as batch_op:
        batch_op.drop_column('place')
        batch_op.drop_column('host')

    with op.batch_alter_table('run', schema=None) as batch_op:
        for name in ('stalls', 'crashes', 'resumed_step', 'resumed', 'worker'):
            batch_op.drop_column(name)

    op.drop_table('checkpoint')
