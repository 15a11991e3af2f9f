"""Coordinate reference systems: what a source states, and the way to CGCS2000 (EPSG:4490) and back.

CGCS2000 in any form is taken as it is. WGS 84 counts as CGCS2000 with 1 m of added doubt. GCJ-02 and BD-09 are undone
by :mod:`geo.shifted`. Every other datum (Beijing 1954, Xi'an 1980, local ones) needs transformation parameters or a
grid, with their accuracy, from the user: PROJ knows no path from them to CGCS2000 but its ballpark transformation,
which shifts nothing, so no datum transformation of PROJ's choosing is ever run here.

Coordinates are longitude, latitude or easting, northing in this order, whatever axis order the authority gives.
Heights are dropped: positions are transformed as points of the ellipsoid.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import AzimuthalEquidistantConversion
from pyproj.enums import TransformDirection
from pyproj.exceptions import CRSError, ProjError

from geo import shifted
from geo.errors import CrsError, OutOfRangeError

__all__ = [
    "DatumGrid",
    "GeometryArray",
    "HelmertParameters",
    "Shift",
    "SourceCrs",
    "as_geometries",
    "from_cgcs2000",
    "from_lonlat",
    "local_crs",
    "resolve_crs",
    "to_cgcs2000",
    "to_lonlat",
]

GeometryArray = NDArray[np.object_]
"""One-dimensional array of shapely geometries; ``None`` is a missing geometry."""

WGS84_DOUBT_M = 1.0
"""Added to the accuracy of what is given in WGS 84 and stored as CGCS2000. [m]"""

_CGCS2000_ELLIPSOID = "+ellps=GRS80"
"""a = 6,378,137 m, 1/f = 298.257222101: CGCS2000 has the same figure as PROJ's GRS80."""

_HOW_TO_STATE = "state it, for example EPSG:4490 (CGCS2000), EPSG:4326 (WGS 84), EPSG:4522, GCJ-02 or BD-09"
_HOW_TO_STATE_ZH = "请注明，例如 EPSG:4490（CGCS2000）、EPSG:4326（WGS 84）、EPSG:4522、GCJ-02 或 BD-09"


class Shift(StrEnum):
    """Shifted coordinates of web maps."""

    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


@dataclass(frozen=True)
class HelmertParameters:
    """Seven parameters from a datum's geocentric coordinates to those of CGCS2000.

    Signs follow the position vector convention (EPSG method 9606): a positive rotation turns the position vector, seen
    along the axis towards the origin, counter-clockwise. Parameters of the coordinate frame convention (EPSG 9607) have
    the opposite signs of the three rotations.

    Attributes
    ----------
    dx_m, dy_m, dz_m : float
        Translation. [m]
    rx_arcsec, ry_arcsec, rz_arcsec : float
        Rotation. ["]
    scale_ppm : float
        Difference of scale. [1e-6]
    accuracy_m : float
        95 % radius of what the parameters give; above 0. [m]
    """

    dx_m: float
    dy_m: float
    dz_m: float
    rx_arcsec: float
    ry_arcsec: float
    rz_arcsec: float
    scale_ppm: float
    accuracy_m: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not math.isfinite(value):
                raise OutOfRangeError(f"{name} is {value}, not a number", zh=f"{name} 的值 {value} 不是数字")
        _check_accuracy(self.accuracy_m)

    @property
    def pipeline(self) -> str:
        """PROJ step between geocentric coordinates."""
        shift = f"+x={self.dx_m:.17g} +y={self.dy_m:.17g} +z={self.dz_m:.17g}"
        turn = f"+rx={self.rx_arcsec:.17g} +ry={self.ry_arcsec:.17g} +rz={self.rz_arcsec:.17g}"
        return f"+proj=helmert +convention=position_vector {shift} {turn} +s={self.scale_ppm:.17g}"


@dataclass(frozen=True)
class DatumGrid:
    """A grid of shifts (NTv2 ``.gsb`` or PROJ GeoTIFF) from a datum's longitude and latitude to CGCS2000.

    Attributes
    ----------
    path : Path
        Grid file.
    accuracy_m : float
        95 % radius of what the grid gives; above 0. [m]
    """

    path: Path
    accuracy_m: float

    def __post_init__(self) -> None:
        _check_accuracy(self.accuracy_m)
        if not self.path.is_file():
            raise CrsError(f"no grid file {self.path}", zh=f"找不到格网文件 {self.path}")


