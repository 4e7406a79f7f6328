import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    rooms = op.create_table("rooms", sa.Column("name", sa.String, primary_key=True))
    op.bulk_insert(rooms, [{"name": "Blue room"}, {"name": "Attic"}])


def downgrade():
    op.drop_table("rooms")
