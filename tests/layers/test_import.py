"""Imports: what is checked, converted and said of each row, and what the store holds afterwards."""

import json
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from sqlalchemy import create_engine, text

from geo.crs import from_cgcs2000, resolve_crs
from geo.errors import CrsError, OutOfRangeError
from layers.errors import (
    CancelledError,
    FeatureError,
    FormatError,
    StoreError,
    UnknownFieldError,
    UnknownLayerError,
)
from layers.exchange.exporting import write_corrected_sheet
from layers.exchange.importing import import_file
from layers.store import Store

PONDS = "tailings_ponds"


@pytest.fixture
def lite(new_sqlite_url):
    """An empty SQLite store."""
    with Store.open(new_sqlite_url()) as store:
        yield store


@pytest.fixture
def csv(tmp_path):
    """Write lines of a CSV file and return its path."""

    def write(*lines: str, name: str = "a.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def geojson(path: Path, *geometries, crs="EPSG:4490", **properties) -> Path:
    features = [
        {
            "type": "Feature",
            "geometry": None if geometry is None else json.loads(shapely.to_geojson(geometry)),
            "properties": {"id": str(i), **{name: values[i] for name, values in properties.items()}},
        }
        for i, geometry in enumerate(geometries)
    ]
    member = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    path.write_text(
        json.dumps({"type": "FeatureCollection", **member, "features": features}), encoding="utf-8"
    )
    return path


def reasons(report) -> list[tuple[int, str | None, str]]:
    return [(rejection.row, rejection.column, rejection.reason) for rejection in report.rejected]


HEADER = "编号,名称,经度,纬度,坝高(m),库容(万m³),状态,联系人"


# -- the main path, on both databases --------------------------------------------------------------------------------


def test_import_of_a_chinese_table_into_both_databases(store, csv):
    path = csv(HEADER, "P1,甲库,103°12′36″,北纬26°06′,45.5,120,在役,张三", "P2,乙库,103.5,26.2,,1.005,新建,")
    report = import_file(store, path, PONDS, crs="EPSG:4490", accuracy_m=10.0)
    assert (report.rows_read, report.accepted, report.inserted, report.rejected) == (2, 2, 2, [])
    ponds = store.read(PONDS)
    assert ponds["id"].tolist() == ["P1", "P2"]
    # by hand: 12'36" = 0.21°, 6' = 0.1°
    np.testing.assert_allclose(
        shapely.get_coordinates(ponds.geometry.to_numpy())[0], [103.21, 26.1], atol=1e-12
    )
    assert ponds["capacity_m3"].tolist() == [1_200_000.0, 10_050.0]
    assert ponds["state"].tolist() == ["in_service", "new"]
    assert ponds["accuracy_m"].tolist() == [10.0, 10.0]
    assert ponds["extra"].tolist() == [{"联系人": "张三"}, None]
    assert ponds["source"].tolist() == ["a.csv", "a.csv"]
    assert np.isnan(ponds["dam_height_m"][1])


def test_import_twice_changes_nothing_and_a_change_supersedes(store, csv):
    line = "P1,甲库,103,26,45,120,在役,"
    import_file(store, csv(HEADER, line), PONDS, crs="EPSG:4490")
    again = import_file(store, csv(HEADER, line), PONDS, crs="EPSG:4490")
    assert (again.inserted, again.superseded, again.unchanged) == (0, 0, 1)
    changed = import_file(store, csv(HEADER, line.replace("45", "46")), PONDS, crs="EPSG:4490")
    assert (changed.inserted, changed.superseded, changed.unchanged) == (0, 1, 0)
    assert [version["properties"]["version"] for version in store.versions(PONDS, "P1")] == [1, 2]


# -- rows that are rejected ------------------------------------------------------------------------------------------


def test_every_problem_of_a_row_is_reported_and_the_rest_is_written(lite, csv):
    path = csv(
        HEADER,
        "P1,好,103,26,1,1,新建,",
        "P2,高,103,26,abc,1,新建,",
        "P3,负,103,26,-1,1,拟建,",
        "P4,反,26.1,103.2,1,1,新建,",
        "P5,外,2.35,48.85,1,1,新建,",
        "P6,缺,,,1,1,新建,",
        "P7,重,103,26,1,1,新建,",
        "P7,复,103,26,1,1,新建,",
        "P8,非,nan,26,1,1,新建,",
    )
    report = import_file(lite, path, PONDS, crs="EPSG:4490")
    assert (report.rows_read, report.accepted, report.rejected_rows) == (9, 1, 8)
    assert lite.read(PONDS)["id"].tolist() == ["P1"]
    by_row = reasons(report)
    assert (3, "坝高(m)", "not a number") in by_row
    assert (4, "坝高(m)", "below the least value 0 m") in by_row
    assert (4, "状态", "not one of new, rebuild, expand, in_service, re_mining, closed") in by_row
    assert any(row == 5 and "the axes are swapped" in reason for row, _, reason in by_row)
    assert any(row == 6 and "outside China" in reason for row, _, reason in by_row)
    assert (7, "经度, 纬度", "geometry is missing") in by_row
    assert (8, "id", "the id occurs in rows 8, 9") in by_row
    assert (9, "id", "the id occurs in rows 8, 9") in by_row
    assert any(row == 10 and column == "经度" for row, column, _ in by_row)
    assert all(rejection.reason_zh for rejection in report.rejected)
    json.dumps(report.to_dict())


def test_bad_geometries_are_rejected_each_with_its_reason(lite, tmp_path):
    bow_tie = shapely.Polygon([(103, 26), (104, 27), (104, 26), (103, 27)])
    shapes = [
        shapely.box(103, 26, 103.1, 26.1),
        bow_tie,
        shapely.Polygon(),
        None,
        shapely.LineString([(103, 26), (104, 26)]),
        shapely.Point(103, 26),
        shapely.GeometryCollection([shapely.Point(103, 26)]),
    ]
    report = import_file(lite, geojson(tmp_path / "a.geojson", *shapes), PONDS)
    found = {row: reason for row, _, reason in reasons(report)}
    assert report.accepted == 2
    assert set(found) == {2, 3, 4, 5, 7}
    assert found[2].startswith("geometry is invalid: self-intersection at 103.5")
    assert found[3] == "geometry is empty"
    assert found[4] == "geometry is missing"
    assert found[5] == "geometry is a line; the layer takes point or polygon"


def test_a_column_of_wrong_credit_codes_is_reported_in_both_languages(lite, csv):
    path = csv("名称,统一社会信用代码,经度,纬度", "甲,91530000000000000X,103,26")
    report = import_file(lite, path, "enterprises", crs="EPSG:4490")
    assert report.rejected[0].column == "统一社会信用代码"
    assert "校验码" in report.rejected[0].reason_zh


def test_strict_writes_nothing_when_a_row_is_rejected(lite, csv):
    path = csv(HEADER, "P1,好,103,26,1,1,新建,", "P2,坏,103,26,x,1,新建,")
    report = import_file(lite, path, PONDS, crs="EPSG:4490", strict=True)
    assert (report.accepted, report.inserted, lite.count(PONDS)) == (0, 0, 0)
    assert report.notes[-1] == "nothing was written, because rows were rejected (strict)"


def test_dry_run_checks_everything_and_writes_nothing(lite, csv):
    report = import_file(lite, csv(HEADER, "P1,好,103,26,1,1,新建,"), PONDS, crs="EPSG:4490", dry_run=True)
    assert (report.accepted, report.inserted, report.dry_run, lite.count(PONDS)) == (1, 0, True, 0)


def test_accuracy_of_zero_is_no_accuracy(lite, csv):
    path = csv("编号,经度,纬度,精度(m)", "1,103,26,0", "2,103,26,5", "3,103,26,")
    report = import_file(lite, path, PONDS, crs="EPSG:4490")
    assert [(row, column) for row, column, _ in reasons(report)] == [(2, "accuracy_m")]
    with pytest.raises(OutOfRangeError, match="not above 0"):
        import_file(lite, path, PONDS, crs="EPSG:4490", accuracy_m=0.0)


def test_features_that_have_ended_are_rejected(lite, csv):
    path = csv("id,lon,lat,valid_to,version", "1,103,26,2020-01-01,3", "2,103,26,,3")
    report = import_file(lite, path, PONDS, crs="EPSG:4490")
    assert reasons(report) == [(2, "valid_to", "the feature has ended; only current ones are imported")]
    assert lite.read(PONDS)["version"].tolist() == [1]


# -- coordinate systems ----------------------------------------------------------------------------------------------


def test_data_without_a_coordinate_system_is_refused(lite, csv):
    with pytest.raises(CrsError, match="the coordinate system is not stated"):
        import_file(lite, csv(HEADER, "P1,甲,103,26,1,1,新建,"), PONDS)


def test_a_stated_system_that_differs_from_the_files_is_refused_naming_both(lite, tmp_path):
    path = geojson(tmp_path / "a.geojson", shapely.Point(103, 26), crs="EPSG:4490")
    with pytest.raises(CrsError, match=r"the file says China Geodetic.*you say WGS 84: they differ"):
        import_file(lite, path, PONDS, crs="EPSG:4326")
    assert import_file(lite, path, PONDS, crs="CGCS2000").accepted == 1


def test_an_esri_prj_and_its_epsg_code_are_the_same(lite, tmp_path):
    frame = gpd.GeoDataFrame({"id": ["1"]}, geometry=[shapely.Point(500_000, 2_890_000)], crs="EPSG:4543")
    pyogrio.write_dataframe(frame, tmp_path / "a.shp")
    prj = tmp_path / "a.prj"
    prj.write_text(pyproj.CRS("EPSG:4543").to_wkt("WKT1_ESRI"))
    assert import_file(lite, tmp_path / "a.shp", PONDS, crs="EPSG:4543").accepted == 1
    with pytest.raises(CrsError, match="they differ"):
        import_file(lite, tmp_path / "a.shp", PONDS, crs="EPSG:4544")


def test_the_users_word_wins_over_the_default_of_geojson(lite, tmp_path):
    path = geojson(tmp_path / "a.geojson", shapely.Point(103, 26), crs=None)
    plain = import_file(lite, path, PONDS)
    assert any("RFC 7946" in note for note in plain.notes)
    stated = import_file(lite, path, PONDS, crs="EPSG:4490")
    assert any("as you state" in note for note in stated.notes)


@pytest.mark.parametrize(("crs", "added_m"), [("EPSG:4490", 0.0), ("EPSG:4326", 1.0)])
def test_wgs84_adds_a_metre_to_known_accuracies_and_nothing_to_unknown_ones(lite, csv, crs, added_m):
    path = csv("编号,经度,纬度,精度(m)", "1,103,26,5", "2,103,26,")
    import_file(lite, path, PONDS, crs=crs)
    accuracies = lite.read(PONDS)["accuracy_m"].tolist()
    assert accuracies[0] == 5.0 + added_m
    assert np.isnan(accuracies[1])


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09"])
def test_shifted_coordinates_come_back_to_their_place(lite, csv, crs):
    place = shapely.Point(102.5, 26.5)
    shifted = from_cgcs2000([place], resolve_crs(crs))[0]
    report = import_file(
        lite, csv("编号,经度,纬度", f"1,{shifted.x!r},{shifted.y!r}"), PONDS, crs=crs, accuracy_m=1.0
    )
    stored = lite.read(PONDS)
    assert stored.geometry[0].distance(place) < 1e-9  # 0.1 mm
    assert stored["accuracy_m"][0] > 2.0
    assert any("shift" in note for note in report.notes)


def test_old_datums_are_refused_without_parameters(lite, csv):
    with pytest.raises(CrsError, match="seven transformation parameters"):
        import_file(lite, csv("编号,经度,纬度", "1,103,26"), PONDS, crs="EPSG:4214")


def test_plane_coordinates_of_a_zone_with_survey_headers(lite, csv):
    # EPSG:4522, zone 34 (102° E); published by EPSG: false easting 34,500,000 m, so x = 500,000 is on the meridian
    report = import_file(lite, csv("编号,X,Y", "1,2890000,34500000"), PONDS, crs="EPSG:4522")
    assert any("X was read as northing" in note for note in report.notes)
    assert lite.read(PONDS).geometry[0].x == pytest.approx(102.0, abs=1e-12)


def test_edges_are_densified_and_long_ones_reported(lite, tmp_path):
    line = shapely.LineString([(103, 26), (103.5, 26)])  # 50 km on a parallel
    report = import_file(lite, geojson(tmp_path / "a.geojson", line), "pipelines")
    assert report.edges_over_1km == 1
    assert any("longer than 1 km" in note for note in report.notes)
    stored = lite.read("pipelines").geometry[0]
    assert shapely.get_num_coordinates(stored) > 10
    assert abs(shapely.get_coordinates(stored)[:, 1] - 26).max() < 1e-12


def test_control_points_bring_a_local_grid_to_its_place(lite, csv):
    control = csv(
        "x,y,easting,northing",
        "0,0,500000,2890000",
        "100,0,500000,2890100",
        "0,100,499900,2890000",
        name="c.csv",
    )
    path = csv("编号,X,Y", "1,50,50")
    report = import_file(lite, path, PONDS, crs="EPSG:4543", control_points=control, accuracy_m=1.0)
    place = from_cgcs2000(lite.read(PONDS).geometry.to_numpy(), resolve_crs("EPSG:4543"))[0]
    np.testing.assert_allclose([place.x, place.y], [499_950, 2_890_050], atol=1e-4)  # turned by 90°, by hand
    assert any("residuals of the control points: 1: 0.000 m" in note for note in report.notes)


def test_two_control_points_are_said_to_be_unchecked(lite, csv):
    points = [(0, 0, 500_000, 2_890_000), (100, 0, 500_100, 2_890_000)]
    report = import_file(lite, csv("编号,X,Y", "1,50,50"), PONDS, crs="EPSG:4543", control_points=points)
    assert any("nothing to check the fit by" in note for note in report.notes)
    assert lite.count(PONDS) == 1


def test_control_points_for_a_file_that_states_its_system_are_refused(lite, tmp_path):
    path = geojson(tmp_path / "a.geojson", shapely.Point(103, 26))
    with pytest.raises(CrsError, match="control points are for files that state none"):
        import_file(lite, path, PONDS, crs="EPSG:4490", control_points=[(0, 0, 1, 1), (1, 0, 2, 1)])


# -- columns ---------------------------------------------------------------------------------------------------------


def test_mapping_constants_and_what_is_left(lite, csv):
    path = csv("key,titel,经度,纬度,rest", "1,甲,103,26,r")
    report = import_file(
        lite, path, PONDS, crs="EPSG:4490",
        mapping={"id": "key", "name": "titel"}, constants={"state": "新建", "source": "survey 2026"},
    )  # fmt: skip
    stored = lite.read(PONDS).iloc[0]
    assert (stored["id"], stored["name"], stored["state"], stored["source"]) == (
        "1",
        "甲",
        "new",
        "survey 2026",
    )
    assert stored["extra"] == {"rest": "r"}
    assert any("kept in extra: rest" in note for note in report.notes)


def test_mapping_may_choose_coordinate_columns(lite, csv):
    path = csv("编号,a,b", "1,103,26")
    import_file(lite, path, PONDS, crs="EPSG:4490", mapping={"lon": "a", "lat": "b"})
    assert lite.read(PONDS).geometry[0] == shapely.Point(103, 26)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"constants": {"state": "maybe"}}, FeatureError, "state=maybe: not one of"),
        ({"constants": {"version": 3}}, FeatureError, "version is set by the store"),
        ({"constants": {"depth": 3}}, UnknownFieldError, "no field 'depth'"),
        ({"mapping": {"depth": "名称"}}, UnknownFieldError, "no field 'depth'"),
        ({"mapping": {"name": "nothing"}}, FormatError, "no column 'nothing'"),
        ({"mapping": {"lon": "nothing"}}, FormatError, "no column 'nothing'"),
        (
            {"mapping": {"name": "名称"}, "constants": {"name": "x"}},
            FormatError,
            "given a column and a value",
        ),
    ],
)
def test_wrong_mappings_and_constants_are_refused(lite, csv, arguments, error, message):
    with pytest.raises(error, match=message):
        import_file(lite, csv(HEADER, "P1,甲,103,26,1,1,新建,"), PONDS, crs="EPSG:4490", **arguments)


