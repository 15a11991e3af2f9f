"""Changed layouts of a plant against its present one, live: the answer of ``/api/v1/whatif``."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geo.hazard.digest import digest_of
from geo.hazard.distance import Target
from geo.hazard.kernel_store import KernelStore
from geo.hazard.weather import WindRose
from geo.hazard.whatif import Preview, WhatIf
from layers.plants.distances import describe_geometry, options_of, targets_around
from layers.plants.document import PlantFile, plant_of
from layers.plants.results import TARGET_LAYERS
from layers.store import Store

__all__ = ["TARGET_LAYERS", "Workshop"]

_KEPT = 8
"""Plants that are being changed at the same time; the one not used for longest is forgotten."""


class Workshop:
    """Plants on the workbench, each with its present layout; safe to use from several threads.

    Parameters
    ----------
    store : Store
    kernels : KernelStore
        Shared with the assessments: what they computed need not be computed again.
    """

    def __init__(self, store: Store, kernels: KernelStore) -> None:
        self._store = store
        self._kernels = kernels
        self._benches: OrderedDict[str, _Bench] = OrderedDict()
        self._lock = threading.Lock()

    def preview(self, present: PlantFile, changed: PlantFile, rose: WindRose) -> dict[str, Any]:
        """Return contours and targets of a changed layout, and what differs from the present one.

        Parameters
        ----------
        present, changed : PlantFile
        rose : WindRose

        Raises
        ------
        FormatError, HazardError
            If the changed plant makes no sense.
        """
        return self._bench(present, rose).compare(changed)

    def _bench(self, present: PlantFile, rose: WindRose) -> "_Bench":
        key = digest_of(present.model_dump(), rose, self._store.data_version(TARGET_LAYERS))
        with self._lock:
            if key not in self._benches:
                self._benches[key] = _Bench(present, rose, self._store, self._kernels)
                while len(self._benches) > _KEPT:
                    self._benches.popitem(last=False)
            self._benches.move_to_end(key)
            return self._benches[key]


@dataclass(frozen=True)
class _Scene:
    """A plant's present layout, the targets around it, and what is kept between two moves."""

    targets: tuple[Target, ...]
    live: WhatIf
    before: Preview


class _Bench:
    """One plant; it is computed when it is first compared, and only those who ask for it wait."""

    def __init__(self, present: PlantFile, rose: WindRose, store: Store, kernels: KernelStore) -> None:
        self._present, self._rose, self._store, self._kernels = present, rose, store, kernels
        self._scene: _Scene | None = None
        self._lock = threading.Lock()

    def _set_up(self) -> _Scene:
        plant = plant_of(self._present)
        targets = targets_around(self._store, plant)
        live = WhatIf(plant, self._rose, targets, options_of(self._present), store=self._kernels)
        return _Scene(targets, live, live.preview(plant))

    def compare(self, changed: PlantFile) -> dict[str, Any]:
        with self._lock:
            self._scene = scene = self._scene or self._set_up()
            after = scene.live.preview(plant_of(changed))
        return {
            "contours": [
                {"risk_per_year": level, "geometry": describe_geometry(area)}
                for level, area in after.contours.items()
            ],
            "cut_off": after.cut_off,
            "targets": _describe_targets(scene.targets, scene.before, after),
            "changes": [_describe_level(level, scene.before, after) for level in after.contours],
        }


def _describe_targets(targets: Sequence[Target], before: Preview, after: Preview) -> list[dict[str, Any]]:
    """Return the targets with a risk worth naming, the largest first."""
    least = min(after.contours, default=0.0)
    rows = [
        {
            "layer": target.layer,
            "id": target.id,
            "name": target.name,
            "target_class": target.target_class,
            "risk_per_year": risk,
            "risk_before_per_year": risk_before,
            "exceeded": exceeded,
            "exceeded_before": exceeded_before,
        }
        for target, risk, risk_before, exceeded, exceeded_before in zip(
            targets,
            after.target_risks_per_year.tolist(),
            before.target_risks_per_year.tolist(),
            after.exceeded,
            before.exceeded,
            strict=True,
        )
        if max(risk, risk_before) > least
    ]
    return sorted(rows, key=lambda row: (-row["risk_per_year"], row["layer"], row["id"]))


def _describe_level(level: float, before: Preview, after: Preview) -> dict[str, Any]:
    was, is_now = before.target_risks_per_year > level, after.target_risks_per_year > level
    return {
        "risk_per_year": level,
        "inside": int(is_now.sum()),
        "inside_before": int(was.sum()),
        "entered": int((is_now & ~was).sum()),
        "left": int((was & ~is_now).sum()),
    }
