"""What a bulk write refuses, and how it names it; no database needed."""

from datetime import UTC, date, datetime
from decimal import Decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.catalog import LAYERS, get_layer
from layers.errors import FeatureError, UnknownFieldError
from layers.model import Field, FieldType, GeometryKind, Layer, Theme
from layers.store import check_value
from layers.store.batch import make_batch, make_id
from tests.layers.frames import frame, ponds

PONDS = get_layer("tailings_ponds")
SQUARE = shapely.box(101, 26, 102, 27)


def _field(name: str, layer: str = "tailings_ponds") -> Field:
    return get_layer(layer).field(name)


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        (_field("name"), "a", "a"),
        (_field("name"), np.str_("a"), "a"),
        (_field("capacity_m3"), 5, 5.0),
        (_field("capacity_m3"), np.float32(0.5), 0.5),
        (_field("capacity_m3"), np.int64(0), 0.0),
        (_field("built_year"), 2001, 2001),
        (_field("built_year"), 2001.0, 2001),
        (_field("built_year"), np.int32(2001), 2001),
        (_field("idle_since"), date(2026, 2, 28), date(2026, 2, 28)),
        (_field("idle_since"), "2026-02-28", date(2026, 2, 28)),
        (_field("idle_since"), pd.Timestamp("2026-02-28"), date(2026, 2, 28)),
        (_field("valid_from"), "2026-02-28T08:00:00+08:00", datetime(2026, 2, 28, tzinfo=UTC)),
        (_field("valid_from"), pd.Timestamp("2026-02-28", tz="UTC"), datetime(2026, 2, 28, tzinfo=UTC)),
        (_field("recognised", "chemical_parks"), np.True_, True),
        (_field("extra"), {"a": [1, None]}, {"a": [1, None]}),
    ],
)
def test_value_that_fits_is_stored_as_plain_python(field, value, stored):
    result = check_value(field, value)
    assert result == stored
    assert type(result) is type(stored)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        (_field("name"), 5, "5 is not text"),
        (_field("name"), b"x", "is not text"),
        (_field("state"), "planned", "'planned' is none of: new, rebuild, expand"),
        (_field("state"), "", "'' is none of"),
        (_field("capacity_m3"), "5", "'5' is not a finite number"),
        (_field("capacity_m3"), float("inf"), "inf is not a finite number"),
        (_field("capacity_m3"), True, "True is not a finite number"),
        (_field("capacity_m3"), Decimal(5), "is not a finite number"),
        (_field("capacity_m3"), 1j, "is not a finite number"),
        (_field("capacity_m3"), -0.1, "-0.1 is below 0"),
        (_field("accuracy_m"), -1, "-1 is below 0"),
        (_field("built_year"), 2001.5, "2001.5 is not a whole number"),
        (_field("built_year"), float("inf"), "is not a whole number"),
        (_field("built_year"), 2**63, "is not a whole number"),
        (_field("built_year"), False, "False is not a whole number"),
        (_field("built_year"), "2001", "is not a whole number"),
        (_field("built_year"), 1799, "1799 is below 1800"),
        (_field("idle_since"), "28.2.2026", "is not a date such as 2026-11-22"),
        (_field("idle_since"), "2026-02-30", "is not a date"),
        (_field("idle_since"), datetime(2026, 2, 28, 12), "it has a time of day"),
        (_field("idle_since"), 20260228, "is not a date"),
        (_field("valid_from"), datetime(2026, 2, 28), "has no time zone"),
        (_field("valid_from"), "yesterday", "is not a moment such as"),
        (_field("valid_from"), date(2026, 2, 28), "is not a moment such as"),
        (_field("recognised", "chemical_parks"), 1, "1 is not true or false"),
        (_field("recognised", "chemical_parks"), "是", "is not true or false"),
        (_field("extra"), {"a": float("nan")}, "is not JSON"),
        (_field("extra"), {"a": date(2026, 2, 28)}, "is not JSON"),
        (_field("extra"), {"a": "\0"}, "has a NUL"),
        (_field("extra"), {"a": "\ud800"}, "is not JSON"),
        (_field("adcode"), "53012", "a division code has six digits"),
        (_field("credit_code", "enterprises"), "91530000000000000A", "check character should be"),
    ],
)
def test_value_that_does_not_fit_is_refused_in_both_languages(field, value, reason):
    with pytest.raises(FeatureError, match=reason) as caught:
        check_value(field, value)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.zh)


def test_problems_are_named_by_row_from_one_id_and_column():
    wrong = ponds(capacity_m3=[1.0, -2.0, 3.0], state=["new", "new", "planned"])
    with pytest.raises(FeatureError) as caught:
        make_batch(PONDS, wrong)
    assert caught.value.message.startswith(
        "layer tailings_ponds: row 2 (id 'P2'), capacity_m3: -2.0 is below 0; row 3 (id 'P3'), state: 'planned'"
    )
    assert "第 2 行（编号 P2）capacity_m3" in caught.value.zh