def test_a_table_without_coordinates_is_refused_naming_its_columns(lite, csv):
    with pytest.raises(FormatError, match=r"no geometry found.*it has: 编号, 名称"):
        import_file(lite, csv("编号,名称", "1,甲"), PONDS, crs="EPSG:4490")


def test_a_layer_that_needs_no_geometry_takes_a_table_without(lite, csv):
    report = import_file(lite, csv("编号,起始年,终止年", "1,2010,2020"), "wind_roses")
    assert (report.accepted, report.crs) == (1, "")


def test_unknown_layers_are_refused(lite, csv):
    with pytest.raises(UnknownLayerError):
        import_file(lite, csv("a", "1"), "volcanoes")


# -- ids -------------------------------------------------------------------------------------------------------------


def test_ids_are_made_of_content_and_not_of_accuracy(lite, csv):
    path = csv("名称,经度,纬度", "甲,103,26", "乙,103,26")
    import_file(lite, path, PONDS, crs="EPSG:4490", accuracy_m=5.0)
    first = lite.read(PONDS)["id"].tolist()
    assert len(set(first)) == 2
    report = import_file(lite, path, PONDS, crs="EPSG:4490", accuracy_m=9.0)
    assert (report.inserted, report.superseded) == (0, 2)
    assert lite.read(PONDS)["id"].tolist() == first


