"""What if a unit stood elsewhere or held something else: contours and targets while it is being dragged.

A preview is coarse: contours follow a grid of 40 m, distances are not measured and people are not counted. Its risks at
targets are those of the exact assessment, save that large targets are asked at fewer points. Kernels, stamps and their
sums are kept from one preview to the next; a preview does not depend on those before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import MultiPolygon

from geo.ellipsoid import FloatArray
from geo.hazard.assessment import Options, make_placements
from geo.hazard.contours import LEVELS_PER_YEAR, transform_polygons
from geo.hazard.criteria import individual_risk_criterion, is_acceptable
from geo.hazard.distance import Target
from geo.hazard.kernel_store import KernelStore
from geo.hazard.plant import Plant
from geo.hazard.risk_field import lay_ground, make_field, site_plane
from geo.hazard.stamp import Stamps, sample
from geo.hazard.weather import WindRose
from geo.progress import Progress

__all__ = ["Preview", "WhatIf"]

NEAR_STEP_M, FAR_STEP_M = 40.0, 100.0
"""Steps of the grid of a preview. [m] Chosen: coarse, and told so."""

_POINTS = 24
"""At most about so many points on the boundary of a target. Numerical."""


@dataclass(frozen=True)
class Preview:
    """What a plant would be like.

    Attributes
    ----------
    contours : mapping of level to MultiPolygon
        EPSG:4490.
    target_risks_per_year : ndarray, shape (n_targets,)
        Largest individual risk of each target.
    exceeded : tuple of bool or None
        Whether a target's criterion is exceeded; None: its class is not stated.
    cut_off : bool
        A contour is cut off by the end of the grid.
    """

    contours: Mapping[float, MultiPolygon]
    target_risks_per_year: FloatArray
    exceeded: tuple[bool | None, ...]
    cut_off: bool


class WhatIf:
    """A plant whose changes are looked at one after the other.

    Parameters
    ----------
    plant : Plant
        As it is.
    rose : WindRose
    targets : sequence of Target
    options : Options, optional
        Domino effects are left out: to find who knocks over whom takes longer than a drag lasts.
    progress : callable, optional
        Of building the first kernels.
    store : KernelStore, optional
        Kernels of former assessments.

    Raises
    ------
    GeoError
        If a model refuses.
    """

    def __init__(
        self,
        plant: Plant,
        rose: WindRose,
        targets: Sequence[Target] = (),
        options: Options | None = None,
        progress: Progress | None = None,
        store: KernelStore | None = None,
    ) -> None:
        self._rose, self._options = rose, replace(options or Options(), domino=False)
        self._store = KernelStore(slim=True) if store is None else store.thin()
        self._plane = site_plane(plant)
        self._targets = tuple(targets)
        self._limits = [
            None
            if target.target_class is None
            else individual_risk_criterion(target.target_class, plant.state, self._options.overrides)
            for target in self._targets
        ]
        points = [self._points_of(target) for target in self._targets]
        self._points_m = np.concatenate([np.empty((0, 2)), *points])
        self._first = np.cumsum([0, *(len(one) for one in points)])[:-1]
        placements = make_placements(plant, rose, self._options, progress, self._store)
        # Half the lowest level: room for what a change may add.
        self._stamps = Stamps(lay_ground(placements, LEVELS_PER_YEAR[0] / 2, NEAR_STEP_M, FAR_STEP_M))

    def preview(self, plant: Plant) -> Preview:
        """Return what the plant would be like with units moved or changed.

        Raises
        ------
        GeoError
            If a model refuses.
        """
        placements = make_placements(plant, self._rose, self._options, store=self._store, plane=self._plane)
        field = make_field(placements, LEVELS_PER_YEAR, self._stamps, refine=False)
        risks = np.zeros(len(self._targets))
        if self._targets:
            risks = np.maximum.reduceat(sample(placements, self._points_m), self._first)
        return Preview(
            contours={level: transform_polygons(area, self._plane) for level, area in field.areas.items()},
            target_risks_per_year=risks,
            exceeded=tuple(
                None if limit is None else not is_acceptable(float(risk), limit)
                for risk, limit in zip(risks, self._limits, strict=True)
            ),
            cut_off=field.cut_off,
        )

    def _points_of(self, target: Target) -> FloatArray:
        shape = shapely.transform(target.geometry, self._plane.to_plane)
        longest_m = max(float(shapely.length(shape)) / _POINTS, 1.0)
        return np.asarray(shapely.get_coordinates(shapely.segmentize(shape, longest_m)))
