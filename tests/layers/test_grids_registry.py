"""The registry of metrics: a user's own, what is refused, what is documented; scores of facilities."""

import re
from pathlib import Path

import pytest

from layers.errors import FormatError
from layers.grids import (
    GridRequest,
    compute_grids,
    read_metrics,
)
from layers.grids.scores import BASE_SCORES, GRADE_FACTORS, score_facilities
from layers.store import Store
from layers.words import KINDS
from tests.layers.grid_stores import HERE, METRICS, facilities

DOCS = Path(__file__).parents[2] / "docs"

OWN = """
schema_version = 1

[schools]
zh = "学校"
en = "Schools"
unit_zh = "所"
unit_en = "schools"
formula_zh = "学校数"
formula_en = "number of schools"
source = "own"
version = "1"
quantity = "count"
objects = [{ layer = "protection_targets", where = { use = ["school"] } }]
"""


def test_a_user_adds_a_metric(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    store.write(
        "protection_targets",
        facilities(id=["a", "b"], use=["school", "shop"], source=["t"] * 2, geom=[HERE, HERE]),
    )
    metrics = read_metrics([path])
    (grid,) = compute_grids(store, GridRequest(metrics["schools"], (7,)), metrics)
    assert grid.run.result["mass"] == 1.0
    assert grid.run.parameters["definition"]["objects"][0]["where"] == {"use": ["school"]}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('source = "own"', 'source = "own"\ncolour = 3', r"own.toml:12: schools.colour: unknown key"),
        (
            'quantity = "count"',
            'quantity = "happiness"',
            r"own.toml:13: schools.quantity: unknown 'happiness'",
        ),
        ('layer = "protection_targets"', 'layer = "moons"', r"own.toml:14: schools.objects: unknown layer"),
        ("use =", "usage =", r"own.toml:14: schools.objects: .*no field 'usage'"),
        ('en = "Schools"\n', "", r"schools.en: must be given"),
        ("schema_version = 1", "schema_version = 2", r"own.toml:2: schema_version"),
        (
            'version = "1"\n',
            'version = "1"\nclasses = { method = "fixed" }\n',
            r"schools.classes: limits belong",
        ),
        (
            'quantity = "count"\nobjects',
            'quantity = "composite"\nweights = { population = -1.0 }\nobjects',
            r"schools.(objects|population)",
        ),
        ("[schools]", "[schools", r"cannot be read as TOML"),
    ],
)
def test_what_does_not_fit_is_refused_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(FormatError, match=said):
        read_metrics([path])


@pytest.mark.parametrize("weight", ["-1.0", "nan", "inf", "true", '"3"'])
def test_weights_of_a_composite_are_numbers_not_below_0(tmp_path: Path, weight: str) -> None:
    path = tmp_path / "own.toml"
    text = OWN[: OWN.index("quantity")] + f'quantity = "composite"\nweights = {{ population = {weight} }}\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match="negative or no number"):
        read_metrics([path])


def test_every_metric_survives_its_description_and_is_documented() -> None:
    text = (DOCS / "grids.md").read_text(encoding="utf-8")
    for metric in METRICS.values():
        assert type(metric).from_dict(metric.to_dict()) == metric
        assert f"`{metric.name}`" in text


def test_scores_stand_in_the_documentation() -> None:
    rows = re.findall(
        r"^\| (.*`.*) \| ([\d.]+) \|$", (DOCS / "scores.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    printed = {word: float(score) for words, score in rows for word in re.findall(r"`(\w+)`", words)}
    assert printed == BASE_SCORES | GRADE_FACTORS
    assert set(BASE_SCORES) < set(KINDS)


def test_every_facility_has_a_score_whatever_is_missing() -> None:
    frame = facilities(kind=[None, "chemical_park"], colour_grade=[None, None], geom=[HERE, HERE])
    scores = score_facilities("enterprises", frame)
    assert scores.score.tolist() == [1.0, 1.0]
    assert scores.is_incomplete.tolist() == [True, True]