def test_rows_that_are_the_same_in_everything_are_rejected(lite, csv):
    report = import_file(lite, csv("名称,经度,纬度", "甲,103,26", "甲,103,26"), PONDS, crs="EPSG:4490")
    assert [reason for _, _, reason in reasons(report)] == ["rows 2, 3 are the same in everything"] * 2


def test_the_id_of_a_geojson_feature_is_its_id(lite, tmp_path):
    text = {
        "type": "Feature",
        "id": "F7",
        "geometry": {"type": "Point", "coordinates": [103, 26]},
        "properties": {},
    }
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(text))
    import_file(lite, path, PONDS)
    assert lite.read(PONDS)["id"].tolist() == ["F7"]


# -- the sheet to correct --------------------------------------------------------------------------------------------


def correct(path: Path, cell: str, value: object) -> None:
    book = openpyxl.load_workbook(path)
    book.active[cell] = value
    book.save(path)


def test_corrected_sheet_of_a_table_can_be_imported_again(lite, csv, tmp_path):
    path = csv(HEADER, "P1,好,103,26,1,1,新建,", "P2,=坏,103,26,abc,1,新建,李四")
    report = import_file(lite, path, PONDS, crs="EPSG:4490", accuracy_m=3.0)
    sheet = tmp_path / "rejected.xlsx"
    write_corrected_sheet(report, sheet)
    rows = list(openpyxl.load_workbook(sheet).active.iter_rows(values_only=True))
    assert rows[0][-2:] == ("原行号 (row in the file)", "问题说明 (what is wrong)")
    assert rows[1][1] == "=坏"
    assert rows[1][-2:] == (3, "坝高(m): 不是数字 / not a number")
    correct(sheet, "E2", 12)
    again = import_file(lite, sheet, PONDS, accuracy_m=3.0)
    assert (again.accepted, again.inserted) == (1, 1)
    stored = lite.read(PONDS, ids=["P2"]).iloc[0]
    assert (stored["name"], stored["dam_height_m"], stored["extra"]) == ("=坏", 12.0, {"联系人": "李四"})


