"""Runs of checks and grids, as rows."""

from dataclasses import fields, replace

from sqlalchemy import ColumnElement, Connection, insert, select

from layers.errors import ConflictError
from layers.store.records import Run
from layers.store.schema import RUNS

__all__ = ["find_run", "insert_run"]


def find_run(connection: Connection, condition: ColumnElement[bool]) -> Run | None:
    """Return the run that was recorded last among those that meet a condition, or ``None``."""
    columns = (RUNS.c[field.name] for field in fields(Run))
    row = connection.execute(select(*columns).where(condition).order_by(RUNS.c.fid.desc()).limit(1)).first()
    return None if row is None else Run(*row)


def insert_run(connection: Connection, run: Run) -> None:
    """Keep a run; see `Store.record_run`."""
    there = find_run(connection, RUNS.c.id == run.id)
    if there is None:
        connection.execute(insert(RUNS).values(vars(run)))
    elif replace(there, created_at=None) != replace(run, created_at=None):
        raise ConflictError(
            f"there is another run {run.id!r}; give this one its own id",
            zh=f"已有编号为“{run.id}”的其他运行，请换一个编号",
        )
