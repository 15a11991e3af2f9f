"""GeoJSON (RFC 7946), with the ``crs`` member of its 2008 predecessor.

RFC 7946 says that coordinates without such a member are WGS 84; they are taken as that, with a note, because
Chinese files often hold CGCS2000 or GCJ-02: a coordinate system that the user states wins over this default.
Coordinates are longitude (easting), latitude (northing) whatever the order of axes of a named system, as all
software writes them. Rows are features, counted from 1.
"""

import datetime as dt
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from geo.text import spell_halves
from layers.errors import FormatError
from layers.formats.encoding import decode_text
from layers.formats.limits import MAX_TEXT_BYTES, check_size
from layers.formats.source import (
    CrsBasis,
    Note,
    Reading,
    Rejection,
    SourceTable,
    flatten_heights,
    object_array,
    shorten,
)
from layers.formats.target import ExportTable, crs_name
from layers.formats.values import is_blank
from layers.model import FieldType

__all__ = ["read_geojson", "write_geojson"]

FEATURE = Note("feature", "要素")
_GEOMETRY_TYPES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)
_BY_STANDARD = Note(
    "the file names no coordinate system; taken as WGS 84 after RFC 7946. If it holds CGCS2000 or GCJ-02, "
    "say so (crs)",
    "文件未注明坐标系，按 RFC 7946 视为 WGS 84；如实际为 CGCS2000 或 GCJ-02，请指明（crs）",
)


def read_geojson(path: Path, reading: Reading) -> SourceTable:
    """Table of the features of a GeoJSON file.

    Raises
    ------
    FormatError
        If it is no JSON, no GeoJSON, has no features, or names a coordinate system in a way that is not read.
    """
    check_size(path, MAX_TEXT_BYTES)
    notes: list[Note] = []
    text = decode_text(path.read_bytes(), reading.encoding, path.name, notes, usual="utf-8")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"{path.name} is not JSON: {error}", zh=f"{path.name} 不是有效的 JSON：{error}"
        ) from error
    features = _list_features(document, path.name)
    rows = np.arange(1, len(features) + 1)
    table = SourceTable(
        cells=_tabulate([feature.get("properties") or {} for feature in features]),
        geometries=np.full(len(features), None, dtype=object),
        rows=rows,
        row_word=FEATURE,
        notes=notes,
        feature_ids=[None if feature.get("id") is None else str(feature["id"]) for feature in features],
    )
    table.crs, table.crs_basis = _read_crs(document, path.name)
    if table.crs_basis is CrsBasis.STANDARD and reading.crs is None:
        notes.append(_BY_STANDARD)
    table.geometries = _parse_geometries([feature.get("geometry") for feature in features], table)
    return table


def _list_features(document: object, name: str) -> list[dict[str, object]]:
    kind = document.get("type") if isinstance(document, dict) else None
    features: object = None
    if isinstance(document, dict):
        if kind == "FeatureCollection":
            features = document.get("features")
        elif kind == "Feature":
            features = [document]
        elif kind in _GEOMETRY_TYPES:
            features = [{"type": "Feature", "geometry": document, "properties": {}}]
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise FormatError(
            f"{name} is not GeoJSON: it is neither a FeatureCollection, a Feature nor a geometry",
            zh=f"{name} 不是 GeoJSON：不是 FeatureCollection、Feature 或几何对象",
        )
    if not features:
        raise FormatError(f"{name} has no features", zh=f"{name} 没有任何要素")
    return features


def _tabulate(records: list[object]) -> pd.DataFrame:
    """Columns in the order in which properties first appear."""
    properties = [record if isinstance(record, dict) else {} for record in records]
    headers = list(dict.fromkeys(header for record in properties for header in record))
    columns = {}
    for header in headers:
        cells = (record.get(header) for record in properties)
        columns[spell_halves(header)] = object_array(None if is_blank(cell) else cell for cell in cells)
    return pd.DataFrame(columns, index=range(len(properties)), dtype=object)


