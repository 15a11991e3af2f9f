"""Exports: what comes back is what went out, the same features give the same bytes, and nothing runs as a formula."""

import csv
import errno
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyogrio.errors import DataSourceError

from geo.crs import resolve_crs
from geo.geometry import densify_edges
from layers.catalog import get_layer
from layers.documents.tables import TABLE_FORMATS
from layers.errors import FormatError
from layers.exchange.exporting import export_layer
from layers.exchange.importing import import_file
from layers.formats import WRITERS
from layers.model import FieldType
from layers.store import Store
from tests.layers.frames import frame, ponds
from tests.strategies import points, polygons, values_of

PONDS = "tailings_ponds"
SUFFIXES = tuple(WRITERS)


@pytest.fixture
def lite(new_sqlite_url):
    with Store.open(new_sqlite_url()) as store:
        yield store


@pytest.fixture
def other(new_sqlite_url):
    """A second, empty store."""
    with Store.open(new_sqlite_url()) as store:
        yield store


def full_frame() -> gpd.GeoDataFrame:
    """Ponds with every type of field, text that is hard to keep, and missing values."""
    return ponds(
        name=["=cmd|' /C calc'!A0", '逗号,引号"和\n换行', "-1+1"],
        monitoring=[["库水位", {"限值_m": 1.5}], None, None],
        dam_axis=[{"type": "LineString", "coordinates": [[101, 26], [101.1, 26.05]]}, None, None],
        idle_since=[None, pd.Timestamp("2020-05-01").date(), None],
        people_downstream=[0, None, 1200],
        extra=[{"说明": "长" * 300}, {"a": [1, None]}, None],
        adcode=["530000", None, "513400"],
    )


def contents(store: Store, layer: str = PONDS) -> pd.DataFrame:
    """Everything that a feature says, geometry as WKT."""
    stored = store.read(layer)
    plain = pd.DataFrame(stored.drop(columns=["geom", "valid_from", "valid_to", "version"]))
    plain["geom"] = [None if shape is None else single(shape).wkt for shape in stored.geometry]
    return plain


def single(shape: shapely.Geometry) -> shapely.Geometry:
    """A shapefile does not tell one part from one of several: multi-part geometries of one part become that."""
    return shape.geoms[0] if hasattr(shape, "geoms") and len(shape.geoms) == 1 else shapely.normalize(shape)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_export_then_import_gives_the_same_layer(lite, other, tmp_path, suffix):
    lite.write(PONDS, full_frame())
    path = tmp_path / f"ponds{suffix}"
    report = export_layer(lite, PONDS, path)
    assert (report.rows, report.illustrative) == (3, 1)
    imported = import_file(other, path, PONDS)
    assert imported.rejected == []
    pd.testing.assert_frame_equal(contents(other), contents(lite))
    assert other.read(PONDS)["valid_from"].tolist() == lite.read(PONDS)["valid_from"].tolist()


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_export_with_chinese_headers_comes_back_too(lite, other, tmp_path, suffix):
    lite.write(PONDS, full_frame())
    path = tmp_path / f"ponds{suffix}"
    export_layer(lite, PONDS, path, header_language="zh")
    assert import_file(other, path, PONDS).rejected == []
    pd.testing.assert_frame_equal(contents(other), contents(lite))
    if suffix == ".csv":
        header = path.read_text("utf-8-sig").splitlines()[0].split(",")
        assert {"编号", "名称", "全库容(m³)", "总坝高(m)", "经度", "纬度", "几何坐标系"} <= set(header)


FIELDS = [
    field
    for field in get_layer(PONDS).all_fields
    if field.name not in ("id", "adcode", "valid_from", "valid_to", "version", "accuracy_m")
]


def clean(value: object) -> object:
    """Leave out what imports clean away on purpose: outer spaces, error words, characters that XML has not."""
    if isinstance(value, str):
        return "".join(letter for letter in value if letter.isprintable() and letter != "#").strip() or None
    return value


