"""Readers: what they take, and what they refuse with a clear error."""

import json
import re
import sqlite3
import struct
import tracemalloc
import warnings
import zipfile
from contextlib import closing
from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from layers.errors import FormatError, NotFoundError
from layers.formats import READERS, CrsBasis, Reading, read_source
from layers.formats.limits import MAX_ENTRIES

POINT = {"type": "Point", "coordinates": [102.5, 26.5]}


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def collection(*features, **members) -> str:
    return json.dumps(
        {"type": "FeatureCollection", **members, "features": list(features)}, ensure_ascii=False
    )


def feature(geometry=POINT, **properties) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def write_shapefile(path: Path, encoding: str, crs="EPSG:4490", **columns) -> Path:
    places = [shapely.Point(102, 26), shapely.Point(103, 27)]
    frame = gpd.GeoDataFrame(
        columns or {"名称": ["金沙江尾矿库", "凉山库"]},
        geometry=places,
        crs=crs,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # texts that DBF cuts off, on purpose
        pyogrio.write_dataframe(frame, path, encoding=encoding)
    return path


def write_xlsx(path: Path, **sheets) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def zip_of(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "."), content)
    return path


def first_note(table) -> str:
    return table.notes[0].en


# -- GeoJSON ---------------------------------------------------------------------------------------------------------


def test_geojson_without_crs_is_wgs84_by_its_standard_and_says_so(tmp_path):
    table = read_source(write(tmp_path / "a.geojson", collection(feature(name="甲"))))
    assert (table.crs, table.crs_basis) == ("EPSG:4326", CrsBasis.STANDARD)
    assert "RFC 7946" in first_note(table)
    assert table.cells["name"].tolist() == ["甲"]


@pytest.mark.parametrize(
    ("name", "crs"),
    [("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"), ("urn:ogc:def:crs:EPSG::4490", "urn:ogc:def:crs:EPSG::4490"),
     ("GCJ-02", "GCJ-02")],
)  # fmt: skip
def test_geojson_honours_its_crs_member(tmp_path, name, crs):
    text = collection(feature(), crs={"type": "name", "properties": {"name": name}})
    table = read_source(write(tmp_path / "a.geojson", text))
    assert (table.crs, table.crs_basis) == (crs, CrsBasis.FILE)


def test_geojson_with_a_null_crs_states_none(tmp_path):
    table = read_source(write(tmp_path / "a.geojson", collection(feature(), crs=None)))
    assert (table.crs, table.crs_basis) == (None, CrsBasis.NONE)


def test_geojson_keeps_nested_properties_and_feature_ids(tmp_path):
    text = collection({**feature(list=[1, {"a": None}]), "id": 7})
    table = read_source(write(tmp_path / "a.json", text))
    assert table.cells["list"].tolist() == [[1, {"a": None}]]
    assert list(table.feature_ids) == ["7"]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [float("nan"), 26]},
        {"type": "Point", "coordinates": ["a", 26]},
        {"type": "Point", "coordinates": [1]},
        {"type": "Polygon", "coordinates": [[[102, 26], [103, 27]]]},
        {"type": "Foo"},
    ],
    ids=["nan", "text", "one number", "two corners", "unknown"],
)
def test_geojson_rejects_unreadable_geometries_by_row(tmp_path, geometry):
    table = read_source(write(tmp_path / "a.geojson", collection(feature(), feature(geometry))))
    (rejection,) = table.rejections
    assert rejection.row == 2
    assert rejection.reason.startswith("the geometry cannot be read")


