"""People around a place, from the population raster: counted exactly, and cell by cell for societal risk.

A raster says how many live in each cell. Cells are counted by the share of them that lies inside; none is resampled, so
that nobody is lost or counted twice whatever the raster's coordinate system. Cells without a value are not empty: where
there are any, the count is None and says so.
"""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from exactextract import exact_extract
from shapely import Polygon

from geo.crs import from_cgcs2000, local_crs, resolve_crs, to_cgcs2000
from geo.distance.pieces import IntArray
from geo.ellipsoid import FloatArray, geodesic_distance_m
from geo.errors import RasterError
from geo.hazard.societal import Population
from geo.hazard.tables import table
from geo.raster import Patch, RasterFile

__all__ = ["PeopleCount", "count_around", "population_around"]

_ARC_SEGMENTS = 64
"""Per quarter of a circle: the ring's edge deviates from a circle of 500 m by 4 cm."""
_MISSING_SHARE = 1e-6
"""Share of an area without value that counts as none: rounding of the cells' edges."""


@dataclass(frozen=True)
class PeopleCount:
    """How many live somewhere.

    Attributes
    ----------
    people : float or None
        Not rounded; None where the raster does not cover the whole area.
    missing_share : float
        Share of the area without value, 0 to 1.
    source : str
        Name of the raster.
    """

    people: float | None
    missing_share: float
    source: str


def count_around(path: Path, boundary: Polygon, distance_m: float) -> PeopleCount:
    """Return how many live outside a boundary within a distance of it.

    Parameters
    ----------
    path : Path
        Population raster: people per cell, in any coordinate system that can be taken to CGCS2000.
    boundary : Polygon, EPSG:4490
    distance_m : float

    Raises
    ------
    RasterError, CrsError
        If the raster cannot be read, its system is not usable, or it has less than nobody somewhere.
    """
    raster = RasterFile.open(path)
    (ring,) = from_cgcs2000([_ring_around(boundary, distance_m)], raster.crs)
    with rasterio.open(path) as source:
        cell_area = abs(source.transform.determinant)
        asked = gpd.GeoDataFrame(geometry=[ring], crs=source.crs)
        (found,) = exact_extract(source, asked, ["sum", "count", "min"])
    _refuse_negative(path, found["properties"]["min"])
    covered = float(found["properties"]["count"] or 0.0) * cell_area / ring.area
    missing = max(1.0 - covered, 0.0)
    complete = missing <= _MISSING_SHARE
    return PeopleCount(float(found["properties"]["sum"]) if complete else None, missing, path.name)


def _refuse_negative(path: Path, least: float | None) -> None:
    if least is not None and least < 0:
        raise RasterError(
            f"population raster {path.name}: a cell has {least:g} people; if that number stands for no value, declare "
            "it as the raster's nodata",
            zh=f"人口栅格 {path.name}：有单元人数为 {least:g}；若该数表示无值，请在栅格中声明为 nodata",
        )


def _ring_around(boundary: Polygon, distance_m: float) -> Polygon:
    """Return the ground within a distance outside a boundary, EPSG:4490."""
    plane = resolve_crs(local_crs(boundary.bounds).to_wkt())
    (flat,) = from_cgcs2000([boundary], plane)
    wide = shapely.buffer(flat, distance_m, quad_segs=_ARC_SEGMENTS)
    ring: Polygon = to_cgcs2000([shapely.difference(wide, flat)], plane)[0]
    return ring


def population_around(path: Path, lon: float, lat: float, radius_m: float) -> Population | None:
    """Return the cells of a population raster within a distance of a place, at their centres; None beside the raster.

    Where the raster has no value, and beyond its edge, nobody is counted; `Population.unknown_share` is the share of
    such cells.

    Parameters
    ----------
    path : Path
    lon, lat : float
        EPSG:4490. [°]
    radius_m : float

    Raises
    ------
    RasterError
        If the raster has less than nobody somewhere.
    """
    raster = RasterFile.open(path)
    place = raster.read_around(lon, lat, 1)
    if place is None:
        return None
    widths_m, heights_m = place[0].cell_sides_m()
    radius = int(np.ceil(radius_m / min(widths_m.min(), heights_m.min()))) + 1
    patch, (row, column) = raster.read_around(lon, lat, radius) or place
    near = np.arange(-radius, radius + 1)
    rows, columns = (axis.ravel() for axis in np.meshgrid(row + near, column + near, indexing="ij"))
    centres = patch.centres(rows, columns)
    here = np.full(len(centres), lon), np.full(len(centres), lat)
    inside = geodesic_distance_m(centres[:, 0], centres[:, 1], *here) <= radius_m
    residents = _values_at(patch, rows[inside], columns[inside])
    _refuse_negative(path, float(np.nanmin(residents)) if np.isfinite(residents).any() else None)
    return _population(centres[inside], residents, path.name)


def _values_at(patch: Patch, rows: IntArray, columns: IntArray) -> FloatArray:
    """Return the values of cells; NaN beyond the edge."""
    height, width = patch.values.shape
    there = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    values = np.full(len(rows), np.nan)
    values[there] = patch.values[rows[there], columns[there]]
    return values


def _population(centres: FloatArray, residents: FloatArray, name: str) -> Population:
    known = np.isfinite(residents)
    rows = table("population")
    shares = {key: rows[key] for key in ("present/day", "present/night", "indoors/day", "indoors/night")}
    there = known & (residents > 0)
    number = residents[there]
    lacking = float((~known).mean()) if known.size else 1.0
    return Population(
        lon=centres[there, 0],
        lat=centres[there, 1],
        people_day=number * float(shares["present/day"].value),
        people_night=number * float(shares["present/night"].value),
        indoors_day=np.full(number.size, float(shares["indoors/day"].value)),
        indoors_night=np.full(number.size, float(shares["indoors/night"].value)),
        source=name,
        parameters=tuple(shares.values()),
        unknown_share=lacking,
    )