@st.composite
def pond_frames(draw):
    rows = draw(st.integers(1, 4))
    columns = {
        field.name: [clean(draw(values_of(field))) for _ in range(rows)]
        for field in FIELDS
        if field.type is not FieldType.JSON
    }
    shapes = [draw(points() | polygons()) for _ in range(rows)]
    accuracies = [draw(st.none() | st.floats(0.001, 1e4)) for _ in range(rows)]
    # as every import does: edges are cut where a straight line and a geodesic would differ
    shapes = list(densify_edges(shapes, resolve_crs("EPSG:4490"))[0])
    return frame(shapes, id=[f"P{i}" for i in range(rows)], accuracy_m=accuracies, **columns)


@pytest.mark.parametrize("suffix", [".csv", ".geojson", ".gpkg", ".kml", ".parquet", ".xlsx"])
@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(features=pond_frames())
def test_any_layer_comes_back_as_it_went_out(new_sqlite_url, tmp_path, suffix, features):
    with Store.open(new_sqlite_url()) as first, Store.open(new_sqlite_url()) as second:
        first.write(PONDS, features)
        path = tmp_path / f"ponds{suffix}"
        export_layer(first, PONDS, path)
        assert import_file(second, path, PONDS).rejected == []
        pd.testing.assert_frame_equal(contents(second), contents(first))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_features_give_the_same_bytes(lite, tmp_path, suffix):
    lite.write(PONDS, full_frame())
    digests = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / f"ponds{suffix}"
        export_layer(lite, PONDS, path)
        files = sorted(path.parent.iterdir())
        digests.add(hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest())
    assert len(digests) == 1


SCRIPT = """
import hashlib, sys
from pathlib import Path
from layers.exchange.exporting import export_layer
from layers.store import Store
folder = Path(sys.argv[2])
with Store.open(sys.argv[1]) as store:
    for suffix in sys.argv[3:]:
        export_layer(store, "tailings_ponds", folder / f"p{suffix}")
        print(suffix, hashlib.sha256((folder / f"p{suffix}").read_bytes()).hexdigest())
"""


def test_two_fresh_processes_give_the_same_bytes(new_sqlite_url, tmp_path):
    url = new_sqlite_url()
    with Store.open(url) as store:
        store.write(PONDS, full_frame())
    said = []
    for seed, zone in (("1", "Asia/Shanghai"), ("2", "America/New_York")):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
        command = [sys.executable, "-c", SCRIPT, url, str(folder), *SUFFIXES]
        run = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, cwd=Path.cwd()
        )
        said.append(run.stdout)
    assert said[0] == said[1]
    assert said[0].count("\n") == len(SUFFIXES)


# -- formulas --------------------------------------------------------------------------------------------------------


def test_no_text_of_a_csv_starts_as_a_formula(lite, tmp_path):
    lite.write(PONDS, full_frame())
    export_layer(lite, PONDS, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert rows[1][1] == "'=cmd|' /C calc'!A0"


def test_no_cell_of_a_workbook_is_a_formula(lite, tmp_path):
    lite.write(PONDS, full_frame())
    export_layer(lite, PONDS, tmp_path / "a.xlsx")
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows() for cell in row]
    dangerous = [cell for cell in cells if isinstance(cell.value, str) and cell.value[0] in "=+-@"]
    assert len(dangerous) == 2
    assert {cell.data_type for cell in dangerous} == {"s"}
    assert all(cell.quotePrefix for cell in dangerous)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


# -- what each format says -------------------------------------------------------------------------------------------


