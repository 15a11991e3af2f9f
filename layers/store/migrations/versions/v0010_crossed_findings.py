"""The verdict across the doubt of a finding as a column, and an index from which findings are counted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COUNTED = ["subject_layer", "subject_id", "rule", "verdict", "decided", "advisory", "crossed", "margin_m"]


def upgrade() -> None:
    if on_postgresql():
        word = postgresql.TEXT(collation="C")
        op.add_column(
            "findings",
            sa.Column("crossed", word, sa.Computed("finding ->> 'if_crossed'", persisted=True)),
        )
    else:
        # SQLite adds columns that it computes when they are read; the index keeps them.
        extracted = "json_extract(finding, '$.\"if_crossed\"')"
        op.add_column("findings", sa.Column("crossed", sa.Text(), sa.Computed(extracted, persisted=False)))
    current = sa.text("valid_to IS NULL")
    op.create_index(
        "ix_findings_counted", "findings", COUNTED, sqlite_where=current, postgresql_where=current
    )


def downgrade() -> None:
    op.drop_index("ix_findings_counted", "findings")
    op.drop_column("findings", "crossed")


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
