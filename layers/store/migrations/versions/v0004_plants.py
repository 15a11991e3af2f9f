"""Plants as files with their layouts."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PLANTS = (
    "id text, name text, adcode text, accuracy_m number, source text, valid_from time, valid_to time, "
    "version integer, extra json, state text, layout text, variant_of text, equipment_count integer, "
    "document json"
)
NOT_NULL = ("id", "valid_from", "version")


def upgrade() -> None:
    create_plants()
    op.bulk_insert(LAYER_STATE, [{"layer": "plants", "digest": "0" * 64, "revision": 0}])


def downgrade() -> None:
    op.execute(LAYER_STATE.delete().where(LAYER_STATE.c.layer == "plants"))
    if not on_postgresql():
        op.drop_table("plants_rtree")
    op.drop_table("plants")


def create_plants() -> None:
    # Only INTEGER is SQLite's own row number.
    op.create_table(
        "plants",
        sa.Column("fid", sa.BigInteger() if on_postgresql() else sa.Integer(), primary_key=True),
        *(
            sa.Column(name, column_type(kind), nullable=name not in NOT_NULL)
            for name, kind in described(PLANTS)
        ),
        sa.Column("geom", column_type("geometry")),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", "valid_from", name="uq_plants_id_valid_from"),
        sa.UniqueConstraint("id", "version", name="uq_plants_id_version"),
    )
    current = sa.text("valid_to IS NULL")
    op.create_index(
        "uq_plants_current",
        "plants",
        ["id"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )
    if on_postgresql():
        op.create_index("ix_plants_geom", "plants", ["geom"], postgresql_using="gist")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE plants_rtree USING rtree(fid, min_lon, max_lon, min_lat, max_lat, "
            "+west, +south, +east, +north)"
        )


LAYER_STATE = sa.table("layer_state", sa.column("layer"), sa.column("digest"), sa.column("revision"))


def described(columns: str) -> list[list[str]]:
    return [column.split() for column in columns.split(", ")]


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def column_type(kind: str) -> TypeEngine[Any]:
    postgis = on_postgresql()
    types: dict[str, TypeEngine[Any]] = {
        "text": postgresql.TEXT(collation="C") if postgis else sa.Text(),
        "integer": sa.BigInteger(),
        "number": sa.Double(),
        "time": sa.DateTime(timezone=True) if postgis else sa.Text(),
        "json": postgresql.JSON() if postgis else sa.Text(),
        "geometry": Geometry(srid=4490, spatial_index=False) if postgis else sa.LargeBinary(),
    }
    return types[kind]
