"""What lies around a place: every feature within a radius, with its exact distance and doubt.

Distances are geodesic, from the nearest point of one geometry to the nearest of the other. Rivers are measured to as
the rules do it: to a centre line less its half width, and as stored where that is unknown, which is said. Roads and
other lines are measured to as stored. A feature that is measured to lie beyond the radius is still told where its
doubt reaches into it; one of unknown accuracy is told as measured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import func, select

from geo.crs import from_cgcs2000, local_crs, resolve_crs, to_cgcs2000
from geo.distance import TargetIndex, TargetPairs
from geo.distance.blocks import grow_boxes
from geo.ellipsoid import CGCS2000
from geo.errors import GeometryError, OutOfRangeError
from geo.rules.banks import half_widths_m
from layers.catalog import LAYERS, get_layer
from layers.store import Store
from layers.store.schema import layer_table
from layers.store.search import SEARCHED_LAYERS

__all__ = [
    "LARGEST_RADIUS_M",
    "Around",
    "Neighbour",
    "Origin",
    "PeopleSum",
    "find_around",
    "origin_at",
    "origin_of",
]

LARGEST_RADIUS_M = 200_000.0
"""Largest radius of a question. [m]"""

_MOST = 20_000
"""Most features of a layer that are measured to for one question."""

_LEFT_OUT = frozenset({"admin_areas", "coverage", "plants", "rasters"})
"""Layers that speak of areas as a whole, which lie around every place; and plants, which are enterprises again."""

_ALL_LAYERS = tuple(slug for slug in SEARCHED_LAYERS if slug not in _LEFT_OUT and get_layer(slug).geometry)

_PEOPLE_FIELDS = ("people_day", "people_night", "population")
_KIND_FIELDS = ("kind", "target_class", "zone_kind", "unit_kind", "site_kind", "lake_kind", "role")
"""Fields that say what a feature is, the first that a layer has."""

_LINE_FIELDS = ("line_kind", "half_width_m")
"""Fields of a line that stands for a bank; the rules alone know what a half width of a road is good for."""
_BANKED_LAYER = "rivers"

_MARGIN_M = 50.0
"""Windows are wider by so much: an edge is straight in degrees to the index. [m]"""
_DISTANCE_DECIMALS = 3
_DEGREE_DECIMALS = 9
_ARC_SEGMENTS = 64


_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Origin:
    """Where a question starts.

    Attributes
    ----------
    geometry : shapely.Geometry, EPSG:4490
    accuracy_m : float or None
        Of the position; None where it is unknown.
    layer, id, name : str or None
        Of a stored feature; None for a coordinate.
    """

    geometry: shapely.Geometry
    accuracy_m: float | None
    layer: str | None = None
    id: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Neighbour:
    """A feature around a place.

    Attributes
    ----------
    distance_m : float
        Geodesic, to the millimetre; 0 where the two touch or overlap.
    doubt_m : float or None
        Sum of both accuracies; None where one is unknown.
    within : bool
        Whether it is measured to lie within the radius.
    decided : bool
        Whether the doubt leaves no other answer.
    line_kind : str or None
        Of a river: a ``centre`` line is no bank line.
    half_width_m : float or None
        What the distance to a centre line was shortened by; 0 where nothing had to be; None where it is unknown, or
        the kind of line is: the distance to the bank may be shorter, and this one is good for screening only.
    start, end : tuple of float
        Longitude and latitude of the shortest line on the place and on the feature, or on its bank. [°]
    people : dict of str to int or None
        Numbers of people that the layer has fields for; None where one is missing.
    """

    layer: str
    id: str
    name: str | None
    kind: str | None
    distance_m: float
    doubt_m: float | None
    within: bool
    decided: bool
    line_kind: str | None
    half_width_m: float | None
    start: tuple[float, float]
    end: tuple[float, float]
    people: dict[str, int | None]


@dataclass(frozen=True)
class PeopleSum:
    """People of the features of a layer that are measured to lie within; ``missing`` features do not say."""

    layer: str
    field: str
    people: int
    missing: int


@dataclass(frozen=True)
class Around:
    """What lies around a place.

    Attributes
    ----------
    area : shapely.Geometry, EPSG:4490
        Ground within the radius, for drawing: what lies within is measured, not taken from this outline.
    neighbours : list of Neighbour
        The nearest first; of equally near ones by layer and id.
    """

    origin: Origin
    radius_m: float
    area: shapely.Geometry
    neighbours: list[Neighbour]

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """Return of each layer how many lie within, how many of these are undecided, and how many may lie within."""
        found: dict[str, list[Neighbour]] = {}
        for one in self.neighbours:
            found.setdefault(one.layer, []).append(one)
        return {layer: _count(found[layer]) for layer in LAYERS if layer in found}

    def people(self) -> list[PeopleSum]:
        """Return the people within by layer and field; layers may tell of the same people and are not added up."""
        within = [one for one in self.neighbours if one.within]
        return [
            _sum_people(layer, field, [one.people[field] for one in within if one.layer == layer])
            for layer in LAYERS
            for field in _PEOPLE_FIELDS
            if any(one.layer == layer and field in one.people for one in within)
        ]


def origin_at(lon: float, lat: float, accuracy_m: float = 0.0) -> Origin:
    """Return the origin at a coordinate of EPSG:4490, which is what is asked about and so without doubt of its own.

    Raises
    ------
    OutOfRangeError
        If the coordinate is not on the globe.
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise OutOfRangeError(
            f"longitude {lon}, latitude {lat} is no place: longitude comes first, in degrees",
            zh=f"经度 {lon}、纬度 {lat} 不是有效位置：经度在前，单位为度",
        )
    return Origin(shapely.Point(lon, lat), accuracy_m)


