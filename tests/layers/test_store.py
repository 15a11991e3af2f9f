"""Writing layers in versions and reading them back, the same on both databases. Expected values by hand."""

import hashlib
import struct
from datetime import UTC, date, datetime, timedelta, timezone

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.errors import CrsError, GeometryError, OutOfRangeError
from layers.catalog import LAYERS, get_layer
from layers.errors import (
    CancelledError,
    FeatureError,
    NotFoundError,
    UnknownFieldError,
    UnknownLayerError,
)
from layers.model import FieldType
from layers.store import Store, WriteResult
from tests.layers.frames import frame, ponds
from tests.strategies import geometries, values_of

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)


def test_write_then_read_gives_every_value_back_and_missing_stays_missing(store):
    assert store.write("tailings_ponds", ponds(), moment=MONDAY) == WriteResult(3, 0, 0)

    read = store.read("tailings_ponds")

    assert list(read["id"]) == ["P1", "P2", "P3"]
    assert read.crs == "EPSG:4490"
    assert [point.coords[0] for point in read.geom] == [(101.0, 26.0), (102.0, 26.0), (103.0, 26.0)]
    assert read["capacity_m3"].tolist()[::2] == [1_500_000.0, 0.0]
    assert np.isnan(read["capacity_m3"][1])
    assert np.isnan(read["accuracy_m"][1])
    assert read["state"].tolist() == ["new", "in_service", None]
    assert read["version"].tolist() == [1, 1, 1]
    assert read["valid_from"].tolist() == [pd.Timestamp(MONDAY)] * 3
    assert read["valid_to"].isna().all()


def test_read_gives_the_agreed_column_types(store):
    dtypes = {
        FieldType.TEXT: "object",
        FieldType.NUMBER: "float64",
        FieldType.INTEGER: "Int64",
        FieldType.BOOLEAN: "boolean",
        FieldType.DATE: "object",
        FieldType.TIME: "datetime64[us, UTC]",
        FieldType.JSON: "object",
    }
    for rows in (0, 3):
        if rows:
            store.write("chemical_parks", ponds().drop(columns="capacity_m3"))
        read = store.read("chemical_parks")
        assert len(read) == rows
        for field in get_layer("chemical_parks").all_fields:
            assert str(read[field.name].dtype) == dtypes[field.type], field.name
        assert list(read.columns) == [*(f.name for f in get_layer("chemical_parks").all_fields), "geom"]


def test_empty_layers_read_as_empty_frames(store):
    for slug in LAYERS:
        read = store.read(slug)
        assert isinstance(read, gpd.GeoDataFrame)
        assert (len(read), read.crs, store.count(slug)) == (0, "EPSG:4490", 0)


def test_write_of_empty_frame_writes_nothing(store):
    digest = store.layer_digest("tailings_ponds")
    assert store.write("tailings_ponds", ponds().iloc[:0]) == WriteResult(0, 0, 0)
    assert store.layer_digest("tailings_ponds") == digest


def test_dates_booleans_integers_and_json_come_back_as_they_went_in(store):
    written = frame(
        [shapely.Point(101, 26)] * 2,
        id=["A", "B"],
        assessed_on=[date(2026, 2, 28), None],
        recognised=[False, None],
        extra=[{"b": [1, 2.5, None, "尾矿 '\"\\;--"], "a": {"x": True}}, None],
    )
    store.write("chemical_parks", written)
    read = store.read("chemical_parks")
    assert read["assessed_on"].tolist() == [date(2026, 2, 28), None]
    assert read["recognised"].tolist() == [False, pd.NA]
    assert read["extra"].tolist() == [{"b": [1, 2.5, None, "尾矿 '\"\\;--"], "a": {"x": True}}, None]


@pytest.mark.parametrize("text", ["1e5", "5", "null", "", "true"])
def test_json_text_that_looks_like_something_else_stays_text(store, text):
    store.write("rivers", frame([shapely.LineString([(101, 26), (102, 26)])], id=["R"], extra=[text]))
    assert store.read("rivers")["extra"].tolist() == [text]


