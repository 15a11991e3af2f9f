"""Lengths and areas of many objects at once, beside GeographicLib's object by object."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.ellipsoid import geodesic_area_m2, geodesic_length_m
from geo.errors import GeometryError
from geo.grids.sizes import measure_areas_m2, measure_lengths_m
from layers.samples import samples_folder

HOLED = shapely.Polygon(
    [(102, 26), (102.5, 26), (102.5, 26.4), (102, 26.4)],
    [[(102.1, 26.1), (102.2, 26.1), (102.2, 26.2), (102.1, 26.2)]],
)
SHAPES = np.array(
    [
        shapely.Point(103, 26),
        shapely.LineString([(103, 26), (103.1, 26.2), (103.1, 26.2)]),
        HOLED,
        shapely.MultiPolygon([HOLED, shapely.box(104, 27, 104.001, 27.001)]),
        shapely.GeometryCollection(
            [HOLED, shapely.LineString([(0, 0), (1, 1)]), shapely.MultiPoint([(1, 1)])]
        ),
        shapely.Polygon(),
        shapely.box(179.5, -1, 180, 1).reverse(),
        shapely.MultiLineString([[(99, 26), (99, 27)], [(98, 26), (98, 26.5)]]),
    ],
    dtype=object,
)


def all_shapes() -> np.ndarray:
    lakes = [
        gpd.read_file(path).geometry.to_numpy() for path in sorted(samples_folder().glob("real/*.geojson"))
    ]
    return np.concatenate([SHAPES, *lakes])


def test_sizes_are_those_of_each_object() -> None:
    shapes = all_shapes()
    lengths = [geodesic_length_m(shape) for shape in shapes]
    areas = [geodesic_area_m2(shape) for shape in shapes]
    assert measure_lengths_m(shapes) == pytest.approx(lengths, rel=1e-12)
    assert measure_areas_m2(shapes) == pytest.approx(areas, rel=1e-9, abs=1e-3)


def test_nothing_has_no_sizes() -> None:
    none = np.empty(0, dtype=object)
    assert len(measure_lengths_m(none)) == len(measure_areas_m2(none)) == 0


def test_an_invalid_polygon_is_named() -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(GeometryError, match="number 1"):
        measure_areas_m2(np.array([HOLED, bow], dtype=object))