def test_geojson_drops_heights_with_a_note(tmp_path):
    table = read_source(
        write(tmp_path / "a.geojson", collection(feature({**POINT, "coordinates": [102, 26, 9]})))
    )
    assert table.geometries[0] == shapely.Point(102, 26)
    assert any("heights" in note.en for note in table.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("{", "is not JSON"),
        ("[1]", "is not GeoJSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"type": "FeatureCollection", "features": 5}', "is not GeoJSON"),
        ('{"type": "FeatureCollection", "features": []}', "has no features"),
        ('{"type": "FeatureCollection", "features": [1]}', "is not GeoJSON"),
        (b"\x00" * 1000, "is not a text file"),
        (
            '{"type": "FeatureCollection", "crs": {"type": "link"}, "features": [{}]}',
            "does not name a coordinate",
        ),
    ],
)
def test_geojson_refuses_what_is_none(tmp_path, text, message):
    with pytest.raises(FormatError, match=message):
        read_source(write(tmp_path / "a.geojson", text))


def test_geojson_in_gbk_is_read_with_a_note(tmp_path):
    table = read_source(write(tmp_path / "a.geojson", collection(feature(name="尾矿库")).encode("gbk")))
    assert table.cells["name"].tolist() == ["尾矿库"]
    assert "gb18030" in first_note(table)


# -- CSV -------------------------------------------------------------------------------------------------------------


def test_csv_counts_lines_as_an_editor_does(tmp_path):
    text = '编号,名称,经度,纬度\n1,"两\n行",102,26\n\n2,乙,102°30′00″,北纬26°30′\n3,丙,x,26\n'
    table = read_source(write(tmp_path / "a.csv", text))
    assert table.rows.tolist() == [2, 5, 6]
    assert table.geometries[:2].tolist() == [shapely.Point(102, 26), shapely.Point(102.5, 26.5)]
    assert [(rejection.row, rejection.column, rejection.value) for rejection in table.rejections] == [
        (6, "经度", "x")
    ]
    assert table.crs is None


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_csv_of_every_delimiter_and_encoding(tmp_path, delimiter, encoding):
    text = "\n".join(delimiter.join(row) for row in (("名称", "lon", "lat"), ("甲", "102", "26")))
    table = read_source(write(tmp_path / "a.csv", text.encode(encoding)))
    assert table.cells["名称"].tolist() == ["甲"]
    assert table.geometries[0] == shapely.Point(102, 26)


def test_csv_with_wkt_and_its_own_crs(tmp_path):
    table = read_source(
        write(tmp_path / "a.csv", "id,WKT,坐标系\n1,POINT (102 26),EPSG:4490\n2,POINT (1,EPSG:4490\n")
    )
    assert (table.crs, table.crs_basis) == ("EPSG:4490", CrsBasis.FILE)
    assert [rejection.reason for rejection in table.rejections] == ["the WKT cannot be read"]


@pytest.mark.parametrize(
    ("x", "y", "crs", "note"),
    [
        (2890000.5, 34500123.25, "EPSG:4522", "X was read as northing"),
        (34500123.25, 2890000.5, "EPSG:4522", "X was read as easting"),
        (500123.25, 2890000.5, "EPSG:4543", "X was read as easting"),
    ],
)
def test_csv_columns_x_and_y_are_told_apart_by_their_values(tmp_path, x, y, crs, note):
    table = read_source(write(tmp_path / "a.csv", f"id,X,Y\n1,{x},{y}\n"), Reading(crs=crs))
    assert (
        (table.geometries[0].x, table.geometries[0].y) == (max(x, y), min(x, y))
        if x > 1e7 or y > 1e7
        else (x, y)
    )
    assert note in table.notes[-1].en


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a,b\n", "has no rows under a header"),
        ("\n\n", "has no rows under a header"),
        ('a,b\n"1,2\n', "is broken from line 2 on"),
        ("a,a\n1,2\n", "two columns named 'a'"),
        ("a,b,\n1,2,3\n", "column 3 has cells but no header in row 1"),
        ("村庄台账\n基本信息,,坐标,\n编号,名称,经度,纬度\n", "column 2 .* row 2; .* group headings"),
        ("经度,名称\n102,甲\n", "column '经度' is there, but none for lat"),
        ("lon,经度,lat\n1,2,3\n", "could both be lon"),
        ("wkt,坐标系\nPOINT (1 2),EPSG:4490\nPOINT (1 2),EPSG:4326\n", "several coordinate systems"),
        (b"a,b\n\x00,1\n", "is not a text file"),
        (b"\xff\xfe\x00", "is not utf-16"),
    ],
)
def test_csv_refuses_what_it_cannot_read(tmp_path, text, message):
    with pytest.raises(FormatError, match=message):
        read_source(write(tmp_path / "a.csv", text))