def read_sources(path: Path) -> list[str]:
    if path.suffix == ".csv":
        return pd.read_csv(path)["source"].tolist()
    if path.suffix == ".xlsx":
        return pd.read_excel(path)["source"].tolist()
    if path.suffix == ".parquet":
        return gpd.read_parquet(path)["source"].tolist()
    return pyogrio.read_dataframe(path)["source"].tolist()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_illustrative_stays_marked_for_other_programs(lite, tmp_path, suffix):
    lite.write(PONDS, ponds())
    path = tmp_path / f"ponds{suffix}"
    export_layer(lite, PONDS, path)
    assert read_sources(path) == ["survey", "illustrative", "survey"]


def test_geojson_names_its_system_for_other_programs(lite, tmp_path):
    lite.write(PONDS, ponds())
    export_layer(lite, PONDS, tmp_path / "a.geojson")
    assert pyogrio.read_info(tmp_path / "a.geojson")["crs"] == "EPSG:4490"
    export_layer(lite, PONDS, tmp_path / "b.geojson", crs="EPSG:4326")
    assert "crs" not in json.loads((tmp_path / "b.geojson").read_text("utf-8"))


def test_export_in_another_system_moves_the_coordinates(lite, other, tmp_path):
    lite.write(PONDS, ponds())
    export_layer(lite, PONDS, tmp_path / "a.csv", crs="EPSG:4522")
    table = pd.read_csv(tmp_path / "a.csv")
    # pond 2 stands on the meridian of zone 34
    assert table["easting"][1] == pytest.approx(34_500_000, abs=1e-6)
    import_file(other, tmp_path / "a.csv", PONDS)
    moved = shapely.distance(other.read(PONDS).geometry.to_numpy(), lite.read(PONDS).geometry.to_numpy())
    assert moved.max() < 1e-10


def test_shifted_coordinates_go_only_where_they_can_be_named(lite, other, tmp_path):
    lite.write(PONDS, ponds())
    export_layer(lite, PONDS, tmp_path / "a.geojson", crs="GCJ-02")
    assert import_file(other, tmp_path / "a.geojson", PONDS).crs == "GCJ-02"
    for suffix in (".gpkg", ".shp", ".kml", ".parquet"):
        with pytest.raises(FormatError, match="cannot state GCJ-02"):
            export_layer(lite, PONDS, tmp_path / f"a{suffix}", crs="GCJ-02")