def test_many_problems_are_counted_not_all_listed():
    many = frame([shapely.Point(101, 26)] * 20, id=[f"P{n}" for n in range(20)], capacity_m3=[-1.0] * 20)
    with pytest.raises(FeatureError, match=r"row 5 .*; and 15 more$"):
        make_batch(PONDS, many)


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "geometry is missing"),
        (shapely.Point(), "geometry is empty"),
        (shapely.Polygon(), "geometry is empty"),
        (shapely.LineString([(101, 26), (102, 26)]), "is a line; the layer takes point or polygon"),
        (shapely.GeometryCollection([shapely.Point(101, 26)]), "is a collection"),
        (shapely.Point(101, np.inf), "not a position"),
        (shapely.Point(101, 26, 1500), "heights"),
        (shapely.Point(26, 101), "longitude comes first"),
        (shapely.Point(3_500_000, 2_900_000), "no longitude and latitude"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "self-intersection"),
        (shapely.Polygon([(101, 26), (102, 26), (103, 26)]), "no area"),
        (
            shapely.Polygon(SQUARE.exterior, [shapely.box(103, 26, 104, 27).exterior]),
            "hole lies outside shell",
        ),
    ],
)
def test_geometry_that_cannot_be_stored_is_refused(geometry, reason):
    with pytest.raises(FeatureError, match=rf"row 1 \(id 'P'\), geom: .*{reason}"):
        make_batch(PONDS, frame([geometry], id=["P"]))


def test_valid_to_cannot_be_given_and_version_is_not_read():
    with pytest.raises(FeatureError, match=r"row 1 .*valid_to: only the store sets it"):
        make_batch(PONDS, ponds(valid_to=[datetime(2026, 1, 1, tzinfo=UTC), None, None]))
    assert make_batch(PONDS, ponds(version=[7, 8, 9])).columns["version"] == [None] * 3


def test_required_field_that_is_missing_is_refused():
    layer = Layer(
        "x",
        "x",
        "x",
        Theme.BASE,
        (GeometryKind.POINT,),
        (Field("must", FieldType.TEXT, "必", "Must", required=True),),
    )
    points = [shapely.Point(101, 26)] * 2
    for given in ({}, {"must": [None, None]}):
        with pytest.raises(FeatureError, match=r"row 1 .*must: is missing; row 2"):
            make_batch(layer, frame(points, id=["A", "B"], **given))
    with pytest.raises(FeatureError, match=r"row 2 \(id 'B'\), must: is missing$"):
        make_batch(layer, frame(points, id=["A", "B"], must=["x", None]))


def test_column_that_occurs_twice_is_refused():
    twice = ponds()
    twice.columns = ["id", "name", "name", "accuracy_m", "state", "capacity_m3", "geom"]
    with pytest.raises(UnknownFieldError, match="a column occurs twice"):
        make_batch(PONDS, gpd.GeoDataFrame(twice, geometry="geom", crs="EPSG:4490"))


def test_digest_is_of_content_not_of_moments_versions_or_missing_fields():
    plain = make_batch(PONDS, ponds()).digests
    dressed = ponds(valid_from=[datetime(2026, 1, 1, tzinfo=UTC)] * 3, version=[4, 5, 6], method=[None] * 3)
    assert make_batch(PONDS, dressed).digests == plain
    assert make_batch(PONDS, ponds().rename_geometry("shape")).digests == plain
    assert make_batch(PONDS, ponds()[::-1]).digests == plain[::-1]


def test_number_types_make_no_difference_to_the_digest():
    as_float = make_batch(PONDS, ponds(built_year=[2001.0, np.nan, 1999.0])).digests
    as_int = make_batch(PONDS, ponds(built_year=pd.array([2001, None, 1999], dtype="Int64"))).digests
    as_object = make_batch(PONDS, ponds(built_year=[2001, None, 1999])).digests
    assert as_float == as_int == as_object


def test_id_from_content_is_a_uuid_that_depends_on_layer_source_and_content():
    # UUIDv5 of '["rivers","survey","abc"]' in the product's namespace, computed with `uuid.uuid5` alone.
    assert make_id("rivers", "survey", "abc") == "b3ffb6e9-c46b-58ea-89b0-980b3a3fb1e0"
    others = {
        make_id("lakes", "survey", "abc"),
        make_id("rivers", None, "abc"),
        make_id("rivers", "survey", "abd"),
    }
    assert len({make_id("rivers", "survey", "abc"), *others}) == 4


def test_every_layer_takes_a_feature_with_nothing_but_its_geometry():
    shapes = {
        GeometryKind.POINT: shapely.Point(101, 26),
        GeometryKind.LINE: shapely.LineString([(101, 26), (102, 26)]),
        GeometryKind.POLYGON: SQUARE,
    }
    bare = [layer for layer in LAYERS.values() if not any(field.required for field in layer.fields)]
    # A declaration is nothing without its subject, a cell of a grid nothing without its run.
    assert {layer.slug for layer in LAYERS.values()} - {layer.slug for layer in bare} == {
        "coverage",
        "grid_cells",
    }
    for layer in bare:
        for kind in layer.geometry:
            assert len(make_batch(layer, frame([shapes[kind]]))) == 1


def test_a_declaration_of_nothing_is_refused_with_all_that_is_missing():
    missing = (
        "surveyed_layer: is missing.*complete: is missing.*surveyed_on: is missing.*declared_by: is missing"
    )
    with pytest.raises(FeatureError, match=missing):
        make_batch(LAYERS["coverage"], frame([SQUARE]))
