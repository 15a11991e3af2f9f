"""What ponds show of their water, gullies of their fans; distances that technical rules ask of stored pipelines."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OF_A_POND = (
    "freeboard_m number, beach_m number, beach_shortened boolean, monitoring_points json, in_service_since date, "
    "former_method text, departs_from_design boolean, final_elevation_reached boolean, licence_until date"
)
ADDED = {
    "tailings_ponds": OF_A_POND,
    "geohazards": (
        "catchment_km2 number, loose_material_m3 number, channel_length_m number, relief_m number, "
        "mouth_point json, fan_azimuth_deg number"
    ),
    "pipelines": "pipeline_distance_m number",
    "pipeline_sites": "pipeline_distance_m number",
    "hazard_sites": "pipeline_distance_m number",
    "mines": "ridge_boundary boolean",
    "proposals": f"{OF_A_POND}, ridge_boundary boolean",
}


def upgrade() -> None:
    for slug, columns in ADDED.items():
        for name, kind in described(columns):
            op.add_column(slug, sa.Column(name, column_type(kind)))


def downgrade() -> None:
    for slug, columns in ADDED.items():
        for name, _ in reversed(described(columns)):
            op.drop_column(slug, name)


def described(columns: str) -> list[list[str]]:
    return [column.split() for column in columns.split(", ")]


def column_type(kind: str) -> TypeEngine[Any]:
    postgis = op.get_bind().dialect.name == "postgresql"
    types: dict[str, TypeEngine[Any]] = {
        "text": postgresql.TEXT(collation="C") if postgis else sa.Text(),
        "number": sa.Double(),
        "boolean": sa.Boolean(),
        "date": sa.Date(),
        "json": postgresql.JSON() if postgis else sa.Text(),
    }
    return types[kind]
