"""Kinds of hazard units, and that no class of facility slips through the spacing tables of its kind."""

import pandas as pd
import pytest
import shapely

from geo.rules.expression import FALSE
from layers.catalog import get_layer
from layers.siting.checks import load_rules, subjects_of
from layers.words import UNIT_KINDS
from tests.layers.frames import frame

CLASSES = next(field.choices for field in get_layer("hazard_units").fields if field.name == "facility_class")
KINDS = ("chemical_unit", "chemical_tank", "chemical_store", "chemical_project", "oil_depot", "fuel_station")


def test_kind_of_a_unit_is_the_one_stated_else_it_follows():
    units = frame(
        [shapely.Point(103, 26)] * 4,
        id=["a", "b", "c", "d"],
        kind=[None, "fireworks_store", None, None],
        unit_kind=["tank", "warehouse", "process_unit", "building"],
    )
    kinds = subjects_of("hazard_units", units)["kind"]
    assert kinds.iloc[:3].tolist() == ["chemical_tank", "fireworks_store", "chemical_unit"]
    assert pd.isna(kinds.iloc[3])  # a building says nothing of what is in it
    kind_of = next(field for field in get_layer("hazard_units").fields if field.name == "kind")
    assert set(UNIT_KINDS.values()) <= set(kind_of.choices)


def test_stations_of_pipelines_have_a_kind():
    stations = frame([shapely.Point(103, 26)], id=["s"], site_kind=["station"])
    assert subjects_of("pipeline_sites", stations)["kind"].tolist() == ["pipeline_station"]


@pytest.mark.parametrize("kind", [*KINDS, "lpg_depot", "fireworks_store"])
def test_every_class_is_known_to_a_table_of_its_kind(kind):
    """A class that no table holds a number for is asked for, by the rules for unlisted classes."""
    subjects = pd.DataFrame({"kind": kind, "facility_class": CLASSES})
    known = [False] * len(CLASSES)
    for rule in load_rules().rules:
        if rule.predicate != "table_distance" or kind not in rule.subject_kinds:
            continue
        table = rule.parameters["distance"].select(rule.edition, rule.standing.value, rule.target)
        listed = (table.truths("subject", subjects) != FALSE).any(axis=0)
        known = [before or bool(now) for before, now in zip(known, listed, strict=True)]
    assert [name for name, is_known in zip(CLASSES, known, strict=True) if not is_known] == []
