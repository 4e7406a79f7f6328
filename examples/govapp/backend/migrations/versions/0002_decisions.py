"""Record decisions"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("applications", sa.Column("decision_note", sa.Text))
    op.add_column("applications", sa.Column("decided_at", sa.DateTime(timezone=True)))


def downgrade():
    op.drop_column("applications", "decided_at")
    op.drop_column("applications", "decision_note")
