"""repairs and mysteries

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mystery',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('teacher_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('class_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('fault', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created', sa.Float(), nullable=False),
    sa.Column('revealed', sa.Float(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mystery')),
    sa.UniqueConstraint('class_hash', name=op.f('uq_mystery_class_hash')),
    sa.UniqueConstraint('teacher_hash', name=op.f('uq_mystery_teacher_hash'))
    )
    op.create_table('answer',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('mystery_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('rule', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('cure', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('run_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created', sa.Float(), nullable=False),
    sa.ForeignKeyConstraint(['mystery_id'], ['mystery.id'], name=op.f('fk_answer_mystery_id_mystery'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_answer_run_id_run'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer'))
    )
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_answer_mystery_id'), ['mystery_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_answer_run_id'), ['run_id'], unique=False)

    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.add_column(sa.Column('repair_of', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('repair_rule', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('mystery_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.create_index(batch_op.f('ix_run_repair_of'), ['repair_of'], unique=False)
        batch_op.create_index(batch_op.f('ix_run_mystery_id'), ['mystery_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_run_repair_of_run'), 'run', ['repair_of'], ['id'], ondelete='SET NULL')
        batch_op.create_foreign_key(batch_op.f('fk_run_mystery_id_mystery'), 'mystery', ['mystery_id'], ['id'], ondelete='CASCADE')


def downgrade() -> None:
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_run_mystery_id_mystery'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_run_repair_of_run'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_run_mystery_id'))
        batch_op.drop_index(batch_op.f('ix_run_repair_of'))
        batch_op.drop_column('mystery_id')
        batch_op.drop_column('repair_rule')
        batch_op.drop_column('repair_of')

    op.drop_table('answer')
    op.drop_table('mystery')
