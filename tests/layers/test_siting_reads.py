"""A search for places, steps and the largest value read what is near, and answer as among layers read whole."""

import json
from dataclasses import replace

import numpy as np
import pytest

from geo.rules.predicates import needed_layers
from layers.siting import surroundings
from layers.siting.checks import check_subjects
from layers.siting.search import largest_here, look_at_moves, where
from layers.store import Store
from tests.layers.test_surroundings import LAYERS, ON, PACK, PLACE, features, subject, surveys

AREA = (PLACE[0] + 0.02, PLACE[1] - 0.03, PLACE[0] + 0.08, PLACE[1] + 0.02)
"""Beside the plot: its own place is not in it."""

DRAWN = {"within_distance", "outside_distance", "intersects", "inside", "count_within", "all_of", "any_of"}


def ask(store, asked, pack):
    result = check_subjects(store, asked, on=ON, pack=pack)
    return {
        "where": where(store, asked, AREA, on=ON, resolution=6, pack=pack),
        "changes": look_at_moves(store, asked, result, on=ON, pack=pack)["proposals"],
        "largest": largest_here(
            store, asked, "capacity_m3", on=ON, between=(1e4, 1e8), tolerance=1e7, pack=pack
        ),
    }


@pytest.mark.parametrize(
    ("seed", "kind", "facility_id", "rare", "enough"),
    [(1, "chemical_project", None, 0, 8), (2, "tailings_pond", "tailings_ponds-1", 3, 1)],
)
def test_answers_are_those_of_whole_layers(
    new_sqlite_url, monkeypatch, seed, kind, facility_id, rare, enough
):
    rng, asked = np.random.default_rng(seed), subject(kind, 5.0, facility_id)
    drawn = [rule for rule in PACK.for_subjects(asked).rules if rule.predicate in DRAWN]
    pack = replace(PACK, rules=tuple(drawn[seed::3]))
    with Store.open(new_sqlite_url()) as store:
        for layer in needed_layers(pack):
            if layer in LAYERS:
                store.write(layer, features(rng, layer, 10))
        store.write("coverage", surveys(rng))
        monkeypatch.setattr(surroundings, "_SMALL", 10**9)
        whole = ask(store, asked, pack)
        monkeypatch.setattr(surroundings, "_SMALL", 0)
        monkeypatch.setattr(surroundings, "_RARE", rare)
        monkeypatch.setattr(surroundings, "_ENOUGH", enough)
        monkeypatch.setattr(surroundings, "_NEAREST_M", 20.0)
        assert json.dumps(ask(store, asked, pack)) == json.dumps(whole)
    assert whole["where"]["cells"]
