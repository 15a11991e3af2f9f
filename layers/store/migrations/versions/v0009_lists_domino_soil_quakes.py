"""What further siting rules ask for: lists of areas, domino and soil distances, earthquakes, methods of blasting."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OF_A_POND = "seismic_freeboard_m number, seismic_beach_m number, deposition_ended boolean"
OF_A_PARK = (
    "safety_capacity_used_percent number, veto_case boolean, closed_management boolean, own_policy boolean"
)
OF_BLASTING = "blasting_method text, difficult_ground boolean"
ADDED = {
    "enterprises": "soil_distance_m number, domino_distance_m number, dust_workers integer, exit_listed boolean",
    "hazard_units": "soil_distance_m number, domino_distance_m number",
    "tailings_ponds": f"{OF_A_POND}, soil_distance_m number",
    "chemical_parks": OF_A_PARK,
    "mines": f"{OF_BLASTING}, exit_listed boolean",
    "hazard_sites": "seismic_intensity integer, soil_distance_m number, exit_listed boolean",
    "zones": "banned_kind text, banned_substance text",
    "railways": "planned boolean",
    "crossings": "under_water boolean",
    "proposals": (
        f"{OF_A_POND}, {OF_A_PARK}, soil_distance_m number, domino_distance_m number, dust_workers integer, "
        f"{OF_BLASTING}, seismic_intensity integer, public_works boolean"
    ),
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
        "integer": sa.BigInteger(),
        "boolean": sa.Boolean(),
    }
    return types[kind]
