"""How the coordinates of a file get to CGCS2000: by what it states, what the user states, or control points."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.control_points import ControlPointFit, fit_control_points
from geo.crs import DatumGrid, HelmertParameters, SourceCrs, resolve_crs, to_lonlat
from geo.errors import CrsError
from layers.errors import FormatError
from layers.formats.source import CrsBasis, Note, Reading, SourceTable
from layers.formats.table import read_csv, read_xlsx

__all__ = ["ControlPoints", "Georeference", "georeference"]

ControlPoints = str | Path | Sequence[tuple[float, float, float, float]]
"""Table of control points, or the points: x and y in the drawing, then easting and northing or lon and lat."""

_RADIUS_95_PER_RMS = 2.4477
"""95 % radius of a round normal scatter with a standard deviation of 1 in each direction: √(-2 ln 0.05)."""

_TRIED = np.array([(0.0, 0.0), (5e5, 3e6), (3.45e7, 3e6), (103.0, 26.0), (118.0, 40.0), (88.0, 31.0)])
"""Coordinates, plane and degrees, at which two systems are compared."""


@dataclass(frozen=True)
class Georeference:
    """Way from the coordinates of a file to a system that leads to CGCS2000.

    Attributes
    ----------
    crs : SourceCrs
    added_accuracy_m : float
        Doubt that the way adds to the accuracy of positions. [m]
    notes : tuple of Note
    fit : ControlPointFit or None
        From a drawing to the plane of ``crs``.
    """

    crs: SourceCrs
    added_accuracy_m: float
    notes: tuple[Note, ...] = field(default=())
    fit: ControlPointFit | None = None

    @property
    def fitted(self) -> bool:
        """Whether control points were used."""
        return self.fit is not None

    def move(self, geometries: NDArray[np.object_]) -> NDArray[np.object_]:
        """Geometries in the coordinates of ``crs``."""
        return geometries if self.fit is None else self.fit.move(geometries)


def georeference(
    table: SourceTable,
    stated: str | None,
    *,
    helmert: HelmertParameters | None = None,
    grid: DatumGrid | None = None,
    control_points: ControlPoints | None = None,
) -> Georeference:
    """Way of a table's coordinates to CGCS2000.

    What the user states must agree with what the file states in so many words. It wins over what only the standard
    of the format says (GeoJSON, KML, GeoParquet without their own statement).

    Raises
    ------
    CrsError
        If nothing is stated, both are and differ, or the system cannot be used.
    FormatError, GeometryError
        If the control points cannot be read or do not fit.
    """
    if control_points is not None:
        return _from_control_points(table, stated, helmert, grid, control_points)
    crs = _agree(table, stated, helmert, grid)
    notes = []
    if stated is not None and table.crs_basis is CrsBasis.STANDARD:
        notes.append(
            Note(
                f"coordinate system {crs.en}, as you state; the format's own default is WGS 84",
                f"按用户指定的坐标系 {crs.zh} 处理；该格式的默认坐标系为 WGS 84",
            )
        )
    if crs.shift is not None:
        notes.append(
            Note(
                f"the shift of {crs.en} was undone: {crs.added_accuracy_m:g} m added to every known accuracy",
                f"已消除 {crs.zh} 的偏移：已知精度一律增加 {crs.added_accuracy_m:g} 米",
            )
        )
    elif crs.datum_change is not None:
        notes.append(
            Note(
                f"{crs.en}: {crs.added_accuracy_m:g} m added to every known accuracy",
                f"{crs.zh}：已知精度一律增加 {crs.added_accuracy_m:g} 米",
            )
        )
    elif crs.added_accuracy_m > 0:
        notes.append(
            Note(
                f"{crs.en} counted as CGCS2000: {crs.added_accuracy_m:g} m added to every known accuracy",
                f"{crs.zh} 视为 CGCS2000：已知精度一律增加 {crs.added_accuracy_m:g} 米",
            )
        )
    return Georeference(crs, crs.added_accuracy_m, tuple(notes))


def _agree(
    table: SourceTable, stated: str | None, helmert: HelmertParameters | None, grid: DatumGrid | None
) -> SourceCrs:
    if stated is None or table.crs is None:
        return resolve_crs(stated or table.crs, helmert=helmert, grid=grid)
    given = resolve_crs(stated, helmert=helmert, grid=grid)
    if table.crs_basis is CrsBasis.STANDARD:
        return given
    try:
        own = resolve_crs(table.crs, helmert=helmert, grid=grid)
    except CrsError:
        own = None
    if own is None or not _are_same(own, given):
        name = table.crs[:80] if own is None else own.en
        raise CrsError(
            f"the file says {name}, you say {given.en}: they differ. Leave crs out, or correct what the file says",
            zh=f"文件标注的坐标系为 {name}，用户指定为 {given.zh}，两者不一致。请去掉 crs，或更正文件中的坐标系",
        )
    return own


def _are_same(first: SourceCrs, second: SourceCrs) -> bool:
    """Whether two systems give the same positions with the same doubt, whatever they are called."""
    if (first.shift, first.projected, first.added_accuracy_m) != (
        second.shift,
        second.projected,
        second.added_accuracy_m,
    ):
        return False
    places = [to_lonlat(_TRIED, crs) for crs in (first, second)]
    finite = [np.where(np.isfinite(place), place, -999.0) for place in places]
    return bool(np.abs(finite[0] - finite[1]).max() < 1e-9)


def _from_control_points(
    table: SourceTable,
    stated: str | None,
    helmert: HelmertParameters | None,
    grid: DatumGrid | None,
    control_points: ControlPoints,
) -> Georeference:
    if table.crs_basis is CrsBasis.FILE:
        raise CrsError(
            f"the file states its coordinate system ({table.crs}); control points are for files that state none",
            zh=f"文件已注明坐标系（{table.crs}）；控制点只用于未注明坐标系的文件",
        )
    target = resolve_crs(stated, helmert=helmert, grid=grid)
    if isinstance(control_points, str | Path):
        drawing, places = _read_points(Path(control_points), target)
    else:
        points = np.asarray(control_points, dtype=float).reshape(-1, 4)
        drawing, places = points[:, :2], points[:, 2:]
    fit = fit_control_points(drawing, places, target)
    added_m = fit.crs.added_accuracy_m + (0.0 if fit.rms_m is None else _RADIUS_95_PER_RMS * fit.rms_m)
    return Georeference(fit.crs, added_m, _describe_fit(fit, added_m), fit)


def _read_points(path: Path, target: SourceCrs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read the columns ``x, y`` and ``easting, northing`` (``lon, lat`` for a system in degrees) of a table."""
    read = read_xlsx if path.suffix.lower() == ".xlsx" else read_csv
    sides = []
    for pair in (("x", "y"), ("easting", "northing") if target.projected else ("lon", "lat")):
        table = read(path, Reading(coordinates=dict(zip(pair, pair, strict=True))))
        missing = np.flatnonzero(shapely.is_missing(table.geometries))
        if missing.size:
            raise FormatError(
                f"{path.name}, row {table.rows[missing[0]]}: {' and '.join(pair)} must be numbers",
                zh=f"{path.name} 第 {table.rows[missing[0]]} 行：{'、'.join(pair)} 须为数字",
            )
        sides.append(shapely.get_coordinates(table.geometries))
    return sides[0], sides[1]


def _describe_fit(fit: ControlPointFit, added_m: float) -> tuple[Note, ...]:
    count = len(fit.residual_m)
    shape = Note(
        f"{count} control points, {fit.kind}: scale {fit.scale:.8g}, rotation {fit.rotation_deg:.6f}°",
        f"{count} 个控制点，{'相似变换' if fit.kind == 'similarity' else '仿射变换'}：尺度 {fit.scale:.8g}，"
        f"旋转 {fit.rotation_deg:.6f}°",
    )
    if fit.rms_m is None:
        return (
            shape,
            Note(
                "two control points leave nothing to check the fit by; a third would show an error",
                "两个控制点无法检核；增加第三个控制点可发现错误",
            ),
        )
    residuals = ", ".join(f"{i}: {residual:.3f} m" for i, residual in enumerate(fit.residual_m, start=1))
    return (
        shape,
        Note(
            f"residuals of the control points: {residuals}; rms {fit.rms_m:.3f} m, "
            f"{added_m:.3f} m added to every known accuracy",
            f"控制点残差：{residuals}；中误差 {fit.rms_m:.3f} m，已知精度一律增加 {added_m:.3f} 米",
        ),
    )