def test_largest_integer_is_exact(store):
    store.write("enterprises", frame([shapely.Point(101, 26)], id=["E"], staff=[2**63 - 1]))
    assert store.read("enterprises")["staff"].tolist() == [2**63 - 1]


def test_rewrite_of_same_content_changes_nothing(store):
    store.write("tailings_ponds", ponds(), moment=MONDAY)
    digest = store.layer_digest("tailings_ponds")
    assert store.write("tailings_ponds", ponds(), moment=TUESDAY) == WriteResult(0, 0, 3)
    assert store.layer_digest("tailings_ponds") == digest
    assert store.read("tailings_ponds")["version"].tolist() == [1, 1, 1]


def test_changed_content_supersedes_and_the_past_can_be_read(store):
    store.write("tailings_ponds", ponds(), moment=MONDAY)
    changed = ponds(capacity_m3=[1_600_000.0, np.nan, 0.0])
    assert store.write("tailings_ponds", changed, moment=TUESDAY) == WriteResult(0, 1, 2)

    assert store.read("tailings_ponds")["capacity_m3"][0] == 1_600_000.0
    assert store.read("tailings_ponds", at=MONDAY)["capacity_m3"][0] == 1_500_000.0
    just_before = TUESDAY - timedelta(microseconds=1)
    assert store.read("tailings_ponds", at=just_before)["version"].tolist() == [1, 1, 1]
    assert store.read("tailings_ponds", at=TUESDAY)["version"].tolist() == [2, 1, 1]
    assert store.count("tailings_ponds", at=MONDAY - timedelta(microseconds=1)) == 0
    old, new = store.versions("tailings_ponds", "P1")
    assert old["properties"]["valid_to"] == new["properties"]["valid_from"] == "2026-11-17T00:00:00Z"
    assert (old["properties"]["version"], new["properties"]["version"]) == (1, 2)


def test_moment_in_another_zone_is_the_same_moment(store):
    store.write(
        "tailings_ponds", ponds(), moment=datetime(2026, 11, 16, 8, tzinfo=timezone(timedelta(hours=8)))
    )
    assert store.read("tailings_ponds")["valid_from"].tolist() == [pd.Timestamp(MONDAY)] * 3


def test_valid_from_of_the_frame_is_kept(store):
    store.write(
        "tailings_ponds", ponds(valid_from=pd.to_datetime([MONDAY, TUESDAY, pd.NaT])), moment=WEDNESDAY
    )
    assert store.read("tailings_ponds")["valid_from"].tolist() == [MONDAY, TUESDAY, WEDNESDAY]
    assert store.count("tailings_ponds", at=TUESDAY) == 2


@pytest.mark.parametrize("moment", [MONDAY, MONDAY - timedelta(days=1)], ids=["same", "earlier"])
def test_version_that_is_not_later_is_refused(store, moment):
    store.write("tailings_ponds", ponds(), moment=MONDAY)
    with pytest.raises(FeatureError, match=r"'P1'.*not later than the stored"):
        store.write("tailings_ponds", ponds(name=["x", "y", "z"]), moment=moment)
    assert store.read("tailings_ponds")["name"].tolist() == ponds()["name"].tolist()


def test_on_existing_refuse_names_the_rows(store):
    store.write("tailings_ponds", ponds()[:1], moment=MONDAY)
    with pytest.raises(FeatureError, match=r"already has 1 of these features: row 1 \(id 'P1'\)"):
        store.write("tailings_ponds", ponds(), on_existing="refuse")
    assert store.count("tailings_ponds") == 1


def test_on_existing_skip_same_takes_equal_content_only(store):
    store.write("tailings_ponds", ponds()[:2], moment=MONDAY)
    assert store.write("tailings_ponds", ponds(), on_existing="skip_same") == WriteResult(1, 0, 2)
    with pytest.raises(FeatureError, match=r"with other content: row 3 \(id 'P3'\)"):
        store.write("tailings_ponds", ponds(name=[*ponds()["name"][:2], "x"]), on_existing="skip_same")