def test_corrected_sheet_of_other_formats_has_the_geometry(lite, tmp_path):
    path = geojson(tmp_path / "a.geojson", shapely.box(103, 26, 103.1, 26.1), state=["maybe"])
    report = import_file(lite, path, PONDS)
    sheet = tmp_path / "rejected.xlsx"
    write_corrected_sheet(report, sheet)
    headers = [cell.value for cell in openpyxl.load_workbook(sheet).active[1]]
    column = openpyxl.utils.get_column_letter(headers.index("state") + 1)
    correct(sheet, f"{column}2", "新建")
    assert import_file(lite, sheet, PONDS).accepted == 1
    assert lite.read(PONDS).geometry[0].equals(shapely.box(103, 26, 103.1, 26.1))


def test_corrected_sheet_of_a_clean_import_is_refused(lite, csv, tmp_path):
    report = import_file(lite, csv(HEADER, "P1,好,103,26,1,1,新建,"), PONDS, crs="EPSG:4490")
    with pytest.raises(FormatError, match="no row was rejected"):
        write_corrected_sheet(report, tmp_path / "r.xlsx")


# -- when things go wrong in the middle ------------------------------------------------------------------------------


def test_cancelling_leaves_nothing_half_written(lite, csv):
    def cancel(part: float, message: str) -> None:
        if part >= 0.6:
            raise CancelledError("cancelled")

    path = csv(HEADER, *(f"P{i},库,103,26,1,1,新建," for i in range(100)))
    with pytest.raises(CancelledError):
        import_file(lite, path, PONDS, crs="EPSG:4490", progress=cancel)
    assert lite.count(PONDS) == 0


