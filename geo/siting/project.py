"""A project that is moved about: its shape round an anchor, and the frame of subjects at other places.

A move keeps the shape's lengths and its bearings to the grid north of one meridian, which stands for all places of a
search: it is what moving a drawing on a sheet of the map does. The shape comes back to itself at its own place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import GeometryArray, as_geometries
from geo.ellipsoid import CGCS2000
from geo.errors import GeometryError, OutOfRangeError
from geo.missing import is_missing
from geo.rules.evaluate import SUBJECT_COLUMNS

__all__ = ["Project"]

_Floats = NDArray[np.float64]

_DISC_EDGES = 90
"""Edges of the polygon that stands round a disc: it reaches 0.06 % of the radius beyond it."""


@dataclass(frozen=True)
class Project:
    """What is to be placed.

    Attributes
    ----------
    attributes : mapping
        Columns of a subject beside its geometry.
    lon, lat : float
        Anchor: the point itself, or the middle of the shape. Where the project *is* means where its anchor is. [°]
    shape : shapely.Geometry
        Its geometry round the anchor: east and north along geodesics from there. [m]
    meridian_lon : float
        Meridian to whose grid north bearings are kept. [°]
    """

    attributes: Mapping[str, Any]
    lon: float
    lat: float
    shape: shapely.Geometry
    meridian_lon: float = field(default=0.0)

    @classmethod
    def read(
        cls, subject: gpd.GeoDataFrame, *, meridian_lon: float | None = None, radius_m: float | None = None
    ) -> "Project":
        """Return the project of a frame of one subject, EPSG:4490.

        Parameters
        ----------
        meridian_lon : float, optional
            The project's own meridian unless stated. [°]
        radius_m : float, optional
            The project is a disc round its anchor instead of its geometry. [m]

        Raises
        ------
        GeometryError
            If there is not exactly one subject, or it has no geometry.
        OutOfRangeError
            If the radius is not above 0.
        """
        if len(subject) != 1 or subject.geometry.iloc[0] is None or subject.geometry.iloc[0].is_empty:
            raise GeometryError(
                f"a search places one project with a geometry; {len(subject)} given",
                zh=f"选址反算只针对一个有几何的项目；给出 {len(subject)} 个",
            )
        geometry = shapely.force_2d(subject.geometry.iloc[0])
        anchor_lon, anchor_lat = shapely.get_coordinates(shapely.centroid(geometry))[0].tolist()
        columns = {str(name): column.iloc[0] for name, column in subject.items()}
        columns.pop(str(subject.geometry.name))
        # A column that is not there is missing; those that a scene must have stay.
        attributes = {name: v for name, v in columns.items() if name in SUBJECT_COLUMNS or not is_missing(v)}
        shape = _around(geometry, anchor_lon, anchor_lat) if radius_m is None else _disc(radius_m)
        lon = anchor_lon if meridian_lon is None else meridian_lon
        return cls(attributes, anchor_lon, anchor_lat, shape, lon)

    @property
    def is_point(self) -> bool:
        """Whether it is a single point."""
        return bool(shapely.get_type_id(self.shape) == shapely.GeometryType.POINT)

    @property
    def reach_m(self) -> float:
        """Distance from the anchor to the farthest part of the shape. [m]."""
        return float(np.hypot(*shapely.get_coordinates(self.shape).T).max())

    def turn_rad(self, lon: _Floats | float, lat: _Floats | float) -> _Floats:
        """Return by how much its bearings to true north change on the way to places, clockwise, in radians."""
        return self._convergence_rad(lon, lat) - self._convergence_rad(self.lon, self.lat)

    def turned(self, lon: float, lat: float) -> shapely.Geometry:
        """Return the shape with the bearings that it has at a place; east and north. [m]."""
        turn = float(self.turn_rad(lon, lat))
        return shapely.transform(self.shape, lambda xy: _turn(xy, np.full(len(xy), turn)))

    def place_at(self, lon: _Floats, lat: _Floats) -> GeometryArray:
        """Return its geometry at each of some places, shape (n,), EPSG:4490."""
        if self.is_point:
            return as_geometries([shapely.Point(pair) for pair in np.column_stack([lon, lat])])
        corners = shapely.get_num_coordinates(self.shape)
        start_lon, start_lat = np.repeat(lon, corners), np.repeat(lat, corners)
        turn = np.repeat(self.turn_rad(lon, lat), corners)

        def move(xy_m: _Floats) -> _Floats:
            turned = _turn(xy_m, turn)
            azimuth_deg = np.degrees(np.arctan2(turned[:, 0], turned[:, 1]))
            distance_m = np.hypot(turned[:, 0], turned[:, 1])
            east, north, _ = CGCS2000.fwd(start_lon, start_lat, azimuth_deg, distance_m)
            return np.column_stack([east, north])

        return as_geometries(shapely.transform(np.full(len(lon), self.shape, dtype=object), move))

    def subjects_at(self, lon: _Floats, lat: _Floats, **changed: object) -> gpd.GeoDataFrame:
        """Return it as a subject at each of some places, with index 0, 1, 2 and so on.

        Parameters
        ----------
        **changed : object
            Attributes with another value.
        """
        rows = pd.DataFrame([{**self.attributes, **changed}]).iloc[np.zeros(len(lon), dtype=np.int64)]
        return gpd.GeoDataFrame(
            rows.reset_index(drop=True), geometry=self.place_at(lon, lat), crs="EPSG:4490"
        )

    def _convergence_rad(self, lon: _Floats | float, lat: _Floats | float) -> _Floats:
        """Return the bearing of grid north: tan γ = tan Δλ sin φ, the spherical formula."""
        off = np.radians(np.asarray(lon) - self.meridian_lon)
        return np.asarray(np.arctan(np.tan(off) * np.sin(np.radians(lat))))


def _around(geometry: shapely.Geometry, lon: float, lat: float) -> shapely.Geometry:
    """Return a geometry as east and north metres along geodesics from a point."""

    def unroll(pairs: _Floats) -> _Floats:
        start = np.full(len(pairs), lon), np.full(len(pairs), lat)
        azimuth_deg, _, distance_m = CGCS2000.inv(*start, pairs[:, 0], pairs[:, 1])
        azimuth = np.radians(azimuth_deg)
        return np.column_stack([distance_m * np.sin(azimuth), distance_m * np.cos(azimuth)])

    return shapely.transform(geometry, unroll)


def _disc(radius_m: float) -> shapely.Geometry:
    """Return a polygon round a disc: all of the disc is inside."""
    if not 0.0 < radius_m < np.inf:
        raise OutOfRangeError(f"radius {radius_m} m must be above 0", zh=f"半径 {radius_m} m 应大于 0")
    bearings = np.linspace(0.0, 2.0 * np.pi, _DISC_EDGES, endpoint=False)
    outer_m = radius_m / np.cos(np.pi / _DISC_EDGES)
    return shapely.Polygon(np.column_stack([outer_m * np.sin(bearings), outer_m * np.cos(bearings)]))


def _turn(xy_m: _Floats, clockwise_rad: _Floats) -> _Floats:
    cos, sin = np.cos(clockwise_rad), np.sin(clockwise_rad)
    x, y = xy_m[:, 0], xy_m[:, 1]
    return np.column_stack([x * cos + y * sin, y * cos - x * sin])