def test_replacing_ends_what_the_frame_does_not_hold(store):
    store.write("tailings_ponds", ponds(), moment=MONDAY)
    result = store.write("tailings_ponds", ponds()[1:], replacing={}, moment=TUESDAY)
    assert result == WriteResult(0, 0, 2, closed=1)
    assert store.read("tailings_ponds")["id"].tolist() == ["P2", "P3"]
    assert store.read("tailings_ponds", at=MONDAY)["id"].tolist() == ["P1", "P2", "P3"]
    assert store.write("tailings_ponds", ponds()[:0], replacing={}, moment=WEDNESDAY).closed == 2


def test_replacing_a_part_leaves_the_rest_alone(store):
    store.write("tailings_ponds", ponds(), moment=MONDAY)
    survey = {"source": ["survey"]}
    assert store.write("tailings_ponds", ponds()[2:], replacing=survey, moment=TUESDAY).closed == 1
    assert store.read("tailings_ponds")["id"].tolist() == ["P2", "P3"]
    with pytest.raises(UnknownFieldError):
        store.write("tailings_ponds", ponds()[2:], replacing={"sauce": "survey"})


def test_feature_that_ended_comes_back_as_next_version(store):
    store.write("tailings_ponds", ponds(), moment=MONDAY)
    store.write("tailings_ponds", ponds()[1:], replacing={}, moment=TUESDAY)
    with pytest.raises(FeatureError, match="not later"):
        store.write("tailings_ponds", ponds()[:1], moment=MONDAY + timedelta(hours=1))
    assert store.write("tailings_ponds", ponds()[:1], moment=WEDNESDAY) == WriteResult(1, 0, 0)
    first, second = store.versions("tailings_ponds", "P1")
    assert (first["properties"]["version"], second["properties"]["version"]) == (1, 2)
    assert store.count("tailings_ponds", at=TUESDAY) == 2


def test_duplicate_ids_are_refused_naming_rows(store):
    with pytest.raises(FeatureError, match=r"1 ids occur more than once: 'P1' in rows 1, 3"):
        store.write("tailings_ponds", ponds(id=["P1", "P2", "P1"]))
    assert store.count("tailings_ponds") == 0


def test_feature_without_id_gets_one_from_its_content(store):
    store.write("tailings_ponds", ponds(id=[None, "P2", None]))
    again = store.write("tailings_ponds", ponds(id=[None, "P2", None]))
    assert again == WriteResult(0, 0, 3)
    assert len(set(store.read("tailings_ponds")["id"])) == 3


def test_layer_without_geometry_takes_missing_ones_and_bounds_do_not_find_them(store):
    lines = [None, shapely.LineString([(101, 26), (101.1, 26)])]
    store.write("findings", frame(lines, id=["F1", "F2"], verdict=["no_ban", "prohibited"]))
    assert [geometry is None for geometry in store.read("findings").geom] == [True, False]
    assert store.read("findings", bounds=(-180, -90, 180, 90))["id"].tolist() == ["F2"]
    assert store.feature("findings", "F1")["geometry"] is None


def test_where_filters_by_value_list_and_missing(store):
    store.write("tailings_ponds", ponds())

    def ids(**where):
        return store.read("tailings_ponds", where=where)["id"].tolist()

    assert ids(state="new") == ["P1"]
    assert ids(state=["new", "in_service"]) == ["P1", "P2"]
    assert ids(state=[None, "new"]) == ["P1", "P3"]
    assert ids(state=None) == ["P3"]
    assert ids(state=[]) == []
    assert ids(capacity_m3=0.0) == ["P3"]
    assert ids(state="new", source="survey") == ["P1"]
    assert store.count("tailings_ponds", where={"source": "survey"}) == 2


