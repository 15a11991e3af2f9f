"""Polygons told valid without GEOS are those that GEOS calls valid."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.grids.validity import find_invalid

GRID = st.integers(0, 4).map(float)
RINGS = st.lists(st.tuples(GRID, GRID), min_size=3, max_size=9)


def ask(*polygons):
    shapes = np.array(polygons, dtype=object)
    return find_invalid(shapes, *shapely.get_coordinates(shapes, return_index=True)).tolist()


@given(st.lists(RINGS, min_size=1, max_size=5))
def test_rings_that_touch_cross_and_turn_back_are_invalid_as_geos_says(rings):
    polygons = [shapely.Polygon(ring) for ring in rings]
    assert ask(*polygons) == [row for row, shape in enumerate(polygons) if not shape.is_valid]


@pytest.mark.parametrize("vertices", [24, 64, 65, 300])
def test_ragged_rings_are_valid_and_bow_ties_are_not(vertices):
    rng = np.random.default_rng(vertices)
    angle = np.linspace(0.0, 2.0 * np.pi, vertices, endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(0.2, 1.0, (vertices, 1))
    swapped = ring.copy()
    swapped[[3, vertices // 2]] = swapped[[vertices // 2, 3]]
    assert ask(shapely.Polygon(ring), shapely.Polygon(swapped)) == [1]


def test_holes_several_parts_points_and_lines():
    square, bow = shapely.box(0, 0, 4, 4), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    holed = shapely.Polygon(square.exterior, [shapely.box(1, 1, 2, 2).exterior])
    outside = shapely.Polygon(square.exterior, [shapely.box(8, 8, 9, 9).exterior])
    line = shapely.LineString([(0, 0), (1, 1)])
    assert ask(
        square, shapely.Point(1, 1), bow, holed, outside, line, shapely.MultiPolygon([square, bow])
    ) == [2, 4, 6]