@dataclass(frozen=True)
class SourceCrs:
    """A stated coordinate system and the way from it to CGCS2000.

    Attributes
    ----------
    text : str
        What the source or the user stated.
    zh, en : str
        Names for people.
    added_accuracy_m : float
        To be added to ``accuracy_m`` of what is given in it: 0 for CGCS2000. [m]
    projected : bool
        Coordinates are easting and northing on a plane, else degrees.
    crs : pyproj.CRS or None
        Horizontal system; ``None`` for shifted coordinates.
    shift : Shift or None
        Shifted coordinates, which no CRS register knows.
    datum_change : HelmertParameters, DatumGrid or None
        The user's way from another datum.
    """

    text: str
    zh: str
    en: str
    added_accuracy_m: float
    projected: bool
    crs: pyproj.CRS | None = None
    shift: Shift | None = None
    datum_change: HelmertParameters | DatumGrid | None = None


class _Datum(StrEnum):
    """Datums whose longitudes and latitudes are stored as they are."""

    CGCS2000 = "CGCS2000"
    WGS84 = "WGS 84"
    UNNAMED = "unnamed datum, counted as CGCS2000 by its ellipsoid"


_DATUM_NAMES = {
    _Datum.CGCS2000: re.compile("china2000|cgcs2000|chinageodeticcoordinatesystem2000|2000国家大地坐标系"),
    _Datum.WGS84: re.compile("^d?(worldgeodeticsystem1984|wgs1984|wgs84)"),
    _Datum.UNNAMED: re.compile("unknown|unnamed"),
}
_DATUM_ZH = {
    _Datum.CGCS2000: "2000国家大地坐标系",
    _Datum.WGS84: "WGS 84 坐标系",
    _Datum.UNNAMED: "未命名基准（按椭球视为2000国家大地坐标系）",
}
_DATUM_DOUBT_M = {_Datum.CGCS2000: 0.0, _Datum.WGS84: WGS84_DOUBT_M, _Datum.UNNAMED: WGS84_DOUBT_M}
_CGCS2000_AXES_M = (6_378_137.0, 6_356_752.314140)
"""Semi-major and semi-minor axis of CGCS2000; WGS 84's semi-minor axis is 0.1 mm longer. [m]"""

_SHORT_NAMES = {
    "EPSG:4490": ("cgcs2000", "china2000", "国家2000", "国家2000坐标系", "2000国家大地坐标系", "大地2000"),
    "EPSG:4326": ("wgs84", "wgs1984", "wgs84坐标系"),
    "EPSG:4214": ("beijing54", "beijing1954", "bj54", "北京54", "北京54坐标系", "1954年北京坐标系"),
    "EPSG:4610": (
        "xian80",
        "xi'an80",
        "xian1980",
        "西安80",
        "西安80坐标系",
        "1980西安坐标系",
        "1980年西安坐标系",
    ),
    Shift.GCJ02.value: ("gcj02", "gcj02坐标系", "火星坐标", "火星坐标系", "国测局坐标"),
    Shift.BD09.value: ("bd09", "bd09ll", "bd09坐标系", "百度坐标", "百度坐标系"),
}


def resolve_crs(
    text: str | None,
    *,
    helmert: HelmertParameters | None = None,
    grid: DatumGrid | None = None,
) -> SourceCrs:
    """Coordinate system that a text states, with its way to CGCS2000.

    Parameters
    ----------
    text : str or None
        EPSG code, WKT (ESRI's too), PROJ string, URN, name, ``"GCJ-02"`` or ``"BD-09"``. A datum without name is
        told by its ellipsoid, CGCS2000's or WGS 84's, and gets 1 m of added doubt in both cases.
    helmert : HelmertParameters, optional
        Way from a datum other than CGCS2000 and WGS 84.
    grid : DatumGrid, optional
        The same by a grid.

    Returns
    -------
    SourceCrs

    Raises
    ------
    CrsError
        If nothing is stated, the text is not understood, the system has no longitude and latitude (local and
        geocentric ones), its datum needs parameters that were not given, or parameters were given to a datum that
        needs none.
    """
    if text is None or not text.strip():
        raise CrsError(
            f"the coordinate system is not stated; {_HOW_TO_STATE}", zh=f"未注明坐标系；{_HOW_TO_STATE_ZH}"
        )
    if helmert is not None and grid is not None:
        raise CrsError("give parameters or a grid, not both", zh="转换参数与格网只能给出一种")
    change = helmert or grid
    text = text.strip()
    known = _long_name(text)
    if known in tuple(Shift):
        _refuse_change(text, change)
        return _shifted_crs(text, Shift(known))
    crs = _horizontal(text, _parse(text, known))
    datum = _datum_of(crs)
    if datum is None or crs.is_bound:
        return _changed_crs(text, crs, change)
    _refuse_change(text, change)
    return _plain_crs(text, crs, datum)