def test_where_refuses_unknown_fields_wrong_types_and_json(store):
    with pytest.raises(UnknownFieldError, match="no field 'fid'"):
        store.read("tailings_ponds", where={"fid": 1})
    with pytest.raises(UnknownFieldError, match="holds JSON"):
        store.read("tailings_ponds", where={"extra": {}})
    with pytest.raises(FeatureError, match="capacity_m3: 'much' is not a finite number"):
        store.count("tailings_ponds", where={"capacity_m3": "much"})


def test_columns_limit_and_offset(store):
    store.write("tailings_ponds", ponds())
    assert list(store.read("tailings_ponds", columns=["name"]).columns) == ["id", "name", "geom"]
    assert store.read("tailings_ponds", limit=2)["id"].tolist() == ["P1", "P2"]
    assert store.read("tailings_ponds", limit=2, offset=2)["id"].tolist() == ["P3"]
    assert store.read("tailings_ponds", offset=1)["id"].tolist() == ["P2", "P3"]
    assert store.read("tailings_ponds", limit=0).empty
    with pytest.raises(UnknownFieldError):
        store.read("tailings_ponds", columns=["geom; DROP TABLE runs"])
    for wrong in ({"limit": -1}, {"offset": -1}):
        with pytest.raises(OutOfRangeError):
            store.read("tailings_ponds", **wrong)


def test_pages_after_an_id_go_by_code_point_in_present_and_past_states(store):
    ids = ["A", "Z", "a", "ä", "尾", "𣲗"]  # by hand: in the order of their code points
    store.write("tailings_ponds", ponds().iloc[[0] * 6].assign(id=ids))
    then = datetime.now(UTC)
    store.supersede_feature("tailings_ponds", "a", expected_version=1)
    for at, there in ((then, ids), (None, [id for id in ids if id != "a"])):
        for after in ids:
            page = store.read("tailings_ponds", at=at, after=after, limit=2)["id"].tolist()
            assert page == [id for id in there if id > after][:2]


def test_ids_pick_features_in_order_of_id(store):
    store.write("tailings_ponds", ponds())
    assert store.read("tailings_ponds", ids=["P3", "P1", "nobody", "P1"])["id"].tolist() == ["P1", "P3"]
    assert store.read("tailings_ponds", ids=[]).empty
    assert len(store.read("tailings_ponds", ids=[f"P{number}" for number in range(100_000)])) == 3


def test_order_of_ids_is_by_code_point_on_both_databases(store):
    ids = ["b", "B", "a", "A", "é", "尾", "10", "9", "_", "a b", "-"]
    store.write("tailings_ponds", frame([shapely.Point(101, 26)] * len(ids), id=ids))
    assert store.read("tailings_ponds")["id"].tolist() == sorted(ids)


def test_bounds_ask_the_geometry_not_its_box(store):
    triangle = shapely.Polygon([(101, 26), (102, 26), (101, 27)])
    ring = shapely.Polygon(
        [(103, 26), (104, 26), (104, 27), (103, 27)],
        [[(103.2, 26.2), (103.8, 26.2), (103.8, 26.8), (103.2, 26.8)]],
    )
    store.write("tailings_ponds", frame([triangle, ring], id=["triangle", "ring"]))

    def ids(*bounds):
        assert store.count("tailings_ponds", bounds=bounds) == len(
            store.read("tailings_ponds", bounds=bounds)
        )
        return store.read("tailings_ponds", bounds=bounds)["id"].tolist()

    assert ids(100, 25, 105, 28) == ["ring", "triangle"]
    assert ids(101.8, 26.8, 101.9, 26.9) == []
    assert ids(101.4, 26.4, 101.9, 26.9) == ["triangle"]
    assert ids(103.4, 26.4, 103.6, 26.6) == []
    assert ids(102, 25, 102.5, 26) == ["triangle"]
    assert ids(102.0000001, 25, 102.5, 26) == []
    assert ids(101, 26, 101, 26) == ["triangle"]