def origin_of(store: Store, layer: str, id: str, at: datetime | None = None) -> Origin:
    """Return the origin at a stored feature.

    Raises
    ------
    NotFoundError
        If there is no such feature.
    GeometryError
        If it has no geometry.
    """
    feature = store.feature(layer, id, at)
    properties = feature["properties"]
    if not feature["geometry"]:
        raise GeometryError(f"{layer} {id} has no position", zh=f"{layer} {id} 没有空间位置")
    geometry = shapely.geometry.shape(feature["geometry"])
    return Origin(geometry, properties["accuracy_m"], layer, properties["id"], properties["name"])


def find_around(
    store: Store,
    origin: Origin,
    radius_m: float,
    *,
    layers: Sequence[str] | None = None,
    at: datetime | None = None,
) -> Around:
    """Return everything within a radius of a place.

    Parameters
    ----------
    store : Store
    origin : Origin
    radius_m : float
        Above 0, at most `LARGEST_RADIUS_M`; the limit itself is within. [m]
    layers : sequence of str, optional
        Only these; by default all that people fill, without divisions, surveys, plants and rasters.
    at : datetime, optional
        The state at that moment; default the current one.

    Raises
    ------
    OutOfRangeError
        If the radius does not fit, or a layer has too many features there to measure to each.
    UnknownLayerError
    """
    if not 0 < radius_m <= LARGEST_RADIUS_M:
        raise OutOfRangeError(
            f"a radius of {radius_m} m is not above 0 and at most {LARGEST_RADIUS_M:.0f} m",
            zh=f"半径 {radius_m} m 应大于 0、不超过 {LARGEST_RADIUS_M:.0f} m",
        )
    slugs = [get_layer(slug).slug for slug in layers] if layers else _ALL_LAYERS
    with store.one_state():
        found = [one for slug in slugs for one in _find_in_layer(store, slug, origin, radius_m, at)]
    order = {slug: place for place, slug in enumerate(LAYERS)}
    found.sort(key=lambda one: (one.distance_m, order[one.layer], one.id))
    return Around(origin, radius_m, _ground_around(origin.geometry, radius_m), found)


def _find_in_layer(
    store: Store, slug: str, origin: Origin, radius_m: float, at: datetime | None
) -> Iterator[Neighbour]:
    """Yield the features of a layer that lie within, or may."""
    reach_m = (
        radius_m + (origin.accuracy_m or 0.0) + _largest_accuracy_m(store, slug, at) + _widest_m(store, slug)
    )
    frame = _read_window(store, slug, origin.geometry, reach_m, at)
    if frame.empty:
        return
    pairs = TargetIndex(frame.geometry.to_numpy()).within([origin.geometry], reach_m)
    if slug == _BANKED_LAYER:
        frame["half_width_m"] = half_widths_m(frame)
    rows = frame.drop(columns=frame.active_geometry_name).astype(object).iloc[pairs.target].to_dict("records")
    for row, distance_m, line in zip(rows, *_measure(frame, pairs), strict=True):
        one = _neighbour(slug, row, distance_m, radius_m, origin, line)
        if (slug, one.id) != (origin.layer, origin.id) and (one.within or not one.decided):
            yield one


def _measure(frame: gpd.GeoDataFrame, pairs: TargetPairs) -> tuple[list[float], list[list[float]]]:
    """Return the distances and the shortest lines, which end at the bank where a half width is known."""
    start = pairs.from_lon, pairs.from_lat
    distance_m, end = pairs.distance_m, (pairs.to_lon, pairs.to_lat)
    if "half_width_m" in frame:
        half_width_m = frame["half_width_m"].fillna(0.0).to_numpy(dtype=np.float64)[pairs.target]
        distance_m = np.maximum(distance_m - half_width_m, 0.0)
        end = _move_ends(start, end, distance_m, half_width_m > 0)
    lines = np.round(np.column_stack([*start, *end]), _DEGREE_DECIMALS)
    return np.round(distance_m, _DISTANCE_DECIMALS).tolist(), lines.tolist()


