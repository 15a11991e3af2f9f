"""Geometries on their way into a store, checked against their layer."""

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import resolve_crs
from geo.geometry import check_geometries
from geo.problems import ProblemKind, RowProblem
from layers.model import Layer
from layers.store.types import SRID

__all__ = ["check_shapes"]


def check_shapes(layer: Layer, geometries: NDArray[np.object_]) -> list[RowProblem]:
    """Return what is wrong with geometries of a layer, by row.

    On top of what the engine finds, heights are refused (they would be lost: positions are plane), and so are
    coordinates that are no longitude and latitude.
    """
    known = check_geometries(geometries, layer.geometry, resolve_crs(f"EPSG:{SRID}"))
    if not layer.geometry_required:
        known = [problem for problem in known if problem.kind is not ProblemKind.MISSING]
    return [*known, *_heights(geometries), *_off_the_globe(geometries)]


def _heights(geometries: NDArray[np.object_]) -> Iterator[RowProblem]:
    for row in np.flatnonzero(shapely.has_z(geometries) | shapely.has_m(geometries)).tolist():
        yield RowProblem(
            row,
            ProblemKind.WRONG_KIND,
            "geometry has heights or measures; leave longitude and latitude only",
            "几何含高程或测度值，请只保留经纬度",
        )


def _off_the_globe(geometries: NDArray[np.object_]) -> Iterator[RowProblem]:
    west, south, east, north = shapely.bounds(geometries).reshape(-1, 4).T
    off = (west < -180) | (east > 180) | (south < -90) | (north > 90)
    for row in np.flatnonzero(off).tolist():
        yield RowProblem(
            row,
            ProblemKind.SWAPPED_AXES,
            f"({west[row]}, {south[row]}) to ({east[row]}, {north[row]}) is no longitude and latitude; "
            "longitude comes first",
            f"坐标范围 ({west[row]}, {south[row]}) 至 ({east[row]}, {north[row]}) 不是经纬度；应先经度、后纬度",
        )