@pytest.mark.parametrize(
    "bounds", [(102, 26, 101, 27), (101, 27, 102, 26), (np.nan, 26, 102, 27), (101, 26, np.inf, 27)]
)
def test_bounds_that_make_no_sense_are_refused(store, bounds):
    with pytest.raises(OutOfRangeError, match="not west, south, east, north"):
        store.read("tailings_ponds", bounds=bounds)


def test_unknown_layer_is_refused(store):
    for call in (store.read, store.count, store.layer_digest, lambda slug: store.write(slug, ponds())):
        with pytest.raises(UnknownLayerError, match="unknown layer 'pond'"):
            call("pond")


def test_unknown_column_is_refused(store):
    with pytest.raises(UnknownFieldError, match="no field 'hoehe'"):
        store.write("tailings_ponds", ponds(hoehe=[1, 2, 3]))


def test_frame_in_another_system_is_refused(store):
    for wrong in (ponds().to_crs("EPSG:4326"), ponds().set_crs(None, allow_override=True)):
        with pytest.raises(CrsError, match="must be in EPSG:4490"):
            store.write("tailings_ponds", wrong)


def test_frame_without_geometry_column_is_refused(store):
    with pytest.raises(GeometryError, match="no geometry column"):
        store.write("tailings_ponds", gpd.GeoDataFrame({"id": ["P1"]}))


def test_progress_rises_to_one_and_an_error_in_it_writes_nothing(store):
    seen = []
    store.write("tailings_ponds", ponds(), progress=lambda part, message: seen.append(part))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    def cancel(part, message):
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        store.write("rivers", frame([shapely.LineString([(1, 1), (2, 2)])], id=["R"]), progress=cancel)
    assert store.count("rivers") == 0
    assert store.layer_digest("rivers") == "0" * 64


