"""Declarations of complete surveys; further attributes that the siting rules ask for."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COVERAGE = (
    "id text, name text, adcode text, accuracy_m number, source text, valid_from time, valid_to time, "
    "version integer, extra json, surveyed_layer text, condition text, complete boolean, surveyed_on date, "
    "declared_by text"
)
NOT_NULL = ("id", "valid_from", "version")
OF_A_POND = (
    "floor_slope_percent number, stacking text, annual_rain_mm number, day_rain_mm number, "
    "standalone_concentrator boolean, shares_valley boolean, leader_assigned boolean, phreatic_depth_m number"
)
ADDED = {
    "enterprises": "groundwater_surveyed boolean",
    "tailings_ponds": f"{OF_A_POND}, groundwater_surveyed boolean",
    "chemical_parks": "groundwater_surveyed boolean",
    "mines": "backfill_considered boolean, groundwater_surveyed boolean",
    "hazard_sites": "groundwater_surveyed boolean",
    "zones": "basin text",
    "proposals": (
        "method text, operation text, idle_since date, design_grade text, toe_point json, monitoring json, "
        f"{OF_A_POND}, park_grade text, recognised boolean, assessed_on date, in_development_zone boolean, "
        "diameter_mm number, pressure_mpa number, backfill_considered boolean, "
        "groundwater_surveyed boolean, pipeline_distance_m number"
    ),
}


def upgrade() -> None:
    create_coverage()
    op.bulk_insert(LAYER_STATE, [{"layer": "coverage", "digest": "0" * 64, "revision": 0}])
    for slug, columns in ADDED.items():
        for name, kind in described(columns):
            op.add_column(slug, sa.Column(name, column_type(kind)))


def downgrade() -> None:
    for slug, columns in ADDED.items():
        for name, _ in reversed(described(columns)):
            op.drop_column(slug, name)
    op.execute(LAYER_STATE.delete().where(LAYER_STATE.c.layer == "coverage"))
    if not on_postgresql():
        op.drop_table("coverage_rtree")
    op.drop_table("coverage")


def create_coverage() -> None:
    # Only INTEGER is SQLite's own row number.
    op.create_table(
        "coverage",
        sa.Column("fid", sa.BigInteger() if on_postgresql() else sa.Integer(), primary_key=True),
        *(
            sa.Column(name, column_type(kind), nullable=name not in NOT_NULL)
            for name, kind in described(COVERAGE)
        ),
        sa.Column("geom", column_type("geometry")),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", "valid_from", name="uq_coverage_id_valid_from"),
        sa.UniqueConstraint("id", "version", name="uq_coverage_id_version"),
    )
    current = sa.text("valid_to IS NULL")
    op.create_index(
        "uq_coverage_current",
        "coverage",
        ["id"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )
    if on_postgresql():
        op.create_index("ix_coverage_geom", "coverage", ["geom"], postgresql_using="gist")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE coverage_rtree USING rtree(fid, min_lon, max_lon, min_lat, max_lat, "
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
        "boolean": sa.Boolean(),
        "date": sa.Date(),
        "time": sa.DateTime(timezone=True) if postgis else sa.Text(),
        "json": postgresql.JSON() if postgis else sa.Text(),
        "geometry": Geometry(srid=4490, spatial_index=False) if postgis else sa.LargeBinary(),
    }
    return types[kind]
