"""Cells of grids with their resolution; in PostGIS one partition for each run and resolution."""

import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FIELDS = (
    "id text, name text, adcode text, accuracy_m number, source text, valid_from time, valid_to time, version integer, "
    "extra json, run_id text, h3_hex text, area_km2 number, mass number, density number, columns json"
)
NOT_NULL = {"id", "valid_from", "version"}
KEYS = ("run_id", "resolution")
RESOLUTION = {
    # The second of an index's fifteen digits.
    "postgresql": "strpos('0123456789abcdef', substr(h3_hex, 2, 1)) - 1",
    "sqlite": "instr('0123456789abcdef', substr(h3_hex, 2, 1)) - 1",
}


def upgrade() -> None:
    rename_former()
    create_cells(KEYS)
    fields = [field.split()[0] for field in FIELDS.split(", ")]
    names = ", ".join(f'"{name}"' for name in ("fid", *fields, "geom", "content_digest"))
    cells = f"SELECT {names}, {RESOLUTION[dialect()]} AS resolution FROM grid_cells_former WHERE run_id IS NOT NULL"  # noqa: S608  # names of our own
    if on_postgresql():
        parts = op.get_bind().execute(sa.text(f"SELECT DISTINCT run_id, resolution FROM ({cells}) AS cells"))  # noqa: S608  # names of our own
        for run_id, resolution in parts.all():
            create_partition(run_id, resolution)
    op.execute(f"INSERT INTO grid_cells ({names}, resolution) {cells}")
    finish()


def downgrade() -> None:
    rename_former()
    create_cells(())
    fields = [field.split()[0] for field in FIELDS.split(", ")]
    names = ", ".join(f'"{name}"' for name in ("fid", *fields, "geom", "content_digest"))
    op.execute(f"INSERT INTO grid_cells ({names}) SELECT {names} FROM grid_cells_former")  # noqa: S608  # names of our own
    finish()


def rename_former() -> None:
    """Put the table aside; names of indexes are free for the new one."""
    op.rename_table("grid_cells", "grid_cells_former")
    for name in ("uq_grid_cells_current", "ix_grid_cells_run_id"):
        op.drop_index(name, "grid_cells_former")
    if on_postgresql():
        op.drop_index("ix_grid_cells_geom", "grid_cells_former")
        for name in ("grid_cells_pkey", "uq_grid_cells_id_valid_from", "uq_grid_cells_id_version"):
            op.drop_constraint(name, "grid_cells_former")
        op.execute("ALTER SEQUENCE grid_cells_fid_seq RENAME TO grid_cells_former_fid_seq")


def finish() -> None:
    op.drop_table("grid_cells_former")
    if on_postgresql():
        op.execute(
            "SELECT setval('grid_cells_fid_seq', max(fid)) FROM grid_cells HAVING max(fid) IS NOT NULL"
        )


def create_cells(keys: tuple[str, ...]) -> None:
    """Make the table, partitioned by its keys where there are any: every unique key then has to hold them."""
    described = [field.split() for field in FIELDS.split(", ")]
    if keys:
        described.append(["resolution", "integer"])
    needed = NOT_NULL | set(keys)
    fid = sa.BigInteger() if on_postgresql() else sa.Integer()
    op.create_table(
        "grid_cells",
        sa.Column("fid", fid, primary_key=True, autoincrement=True),
        *(
            sa.Column(
                name,
                column_type(kind),
                nullable=name not in needed,
                primary_key=on_postgresql() and name in keys,
            )
            for name, kind in described
        ),
        sa.Column("geom", column_type("geometry")),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", "valid_from", *keys, name="uq_grid_cells_id_valid_from"),
        sa.UniqueConstraint("id", "version", *keys, name="uq_grid_cells_id_version"),
        postgresql_partition_by=f"RANGE ({', '.join(keys)})" if keys else None,
    )
    current = sa.text("valid_to IS NULL")
    op.create_index(
        "uq_grid_cells_current", "grid_cells", ["id", *keys],
        unique=True, sqlite_where=current, postgresql_where=current,
    )  # fmt: skip
    op.create_index("ix_grid_cells_run_id", "grid_cells", ["run_id"])
    if on_postgresql():
        op.create_index("ix_grid_cells_geom", "grid_cells", ["geom"], postgresql_using="gist")


def create_partition(run_id: str, resolution: int) -> None:
    name = f"grid_cells_{hashlib.sha256(f'{run_id} {resolution}'.encode()).hexdigest()[:16]}"
    run = "'" + run_id.replace("'", "''") + "'"
    op.execute(
        f'CREATE TABLE "{name}" PARTITION OF grid_cells '
        f"FOR VALUES FROM ({run}, {resolution}) TO ({run}, {resolution + 1})"
    )


def dialect() -> str:
    return op.get_bind().dialect.name


def on_postgresql() -> bool:
    return dialect() == "postgresql"


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
