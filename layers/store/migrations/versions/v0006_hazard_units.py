"""Attributes of hazard units that the spacing tables ask for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = postgresql.TEXT(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.add_column("hazard_units", sa.Column("kind", text))
    op.add_column("hazard_units", sa.Column("external_distance_m", sa.Double()))
    op.add_column("hazard_units", sa.Column("outline", text))


def downgrade() -> None:
    for name in ("outline", "external_distance_m", "kind"):
        op.drop_column("hazard_units", name)
