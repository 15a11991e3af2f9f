"""Generated geometries and features for property tests, in EPSG:4490 within China."""

import numpy as np
import shapely
from hypothesis import strategies as st
from shapely import affinity

from layers.model import Field, FieldType, GeometryKind

__all__ = ["geometries", "lines", "lonlats", "multi_parts", "points", "polygons", "values_of"]

WEST, SOUTH, EAST, NORTH = 74.0, 18.0, 134.0, 53.0
"""Most of China, so that no generated shape leaves it. [°]"""


def lonlats() -> st.SearchStrategy[tuple[float, float]]:
    """Positions to 1e-9 degrees, about 0.1 mm."""
    return st.tuples(_degrees(WEST, EAST), _degrees(SOUTH, NORTH))


def points() -> st.SearchStrategy[shapely.Point]:
    return lonlats().map(shapely.Point)


def lines() -> st.SearchStrategy[shapely.LineString]:
    """Lines of 2 to 8 vertices, up to about 10 km from their first, with length."""

    def build(start: tuple[float, float], steps: list[tuple[float, float]]) -> shapely.LineString:
        return shapely.LineString([start, *((start[0] + lon, start[1] + lat) for lon, lat in steps)])

    steps = st.lists(st.tuples(_degrees(-0.1, 0.1), _degrees(-0.1, 0.1)), min_size=1, max_size=7)
    return st.builds(build, lonlats(), steps).filter(lambda line: line.length > 1e-6)


@st.composite
def polygons(draw: st.DrawFn, *, holes: bool = True) -> shapely.Polygon:
    """Star-shaped, valid polygons of 3 to 10 corners, 10 m to 10 km wide, some with a hole."""
    corners = draw(st.integers(3, 10))
    angles = (np.arange(corners) + draw(st.floats(0, 0.9))) * 2 * np.pi / corners
    reach = np.array(draw(st.lists(st.floats(0.5, 1.0), min_size=corners, max_size=corners)))
    width = draw(st.sampled_from([1e-4, 1e-3, 1e-2, 1e-1]))
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * (reach * width)[:, None]
    shape = shapely.Polygon(ring)
    if holes and draw(st.booleans()):
        shape = shapely.Polygon(ring, [affinity.scale(shape, 0.3, 0.3, origin=(0, 0)).exterior.coords])
    return affinity.translate(shape, *draw(lonlats()))


@st.composite
def multi_parts(draw: st.DrawFn) -> shapely.Geometry:
    """Multi-part points, lines or polygons whose parts lie a degree apart."""
    parts, build = draw(
        st.sampled_from(
            [
                (points(), shapely.MultiPoint),
                (lines(), shapely.MultiLineString),
                (polygons(), shapely.MultiPolygon),
            ]
        )
    )
    part = draw(parts)
    count = draw(st.integers(2, 4))
    return build(
        [affinity.translate(part, step * (1 if part.centroid.x < 100 else -1), 0) for step in range(count)]
    )


def geometries(kind: GeometryKind | None = None) -> st.SearchStrategy[shapely.Geometry]:
    """Valid geometries of a kind, or of any kind and with several parts."""
    if kind is None:
        return st.one_of(points(), lines(), polygons(), multi_parts())
    return {GeometryKind.POINT: points(), GeometryKind.LINE: lines(), GeometryKind.POLYGON: polygons()}[kind]


def values_of(field: Field) -> st.SearchStrategy[object]:
    """Values that fit a field, missing ones included unless it is required."""
    return _present(field) if field.required else st.none() | _present(field)


def _present(field: Field) -> st.SearchStrategy[object]:
    if field.choices:
        return st.sampled_from(field.choices)
    low, high = field.minimum, field.maximum
    words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
    scalars = (
        st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | words
    )
    by_type: dict[FieldType, st.SearchStrategy[object]] = {
        FieldType.TEXT: words,
        FieldType.INTEGER: st.integers(
            -(2**63) if low is None else int(low), 2**63 - 1 if high is None else int(high)
        ),
        FieldType.NUMBER: st.floats(low, high, allow_nan=False, allow_infinity=False),
        FieldType.BOOLEAN: st.booleans(),
        FieldType.DATE: st.dates(),
        FieldType.JSON: st.dictionaries(words, scalars | st.lists(scalars, max_size=3), max_size=4),
    }
    return by_type[field.type]


def _degrees(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(round(low * 1e9), round(high * 1e9)).map(lambda number: number / 1e9)