def test_digest_chains_contents_and_knows_no_time(store):
    texts = [
        '{"accuracy_m":5.0,"capacity_m3":1500000.0,"id":"P1","name":"一号尾矿库","source":"survey","state":"new"}',
        '{"id":"P2","name":"二号尾矿库","source":"illustrative","state":"in_service"}',
        '{"accuracy_m":30.0,"capacity_m3":0.0,"id":"P3","name":"Pond 3","source":"survey"}',
    ]
    points = [struct.pack("<BIdd", 1, 1, lon, 26.0) for lon in (101.0, 102.0, 103.0)]
    contents = [_sha256(text.encode() + b"\0" + point) for text, point in zip(texts, points, strict=True)]
    written = "\n".join(f"+P{number}\0{content}" for number, content in enumerate(contents, 1))
    first = _sha256(("0" * 64 + _sha256(written.encode())).encode())

    assert store.layer_digest("tailings_ponds") == "0" * 64
    store.write("tailings_ponds", ponds())
    assert store.layer_digest("tailings_ponds") == first
    store.write("tailings_ponds", ponds()[:2], replacing={})
    assert store.layer_digest("tailings_ponds") == _sha256((first + _sha256(b"-P3")).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_digest_of_other_order_or_other_value_differs(new_sqlite_url):
    variants = [
        ponds(),
        ponds()[::-1],
        ponds(capacity_m3=[1_500_000.0, np.nan, np.nan]),
        ponds(capacity_m3=[1_500_000.0, 0.0, 0.0]),
        ponds(name=["一号尾矿库", "二号尾矿库", None]),
    ]
    digests = set()
    for variant in variants:
        with Store.open(new_sqlite_url()) as store:
            store.write("tailings_ponds", variant)
            digests.add(store.layer_digest("tailings_ponds"))
    assert len(digests) == len(variants)


def test_data_version_changes_with_its_layers_only(store):
    before = store.data_version(["rivers", "tailings_ponds"]), store.data_version(["rivers"])
    store.write("tailings_ponds", ponds())
    after = store.data_version(["tailings_ponds", "rivers", "rivers"]), store.data_version(["rivers"])
    assert before[0] != after[0]
    assert before[1] == after[1]
    assert len(after[0]) == 16


def test_summaries_count_current_features_only(store):
    assert [summary.slug for summary in store.summaries()] == list(LAYERS)
    store.write("tailings_ponds", ponds(), moment=MONDAY)
    store.write("tailings_ponds", ponds(name=["a", "b", "c"])[:2], replacing={}, moment=TUESDAY)
    [summary] = [summary for summary in store.summaries() if summary.slug == "tailings_ponds"]
    assert summary.count == 2
    assert summary.bounds == (101.0, 26.0, 102.0, 26.0)
    assert summary.newest == TUESDAY
    assert (summary.accuracy_min_m, summary.accuracy_max_m, summary.accuracy_unknown) == (5.0, 5.0, 1)
    assert summary.illustrative == 1
    assert summary.digest == store.layer_digest("tailings_ponds")


def test_summary_of_empty_layer_says_unknown_not_zero(store):
    summary = store.summaries()[0]
    assert (summary.count, summary.bounds, summary.newest) == (0, None, None)
    assert (summary.accuracy_min_m, summary.accuracy_max_m, summary.accuracy_unknown) == (None, None, 0)


def test_summary_bounds_are_exact(store):
    lon, lat = 102.123456789, 26.987654321
    store.write("tailings_ponds", frame([shapely.Point(lon, lat)], id=["P"]))
    [summary] = [summary for summary in store.summaries() if summary.slug == "tailings_ponds"]
    assert summary.bounds == (lon, lat, lon, lat)


def test_version_of_missing_feature_is_not_found(store):
    with pytest.raises(NotFoundError, match="'P9'"):
        store.versions("tailings_ponds", "P9")
    with pytest.raises(NotFoundError, match="'P9'"):
        store.feature("tailings_ponds", "P9")


def _is_free(layer):
    """Tell whether any value of the right type does for all that a feature of the layer must have."""
    return not any(field.required and field.check for field in layer.fields)


@st.composite
def _features(draw):
    layer = draw(st.sampled_from([layer for layer in LAYERS.values() if layer.geometry and _is_free(layer)]))
    kind = draw(st.sampled_from(layer.geometry))
    rows = draw(st.integers(1, 3))
    columns = {
        field.name: [draw(values_of(field)) for _ in range(rows)]
        for field in layer.fields
        if field.check is None
    }
    shapes = [draw(geometries(kind)) for _ in range(rows)]
    return layer, frame(shapes, id=[f"F{row}" for row in range(rows)], **columns)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_features())
def test_whatever_is_written_is_read_back(store, features):
    layer, written = features
    store.write(layer.slug, written, replacing={})
    read = store.read(layer.slug)
    assert [a.wkb == b.wkb for a, b in zip(written.geom, read.geom, strict=True)] == [True] * len(written)
    for field in layer.fields:
        if field.name in written:
            for before, after in zip(written[field.name], read[field.name], strict=True):
                assert (pd.isna(before) and pd.isna(after)) if before is None else before == after


def test_what_is_read_in_one_state_stays_as_it_was(store):
    store.write("tailings_ponds", ponds())
    with store.one_state():
        before = store.read("tailings_ponds"), store.layer_digest("tailings_ponds")
        store.write("tailings_ponds", ponds().iloc[:1], replacing={})
        assert store.read("tailings_ponds").equals(before[0])
        assert store.layer_digest("tailings_ponds") == before[1]
    assert list(store.read("tailings_ponds")["id"]) == ["P1"]


def test_values_that_more_than_one_current_feature_has(store):
    reaches = ["shared", "alone", "shared", None, None]
    shapes = [shapely.LineString([(102, 25), (102, 26)])] * 5
    lines = frame(shapes, id=list("abcde"), source=["survey"] * 5, reach=reaches)
    store.write("rivers", lines)
    assert store.repeated("rivers", "reach") == {"shared"}
    store.write("rivers", lines.iloc[1:], replacing={})
    assert store.repeated("rivers", "reach") == frozenset()
