"""Shares of real and illustrative objects of the samples against an overlay computed another way.

The other way: object by object and cell by cell, edges drawn by GeographicLib's way points, Lambert's azimuthal
equal-area projection about the object, pieces of lines measured by GeographicLib. Only H3 and GEOS are shared.
"""

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pytest
import shapely
from pyproj import Geod, Transformer

from geo.grids import find_shares

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
ELLIPSOID = "+a=6378137 +rf=298.257222101"
GEOD = Geod(ELLIPSOID)
STEP_M = 60.0
MOST_CELLS = 120


def read(*names):
    frames = [gpd.read_file(SAMPLES / f"{name}.geojson").geometry for name in names]
    shapes = [shape for frame in frames for shape in frame if shape is not None and not shape.is_empty]
    return [shape for shape in shapes if shape.is_valid]


LAKES, RIVERS, SETTLEMENTS = read("real/lakes"), read("real/rivers"), read("real/settlements")
POLYGONS = [
    shape
    for shape in read(
        *(
            f"illustrative/{name}"
            for name in ("lakes", "tailings_ponds", "zones", "park_zones", "chemical_parks")
        ),
        *(f"illustrative/{name}" for name in ("buildings", "mines", "geohazards", "enterprises")),
    )
    if shape.geom_type in ("Polygon", "MultiPolygon")
]
LINES = [
    shape
    for shape in read(*(f"illustrative/{name}" for name in ("pipelines", "roads", "rivers")))
    if shape.geom_type in ("LineString", "MultiLineString")
]


def way_points(coordinates):
    points = [coordinates[0][:2]]
    for (lon, lat, *_), (lon_2, lat_2, *_) in pairwise(coordinates):
        count = int(GEOD.line_length([lon, lon_2], [lat, lat_2]) / STEP_M)
        points += [*GEOD.npts(lon, lat, lon_2, lat_2, count), (lon_2, lat_2)] if count else [(lon_2, lat_2)]
    return points


def draw(shape, project):
    if shape.geom_type.startswith("Multi"):
        return shapely.union_all([draw(part, project) for part in shape.geoms])
    if shape.geom_type == "LineString":
        return shapely.transform(shapely.LineString(way_points(shape.coords)), project)
    rings = [way_points(ring.coords) for ring in (shape.exterior, *shape.interiors)]
    return shapely.transform(shapely.Polygon(rings[0], rings[1:]), project)


def cells_near(shape, resolution):
    reach = 2.2 * h3.average_hexagon_edge_length(resolution, unit="m") / 100_000
    around = shapely.box(*shape.bounds).buffer(reach)
    return h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(around), resolution, contain="overlap")


def overlay(shape, resolution):
    """Shares by cell, the long way."""
    centre = shape.centroid
    local = Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=laea +lon_0={centre.x} +lat_0={centre.y} {ELLIPSOID}"
    )

    def project(xy):
        return np.column_stack(local.transform(*xy.T))

    def unproject(xy):
        return np.column_stack(local.transform(*xy.T, direction="INVERSE"))

    drawn, sizes = draw(shape, project), {}
    shapely.prepare(drawn)
    for cell in cells_near(shape, resolution):
        ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
        outline = draw(shapely.Polygon(ring), project)
        if drawn.intersects(outline):
            piece = drawn.intersection(outline)
            is_line = shapely.get_dimensions(drawn) == 1
            size = GEOD.geometry_length(shapely.transform(piece, unproject)) if is_line else piece.area
            if size > 0:
                sizes[h3.str_to_int(cell)] = size
    total = sum(sizes.values())
    return {cell: size / total for cell, size in sizes.items()}


def pick_resolution(shape):
    """The finest up to 9 at which the object does not have too many cells to go through one by one."""
    west, south, east, north = shape.bounds
    extent_km2 = (east - west) * (north - south) * 10_000
    fitting = [r for r in range(10) if extent_km2 / h3.average_hexagon_area(r, unit="km^2") < MOST_CELLS]
    return max(fitting)


def pick(shapes, count):
    return [shapes[i] for i in np.linspace(0, len(shapes) - 1, count).astype(int)]


@pytest.mark.parametrize(
    "shapes", [LAKES + pick(POLYGONS, 150), RIVERS + pick(LINES, 50)], ids=["polygons", "lines"]
)
def test_shares_are_those_of_an_overlay_done_another_way(shapes):
    for shape in shapes:
        resolution = pick_resolution(shape)
        expected = overlay(shape, resolution)
        shares = find_shares([shape], resolution)
        found = dict(zip(shares.cell.tolist(), shares.share.tolist(), strict=True))
        for cell in expected.keys() | found.keys():
            assert found.get(cell, 0.0) == pytest.approx(expected.get(cell, 0.0), abs=1e-6)


def test_settlements_lie_in_the_cells_of_h3():
    assert len(SETTLEMENTS) > 600
    for resolution in (4, 9):
        shares = find_shares(SETTLEMENTS, resolution)
        cells = [h3.str_to_int(h3.latlng_to_cell(point.y, point.x, resolution)) for point in SETTLEMENTS]
        assert (shares.row.tolist(), shares.cell.tolist()) == (list(range(len(cells))), cells)
        assert (shares.share == 1.0).all()
