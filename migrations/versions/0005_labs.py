"""labs

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('experiment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lab', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.create_index(batch_op.f('ix_experiment_lab'), ['lab'], unique=False)

    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.add_column(sa.Column('arm', sqlmodel.sql.sqltypes.AutoString(), nullable=True))

    op.create_table('labclass',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('experiment_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('teacher_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('class_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('hidden', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('created', sa.Float(), nullable=False),
    sa.ForeignKeyConstraint(['experiment_id'], ['experiment.id'], name=op.f('fk_labclass_experiment_id_experiment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_labclass')),
    sa.UniqueConstraint('class_hash', name=op.f('uq_labclass_class_hash')),
    sa.UniqueConstraint('teacher_hash', name=op.f('uq_labclass_teacher_hash'))
    )
    with op.batch_alter_table('labclass', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_labclass_experiment_id'), ['experiment_id'], unique=False)

    op.create_table('prediction',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('experiment_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('class_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('choice', sa.Integer(), nullable=False),
    sa.Column('created', sa.Float(), nullable=False),
    sa.ForeignKeyConstraint(['class_id'], ['labclass.id'], name=op.f('fk_prediction_class_id_labclass'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['experiment_id'], ['experiment.id'], name=op.f('fk_prediction_experiment_id_experiment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prediction'))
    )
    with op.batch_alter_table('prediction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_prediction_class_id'), ['class_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_prediction_experiment_id'), ['experiment_id'], unique=False)

    with op.batch_alter_table('share', schema=None) as batch_op:
        batch_op.alter_column('run_id', existing_type=sqlmodel.sql.sqltypes.AutoString(), nullable=True)
        batch_op.add_column(sa.Column('prediction_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.create_index(batch_op.f('ix_share_prediction_id'), ['prediction_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_share_prediction_id_prediction'), 'prediction', ['prediction_id'], ['id'], ondelete='CASCADE')


def downgrade() -> None:
    # A link to a report opens no run, so that it can't stay.
    op.execute("DELETE FROM share WHERE run_id IS NULL")
    with op.batch_alter_table('share', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_share_prediction_id_prediction'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_share_prediction_id'))
        batch_op.drop_column('prediction_id')
        batch_op.alter_column('run_id', existing_type=sqlmodel.sql.sqltypes.AutoString(), nullable=False)

    op.drop_table('prediction')
    op.drop_table('labclass')
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.drop_column('arm')

    with op.batch_alter_table('experiment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_experiment_lab'))
        batch_op.drop_column('lab')
