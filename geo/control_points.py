"""Plane coordinates of a drawing brought to a stated system by control points.

A similarity (shift, turn, one scale) needs two points, an affinity (two scales and a skew more) three; from more points
both come by least squares, and each point keeps a residual in metres. The target is a plane: control points given in
degrees are taken to the 3-degree Gauss-Krüger plane of their middle, which is conformal, so that a similarity holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.crs import GeometryArray, SourceCrs, as_geometries, from_lonlat, resolve_crs, to_lonlat
from geo.errors import CrsError, GeometryError
from geo.gauss_kruger import gauss_kruger_epsg, gauss_kruger_zone

__all__ = ["ControlPointFit", "FitKind", "fit_control_points"]

_Floats = NDArray[np.float64]

_MIN_SPREAD = 1e-4
"""Least ratio of the points' width to their length, below which an affinity across the line is not determined."""


class FitKind(StrEnum):
    """What a fit may change."""

    SIMILARITY = "similarity"
    AFFINITY = "affinity"


@dataclass(frozen=True)
class ControlPointFit:
    """Transformation from a drawing's plane to the plane of a coordinate system.

    Attributes
    ----------
    kind : FitKind
    crs : SourceCrs
        Projected system of the result, with the doubt that the stated one adds.
    matrix : ndarray, shape (2, 2)
    drawing_origin, target_origin : ndarray, shape (2,)
        ``result = target_origin + matrix @ (drawing - drawing_origin)``. [drawing unit, m]
    residual_m : ndarray, shape (n,)
        How far each control point comes out from where it should be. [m]
    rms_m : float or None
        Root of the squared residuals over the spare coordinates; ``None`` when there is none to spare and nothing is
        known of the accuracy. [m]
    """

    kind: FitKind
    crs: SourceCrs
    matrix: _Floats
    drawing_origin: _Floats
    target_origin: _Floats
    residual_m: _Floats
    rms_m: float | None

    @property
    def scale(self) -> float:
        """Metres per drawing unit, mean of both directions."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix))))

    @property
    def rotation_deg(self) -> float:
        """Turn of the drawing's x axis from east, counter-clockwise [°]."""
        return float(np.degrees(np.arctan2(self.matrix[1, 0], self.matrix[0, 0])))

    def move(self, geometries: Sequence[shapely.Geometry | None] | GeometryArray) -> GeometryArray:
        """Geometries of the drawing in the coordinates of :attr:`crs`; heights are dropped [m]."""
        moved: GeometryArray = shapely.transform(as_geometries(geometries), self.move_points)
        return moved

    def move_points(self, drawing_xy: ArrayLike) -> _Floats:
        """Points of the drawing, shape (n, 2), in the coordinates of :attr:`crs` [m]."""
        moved: _Floats = self.target_origin + (np.asarray(drawing_xy) - self.drawing_origin) @ self.matrix.T
        return moved


def fit_control_points(
    drawing_xy: ArrayLike, target_xy: ArrayLike, target: SourceCrs, kind: FitKind = FitKind.SIMILARITY
) -> ControlPointFit:
    """Fit the transformation that brings control points of a drawing to their places.

    Parameters
    ----------
    drawing_xy : array_like, shape (n, 2)
        In the drawing, in any unit.
    target_xy : array_like, shape (n, 2)
        The same points in the target system, easting (longitude) first. [m or °]
    target : SourceCrs
        System of the places. One in degrees is replaced by the Gauss-Krüger plane of the points' middle.
    kind : FitKind

    Returns
    -------
    ControlPointFit

    Raises
    ------
    GeometryError
        If there are too few points (similarity: 2, affinity: 3), a coordinate is no number, points coincide, lie on
        one line for an affinity, or the drawing is mirrored against its places.
    CrsError
        If the target plane does not count metres.
    """
    drawing, places, crs = _read_points(drawing_xy, target_xy, target, kind)
    drawing_origin, target_origin = drawing.mean(axis=0), places.mean(axis=0)
    fit = _fit_similarity if kind is FitKind.SIMILARITY else _fit_affinity
    matrix = fit(drawing - drawing_origin, places - target_origin)
    residuals = places - target_origin - (drawing - drawing_origin) @ matrix.T
    spare = 2 * len(drawing) - (4 if kind is FitKind.SIMILARITY else 6)
    return ControlPointFit(
        kind=kind,
        crs=crs,
        matrix=matrix,
        drawing_origin=drawing_origin,
        target_origin=target_origin,
        residual_m=np.hypot(residuals[:, 0], residuals[:, 1]),
        rms_m=float(np.sqrt((residuals**2).sum() / spare)) if spare else None,
    )