def _read_crs(document: object, name: str) -> tuple[str | None, CrsBasis]:
    assert isinstance(document, dict)
    if "crs" not in document:
        return "EPSG:4326", CrsBasis.STANDARD
    member = document["crs"]
    if member is None:
        return None, CrsBasis.NONE
    properties = member.get("properties") if isinstance(member, dict) else None
    text = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(text, str):
        raise FormatError(
            f"{name}: member crs does not name a coordinate system",
            zh=f"{name} 的 crs 成员没有给出坐标系名称",
        )
    return ("EPSG:4326" if text.upper().endswith("CRS84") else text), CrsBasis.FILE


def _parse_geometries(geometries: list[object], table: SourceTable) -> np.ndarray:
    texts = object_array(None if geometry is None else json.dumps(geometry) for geometry in geometries)
    parsed = shapely.from_geojson(texts, on_invalid="ignore")
    for i, geometry in enumerate(geometries):
        if geometry is not None and parsed[i] is None:
            table.rejections.append(
                Rejection(
                    int(table.rows[i]),
                    None,
                    shorten(texts[i]),
                    *_why_unreadable(geometry),
                )
            )
    return flatten_heights(parsed, table.notes)


def _why_unreadable(geometry: object) -> tuple[str, str]:
    """Say in English and Chinese why a geometry cannot be read."""
    said = "the geometry cannot be read", "几何对象无法读取"
    if not isinstance(geometry, dict) or geometry.get("type") not in _GEOMETRY_TYPES:
        return f"{said[0]}: it has no known type", f"{said[1]}：没有可识别的类型"
    if not _is_finite(geometry.get("coordinates", [])):
        return f"{said[0]}: a coordinate is no finite number", f"{said[1]}：坐标不是有限的数"
    polygons = {"Polygon": [geometry.get("coordinates")], "MultiPolygon": geometry.get("coordinates")}
    for rings in polygons.get(str(geometry["type"])) or []:
        for ring in rings if isinstance(rings, list) else []:
            if isinstance(ring, list) and len(ring) > 1 and ring[0] != ring[-1]:
                return (
                    f"{said[0]}: a ring is not closed, it starts at {ring[0]} and ends at {ring[-1]}",
                    f"{said[1]}：环未闭合，起点 {ring[0]}，终点 {ring[-1]}",
                )
            if isinstance(ring, list) and len(ring) < 4:
                return f"{said[0]}: a ring has fewer than four positions", f"{said[1]}：环少于四个点"
    return said


def _is_finite(value: object) -> bool:
    if isinstance(value, list):
        return all(_is_finite(item) for item in value)
    return isinstance(value, int | float) and math.isfinite(value)


def write_geojson(table: ExportTable, path: Path) -> list[Note]:
    """Write a FeatureCollection, a feature a line.

    A system other than WGS 84 is named in a ``crs`` member, as software that knows the predecessor of RFC 7946
    reads it; without it the positions would count as WGS 84.
    """
    name = crs_name(table.crs)
    stated = (
        {} if name == "EPSG:4326" else {"crs": {"type": "name", "properties": {"name": _crs_member(name)}}}
    )
    head = json.dumps({"type": "FeatureCollection", "name": table.layer.slug, **stated}, ensure_ascii=False)
    fields = {field: table.cells(field) for field in table.headers}
    json_fields = {field for field in fields if table.layer.field(field).type is FieldType.JSON}
    shapes = [None if g is None else shapely.to_geojson(g) for g in table.geometries]
    lines = []
    for i, shape in enumerate(shapes):
        properties = {
            table.headers[field]: _property(cells[i], parse=field in json_fields)
            for field, cells in fields.items()
        }
        lines.append(
            f'{{"type": "Feature", "id": {json.dumps(fields["id"][i], ensure_ascii=False)}, '
            f'"properties": {json.dumps(properties, ensure_ascii=False)}, "geometry": {shape or "null"}}}'
        )
    path.write_text(
        f'{head[:-1]}, "features": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8", newline="\n"
    )
    return []


def _crs_member(name: str) -> str:
    """Name as a URN where it is an EPSG code."""
    return name.replace("EPSG:", "urn:ogc:def:crs:EPSG::") if name.startswith("EPSG:") else name


def _property(cell: object, *, parse: bool) -> object:
    """Cell as a JSON value: texts of JSON are parsed again, dates written out."""
    if parse and isinstance(cell, str):
        return json.loads(cell)
    return cell.isoformat() if isinstance(cell, dt.date) else cell
