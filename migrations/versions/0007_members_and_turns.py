"""members, who owns what, and turns in the queue

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

OWNED = ('experiment', 'run', 'answer', 'prediction')


def upgrade() -> None:
    op.create_table('member',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('role', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('password_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created', sa.Float(), nullable=False),
    sa.Column('seen', sa.Float(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_member')),
    sa.UniqueConstraint('key', name=op.f('uq_member_key'))
    )
    op.create_table('signin',
    sa.Column('token_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('member_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('created', sa.Float(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_signin_member_id_member'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_signin'))
    )
    op.create_index(op.f('ix_signin_member_id'), 'signin', ['member_id'])
    op.create_table('classpassword',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('password_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('setting_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_classpassword'))
    )

    for table in OWNED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column('owner_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
            batch_op.create_index(batch_op.f(f'ix_{table}_owner_id'), ['owner_id'])
            batch_op.create_foreign_key(
                batch_op.f(f'fk_{table}_owner_id_member'), 'member', ['owner_id'], ['id'], ondelete='SET NULL'
            )

    for table in ('experiment', 'run'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column('shown', sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.add_column(sa.Column('turn', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('work', sa.Float(), server_default='0', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.drop_column('work')
        batch_op.drop_column('turn')
    for table in ('experiment', 'run'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column('shown')

    for table in OWNED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f'fk_{table}_owner_id_member'), type_='foreignkey')
            batch_op.drop_index(batch_op.f(f'ix_{table}_owner_id'))
            batch_op.drop_column('owner_id')

    op.drop_table('classpassword')
    op.drop_table('signin')
    op.drop_table('member')