def _long_name(text: str) -> str:
    """Register name of a short name, of a bare EPSG number or of PROJ.4's ``+init``; any other text comes back."""
    short = re.sub(r"[\s_\-/]", "", unicodedata.normalize("NFKC", text).casefold())
    for name, shorts in _SHORT_NAMES.items():
        if short in shorts:
            return name
    old_style = re.fullmatch(r"\+?init=(\w+:\w+)(\s+\+(no_defs|type=crs))*", text, re.IGNORECASE)
    if old_style:
        return old_style[1]
    return f"EPSG:{short}" if short.isdecimal() else text


def _parse(text: str, known: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(known)
    except CRSError as error:
        raise CrsError(
            f"coordinate system {_shorten(text)!r} is not understood; {_HOW_TO_STATE}",
            zh=f"无法识别坐标系“{_shorten(text)}”；{_HOW_TO_STATE_ZH}",
        ) from error


def _horizontal(text: str, crs: pyproj.CRS) -> pyproj.CRS:
    """Return the two-dimensional system in degrees or on a plane; bound to others only if that says something."""
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_bound and _shifts_nothing(crs):
        crs = _source_of(crs)
    if not (crs.is_geographic or crs.is_projected):
        raise CrsError(
            f"{_shorten(text)!r} is neither geographic nor projected; a local grid comes in by control points",
            zh=f"“{_shorten(text)}”既不是地理坐标系也不是投影坐标系；地方独立坐标请通过控制点导入",
        )
    crs = crs if crs.is_bound else crs.to_2d()
    geodetic = _geodetic_of(crs)
    in_degrees = all(
        abs(axis.unit_conversion_factor - math.radians(1)) < 1e-12 for axis in geodetic.axis_info
    )
    meridian = geodetic.prime_meridian
    if not in_degrees or meridian is None or meridian.longitude != 0:
        raise CrsError(
            f"{_shorten(text)!r} does not count degrees from Greenwich",
            zh=f"“{_shorten(text)}”的经度不是从格林尼治起算的度",
        )
    return crs


def _source_of(crs: pyproj.CRS) -> pyproj.CRS:
    if not crs.is_bound or crs.source_crs is None:
        return crs
    return crs.source_crs


def _geodetic_of(crs: pyproj.CRS) -> pyproj.CRS:
    geodetic = _source_of(crs).geodetic_crs
    if geodetic is None:
        raise CrsError(
            f"{crs.name} has no datum; {_HOW_TO_STATE}", zh=f"{crs.name} 没有基准；{_HOW_TO_STATE_ZH}"
        )
    return geodetic.to_2d()


def _datum_name(crs: pyproj.CRS) -> str:
    datum = _geodetic_of(crs).datum
    return datum.name if datum is not None else "unknown"


def _axes_m(crs: pyproj.CRS) -> tuple[float, float]:
    """Semi-major and semi-minor axis of the ellipsoid."""
    ellipsoid = _geodetic_of(crs).ellipsoid
    if ellipsoid is None:
        raise CrsError(
            f"{crs.name} has no ellipsoid; {_HOW_TO_STATE}", zh=f"{crs.name} 没有椭球；{_HOW_TO_STATE_ZH}"
        )
    return ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre


def _shifts_nothing(crs: pyproj.CRS) -> bool:
    """Whether the parameters bound to a system are all 0 (``+towgs84=0,0,0``), as exports often write."""
    operation = crs.coordinate_operation
    return operation is not None and bool(operation.towgs84) and not any(operation.towgs84)


def _datum_of(crs: pyproj.CRS) -> _Datum | None:
    """Datum by its name, confirmed by its ellipsoid; ``None`` when it is no datum that is stored as it is."""
    if not np.allclose(_axes_m(crs), _CGCS2000_AXES_M, rtol=0, atol=1e-3):
        return None
    name = re.sub(r"[\W_]", "", _datum_name(crs).casefold())
    return next((datum for datum, pattern in _DATUM_NAMES.items() if pattern.search(name)), None)


def _plain_crs(text: str, crs: pyproj.CRS, datum: _Datum) -> SourceCrs:
    name = _shorten(text) if crs.name == "unknown" else crs.name
    return SourceCrs(
        text=text,
        zh=f"{_DATUM_ZH[datum]}，{name}" if crs.is_projected else _DATUM_ZH[datum],
        en=f"{name} ({datum.value})" if datum.value not in name else name,
        added_accuracy_m=_DATUM_DOUBT_M[datum],
        projected=crs.is_projected,
        crs=crs,
    )


def _shifted_crs(text: str, shift: Shift) -> SourceCrs:
    doubt_m = shifted.GCJ02_DOUBT_M if shift is Shift.GCJ02 else shifted.BD09_DOUBT_M
    zh = "GCJ-02（火星坐标系）" if shift is Shift.GCJ02 else "BD-09（百度坐标系）"
    return SourceCrs(text, zh, shift.value, doubt_m + WGS84_DOUBT_M, projected=False, shift=shift)


def _changed_crs(text: str, crs: pyproj.CRS, change: HelmertParameters | DatumGrid | None) -> SourceCrs:
    """Return a system on another datum with the user's way to CGCS2000, or refuse it for want of one."""
    name = _datum_name(crs)
    if change is None:
        bound = " (those in the definition come without accuracy)" if crs.is_bound else ""
        raise CrsError(
            f"{_shorten(text)!r} stands on the datum {name}, from which no public path of known accuracy leads to "
            f"CGCS2000; give seven transformation parameters or a grid, with their accuracy{bound}",
            zh=f"“{_shorten(text)}”的基准为 {name}，没有已知精度的公开方法可转换到 CGCS2000；"
            f"请提供七参数或格网及其精度",
        )
    source = _source_of(crs)
    changed = SourceCrs(
        text=text,
        zh=f"{source.name}（{name}，经用户给出的参数转换）",
        en=f"{source.name} ({name}, by the user's parameters)",
        added_accuracy_m=change.accuracy_m,
        projected=source.is_projected,
        crs=source.to_2d(),
        datum_change=change,
    )
    _steps(changed)  # a broken grid is refused here, not at its first use
    return changed


def _refuse_change(text: str, change: HelmertParameters | DatumGrid | None) -> None:
    if change is not None:
        raise CrsError(
            f"{_shorten(text)!r} needs no transformation parameters; leave them out or correct the coordinate system",
            zh=f"“{_shorten(text)}”不需要转换参数；请去掉参数或更正坐标系",
        )


def _check_accuracy(accuracy_m: float) -> None:
    if not (math.isfinite(accuracy_m) and accuracy_m > 0):
        raise OutOfRangeError(
            f"accuracy of the transformation is {accuracy_m} m; it must be above 0",
            zh=f"转换精度 {accuracy_m} m 无效，须大于 0",
        )


def _shorten(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."


def to_cgcs2000(
    geometries: Sequence[shapely.Geometry | None] | GeometryArray, source: SourceCrs
) -> GeometryArray:
    """Geometries in CGCS2000 longitude and latitude, vertex by vertex (edges: :func:`geo.geometry.densify_edges`).

    Parameters
    ----------
    geometries : array_like of shapely geometries or None
        In the source's coordinates, x (longitude or easting) first. Heights are dropped.
    source : SourceCrs

    Returns
    -------
    ndarray of shapely geometries
        In EPSG:4490; ``None`` where the input is ``None``. [°]

    Raises
    ------
    CrsError
        If a coordinate is not finite, or lies where the projection or grid has no inverse; it names the row.
    """
    return _transform(geometries, partial(to_lonlat, source=source), source)


def from_cgcs2000(
    geometries: Sequence[shapely.Geometry | None] | GeometryArray, target: SourceCrs
) -> GeometryArray:
    """Geometries given in CGCS2000 in the target's coordinates, vertex by vertex; inverse of :func:`to_cgcs2000`.

    Raises
    ------
    CrsError
        If a coordinate is not finite, or lies where the projection or grid does not reach; it names the row.
    """
    return _transform(geometries, partial(from_lonlat, target=target), target)


def to_lonlat(xy: ArrayLike, source: SourceCrs) -> NDArray[np.float64]:
    """CGCS2000 longitude and latitude of coordinates of the source.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Longitude, latitude or easting, northing. [unit of the source]
    source : SourceCrs

    Returns
    -------
    ndarray, shape (n, 2)
        Not finite where there is no answer. [°]
    """
    x, y = np.asarray(xy, dtype=float).reshape(-1, 2).T
    if source.shift is not None:
        back = shifted.gcj02_to_wgs84 if source.shift is Shift.GCJ02 else shifted.bd09_to_wgs84
        return np.column_stack(back(x, y))
    for step in _steps(source):
        x, y = step.transform(x, y)
    return np.column_stack((x, y))


def from_lonlat(lonlat: ArrayLike, target: SourceCrs) -> NDArray[np.float64]:
    """Coordinates of the target of CGCS2000 longitude and latitude; inverse of :func:`to_lonlat`."""
    x, y = np.asarray(lonlat, dtype=float).reshape(-1, 2).T
    if target.shift is not None:
        forward = shifted.wgs84_to_gcj02 if target.shift is Shift.GCJ02 else shifted.wgs84_to_bd09
        return np.column_stack(forward(x, y))
    for step in reversed(_steps(target)):
        x, y = step.transform(x, y, direction=TransformDirection.INVERSE)
    return np.column_stack((x, y))


@lru_cache(maxsize=64)
def _steps(source: SourceCrs) -> tuple[pyproj.Transformer, ...]:
    """Plane to the system's own degrees, then the user's datum change; never a datum change of PROJ's choosing."""
    assert source.crs is not None
    geodetic = _geodetic_of(source.crs)
    own = (pyproj.Transformer.from_crs(source.crs, geodetic, always_xy=True),) if source.projected else ()
    if source.datum_change is None:
        return own
    try:
        return (
            *own,
            pyproj.Transformer.from_pipeline(_datum_pipeline(source.datum_change, _axes_m(source.crs))),
        )
    except ProjError as error:
        raise CrsError(
            f"the datum change of {source.en} cannot be used: {error}",
            zh=f"无法使用 {source.zh} 的转换参数：{error}",
        ) from error


def _datum_pipeline(change: HelmertParameters | DatumGrid, axes_m: tuple[float, float]) -> str:
    if isinstance(change, DatumGrid):
        middle = f'+step +proj=hgridshift +grids="{change.path}"'
    else:
        axes = f"+a={axes_m[0]:.17g} +b={axes_m[1]:.17g}"
        middle = (
            f"+step +proj=cart {axes} +step {change.pipeline} +step +inv +proj=cart {_CGCS2000_ELLIPSOID}"
        )
    return (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"{middle} +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )


def as_geometries(geometries: Sequence[shapely.Geometry | None] | GeometryArray) -> GeometryArray:
    """Return geometries of any sequence (list, GeoSeries, array) as a one-dimensional object array."""
    array: GeometryArray = np.atleast_1d(np.asarray(geometries, dtype=object))
    return array


def _transform(
    geometries: Sequence[shapely.Geometry | None] | GeometryArray,
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    system: SourceCrs,
) -> GeometryArray:
    given = as_geometries(geometries)
    result: GeometryArray = shapely.transform(given, function)
    xy, rows = shapely.get_coordinates(result, return_index=True)
    lost = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if lost.size:
        x, y = shapely.get_coordinates(given)[lost[0]]
        count = np.unique(rows[lost]).size
        raise CrsError(
            f"row {rows[lost[0]]}: the position ({x}, {y}) has no counterpart between {system.en} and CGCS2000 "
            f"({count} rows in all)",
            zh=f"第 {rows[lost[0]]} 行：坐标 ({x}, {y}) 无法在 {system.zh} 与 CGCS2000 之间转换（共 {count} 行）",
        )
    return result


def local_crs(bounds: tuple[float, float, float, float]) -> pyproj.CRS:
    """Azimuthal equidistant plane on CGCS2000 about the middle of an area, for selecting and drawing.

    Distances from the middle are true; others are stretched by about d² / (6 R²), 4 m in 100 km at 100 km off. Nothing
    is to be decided by distances on it.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north, CGCS2000. [°]

    Returns
    -------
    pyproj.CRS
        Easting, northing from the middle. [m]
    """
    west, south, east, north = bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise OutOfRangeError(
            f"bounds {bounds} are not west, south, east, north", zh=f"范围 {bounds} 不是西、南、东、北"
        )
    middle = AzimuthalEquidistantConversion((south + north) / 2, (west + east) / 2)
    return ProjectedCRS(middle, name="local plane", geodetic_crs=pyproj.CRS("EPSG:4490"))
