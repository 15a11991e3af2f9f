"""Runs of checks and grids."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from layers.errors import ConflictError, NotFoundError
from layers.store import Run

RUN = Run(
    id="run-1",
    kind="setback",
    checked_on=date(2026, 11, 22),
    parameters={"layers": ["tailings_ponds"], "limit_m": 3000.0},
    inputs={"rivers": "0" * 64},
    code_version="0.1.0",
    result={"proposals": [], "checked_on": "2026-11-22"},
    created_at=datetime(2026, 11, 22, 8, tzinfo=UTC),
)


def test_run_comes_back_as_recorded(store):
    store.record_run(RUN)
    assert store.run("run-1") == RUN


def test_run_without_moment_gets_one(store):
    store.record_run(replace(RUN, created_at=None))
    created_at = store.run("run-1").created_at
    assert created_at is not None
    assert created_at.utcoffset() is not None


def test_latest_run_is_the_one_recorded_last_of_its_kind(store):
    assert store.latest_run("setback") is None
    for number in (1, 2):
        store.record_run(replace(RUN, id=f"run-{number}"))
    store.record_run(replace(RUN, id="grid-1", kind="grid"))
    assert store.latest_run("setback") == replace(RUN, id="run-2")


def test_same_run_again_stays_and_another_of_its_id_is_refused(store):
    store.record_run(RUN)
    store.record_run(replace(RUN, created_at=datetime(2027, 1, 1, tzinfo=UTC)))
    assert store.run("run-1") == RUN
    with pytest.raises(ConflictError, match="another run 'run-1'"):
        store.record_run(replace(RUN, code_version="0.2.0"))


def test_missing_run_is_not_found(store):
    with pytest.raises(NotFoundError, match="'run-9'"):
        store.run("run-9")