def _move_ends(
    start: tuple[_Floats, _Floats],
    end: tuple[_Floats, _Floats],
    distance_m: _Floats,
    moved: NDArray[np.bool_],
) -> tuple[_Floats, _Floats]:
    """Return the ends, those that are moved at a distance along their lines."""
    azimuth_deg, _, _ = CGCS2000.inv(*start, *end)
    lon, lat, _ = CGCS2000.fwd(*start, azimuth_deg, distance_m)
    return np.where(moved, lon, end[0]), np.where(moved, lat, end[1])


def _neighbour(
    slug: str, row: dict[Any, Any], distance_m: float, radius_m: float, origin: Origin, line: list[float]
) -> Neighbour:
    accuracy_m = _known(row["accuracy_m"])
    doubt_m = None
    if accuracy_m is not None and origin.accuracy_m is not None:
        doubt_m = round(float(accuracy_m + origin.accuracy_m), _DISTANCE_DECIMALS)
    within = distance_m <= radius_m
    return Neighbour(
        layer=slug,
        id=row["id"],
        name=_known(row["name"]),
        kind=next((_known(row[name]) for name in _KIND_FIELDS if name in row), get_layer(slug).kind),
        distance_m=distance_m,
        doubt_m=doubt_m,
        within=within,
        # Of what is measured beyond, accuracy unknown: there is no telling, and it would bring in everything.
        decided=not within if doubt_m is None else abs(radius_m - distance_m) > doubt_m,
        line_kind=_known(row.get("line_kind")),
        half_width_m=_known(row.get("half_width_m", 0.0)),
        start=(line[0], line[1]),
        end=(line[2], line[3]),
        people={name: _known(row[name]) for name in _PEOPLE_FIELDS if name in row},
    )


def _known(value: Any) -> Any:
    """Return a value of a frame, None where it is missing."""
    return None if value is None or value != value or str(value) == "<NA>" else value


def _read_window(
    store: Store, slug: str, geometry: shapely.Geometry, reach_m: float, at: datetime | None
) -> gpd.GeoDataFrame:
    """Return the features of a layer that may lie within reach."""
    bounds = shapely.bounds(geometry)[None]
    west, south, east, north = shapely.bounds(
        grow_boxes(bounds, np.array([reach_m + _MARGIN_M]))[1][0]
    ).tolist()
    window = max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)
    if store.count(slug, bounds=window, at=at, at_most=_MOST + 1) > _MOST:
        layer = get_layer(slug)
        raise OutOfRangeError(
            f"more than {_MOST} features of {slug} lie around: ask for a smaller radius, or for other layers",
            zh=f"周边“{layer.zh}”超过 {_MOST} 个：请缩小半径，或只选其他图层",
        )
    wanted = (*_KIND_FIELDS, *_PEOPLE_FIELDS, *(_LINE_FIELDS if slug == _BANKED_LAYER else ()))
    own = [field.name for field in get_layer(slug).fields if field.name in wanted]
    return store.read(slug, bounds=window, at=at, columns=["name", "accuracy_m", *own])


def _largest_accuracy_m(store: Store, slug: str, at: datetime | None) -> float:
    """Return the largest accuracy of a layer; for a former state that of all versions."""
    if at is None:
        return store.summary(slug).accuracy_max_m or 0.0
    column = layer_table(slug).c.accuracy_m
    return float(store.ask(lambda connection: connection.scalar(select(func.max(column)))) or 0.0)


def _widest_m(store: Store, slug: str) -> float:
    """Return the largest half width of a river, of all versions; 0 for other layers."""
    if slug != _BANKED_LAYER:
        return 0.0
    column = layer_table(slug).c.half_width_m
    return float(store.ask(lambda connection: connection.scalar(select(func.max(column)))) or 0.0)


def _ground_around(geometry: shapely.Geometry, radius_m: float) -> shapely.Geometry:
    west, south, east, north = shapely.bounds(geometry).tolist()
    plane = resolve_crs(local_crs((west, south, east, north)).to_wkt())
    (flat,) = from_cgcs2000([geometry], plane)
    ground: shapely.Geometry = to_cgcs2000([shapely.buffer(flat, radius_m, quad_segs=_ARC_SEGMENTS)], plane)[
        0
    ]
    return ground


def _count(found: Sequence[Neighbour]) -> tuple[int, int, int]:
    within = [one for one in found if one.within]
    return len(within), sum(not one.decided for one in within), len(found) - len(within)


def _sum_people(layer: str, field: str, numbers: Sequence[int | None]) -> PeopleSum:
    known = [number for number in numbers if number is not None]
    return PeopleSum(layer, field, sum(known), len(numbers) - len(known))
