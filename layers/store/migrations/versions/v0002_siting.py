"""Attributes that the siting rules ask for."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDED = {
    "enterprises": (
        "key_substance text, major_hazard_source boolean, external_distance_m number, attached_plant boolean, "
        "facility_class text, outline text, stored_mass_kg number"
    ),
    "hazard_units": "major_hazard_source boolean, facility_class text, stored_mass_kg number",
    "protection_targets": "building_class text, small_place boolean",
    "buildings": "building_class text, small_place boolean, fire_grade integer",
    "settlements": "small_place boolean",
    "roads": "road_grade text, half_width_m number",
    "chemical_parks": "in_development_zone boolean, external_distance_m number",
    "railways": "setting text, half_width_m number",
    "crossings": "carries text, length_m number",
    "power_lines": "laying text, half_width_m number",
    "mines": "enterprise_id text, output_t_per_a number, shift_people integer",
    "hazard_sites": (
        "major_hazard_source boolean, external_distance_m number, facility_class text, outline text, "
        "vapour_recovery boolean"
    ),
    "zones": "facility_id text",
    "proposals": (
        "facility_id text, enterprise_id text, key_substance text, major_hazard_source boolean, "
        "external_distance_m number, attached_plant boolean, people_day integer, people_night integer, "
        "discharges boolean, water_supply boolean, "
        "mine_kind text, mineral text, slope_height_m number, depth_m number, output_t_per_a number, "
        "shift_people integer, facility_class text, outline text, site_grade text, charge_kg number, "
        "stored_mass_kg number, vapour_recovery boolean"
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
        "integer": sa.BigInteger(),
        "number": sa.Double(),
        "boolean": sa.Boolean(),
        "date": sa.Date(),
        "json": postgresql.JSON() if postgis else sa.Text(),
    }
    return types[kind]