def test_csv_rejects_a_line_with_too_many_cells(tmp_path):
    table = read_source(write(tmp_path / "a.csv", "id,lon,lat\n1,102,26\n2,102,26,甲,乙\n"))
    assert [(rejection.row, rejection.value) for rejection in table.rejections] == [(3, "甲")]


def test_csv_rejects_half_a_position(tmp_path):
    table = read_source(write(tmp_path / "a.csv", "id,lon,lat\n1,102,\n2,,\n"))
    assert [(rejection.row, rejection.column) for rejection in table.rejections] == [(2, "lat")]


# -- Excel -----------------------------------------------------------------------------------------------------------


def test_xlsx_counts_rows_as_excel_does_and_skips_the_title(tmp_path):
    rows = [["尾矿库台账"], [], ["名称", "经度", "纬度"], ["甲", 102.0, 26.0], [], ["乙", "102°30′", 27]]
    table = read_source(write_xlsx(tmp_path / "a.xlsx", 表=rows))
    assert table.rows.tolist() == [4, 6]
    assert table.geometries[1] == shapely.Point(102.5, 27)
    assert first_note(table) == "1 row(s) above the header were passed over"


def test_xlsx_skips_remarks_above_the_header_in_several_cells(tmp_path):
    remarks = ["填报单位：某县应急管理局", None, None, "日期：2026年3月"]
    rows = [["台账"], remarks, ["名称", "经度", "纬度", "备注"], ["甲", 102.0, 26.0, "电话：0871"]]
    table = read_source(write_xlsx(tmp_path / "a.xlsx", 表=rows))
    assert table.rows.tolist() == [4]
    assert list(table.cells.columns) == ["名称", "经度", "纬度", "备注"]
    assert first_note(table) == "2 row(s) above the header were passed over"


