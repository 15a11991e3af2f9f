"""Figures of each layer, kept by the writes."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("layer_state", sa.Column("figures", json_type()))


def downgrade() -> None:
    op.drop_column("layer_state", "figures")


def json_type() -> TypeEngine[Any]:
    return postgresql.JSON() if op.get_bind().dialect.name == "postgresql" else sa.Text()
