"""KML and KMZ (OGC 12-007r2).

KML coordinates are WGS 84 by its standard. A ``crs`` among the document's extended data says otherwise; exports
from here have it, because stored positions are CGCS2000. Rows are placemarks, counted from 1.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from layers.errors import FormatError
from layers.formats.encoding import decode_text
from layers.formats.limits import MAX_TEXT_BYTES, check_size, open_archive, refuse_doctype
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
from layers.formats.target import ExportTable, require_register_crs, write_archive

__all__ = ["read_kml", "write_kml"]

PLACEMARK = Note("placemark", "地标")
_NAMESPACE = "http://www.opengis.net/kml/2.2"
_GEOMETRIES = ("Point", "LineString", "LinearRing", "Polygon", "MultiGeometry")
_MULTI: dict[str, Callable[..., Any]] = {
    "Point": shapely.multipoints,
    "LineString": shapely.multilinestrings,
    "Polygon": shapely.multipolygons,
}
_BY_STANDARD = Note(
    "taken as WGS 84, the coordinate system of KML. If it holds CGCS2000 or GCJ-02, say so (crs)",
    "按 KML 标准视为 WGS 84；如实际为 CGCS2000 或 GCJ-02，请指明（crs）",
)


def read_kml(path: Path, reading: Reading) -> SourceTable:
    """Table of the placemarks of all folders: name, description, folder and extended data.

    Raises
    ------
    FormatError
        If it is no KML, declares a document type, has no placemarks, or nests without end.
    """
    try:
        return _read_table(path, reading)
    except RecursionError as error:
        raise FormatError(
            f"{path.name} nests folders or geometries too deep to be read; save it with fewer levels",
            zh=f"{path.name} 的文件夹或几何嵌套过深，无法读取；请减少层级后保存",
        ) from error


def _read_table(path: Path, reading: Reading) -> SourceTable:
    notes: list[Note] = []
    document = _parse_document(_read_bytes(path), path.name, reading.encoding, notes)
    placemarks = list(_walk(document, ()))
    if not placemarks:
        raise FormatError(f"{path.name} has no placemarks", zh=f"{path.name} 没有任何地标")
    records = [_attributes(placemark, folder) for placemark, folder in placemarks]
    headers = list(dict.fromkeys(header for record in records for header in record))
    table = SourceTable(
        cells=pd.DataFrame(
            {header: object_array(record.get(header) for record in records) for header in headers},
            index=range(len(records)),
            dtype=object,
        ),
        geometries=np.full(len(records), None, dtype=object),
        rows=np.arange(1, len(records) + 1),
        row_word=PLACEMARK,
        crs=_document_crs(document),
        crs_basis=CrsBasis.FILE,
        notes=notes,
    )
    if table.crs is None:
        table.crs, table.crs_basis = "EPSG:4326", CrsBasis.STANDARD
        notes.extend([] if reading.crs else [_BY_STANDARD])
    table.geometries = _geometries([placemark for placemark, _ in placemarks], table)
    return table


def _read_bytes(path: Path) -> bytes:
    """Return the document: a KML file, or the first one in a KMZ."""
    check_size(path, MAX_TEXT_BYTES)
    if path.suffix.lower() != ".kmz":
        return path.read_bytes()
    with open_archive(path, MAX_TEXT_BYTES) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".kml")]
        if not names:
            raise FormatError(f"{path.name} holds no .kml", zh=f"{path.name} 中没有 .kml 文件")
        return archive.read(names[0])


def _parse_document(data: bytes, name: str, encoding: str | None, notes: list[Note]) -> Element:
    """Parse XML; its encoding is decoded here, as the parser knows no GBK."""
    declared = re.match(rb"""\s*(?:\xef\xbb\xbf)?<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""", data[:200])
    stated = encoding or (declared[1].decode() if declared else None)
    text = decode_text(data, stated, name, notes, usual="utf-8")
    refuse_doctype(text.encode(), name)
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except ElementTree.ParseError as error:
        raise FormatError(f"{name} is broken XML: {error}", zh=f"{name} 的 XML 有误：{error}") from error
    if _tag(root) != "kml":
        raise FormatError(
            f"{name} is not KML: its root is {_tag(root)}", zh=f"{name} 不是 KML：根元素为 {_tag(root)}"
        )
    return root


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: Element, *tags: str) -> Element | None:
    """Return the first child with one of the tags, whatever its namespace."""
    return next((child for child in element if _tag(child) in tags), None)


def _text(element: Element | None) -> str | None:
    return None if element is None else ("".join(element.itertext()).strip() or None)


def _walk(element: Element, folders: tuple[str, ...]) -> Iterator[tuple[Element, str]]:
    """Yield placemarks in the order of the document, with the folders in which they lie."""
    for child in element:
        if _tag(child) == "Placemark":
            yield child, " / ".join(folders)
        elif _tag(child) in ("Document", "Folder"):
            name = _text(_child(child, "name")) if _tag(child) == "Folder" else None
            yield from _walk(child, (*folders, name) if name else folders)


def _attributes(placemark: Element, folder: str) -> dict[str, object]:
    """Cells of a placemark; extended data win over the elements of the same name."""
    elements: dict[str, object] = {
        "name": _text(_child(placemark, "name")),
        "description": _text(_child(placemark, "description")),
        "folder": folder or None,
    }
    record = {header: cell for header, cell in elements.items() if cell is not None}
    for item in placemark.iter():
        header = item.get("name")
        if header and _tag(item) == "Data":
            record[header] = _text(_child(item, "value"))
        elif header and _tag(item) == "SimpleData":
            record[header] = _text(item)
    return record


def _document_crs(root: Element) -> str | None:
    document = _child(root, "Document")
    extended = None if document is None else _child(document, "ExtendedData")
    data = [] if extended is None else [item for item in extended if item.get("name") == "crs"]
    return _text(_child(data[0], "value")) if data else None


def _geometries(placemarks: list[Element], table: SourceTable) -> NDArray[np.object_]:
    geometries = np.full(len(placemarks), None, dtype=object)
    for i, placemark in enumerate(placemarks):
        element = _child(placemark, *_GEOMETRIES)
        strange = [_tag(child) for child in placemark if _tag(child) in ("Track", "MultiTrack", "Model")]
        try:
            if element is not None:
                geometries[i] = _geometry(element)
            elif strange:
                raise ValueError(f"a {strange[0]} is not read")
        except FormatError as error:
            table.rejections.append(Rejection(int(table.rows[i]), None, None, str(error), error.zh))
        except (ValueError, shapely.errors.GEOSException) as error:
            reason = shorten(str(error))
            table.rejections.append(
                Rejection(
                    int(table.rows[i]),
                    None,
                    None,
                    f"the geometry cannot be read: {reason}",
                    f"几何无法读取：{reason}",
                )
            )
    return flatten_heights(geometries, table.notes)


def _geometry(element: Element) -> BaseGeometry:
    kind = _tag(element)
    if kind == "MultiGeometry":
        return _collect([_geometry(child) for child in element if _tag(child) in _GEOMETRIES])
    if kind == "Polygon":
        outer = [ring for child in element if _tag(child) == "outerBoundaryIs" for ring in child]
        inner = [ring for child in element if _tag(child) == "innerBoundaryIs" for ring in child]
        return shapely.Polygon(_closed(outer[0]) if outer else [], [_closed(ring) for ring in inner])
    points = _coordinates(element)
    if kind == "Point":
        return shapely.Point(points[0]) if points else shapely.Point()
    return shapely.LineString(points)


def _closed(ring: Element) -> list[tuple[float, ...]]:
    """Return the places of a ring; one that does not end where it starts may lack some, and is none."""
    places = _coordinates(ring)
    if places and places[0] != places[-1]:
        raise FormatError(
            f"a ring is not closed, it starts at {places[0]} and ends at {places[-1]}",
            zh=f"环未闭合，起点 {places[0]}，终点 {places[-1]}",
        )
    return places


def _coordinates(element: Element) -> list[tuple[float, ...]]:
    text = _text(_child(element, "coordinates")) or ""
    return [tuple(float(number) for number in place.split(",") if number) for place in text.split()]


def _collect(parts: list[BaseGeometry]) -> BaseGeometry:
    """Multi-part geometry of one kind; a collection of several kinds is refused later, with its row."""
    kinds = {part.geom_type for part in parts}
    collect = _MULTI.get(kinds.pop() if len(kinds) == 1 else "", shapely.geometrycollections)
    collected: BaseGeometry = collect(parts)
    return collected


def write_kml(table: ExportTable, path: Path) -> list[Note]:
    """Write placemarks with extended data, in longitude and latitude; ``.kmz`` packs them."""
    name = require_register_crs(table.crs, "KML")
    notes = []
    if table.crs.projected:
        raise FormatError(
            f"KML holds longitude and latitude, not {table.crs.en}",
            zh=f"KML 只能使用经纬度，不能使用 {table.crs.zh}",
        )
    root = Element("kml", xmlns=_NAMESPACE)
    document = SubElement(root, "Document")
    SubElement(document, "name").text = table.layer.zh
    if name != "EPSG:4326":
        _add_data(SubElement(document, "ExtendedData"), "crs", name)
        notes.append(
            Note(
                f"coordinates are {table.crs.en}, within 1 m of the WGS 84 of KML",
                f"坐标为 {table.crs.zh}，与 KML 标准的 WGS 84 相差在 1 米以内",
            )
        )
    columns = {header: table.cells(field) for field, header in table.headers.items()}
    for i, geometry in enumerate(table.geometries):
        _add_placemark(document, {header: cells[i] for header, cells in columns.items()}, geometry)
    try:
        data = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise FormatError(
            f"a text has control characters, which XML does not hold: {error}",
            zh="文本含有控制字符，无法写入 KML",
        ) from error
    if path.suffix.lower() == ".kmz":
        write_archive(path, {"doc.kml": data})
    else:
        path.write_bytes(data)
    return notes


def _add_data(parent: Element, name: str, text: str) -> None:
    data = SubElement(parent, "Data", name=name)
    SubElement(data, "value").text = text


def _add_placemark(document: Element, record: Mapping[str, object], geometry: BaseGeometry | None) -> None:
    placemark = SubElement(document, "Placemark")
    if record.get("name") is not None:
        SubElement(placemark, "name").text = str(record["name"])
    extended = SubElement(placemark, "ExtendedData")
    for header, cell in record.items():
        if cell is not None:
            _add_data(extended, header, str(cell).lower() if isinstance(cell, bool) else str(cell))
        elif header == "source":  # so that an import does not take the file for the source
            _add_data(extended, header, "")
    if geometry is not None:
        _add_geometry(placemark, geometry)


def _add_geometry(parent: Element, geometry: BaseGeometry) -> None:
    if hasattr(geometry, "geoms"):
        multi = SubElement(parent, "MultiGeometry")
        for part in geometry.geoms:
            _add_geometry(multi, part)
    elif isinstance(geometry, shapely.Polygon):
        polygon = SubElement(parent, "Polygon")
        for tag, rings in (("outerBoundaryIs", [geometry.exterior]), ("innerBoundaryIs", geometry.interiors)):
            for ring in rings:
                _add_coordinates(SubElement(SubElement(polygon, tag), "LinearRing"), ring)
    else:
        _add_coordinates(SubElement(parent, geometry.geom_type), geometry)


def _add_coordinates(parent: Element, geometry: BaseGeometry) -> None:
    places = shapely.get_coordinates(geometry).tolist()
    SubElement(parent, "coordinates").text = " ".join(f"{lon!r},{lat!r}" for lon, lat in places)