def test_xlsx_takes_stored_values_of_formulas_and_rejects_those_without(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", 表=[["名称", "lon", "lat"], ["甲", "=100+2", 26], ["乙", 102, 26]])
    table = read_source(path)
    assert (2, "=100+2") in [(rejection.row, rejection.value) for rejection in table.rejections]
    assert {rejection.row for rejection in table.rejections} == {2}
    with zipfile.ZipFile(path) as archive:
        stored = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in stored.items():
            archive.writestr(entry, re.sub(rb"</f><v */>|</f><v></v>", b"</f><v>102</v>", content))
    table = read_source(path)
    assert table.rejections == []
    assert table.geometries[0] == shapely.Point(102, 26)
    assert "1 cell(s) hold formulas" in first_note(table)


def test_xlsx_with_several_sheets_needs_a_choice(tmp_path):
    rows = [["lon", "lat"], [102, 26]]
    path = write_xlsx(tmp_path / "a.xlsx", 甲=rows, 空=[], 乙=rows)
    with pytest.raises(FormatError, match="several sheets with rows: 甲, 乙"):
        read_source(path)
    with pytest.raises(FormatError, match="no sheet '丙'; it has: 甲, 空, 乙"):
        read_source(path, Reading(source_layer="丙"))
    assert len(read_source(path, Reading(source_layer="乙"))) == 1


def test_xlsx_refuses_what_is_none(tmp_path):
    with pytest.raises(FormatError, match="not a zip archive"):
        read_source(write(tmp_path / "a.xlsx", b"\x00" * 500))
    with pytest.raises(FormatError, match="is no workbook"):
        read_source(zip_of(tmp_path / "b.xlsx", a__txt=b"x"))
    with pytest.raises(FormatError, match=r"save it as \.xlsx"):
        read_source(write(tmp_path / "a.xls", b"\xd0\xcf\x11\xe0"))
    with pytest.raises(FormatError, match="declares a document type"):
        read_source(zip_of(tmp_path / "c.xlsx", xl__xml=b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'))


# -- shapefile -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "cpg", "language", "taken"),
    [
        ("GBK", "GBK", None, "text encoding gb18030, as a.cpg says"),
        ("GBK", "936", None, "text encoding gb18030, as a.cpg says"),
        ("UTF-8", "UTF-8", None, "text encoding utf-8, as a.cpg says"),
        ("GBK", None, 0x4D, "text encoding gb18030, as the header of a.dbf says"),
        ("GBK", None, 0, "text encoding gb18030, detected"),
        ("UTF-8", None, 0x57, "text encoding utf-8, detected"),
        ("GB18030", None, None, "text encoding gb18030, detected"),
        ("UTF-8", "Klingon", None, "text encoding utf-8, detected from the bytes; a.cpg says 'Klingon'"),
    ],
)
def test_shapefile_encodings(tmp_path, encoding, cpg, language, taken):
    path = write_shapefile(tmp_path / "a.shp", encoding)
    (tmp_path / "a.cpg").unlink(missing_ok=True)
    if cpg:
        (tmp_path / "a.cpg").write_text(cpg)
    if language is not None:
        dbf = bytearray((tmp_path / "a.dbf").read_bytes())
        dbf[29] = language
        (tmp_path / "a.dbf").write_bytes(dbf)
    table = read_source(path)
    assert table.cells["名称"].tolist() == ["金沙江尾矿库", "凉山库"]
    assert first_note(table).startswith(taken)
    assert table.rows.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("encoding", "cpg", "message"),
    [
        ("GBK", "UTF-8", "the text is not utf-8, as a.cpg says"),
        ("UTF-8", "GBK", "Chinese text in utf-8"),
        ("GBK", "ISO-8859-1", "Chinese text in gb18030"),
    ],
)
def test_shapefile_refuses_a_wrong_cpg_and_takes_the_users_word(tmp_path, encoding, cpg, message):
    path = write_shapefile(tmp_path / "a.shp", encoding)
    (tmp_path / "a.cpg").write_text(cpg)
    with pytest.raises(FormatError, match=message):
        read_source(path)
    assert read_source(path, Reading(encoding=encoding)).cells["名称"].tolist() == ["金沙江尾矿库", "凉山库"]


def test_shapefile_with_a_character_cut_in_two_says_so(tmp_path):
    path = write_shapefile(tmp_path / "a.shp", "UTF-8")
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace("凉山库".encode(), "凉山库".encode()[:-1] + b" "))
    table = read_source(path)
    assert table.cells["名称"].tolist() == ["金沙江尾矿库", "凉山"]
    assert (
        table.notes[-1].en == "1 text(s) in '名称' are cut off by the width of the field, first in record 2"
    )


def test_shapefile_without_prj_states_no_crs(tmp_path):
    path = write_shapefile(tmp_path / "a.shp", "UTF-8")
    assert read_source(path).crs == "EPSG:4490"
    (tmp_path / "a.prj").unlink()
    assert (read_source(path).crs, read_source(path).crs_basis) == (None, CrsBasis.NONE)


def test_shapefile_in_a_folder_and_in_an_archive(tmp_path):
    folder = tmp_path / "f"
    folder.mkdir()
    write_shapefile(folder / "a.shp", "UTF-8")
    assert len(read_source(folder)) == 2
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"深/层/{file.name}")
    assert len(read_source(tmp_path / "a.zip")) == 2
    write_shapefile(folder / "b.shp", "UTF-8")
    with pytest.raises(FormatError, match="several layers: a, b"):
        read_source(folder)
    assert len(read_source(folder, Reading(source_layer="b"))) == 2


@pytest.mark.parametrize("suffix", [".dbf", ".shx"])
def test_shapefile_without_a_sibling_is_refused(tmp_path, suffix):
    path = write_shapefile(tmp_path / "a.shp", "UTF-8")
    path.with_suffix(suffix).unlink()
    with pytest.raises(FormatError, match=f"lacks its sibling a{suffix}"):
        read_source(path)