def test_a_database_that_goes_away_leaves_nothing_half_written(postgis_url, csv):
    path = csv(HEADER, *(f"P{i},库,103,26,1,1,新建," for i in range(100)))
    engine = create_engine(postgis_url, isolation_level="AUTOCOMMIT")

    def end_all_sessions(part: float, message: str) -> None:
        if part >= 0.6:
            with engine.connect() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

    try:
        with Store.open(postgis_url) as store:
            before = store.layer_digest(PONDS)
            with pytest.raises(StoreError):
                import_file(store, path, PONDS, crs="EPSG:4490", progress=end_all_sessions)
        with Store.open(postgis_url) as store:
            assert store.layer_digest(PONDS) == before
            assert store.count(PONDS, where={"name": "库"}) == 0
    finally:
        engine.dispose()


def test_progress_goes_from_nothing_to_all(lite, csv):
    parts: list[float] = []
    path = csv(HEADER, "P1,甲,103,26,1,1,新建,")
    import_file(lite, path, PONDS, crs="EPSG:4490", progress=lambda part, message: parts.append(part))
    assert parts == sorted(parts)
    assert (parts[0], parts[-1]) == (0.0, 1.0)


def test_twenty_thousand_points_are_read_and_checked_in_seconds(lite, tmp_path):
    """A loose limit, for slow machines: about half a second is usual."""
    count = 20_000
    random = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "编号": np.arange(count).astype(str),
            "经度": random.uniform(100, 105, count),
            "纬度": random.uniform(24, 28, count),
            "坝高(m)": random.uniform(1, 99, count),
        }
    )
    table.to_csv(tmp_path / "big.csv", index=False)
    start = time.perf_counter()
    report = import_file(lite, tmp_path / "big.csv", PONDS, crs="EPSG:4490", dry_run=True)
    assert report.accepted == count
    assert time.perf_counter() - start < 10


def test_no_cell_keeps_the_sheet_of_rejected_rows_from_being_written(lite, tmp_path):
    ring = [(103 + i / 1e6, 26) for i in range(3000)] + [(103.0015, 26.1), (103.0015, 25.9), (103, 26)]
    long = {"type": "Polygon", "coordinates": [ring]}
    features = [
        {
            "type": "Feature",
            "properties": {"name": "a\0b"},
            "geometry": {"type": "Point", "coordinates": [103, 26]},
        },
        {"type": "Feature", "properties": {"name": "x"}, "geometry": long},
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    report = import_file(lite, path, PONDS)
    assert report.rejected_rows == 2
    write_corrected_sheet(report, tmp_path / "r.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "r.xlsx").active.values)
    assert rows[1][0] == "a\\x00b"
    assert "wkt: 文本过长" in rows[2][-1]
    assert "geometry is invalid" in rows[2][-1]