def _read_points(
    drawing_xy: ArrayLike, target_xy: ArrayLike, target: SourceCrs, kind: FitKind
) -> tuple[_Floats, _Floats, SourceCrs]:
    drawing, places = np.asarray(drawing_xy, dtype=float), np.asarray(target_xy, dtype=float)
    if drawing.shape != places.shape or drawing.ndim != 2 or drawing.shape[1] != 2:
        raise GeometryError(
            f"control points have shapes {drawing.shape} and {places.shape}, not the same (n, 2)",
            zh="控制点的图上坐标与实地坐标数目不一致，或不是成对的坐标",
        )
    needed = 2 if kind is FitKind.SIMILARITY else 3
    if len(drawing) < needed:
        raise GeometryError(
            f"{len(drawing)} control points; {kind} needs {needed}",
            zh=f"只有 {len(drawing)} 个控制点，至少需要 {needed} 个",
        )
    if not (np.isfinite(drawing).all() and np.isfinite(places).all()):
        raise GeometryError("a control point is not a number", zh="控制点坐标含有非数字")
    places, crs = _to_plane(places, target)
    for name, name_zh, points in (("drawing", "图上", drawing), ("target", "实地", places)):
        _refuse_degenerate(name, name_zh, points, kind)
    return drawing, places, crs


def _to_plane(places: _Floats, target: SourceCrs) -> tuple[_Floats, SourceCrs]:
    if target.projected:
        if target.crs is not None and any(axis.unit_name != "metre" for axis in target.crs.axis_info):
            raise CrsError(f"{target.en} does not count metres", zh=f"{target.zh} 的单位不是米")
        return places, target
    lonlat = to_lonlat(places, target)
    if not np.isfinite(lonlat).all():
        raise GeometryError("a control point has no longitude and latitude", zh="控制点没有有效的经纬度")
    zone = int(gauss_kruger_zone(lonlat[:, 0].mean()))
    plane = resolve_crs(f"EPSG:{gauss_kruger_epsg(zone, zone_prefix=True)}")
    return from_lonlat(lonlat, plane), replace(plane, added_accuracy_m=target.added_accuracy_m)


def _refuse_degenerate(name: str, name_zh: str, points: _Floats, kind: FitKind) -> None:
    """Refuse points of which two coincide, or which do not span a plane where the fit needs one."""
    first, second = np.triu_indices(len(points), k=1)
    apart = np.linalg.norm(points[first] - points[second], axis=1)
    length, width = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)[:2]
    if apart.min() <= 1e-9 * length:
        raise GeometryError(
            f"two control points coincide in the {name}", zh=f"有两个控制点的{name_zh}坐标重合"
        )
    if kind is FitKind.AFFINITY and width < _MIN_SPREAD * length:
        raise GeometryError(
            f"the control points lie on one line in the {name}; an affinity needs three that do not",
            zh=f"控制点的{name_zh}坐标在一条直线上，仿射变换至少需要三个不共线的点",
        )


def _fit_similarity(drawing: _Floats, places: _Floats) -> _Floats:
    """Return the matrix [[a, -b], [b, a]]: with centred points as complex numbers, a + ib is one quotient."""
    z, w = drawing @ [1, 1j], places @ [1, 1j]
    factor, mirrored = np.vdot(z, w), np.vdot(z.conj(), w)
    if abs(mirrored) > abs(factor) * (1 + 1e-9):
        raise GeometryError(
            "the drawing fits its places better when mirrored; swap x and y of one side",
            zh="图形与实地互为镜像，请对调其中一方的 x 与 y 坐标",
        )
    a, b = factor.real / np.vdot(z, z).real, factor.imag / np.vdot(z, z).real
    return np.array([[a, -b], [b, a]])


def _fit_affinity(drawing: _Floats, places: _Floats) -> _Floats:
    matrix = np.linalg.lstsq(drawing, places, rcond=None)[0].T.astype(np.float64)
    if np.linalg.det(matrix) < 0:
        raise GeometryError(
            "the drawing is mirrored against its places; swap x and y of one side",
            zh="图形与实地互为镜像，请对调其中一方的 x 与 y 坐标",
        )
    return matrix