def test_one_gigabyte_of_zeros_named_shp_fails_at_once_in_little_memory(tmp_path):
    path = tmp_path / "zeros.shp"
    with path.open("wb") as file:
        file.truncate(10**9)
    tracemalloc.start()
    with pytest.raises(FormatError, match="does not begin as a shapefile does"):
        read_source(path)
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


def test_broken_shapefiles_are_refused(tmp_path):
    path = write_shapefile(tmp_path / "a.shp", "UTF-8")
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(FormatError, match="is cut off: it is shorter"):
        read_source(path)
    path.write_bytes(whole[:32] + struct.pack("<i", 31) + whole[36:])
    with pytest.raises(FormatError, match="unknown kind of shape"):
        read_source(path)
    path.write_bytes(whole)
    dbf = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(dbf[:-40])
    with pytest.raises(FormatError, match="is cut off: 2 records are promised"):
        read_source(path)
    path.with_suffix(".dbf").write_bytes(b"\x00" * 100)
    with pytest.raises(FormatError, match="is no DBF table"):
        read_source(path)


# -- archives --------------------------------------------------------------------------------------------------------


def test_archives_that_are_unsafe_are_refused(tmp_path):
    def refuse(message: str, **entries: bytes) -> None:
        with pytest.raises(FormatError, match=message):
            read_source(zip_of(tmp_path / "x.zip", **entries))

    refuse("times its size, at most 200", a__shp=b"\x00" * (64 * 1024**2))
    refuse("would leave the folder", **{"../a.shp": b"1"})
    refuse("would leave the folder", **{"/a.shp": b"1"})
    refuse("has an archive in it", inner__zip=b"1")
    refuse("holds 1001 files", **{f"f{i}": b"" for i in range(MAX_ENTRIES + 1)})
    refuse("has no layers", a__txt=b"1")
    with pytest.raises(FormatError, match="not a zip archive"):
        read_source(write(tmp_path / "y.zip", b"PK\x03\x04 broken"))


def test_archive_that_lies_about_its_sizes_is_refused(tmp_path):
    path = zip_of(tmp_path / "x.zip", a__shp=b"\x00" * 10**6)
    data = path.read_bytes().replace(struct.pack("<I", 10**6), struct.pack("<I", 10))
    with pytest.raises(FormatError, match=r"is broken at 'a\.shp'"):
        read_source(write(tmp_path / "y.zip", data))


def test_archive_with_a_link_or_a_password_is_refused(tmp_path):
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(FormatError, match="symbolic link"):
        read_source(tmp_path / "l.zip")
    data = bytearray(zip_of(tmp_path / "p.zip", a__shp=b"1").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FormatError, match="is encrypted"):
        read_source(write(tmp_path / "p.zip", bytes(data)))


# -- GeoPackage, Parquet ---------------------------------------------------------------------------------------------


def write_gpkg(path: Path, *layers: str, crs="EPSG:4490") -> Path:
    frame = gpd.GeoDataFrame(
        {"n": [1, None], "b": [True, False]}, geometry=[shapely.Point(102, 26), None], crs=crs
    )
    for layer in layers:
        pyogrio.write_dataframe(frame, path, layer=layer, append=path.exists())
    return path


def test_gpkg_with_several_layers_needs_a_choice(tmp_path):
    path = write_gpkg(tmp_path / "a.gpkg", "甲", "乙")
    with pytest.raises(FormatError, match="several layers: 甲, 乙; choose one \\(source_layer\\)"):
        read_source(path)
    table = read_source(path, Reading(source_layer="乙"))
    assert (table.crs, table.rows.tolist(), table.cells["n"].tolist()) == ("EPSG:4490", [1, 2], [1.0, None])
    assert table.geometries.tolist() == [shapely.Point(102, 26), None]


