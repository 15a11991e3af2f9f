"""Tables of the layers, the state of each layer, and the runs.

The columns are written out here as they were when this revision was made. They must not be read from the
catalogue, which moves on; a later change of a layer is a later revision.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COMMON = (
    "id text, name text, adcode text, accuracy_m number, source text, valid_from time, valid_to time, "
    "version integer, extra json"
)
LAYERS = {
    "enterprises": (
        "credit_code text, industry_code text, kind text, state text, purpose text, colour_grade "
        "text, staff integer, address text"
    ),
    "hazard_units": (
        "enterprise_id text, park_id text, unit_kind text, state text, colour_grade text, inventory "
        "json, volume_m3 number, height_m number, bund_area_m2 number"
    ),
    "tailings_ponds": (
        "enterprise_id text, state text, purpose text, capacity_m3 number, dam_height_m number, "
        "method text, operation text, idle_since date, design_grade text, dam_axis json, toe_point "
        "json, monitoring json, people_downstream integer, built_year integer"
    ),
    "chemical_parks": ("state text, purpose text, park_grade text, recognised boolean, assessed_on date"),
    "park_zones": "park_id text, zone_kind text",
    "pipelines": (
        "kind text, medium text, diameter_mm number, pressure_mpa number, state text, built_year integer"
    ),
    "pipeline_sites": "pipeline_id text, site_kind text, state text",
    "rivers": (
        "role text, important_by text, catchment_km2 number, basin text, reach text, line_kind text, "
        "water_level_basis text, half_width_m number"
    ),
    "lakes": "lake_kind text, basin text, water_level_basis text",
    "protection_targets": "target_class text, use text, people_day integer, people_night integer",
    "buildings": ("storeys integer, households integer, use text, people_day integer, people_night integer"),
    "settlements": "population integer, households integer, rank text",
    "roads": "road_class text, land_half_width_m number",
    "railways": "railway_class text",
    "crossings": "crossing_kind text, size text",
    "power_lines": "voltage_kv number, pole_height_m number",
    "mines": "mine_kind text, mineral text, state text, slope_height_m number, depth_m number",
    "dams": "dam_height_m number, storage_m3 number, river text, state text",
    "hazard_sites": ("kind text, site_grade text, capacity_m3 number, charge_kg number, state text"),
    "zones": "zone_kind text, level text, status text",
    "geohazards": "geohazard_kind text, activity text",
    "admin_areas": "level text, parent_adcode text",
    "wind_roses": "frequencies json, year_from integer, year_to integer",
    "proposals": (
        "kind text, state text, purpose text, capacity_m3 number, dam_height_m number, case_status text"
    ),
    "findings": (
        "run_id text, rule text, subject_layer text, subject_id text, verdict text, decided boolean, "
        "advisory boolean, limit_m number, distance_m number, margin_m number, doubt_m number, "
        "target_layer text, target_id text, finding json"
    ),
    "risk_contours": "run_id text, subject_id text, risk_per_year number",
    "grid_runs": (
        "metric text, resolution integer, parameters json, input_digest text, code_version text, "
        "cells integer, mass number"
    ),
    "grid_cells": ("run_id text, h3_hex text, area_km2 number, mass number, density number, columns json"),
    "rasters": ("raster_kind text, path text, unit text, cell_size_m number, crs text, sha256 text"),
}
NOT_NULL = ("id", "valid_from", "version")
INDEXED = ("run_id", "subject_id")


def upgrade() -> None:
    for slug, columns in LAYERS.items():
        create_layer(slug, columns)
    op.create_table(
        "layer_state",
        sa.Column("layer", column_type("text"), primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", column_type("time")),
    )
    state = sa.table("layer_state", sa.column("layer"), sa.column("digest"), sa.column("revision"))
    op.bulk_insert(state, [{"layer": slug, "digest": "0" * 64, "revision": 0} for slug in LAYERS])
    op.create_table(
        "runs",
        fid_column(),
        sa.Column("id", column_type("text"), nullable=False),
        sa.Column("kind", column_type("text"), nullable=False),
        sa.Column("checked_on", sa.Date()),
        sa.Column("parameters", column_type("json"), nullable=False),
        sa.Column("inputs", column_type("json"), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("result", column_type("json"), nullable=False),
        sa.Column("created_at", column_type("time"), nullable=False),
        sa.UniqueConstraint("id", name="uq_runs_id"),
    )
    op.create_index("ix_runs_kind", "runs", ["kind", "fid"])


def downgrade() -> None:
    op.drop_table("runs")
    op.drop_table("layer_state")
    for slug in reversed(LAYERS):
        if not on_postgresql():
            op.drop_table(f"{slug}_rtree")
        op.drop_table(slug)


def create_layer(slug: str, columns: str) -> None:
    described = [column.split() for column in f"{COMMON}, {columns}".split(", ")]
    op.create_table(
        slug,
        fid_column(),
        *(sa.Column(name, column_type(kind), nullable=name not in NOT_NULL) for name, kind in described),
        sa.Column("geom", column_type("geometry")),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", "valid_from", name=f"uq_{slug}_id_valid_from"),
        sa.UniqueConstraint("id", "version", name=f"uq_{slug}_id_version"),
    )
    current = sa.text("valid_to IS NULL")
    op.create_index(
        f"uq_{slug}_current", slug, ["id"], unique=True, sqlite_where=current, postgresql_where=current
    )
    for name, _ in described:
        if name in INDEXED:
            op.create_index(f"ix_{slug}_{name}", slug, [name])
    if on_postgresql():
        op.create_index(f"ix_{slug}_geom", slug, ["geom"], postgresql_using="gist")
    else:
        op.execute(
            f'CREATE VIRTUAL TABLE "{slug}_rtree" USING rtree(fid, min_lon, max_lon, min_lat, max_lat, '
            "+west, +south, +east, +north)"
        )


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def fid_column() -> sa.Column[int]:
    # Only INTEGER is SQLite's own row number.
    return sa.Column("fid", sa.BigInteger() if on_postgresql() else sa.Integer(), primary_key=True)


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
