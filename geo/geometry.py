"""Validation of geometries as they come in, and densification of their edges. Nothing is repaired.

Edges are straight in the coordinates in which a geometry was given, and geodesics once it is stored.
:func:`densify_edges` adds the vertices that make the two the same to 1 mm.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from geo.crs import GeometryArray, SourceCrs, as_geometries, to_cgcs2000, to_lonlat
from geo.ellipsoid import CGCS2000, MEAN_RADIUS_M
from geo.errors import CrsError, GeometryError
from geo.problems import ProblemKind, RowProblem
from geo.shifted import GCJ02_CUSP_DEG

__all__ = ["DensifyReport", "check_geometries", "densify_edges"]

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Mask = NDArray[np.bool_]

LONG_EDGE_M = 1_000.0
"""Edges longer than this are reported: between vertices so far apart the source may have meant another line. [m]"""

_SAMPLES = (0.5 - 0.75**0.5 / 3, 0.5, 0.5 + 0.75**0.5 / 3)
"""Where on an edge its distance from the geodesic is measured: the peaks of a parabola and of a cubic that vanish at
the ends (and of the cubic, in the middle)."""

_MARGIN = 0.9
"""Part of the tolerance used: between the samples a mixture of both curves rises less than 10 % higher."""

_SHIFTED_PIECE_M = 1_000.0
"""Edges in shifted coordinates are first cut into such pieces: their waves are 13 km long and more. [m]"""

_CUSP_PIECE_M = 0.5
"""Pieces across the cusp of GCJ-02 are cut down to this, where the cusp is 0.5 mm high. [m]"""

_EDGED_TYPES = (
    GeometryType.LINESTRING,
    GeometryType.POLYGON,
    GeometryType.MULTILINESTRING,
    GeometryType.MULTIPOLYGON,
)

_KINDS = {
    GeometryType.POINT: "point",
    GeometryType.MULTIPOINT: "point",
    GeometryType.LINESTRING: "line",
    GeometryType.LINEARRING: "line",
    GeometryType.MULTILINESTRING: "line",
    GeometryType.POLYGON: "polygon",
    GeometryType.MULTIPOLYGON: "polygon",
    GeometryType.GEOMETRYCOLLECTION: "collection",
}
_KINDS_ZH = {"point": "点", "line": "线", "polygon": "面", "collection": "几何集合"}

_REASONS_ZH = {
    "Self-intersection": "边界自相交",
    "Ring Self-intersection": "环自相交",
    "Hole lies outside shell": "洞在外环之外",
    "Holes are nested": "洞相互嵌套",
    "Nested holes": "洞相互嵌套",
    "Nested shells": "面的各部分相互嵌套",
    "Interior is disconnected": "面的内部不连通",
    "Duplicate Rings": "环重复",
    "Too few points in geometry component": "某一部分的不同顶点太少",
}


def check_geometries(
    geometries: Sequence[shapely.Geometry | None] | GeometryArray,
    allowed_kinds: Collection[str],
    source: SourceCrs,
) -> list[RowProblem]:
    """Rows whose geometry cannot be stored, each with its first problem.

    Tried in this order: missing, empty, not of an allowed kind, a coordinate that is no number, a line without
    length, a polygon without area, an invalid one (self-crossing, hole outside its shell, ...). Lines may cross
    themselves. An unclosed ring never becomes a shapely polygon, so that it is the reader's to report.

    Parameters
    ----------
    geometries : array_like of shapely geometries or None
        In the source's coordinates.
    allowed_kinds : collection of str
        Of ``"point"``, ``"line"``, ``"polygon"``; multi-part ones are included.
    source : SourceCrs
        Gives the places of problems their longitude and latitude.

    Returns
    -------
    list of RowProblem
        By row; empty when all is well.
    """
    given = as_geometries(geometries)
    problems: dict[int, RowProblem] = {}
    for mask, describe in _checks(given, frozenset(allowed_kinds), source):
        for row in np.flatnonzero(mask).tolist():
            if row not in problems:
                problems[row] = describe(row)
    return [problems[row] for row in sorted(problems)]


def _checks(
    given: GeometryArray, allowed_kinds: frozenset[str], source: SourceCrs
) -> Iterator[tuple[_Mask, Callable[[int], RowProblem]]]:
    """Yield a mask of bad rows and a function that describes one of them, for each check in its order."""
    missing = shapely.is_missing(given)
    yield missing, lambda row: RowProblem(row, ProblemKind.MISSING, "geometry is missing", "缺少几何")
    yield (
        shapely.is_empty(given),
        lambda row: RowProblem(row, ProblemKind.EMPTY, "geometry is empty", "几何为空"),
    )
    types = shapely.get_type_id(given)
    wrong = ~missing & ~np.isin(types, [key for key, kind in _KINDS.items() if kind in allowed_kinds])
    yield wrong, lambda row: _describe_kind(row, given[row], allowed_kinds)
    xy, rows = shapely.get_coordinates(given, return_index=True)
    not_finite = np.zeros(len(given), dtype=bool)
    not_finite[rows[~np.isfinite(xy).all(axis=1)]] = True
    yield not_finite, lambda row: _describe_not_finite(row, given[row])
    whole = given.copy()
    whole[not_finite] = None
    kinds = np.array(
        [_KINDS.get(GeometryType(key), "") if key >= 0 else "" for key in types.tolist()], dtype=object
    )
    yield (
        (kinds == "line") & (shapely.length(whole) == 0),
        lambda row: _describe_collapsed(row, given[row], source, ProblemKind.ZERO_LENGTH),
    )
    hulls = shapely.convex_hull(whole)
    yield (
        (kinds == "polygon") & (shapely.area(hulls) == 0),
        lambda row: _describe_collapsed(row, given[row], source, ProblemKind.ZERO_AREA),
    )
    yield (
        ~missing & ~not_finite & ~shapely.is_valid(whole),
        lambda row: _describe_invalid(row, given[row], source),
    )


def _describe_kind(row: int, geometry: shapely.Geometry, allowed_kinds: frozenset[str]) -> RowProblem:
    kind = _KINDS[GeometryType(int(shapely.get_type_id(geometry)))]
    allowed = [name for name in _KINDS_ZH if name in allowed_kinds]
    return RowProblem(
        row,
        ProblemKind.WRONG_KIND,
        message=f"geometry is a {kind}; the layer takes {' or '.join(allowed) or 'none'}",
        zh=f"几何类型为{_KINDS_ZH[kind]}；该图层只接受{'、'.join(_KINDS_ZH[name] for name in allowed) or '无几何'}",
    )


def _describe_not_finite(row: int, geometry: shapely.Geometry) -> RowProblem:
    xy = shapely.get_coordinates(geometry)
    vertex = int(np.flatnonzero(~np.isfinite(xy).all(axis=1))[0])
    x, y = xy[vertex]
    return RowProblem(
        row,
        ProblemKind.NOT_FINITE,
        message=f"vertex {vertex + 1} is ({x}, {y}), not a position",
        zh=f"第 {vertex + 1} 个顶点为 ({x}, {y})，不是有效坐标",
    )


def _describe_collapsed(
    row: int, geometry: shapely.Geometry, source: SourceCrs, kind: ProblemKind
) -> RowProblem:
    place, where, where_zh = _describe_place(shapely.get_coordinates(geometry)[:1], source)
    en, zh = {
        ProblemKind.ZERO_LENGTH: (
            "line has no length, all its vertices are one",
            "线的长度为零，所有顶点重合",
        ),
        ProblemKind.ZERO_AREA: ("polygon has no area", "面的面积为零"),
    }[kind]
    return RowProblem(row, kind, f"{en} {where}", f"{zh}（{where_zh}）", place)


def _describe_invalid(row: int, geometry: shapely.Geometry, source: SourceCrs) -> RowProblem:
    """Describe by the reason of GEOS, ``Self-intersection[102.5 25.1]``."""
    reason, _, rest = shapely.is_valid_reason(geometry).partition("[")
    numbers = [float(number) for number in rest.rstrip("]").split()][:2]
    xy = np.array([numbers]) if len(numbers) == 2 else shapely.get_coordinates(geometry)[:1]
    place, where, where_zh = _describe_place(xy, source)
    return RowProblem(
        row,
        ProblemKind.INVALID,
        message=f"geometry is invalid: {reason.lower()} {where}",
        zh=f"几何无效：{_REASONS_ZH.get(reason, reason)}（{where_zh}）",
        place=place,
    )


def _describe_place(xy: _Floats, source: SourceCrs) -> tuple[tuple[float, float], str, str]:
    """Return longitude and latitude of a place, and the words for it; as given where it has none."""
    lon, lat = (float(value) for value in to_lonlat(xy, source)[0])
    if not np.isfinite([lon, lat]).all():
        x, y = (float(value) for value in xy[0])
        return (x, y), f"at ({x}, {y}) of the source", f"源坐标 {x}, {y}"
    return (lon, lat), f"at {lon:.7f}, {lat:.7f}", f"位置 {lon:.7f}, {lat:.7f}"


@dataclass(frozen=True)
class DensifyReport:
    """What densification found and did.

    Attributes
    ----------
    vertices_added : int
    long_edges : int
        Edges over 1 km between two vertices of the source.
    long_edge_rows : ndarray of int64
        Rows that have such edges, ascending.
    longest_edge_m : float
        Longest edge of the source; NaN when there is none. [m]
    """

    vertices_added: int
    long_edges: int
    long_edge_rows: _Ints
    longest_edge_m: float


def densify_edges(
    geometries: Sequence[shapely.Geometry | None] | GeometryArray,
    source: SourceCrs,
    *,
    tolerance_m: float = 0.001,
    max_vertices_added: int = 5_000_000,
) -> tuple[GeometryArray, DensifyReport]:
    """Geometries in CGCS2000 whose geodesic edges run within 1 mm of the source's straight ones.

    Vertices are added on the straight line in the source's coordinates until no sampled point of a piece lies farther
    than the tolerance from the geodesic between the piece's ends. An edge that two polygons share, in whatever
    direction, gets the same vertices in both. Points, missing and empty geometries come back transformed only; heights
    are dropped.

    Parameters
    ----------
    geometries : array_like of shapely geometries or None
        In the source's coordinates; checked by :func:`check_geometries` before.
    source : SourceCrs
    tolerance_m : float
        How far an edge may move. [m]
    max_vertices_added : int
        Refuse to add more than this to all rows together.

    Returns
    -------
    tuple of (ndarray of shapely geometries, DensifyReport)
        In EPSG:4490, by row. [°]

    Raises
    ------
    CrsError
        If a position, or a point between two, has no counterpart in CGCS2000; it names the row.
    GeometryError
        If a row is a geometry collection, or too many vertices would be added; it names the row.
    """
    given = as_geometries(geometries)
    types = shapely.get_type_id(given)
    _refuse_collections(types)
    result = to_cgcs2000(given, source)
    added, edge_length_m, edge_rows = 0, [np.empty(0)], [np.empty(0, dtype=np.int64)]
    for kind in _EDGED_TYPES:
        rows = np.flatnonzero(types == kind)
        if rows.size:
            edges = _cut_edges(given[rows], result[rows], rows)
            places = _cut_places(edges, source, tolerance_m, max_vertices_added - added)
            result[rows] = _insert_vertices(result[rows], edges, places, source)
            added += len(places.edge)
            edge_length_m.append(edges.length_m)
            edge_rows.append(edges.row)
    length_m, row = np.concatenate(edge_length_m), np.concatenate(edge_rows)
    is_long = length_m > LONG_EDGE_M
    longest_m = float(length_m.max()) if length_m.size else float("nan")
    return result, DensifyReport(added, int(is_long.sum()), np.unique(row[is_long]), longest_m)


def _refuse_collections(types: NDArray[np.int32]) -> None:
    strange = np.flatnonzero(np.isin(types, (GeometryType.GEOMETRYCOLLECTION, GeometryType.LINEARRING)))
    if strange.size:
        raise GeometryError(
            f"row {strange[0]} is neither points, lines nor polygons", zh=f"第 {strange[0]} 行不是点、线或面"
        )


@dataclass(frozen=True)
class _Edges:
    """Edges of lines and rings, each turned so that its first end has the smaller x (or y), whatever way it ran.

    Attributes
    ----------
    vertex : ndarray of int64
        Position of the vertex where the edge starts among all vertices.
    turned : ndarray of bool
        The edge ran from ``end`` to ``start``.
    start, end : ndarray, shape (n, 2)
        In the source's coordinates.
    length_m : ndarray
        Of the geodesic between the ends. [m]
    row : ndarray of int64
    """

    vertex: _Ints
    turned: _Mask
    start: _Floats
    end: _Floats
    length_m: _Floats
    row: _Ints

    def points(self, edge: _Ints, share: _Floats) -> _Floats:
        """Points at a share of the way from start to end [unit of the source]."""
        start, end = self.start[edge], self.end[edge]
        return start + (end - start) * share[:, None]


@dataclass(frozen=True)
class _Places:
    """Places on edges: position of the edge, share of the way from its start to its end."""

    edge: _Ints
    share: _Floats


def _cut_edges(given: GeometryArray, transformed: GeometryArray, rows: _Ints) -> _Edges:
    _, xy, offsets = shapely.to_ragged_array(given, include_z=False)
    lon, lat = shapely.get_coordinates(transformed).T
    is_start = np.ones(len(xy), dtype=bool)
    is_start[offsets[0][1:][np.diff(offsets[0]) > 0] - 1] = False
    vertex = np.flatnonzero(is_start)
    start, end = xy[vertex], xy[vertex + 1]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    length_m = CGCS2000.inv(lon[vertex], lat[vertex], lon[vertex + 1], lat[vertex + 1])[2]
    return _Edges(
        vertex=vertex,
        turned=turned,
        start=np.where(turned[:, None], end, start),
        end=np.where(turned[:, None], start, end),
        length_m=np.asarray(length_m),
        row=rows[shapely.get_coordinates(given, return_index=True)[1][vertex]],
    )


@dataclass(frozen=True)
class _Pieces:
    """Pieces of edges: position of the edge, shares of its way where the piece begins and ends."""

    edge: _Ints
    first: _Floats
    last: _Floats

    def take(self, mask: _Mask) -> "_Pieces":
        return _Pieces(self.edge[mask], self.first[mask], self.last[mask])

    def cut(self, count: _Ints) -> tuple["_Pieces", _Mask]:
        """Cut each piece evenly into a count of pieces; also return which of them begin inside the old one."""
        of = np.repeat(np.arange(len(count)), count)
        nth = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
        step = (self.last - self.first) / count
        first = self.first[of] + step[of] * nth
        last = np.where(nth + 1 == count[of], self.last[of], self.first[of] + step[of] * (nth + 1))
        return _Pieces(self.edge[of], first, last), nth > 0


def _cut_places(edges: _Edges, source: SourceCrs, tolerance_m: float, allowed: int) -> _Places:
    """Places at which edges are to be cut so that each piece is within the tolerance of its geodesic.

    A piece that is not is cut into as many as a parabola of its height needs (the height falls with the square of the
    number of pieces), and its pieces are measured again.
    """
    limit_m = _MARGIN * tolerance_m
    pieces = _Pieces(np.arange(len(edges.vertex)), np.zeros(len(edges.vertex)), np.ones(len(edges.vertex)))
    count = np.ones(len(edges.vertex), dtype=np.int64)
    if source.shift is not None:
        count = np.maximum(np.ceil(edges.length_m / _SHIFTED_PIECE_M), 1).astype(np.int64)
    edge, share = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    while pieces.edge.size:
        allowed -= int((count - 1).sum())
        if allowed < 0:
            _refuse_length(edges, int(pieces.edge[np.argmax(count)]))
        pieces, is_new = pieces.cut(count)
        edge.append(pieces.edge[is_new])
        share.append(pieces.first[is_new])
        height_m = _heights_m(edges, pieces, source, tolerance_m)
        unfit = height_m > limit_m
        pieces = pieces.take(unfit)
        count = np.maximum(np.ceil(np.sqrt(height_m[unfit] / limit_m)), 2).astype(np.int64)
    return _Places(np.concatenate(edge), np.concatenate(share))


def _heights_m(edges: _Edges, pieces: _Pieces, source: SourceCrs, tolerance_m: float) -> _Floats:
    """Largest sampled distance of pieces from the geodesics between their ends; too large across a cusp.

    Cross-track distance on a sphere of the ellipsoid's size with the ellipsoid's lengths and azimuths: right to 1 % of
    itself, which :data:`_MARGIN` covers.
    """
    start = to_lonlat(edges.points(pieces.edge, pieces.first), source)
    end = to_lonlat(edges.points(pieces.edge, pieces.last), source)
    azimuth_deg, length_m = _inverse(start, end)
    height_m = np.where(_cross_cusp(start, end, source) & (length_m > _CUSP_PIECE_M), 2 * tolerance_m, 0.0)
    for sample in _SAMPLES:
        share = pieces.first + (pieces.last - pieces.first) * sample
        sample_azimuth_deg, distance_m = _inverse(start, to_lonlat(edges.points(pieces.edge, share), source))
        turn = np.radians(sample_azimuth_deg - azimuth_deg)
        radius_m = MEAN_RADIUS_M
        off_m = radius_m * np.abs(np.arcsin(np.sin(distance_m / radius_m) * np.sin(turn)))
        height_m = np.maximum(height_m, off_m)
    lost = np.flatnonzero(~np.isfinite(height_m))
    if lost.size:
        row = edges.row[pieces.edge[lost[0]]]
        raise CrsError(
            f"row {row}: an edge leaves the area of {source.en}",
            zh=f"第 {row} 行：有一条边超出 {source.zh} 的适用范围",
        )
    return height_m


def _cross_cusp(start: _Floats, end: _Floats, source: SourceCrs) -> _Mask:
    """Whether pieces of shifted lines have the cusp of GCJ-02 between their ends, where no sample may find it."""
    if source.shift is None:
        return np.zeros(len(start), dtype=bool)
    sides: _Mask = (start[:, 0] - GCJ02_CUSP_DEG) * (end[:, 0] - GCJ02_CUSP_DEG) < 0
    return sides


def _inverse(start: _Floats, end: _Floats) -> tuple[_Floats, _Floats]:
    """Azimuth at the start and length of geodesics; NaN where an end is not finite [°, m]."""
    azimuth_deg, _, length_m = CGCS2000.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    return np.asarray(azimuth_deg), np.asarray(length_m)


def _refuse_length(edges: _Edges, edge: int) -> None:
    row, length_km = edges.row[edge], edges.length_m[edge] / 1000
    raise GeometryError(
        f"row {row}: an edge of {length_km:.0f} km (with others) would need too many added vertices; check its "
        f"coordinates and their system",
        zh=f"第 {row} 行：长 {length_km:.0f} km 的边（连同其他边）需要加密的顶点过多；请检查坐标及坐标系",
    )


def _insert_vertices(
    transformed: GeometryArray, edges: _Edges, places: _Places, source: SourceCrs
) -> GeometryArray:
    kind, lonlat, offsets = shapely.to_ragged_array(transformed)
    along = np.where(edges.turned[places.edge], -places.share, places.share)
    order = np.lexsort((along, places.edge))
    edge, share = places.edge[order], places.share[order]
    after = edges.vertex[edge]
    lonlat_added = to_lonlat(edges.points(edge, share), source)
    added_before = np.concatenate(([0], np.cumsum(np.bincount(after, minlength=len(lonlat)))))
    return np.asarray(
        shapely.from_ragged_array(
            kind,
            np.insert(lonlat, after + 1, lonlat_added, axis=0),
            (offsets[0] + added_before[offsets[0]], *offsets[1:]),
        )
    )