def test_gpkg_styles_are_no_layer(tmp_path):
    path = write_gpkg(tmp_path / "a.gpkg", "甲", "layer_styles")
    assert len(read_source(path)) == 2


@pytest.mark.parametrize(
    "computed",
    [
        "CREATE VIEW x AS WITH RECURSIVE r(fid) AS (SELECT 1 UNION ALL SELECT fid + 1 FROM r) SELECT fid FROM r",
        "CREATE TABLE x (fid INTEGER PRIMARY KEY, name TEXT GENERATED ALWAYS AS (hex(zeroblob(4e8))))",
    ],
)
def test_gpkg_layer_that_is_computed_is_refused(tmp_path, computed):
    """The view has rows without end, a row of the table takes 800 MB."""
    path = write_gpkg(tmp_path / "a.gpkg", "甲")
    with closing(sqlite3.connect(path)) as file:
        file.execute(computed)
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('x', 'attributes', 'x')"
        )
        file.commit()
    with pytest.raises(FormatError, match=r"'x' of a\.gpkg is a view or has computed columns"):
        read_source(path, Reading(source_layer="x"))
    assert len(read_source(path, Reading(source_layer="甲")).rows)


def test_gpkg_that_is_broken_is_refused(tmp_path):
    with pytest.raises(FormatError, match="is not a GeoPackage file"):
        read_source(write(tmp_path / "a.gpkg", b"\x00" * 5000))
    with pytest.raises(FormatError, match="cannot be read"):
        read_source(write(tmp_path / "b.gpkg", b"SQLite format 3\x00" + b"\x00" * 5000))
    whole = write_gpkg(tmp_path / "c.gpkg", "a").read_bytes()
    with pytest.raises(FormatError):
        read_source(write(tmp_path / "d.gpkg", whole[: len(whole) // 3]))


def test_parquet_with_and_without_geometry(tmp_path):
    frame = gpd.GeoDataFrame({"名称": ["甲", None]}, geometry=[shapely.Point(102, 26), None], crs="EPSG:4490")
    frame.to_parquet(tmp_path / "a.parquet")
    table = read_source(tmp_path / "a.parquet")
    assert (table.crs, table.cells["名称"].tolist()) == ("EPSG:4490", ["甲", None])
    gpd.pd.DataFrame({"lon": [102.0, np.nan], "lat": [26.0, np.nan]}).to_parquet(tmp_path / "b.parquet")
    table = read_source(tmp_path / "b.parquet")
    assert (table.crs, table.geometries.tolist()) == (None, [shapely.Point(102, 26), None])


def test_geoparquet_without_a_stated_system_is_wgs84_by_its_standard(tmp_path):
    geo = {
        "version": "1.1.0",
        "primary_column": "shape",
        "columns": {"shape": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
    records = pa.table({"名称": ["甲"], "shape": [shapely.to_wkb(shapely.Point(102, 26))]})
    with pq.ParquetWriter(tmp_path / "a.parquet", records.schema) as writer:
        writer.write_table(records)
        writer.add_key_value_metadata({"geo": json.dumps(geo)})
    table = read_source(tmp_path / "a.parquet")
    assert (table.crs, table.crs_basis) == ("EPSG:4326", CrsBasis.STANDARD)
    assert table.geometries[0] == shapely.Point(102, 26)
    assert "GeoParquet specification" in first_note(table)


def test_parquet_that_is_broken_is_refused(tmp_path):
    with pytest.raises(FormatError, match="is not a Parquet file"):
        read_source(write(tmp_path / "a.parquet", b"\x00" * 500))
    with pytest.raises(FormatError, match="cannot be read"):
        read_source(write(tmp_path / "b.parquet", b"PAR1" + b"\x00" * 500))


# -- KML -------------------------------------------------------------------------------------------------------------

KML = """<?xml version="1.0" encoding="{encoding}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Folder><name>甲夹</name><Placemark><name>点</name><ExtendedData><Data name="坝高"><value>12</value></Data>
<SchemaData><SimpleData name="状态">新建</SimpleData></SchemaData></ExtendedData>
<Point><coordinates>102.5,26.5,10</coordinates></Point></Placemark></Folder>
<Placemark><name>面</name><Polygon><outerBoundaryIs><LinearRing><coordinates>102,26 103,26 103,27 102,26
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
<Placemark><name>坏</name><LineString><coordinates>102,26 x,27</coordinates></LineString></Placemark>
<Placemark><name>群</name><MultiGeometry><Point><coordinates>102,26</coordinates></Point>
<Point><coordinates>103,26</coordinates></Point></MultiGeometry></Placemark></Document></kml>"""


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_kml_placemarks_of_all_folders(tmp_path, encoding):
    table = read_source(write(tmp_path / "a.kml", KML.format(encoding=encoding).encode(encoding)))
    assert table.cells["name"].tolist() == ["点", "面", "坏", "群"]
    assert table.cells["folder"].tolist() == ["甲夹", None, None, None]
    assert (table.cells["坝高"][0], table.cells["状态"][0]) == ("12", "新建")
    assert [None if shape is None else shape.geom_type for shape in table.geometries] == [
        "Point", "Polygon", None, "MultiPoint",
    ]  # fmt: skip
    assert [rejection.row for rejection in table.rejections] == [3]
    assert (table.crs, table.crs_basis) == ("EPSG:4326", CrsBasis.STANDARD)


def test_kml_ring_that_is_not_closed_is_refused_with_its_row(tmp_path):
    ring = "<outerBoundaryIs><LinearRing><coordinates>102,26 103,26 103,27</coordinates></LinearRing></outerBoundaryIs>"
    kml = f"<kml><Placemark><name>甲</name><Polygon>{ring}</Polygon></Placemark></kml>"
    table = read_source(write(tmp_path / "a.kml", kml))
    (rejection,) = table.rejections
    assert rejection.row == 1
    assert "not closed, it starts at (102.0, 26.0) and ends at (103.0, 27.0)" in rejection.reason
    assert "环未闭合" in rejection.reason_zh


def test_kmz_holds_a_kml(tmp_path):
    assert len(read_source(zip_of(tmp_path / "a.kmz", doc__kml=KML.format(encoding="UTF-8").encode()))) == 4
    with pytest.raises(FormatError, match=r"holds no \.kml"):
        read_source(zip_of(tmp_path / "b.kmz", a__txt=b""))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><kml>&b;</kml>', "declares a document type"),
        (f"<kml>{'<Folder>' * 5000}{'</Folder>' * 5000}</kml>", "nests folders or geometries too deep"),
        ("<kml>", "is broken XML"),
        ("<gpx/>", "is not KML: its root is gpx"),
        ("<kml><Document/></kml>", "has no placemarks"),
        (b"\x00" * 100, "is not a text file"),
    ],
)
def test_kml_refuses_bombs_and_broken_files(tmp_path, text, message):
    with pytest.raises(FormatError, match=message):
        read_source(write(tmp_path / "a.kml", text))


# -- DXF -------------------------------------------------------------------------------------------------------------


def write_dxf(path: Path) -> Path:
    drawing = ezdxf.new("R2010")
    space = drawing.modelspace()
    space.add_lwpolyline([(0, 0), (100, 0), (100, 100)], close=True, dxfattribs={"layer": "坝体"})
    space.add_line((0, 0), (100, 100), dxfattribs={"layer": "轴线"})
    space.add_point((50, 50, 9))
    space.add_text("说明")
    drawing.blocks.new("井")
    space.add_blockref("井", (60, 60)).add_attrib("编号", "W1")
    drawing.saveas(path)
    return path


def test_dxf_entities_become_points_lines_and_polygons(tmp_path):
    table = read_source(write_dxf(tmp_path / "a.dxf"))
    assert [shape.wkt for shape in table.geometries] == [
        "POLYGON ((0 0, 100 0, 100 100, 0 0))",
        "LINESTRING (0 0, 100 100)",
        "POINT (50 50)",
        "POINT (60 60)",
    ]
    assert table.cells["dxf_layer"].tolist() == ["坝体", "轴线", "0", "0"]
    assert table.cells["编号"].tolist() == [None, None, None, "W1"]
    assert table.rows.tolist() == [1, 2, 3, 5]
    assert first_note(table) == "passed over: 1 TEXT"
    assert table.crs is None


def test_dxf_block_in_rows_and_columns_is_as_many_points(tmp_path):
    drawing = ezdxf.new("R2010")
    drawing.blocks.new("罐")
    grid = {"row_count": 2, "column_count": 3, "row_spacing": 40, "column_spacing": 50, "rotation": 90}
    space = drawing.modelspace()
    array = space.add_blockref("罐", (1000, 2000), dxfattribs=grid)
    array.add_attrib("编号", "T1")
    space.add_blockref("罐", (7, 8))
    drawing.saveas(tmp_path / "a.dxf")
    table = read_source(tmp_path / "a.dxf")
    # By hand: turned by 90°, columns run north and rows west.
    across = [(1000 - 40 * row, 2000 + 50 * column) for row in range(2) for column in range(3)]
    points = [(round(shape.x, 9), round(shape.y, 9)) for shape in table.geometries]
    assert sorted(points[:-1]) == sorted(across)
    assert points[-1] == (7, 8)
    assert table.rows.tolist() == list(range(1, 8))
    assert table.cells["编号"].tolist() == ["T1"] * 6 + [None]
    handles = table.cells["dxf_handle"].tolist()
    assert handles[:6] == [f"{array.dxf.handle}.{i}" for i in range(1, 7)]


def test_dxf_block_in_too_many_rows_and_columns_is_refused(tmp_path):
    drawing = ezdxf.new("R2010")
    drawing.blocks.new("罐")
    grid = {"row_count": 32_000, "column_count": 32_000, "row_spacing": 1, "column_spacing": 1}
    drawing.modelspace().add_blockref("罐", (0, 0), dxfattribs=grid)
    drawing.saveas(tmp_path / "a.dxf")
    with pytest.raises(FormatError, match=r"inserts block '罐' .* 1024000000 times"):
        read_source(tmp_path / "a.dxf")


def test_dxf_of_one_drawing_layer(tmp_path):
    path = write_dxf(tmp_path / "a.dxf")
    assert read_source(path, Reading(source_layer="轴线")).rows.tolist() == [2]
    with pytest.raises(FormatError, match="no layer '水'; it has: 坝体, 轴线, 0"):
        read_source(path, Reading(source_layer="水"))


def test_dxf_refuses_what_is_none(tmp_path):
    with pytest.raises(FormatError, match="is a DWG"):
        read_source(write(tmp_path / "a.dxf", b"AC1032" + b"\x00" * 100))
    with pytest.raises(FormatError, match="zero bytes"):
        read_source(write(tmp_path / "b.dxf", b"\x00" * 1000))
    with pytest.raises(FormatError, match="is no DXF that can be read"):
        read_source(write(tmp_path / "c.dxf", "hello\nworld\n"))


# -- all -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 4096, b"\xff" * 4096, b"garbage"], ids=["0", "00", "ff", "x"]
)
def test_every_reader_refuses_rubbish_with_its_own_error(tmp_path, suffix, content):
    with pytest.raises(FormatError):
        read_source(write(tmp_path / f"a{suffix}", content))


def test_unknown_and_missing_files_are_refused(tmp_path):
    with pytest.raises(NotFoundError, match="no file"):
        read_source(tmp_path / "nothing.csv")
    with pytest.raises(FormatError, match="unknown format"):
        read_source(write(tmp_path / "a.docx", b"x"))
    with pytest.raises(FormatError, match="has no layers"):
        read_source(tmp_path)


def test_files_over_the_limit_are_refused_unread(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(513 * 1024**2)
    with pytest.raises(FormatError, match="more than the 536870912 that are read"):
        read_source(path)
