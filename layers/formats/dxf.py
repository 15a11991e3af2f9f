"""DXF drawings (read only), georeferenced by a stated system or by control points.

Points and block references become points, closed polylines, circles and solids polygons, other lines lines; arcs are
cut into chords. A block inserted in rows and columns (MINSERT) is as many points, their handles numbered:
``2F.1``, ``2F.2``. The layer of the drawing, the kind of entity and its handle are kept. Texts, dimensions and
hatches are counted in a note and passed over. Rows are entities of the model space, counted from 1, each place of a
block by itself.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from layers.errors import FormatError
from layers.formats.limits import MAX_TEXT_BYTES, check_size
from layers.formats.source import Note, Reading, SourceTable, object_array, shorten

__all__ = ["read_dxf"]

ENTITY = Note("entity", "实体")

_CHORD_HEIGHT_M = 0.001
"""How far a chord may lie from its arc. [drawing unit]"""

_MOST_PLACES = 100_000
"""Of one block inserted in rows and columns; a slip in their numbers asks for up to a thousand million."""

_BINARY_START = b"AutoCAD Binary DXF"
_READ_ERRORS = (OSError, UnicodeError, LookupError, ValueError, TypeError, AttributeError)
"""What the library raises for files that are no DXF or a broken one."""

_KINDS = frozenset(
    {
        "POINT",
        "INSERT",
        "LINE",
        "LWPOLYLINE",
        "POLYLINE",
        "CIRCLE",
        "ARC",
        "ELLIPSE",
        "SPLINE",
        "SOLID",
        "TRACE",
        "3DFACE",
    }
)


def read_dxf(path: Path, reading: Reading) -> SourceTable:
    """Table of the entities of the model space; ``reading.source_layer`` chooses one layer of the drawing.

    Raises
    ------
    FormatError
        If it is no DXF (a DWG, for instance), broken, has nothing that can be read, or inserts a block more often
        than any drawing does.
    """
    check_size(path, MAX_TEXT_BYTES)
    notes: list[Note] = []
    space = _open(path, reading.encoding, notes).modelspace()
    entities = [part for entity in space for part in _places(entity, path.name)]
    layers = list(dict.fromkeys(entity.dxf.layer for entity in entities))
    if reading.source_layer is not None and reading.source_layer not in layers:
        raise FormatError(
            f"{path.name} has no layer {reading.source_layer!r}; it has: {', '.join(layers)}",
            zh=f"{path.name} 没有图层“{reading.source_layer}”；现有：{'、'.join(layers)}",
        )
    numbered = [
        (number, entity)
        for number, entity in enumerate(entities, start=1)
        if reading.source_layer in (None, entity.dxf.layer)
    ]
    skipped = Counter(entity.dxftype() for _, entity in numbered)
    shapes = {number: shape for number, entity in numbered if (shape := _shape(entity)) is not None}
    taken = [(number, entity) for number, entity in numbered if number in shapes]
    skipped.subtract(entity.dxftype() for _, entity in taken)
    if not taken:
        raise FormatError(
            f"{path.name} has no points, blocks or lines in its model space",
            zh=f"{path.name} 的模型空间中没有点、图块或线",
        )
    return SourceTable(
        cells=_tabulate([entity for _, entity in taken]),
        geometries=object_array(shapes[number] for number, _ in taken),
        rows=np.array([number for number, _ in taken], dtype=np.int64),
        row_word=ENTITY,
        notes=notes + _describe_skipped(+skipped),
    )


def _open(path: Path, encoding: str | None, notes: list[Note]) -> Any:
    """Read strictly; where that fails, what can be recovered, with a note."""
    # Late, here and below: the library takes as long to load as all other readers together.
    from ezdxf import recover
    from ezdxf.filemanagement import readfile
    from ezdxf.lldxf.const import DXFError

    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"AC10"):
        raise FormatError(
            f"{path.name} is a DWG; save it as DXF", zh=f"{path.name} 是 DWG 文件；请另存为 DXF"
        )
    if b"\0" in head and not head.startswith(_BINARY_START):
        raise FormatError(
            f"{path.name} is no DXF: it holds zero bytes", zh=f"{path.name} 不是 DXF 文件：含有零字节"
        )
    try:
        return readfile(path, encoding=encoding)
    except (DXFError, *_READ_ERRORS):
        pass
    try:
        drawing, _ = recover.readfile(path)
    except (DXFError, *_READ_ERRORS) as error:
        reason = shorten(str(error), 120)
        raise FormatError(
            f"{path.name} is no DXF that can be read: {reason}", zh=f"{path.name} 不是可读取的 DXF：{reason}"
        ) from error
    notes.append(
        Note(
            "the drawing is damaged; what could be recovered was read", "图形文件已损坏，仅读取了可恢复的部分"
        )
    )
    return drawing


def _places(entity: Any, file: str) -> list[Any]:
    """Return a block reference at each of its rows and columns; any other entity as it is."""
    if entity.dxftype() != "INSERT" or entity.mcount == 1:
        return [entity]
    handle, block, number = entity.dxf.handle, entity.dxf.name, entity.mcount
    if number > _MOST_PLACES:
        raise FormatError(
            f"{file} inserts block {block!r} (handle {handle}) {number} times in rows and columns; at most "
            f"{_MOST_PLACES} are read: correct its rows and columns, or explode it",
            zh=f"{file} 中图块“{block}”（句柄 {handle}）按行列插入 {number} 次，最多读取 {_MOST_PLACES} 次；"
            "请更正行数和列数，或将其分解",
        )
    places = list(entity.multi_insert())
    for i, place in enumerate(places, start=1):
        place.dxf.handle = f"{handle}.{i}"
    return places


def _shape(entity: Any) -> shapely.Geometry | None:
    """Geometry of an entity in the drawing's plane; ``None`` for what is passed over."""
    from ezdxf.addons import geo as dxf_geo
    from ezdxf.lldxf.const import DXFError

    kind = entity.dxftype()
    if kind not in _KINDS:
        return None
    if kind == "INSERT":
        place = entity.ocs().to_wcs(entity.dxf.insert)
        return shapely.Point(place.x, place.y)
    try:
        mapping = dxf_geo.proxy(entity, distance=_CHORD_HEIGHT_M).__geo_interface__
    except (TypeError, ValueError, DXFError):
        return None
    return shapely.force_2d(shapely.geometry.shape(dict(mapping)))


def _tabulate(entities: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "dxf_layer": object_array(entity.dxf.layer for entity in entities),
            "dxf_kind": object_array(entity.dxftype() for entity in entities),
            "dxf_handle": object_array(entity.dxf.handle for entity in entities),
            "dxf_block": object_array(
                entity.dxf.name if entity.dxftype() == "INSERT" else None for entity in entities
            ),
            **_attributes(entities),
        },
        dtype=object,
    )


def _attributes(entities: list[Any]) -> dict[str, np.ndarray]:
    """Texts of the attributes of block references, a column for each tag."""
    texts = [
        {attribute.dxf.tag: attribute.dxf.text for attribute in entity.attribs}
        if entity.dxftype() == "INSERT"
        else {}
        for entity in entities
    ]
    tags = dict.fromkeys(tag for record in texts for tag in record)
    return {tag: object_array(record.get(tag) or None for record in texts) for tag in tags}


def _describe_skipped(skipped: Counter[str]) -> list[Note]:
    if not skipped:
        return []
    named = ", ".join(f"{count} {kind}" for kind, count in sorted(skipped.items()))
    return [Note(f"passed over: {named}", f"未导入：{named}")]
