"""The figures that writes keep are those that counting the layer anew gives."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
from sqlalchemy import null, update

from layers.store.schema import LAYER_STATE
from layers.store.summary import _count_layer, kept_summary
from tests.layers.frames import frame

START = datetime(2026, 1, 1, tzinfo=UTC)


def lakes(rng, numbers):
    places = shapely.points(np.array([100.0, 25.0]) + rng.integers(0, 5, (len(numbers), 2)))
    return frame(
        shapely.buffer(places, 0.1),
        id=[f"L{number}" for number in numbers],
        source=rng.choice(["illustrative", "survey"], len(numbers)).tolist(),
        accuracy_m=rng.choice([np.nan, 1.0, 5.0, 20.0], len(numbers)),
    )


def kept_and_counted(store):
    digest = store.layer_digest("lakes")
    with store._database.reading() as connection:
        counted = _count_layer(connection, store._database.dialect, "lakes", digest)
        return kept_summary(connection, "lakes", digest), counted


@pytest.mark.parametrize("seed", range(3))
def test_kept_figures_are_the_counted_ones(store, seed):
    rng = np.random.default_rng(seed)
    for step in range(12):
        numbers = rng.choice(30, int(rng.integers(1, 6)), replace=False)
        kinds = {0: {"replacing": {}}, 1: {"replacing": {"id": ["L0", "L1", "L2"]}}}
        store.write(
            "lakes", lakes(rng, numbers), moment=START + timedelta(days=step), **kinds.get(step % 4, {})
        )
        kept, counted = kept_and_counted(store)
        assert kept in {None, counted}
        assert store.summary("lakes") == counted


def test_figures_follow_single_features(store):
    store.write("lakes", lakes(np.random.default_rng(1), range(6)), moment=START)
    stored = store.feature("lakes", "L3")
    changed = store.patch_feature("lakes", "L3", {"properties": {"name": "lake"}}, expected_version=1)
    assert changed["properties"]["version"] == stored["properties"]["version"] + 1
    kept, counted = kept_and_counted(store)
    assert kept == counted
    store.supersede_feature("lakes", "L4", expected_version=1)
    assert store.summary("lakes") == kept_and_counted(store)[1]


def test_layer_that_was_never_written_has_no_features(store):
    kept, counted = kept_and_counted(store)
    assert kept == counted
    assert kept.bounds is None


def test_layer_of_an_older_database_is_counted_by_its_next_write(store):
    store.write("lakes", lakes(np.random.default_rng(2), range(4)), moment=START)
    with store._database.writing() as connection:
        connection.execute(update(LAYER_STATE).values(figures=null()))
    assert kept_and_counted(store)[0] is None
    store.write("lakes", lakes(np.random.default_rng(3), range(4, 8)), moment=START)
    kept, counted = kept_and_counted(store)
    assert kept == counted