def test_shapefile_has_utf8_a_cpg_and_the_full_names(lite, tmp_path):
    lite.write(PONDS, full_frame())
    report = export_layer(lite, PONDS, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == [
            "a.cpg", "a.dbf", "a.fields.csv", "a.prj", "a.shp", "a.shx", "a.texts.csv",
        ]  # fmt: skip
        assert archive.read("a.cpg") == b"UTF-8"
        assert "dam_height,dam_height_m,总坝高,m" in archive.read("a.fields.csv").decode("utf-8-sig")
        assert "长" * 300 in archive.read("a.texts.csv").decode("utf-8-sig")
    assert "dam_height_m → dam_height" in report.notes[0]


def test_shapefiles_of_several_kinds_go_into_an_archive(lite, other, tmp_path):
    shapes = [shapely.Point(101, 26), shapely.box(102, 26, 102.1, 26.1)]
    lite.write(PONDS, frame(shapes, id=["1", "2"]))
    with pytest.raises(FormatError, match=r"has point and polygon.*name the file \.zip"):
        export_layer(lite, PONDS, tmp_path / "a.shp")
    export_layer(lite, PONDS, tmp_path / "a.zip")
    for kind in ("point", "polygon"):
        assert import_file(other, tmp_path / "a.zip", PONDS, source_layer=f"a_{kind}").inserted == 1
    assert other.count(PONDS) == 2


def test_shapefile_refuses_what_it_would_lose(lite, tmp_path):
    lite.write(
        "risk_contours", frame([shapely.box(102, 26, 103, 27)], id=["1"], risk_per_year=[1.23456789e-13])
    )
    with pytest.raises(FormatError, match=r"risk_per_year = 1.23456789e-13 would become"):
        export_layer(lite, "risk_contours", tmp_path / "a.zip")
    assert list(tmp_path.glob("a*")) == []
    lite.write("findings", frame([None], id=["1"], rule=["r"]))
    with pytest.raises(FormatError, match="has no geometry, which a shapefile does not keep"):
        export_layer(lite, "findings", tmp_path / "a.zip")


@pytest.mark.parametrize("suffix", [".csv", ".geojson", ".gpkg", ".kml", ".parquet", ".xlsx"])
def test_features_without_geometry_and_empty_layers_are_written(lite, other, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    assert export_layer(lite, "findings", path).rows == 0
    lite.write("findings", frame([None, shapely.Point(102, 26)], id=["1", "2"], decided=[True, None]))
    export_layer(lite, "findings", path)
    assert import_file(other, path, "findings").rejected == []
    pd.testing.assert_frame_equal(contents(other, "findings"), contents(lite, "findings"))


def test_a_workbook_refuses_what_a_cell_cannot_hold(lite, tmp_path):
    ring = np.column_stack(
        [103 + 0.1 * np.cos(np.linspace(0, 6, 2000)), 26 + 0.1 * np.sin(np.linspace(0, 6, 2000))]
    )
    lite.write(PONDS, frame([shapely.Polygon(ring)], id=["1"]))
    with pytest.raises(FormatError, match="does not fit a cell"):
        export_layer(lite, PONDS, tmp_path / "a.xlsx")
    assert list(tmp_path.glob("*.xlsx")) == []


def test_where_and_bounds_choose_features(lite, tmp_path):
    lite.write(PONDS, ponds())
    assert export_layer(lite, PONDS, tmp_path / "a.csv", where={"state": "new"}).rows == 1
    assert export_layer(lite, PONDS, tmp_path / "a.csv", bounds=(101.5, 25, 104, 27)).rows == 2


def test_unknown_formats_and_chinese_headers_elsewhere_are_refused(lite, tmp_path):
    with pytest.raises(FormatError, match="unknown format"):
        export_layer(lite, PONDS, tmp_path / "a.dxf")
    with pytest.raises(FormatError, match="Chinese headers are for"):
        export_layer(lite, PONDS, tmp_path / "a.gpkg", header_language="zh")
    with pytest.raises(FormatError, match="KML holds longitude and latitude"):
        export_layer(lite, PONDS, tmp_path / "a.kml", crs="EPSG:4522")


@pytest.mark.parametrize("suffix", [".gpkg", ".shp"])
def test_a_full_disk_under_gdal_is_an_error_of_the_file(lite, tmp_path, monkeypatch, suffix):
    def fill_up(*_given, **_named):
        raise DataSourceError("sqlite3_exec(CREATE TABLE a (b TEXT);) failed: database or disk is full")

    monkeypatch.setattr(pyogrio, "write_arrow", fill_up)
    with pytest.raises(OSError, match="database or disk is full") as caught:
        export_layer(lite, PONDS, tmp_path / f"a{suffix}")
    assert (caught.value.strerror, Path(caught.value.filename).suffix) == ("database or disk is full", suffix)
    assert list(tmp_path.glob("a*")) == []


def test_a_full_disk_under_excel_names_the_workbook(lite, tmp_path, monkeypatch):
    def fill_up(*_given, **_named):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("layers.formats.table.write_archive", fill_up)
    with pytest.raises(OSError, match="No space left") as caught:
        export_layer(lite, PONDS, tmp_path / "ponds.xlsx")
    assert caught.value.filename == str(tmp_path / "ponds.xlsx")
    assert list(tmp_path.glob("*ponds*")) == []


def test_a_computed_table_in_no_folder_is_an_error_of_the_file(tmp_path):
    table = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(103, 26)], crs="EPSG:4490")
    path = tmp_path / "missing" / "a.gpkg"
    with pytest.raises(OSError, match="unable to open database file") as caught:
        TABLE_FORMATS[".gpkg"](table, path)
    assert caught.value.filename == str(path)
