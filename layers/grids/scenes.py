"""What a grid is computed from: the layers at a moment, the ground that they cover, the rasters."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import GeometryArray
from geo.ellipsoid import FloatArray
from geo.progress import Progress, say_nothing, stage
from geo.rules.survey import COVERAGE_LAYER, Bounds
from layers.errors import NotAvailableError
from layers.formats.values import CHINA_TIME
from layers.grids.registry import ObjectFilter
from layers.store import Store
from layers.terrain import stored_rasters

__all__ = ["Scene"]

_T = TypeVar("_T")

_BYTES_PER_STEP = 1 << 24
_SHAPES_PER_STEP = 10_000


@dataclass
class Scene:
    """The stored layers as they are, or as they were at a moment.

    Attributes
    ----------
    store : Store
    resolution : int
        Of the finest grid.
    at : datetime or None
        None: as they are.
    bounds : tuple of float or None
        Only what meets this rectangle is read; None: everything. [°]
    say : callable
        Progress.
    shares_out : bool
        False: objects that are shared out by their geometries are left whole, for workers to do it.
    used : set of str
        Layers that were read, for the record.
    rasters_used : dict of str to Path
        Rasters that were read, by kind.
    """

    store: Store
    resolution: int
    at: datetime | None = None
    bounds: Bounds | None = None
    say: Progress = say_nothing
    shares_out: bool = True
    used: set[str] = field(default_factory=set)
    rasters_used: dict[str, Path] = field(default_factory=dict)

    def stage(self, start: float, end: float) -> "Scene":
        """Return the same scene, whose progress is that of a stage; what is read is recorded in both."""
        return replace(self, say=stage(self.say, start, end))

    def split(self, count: int) -> list["Scene"]:
        """Return the scene for each of so many stages, all of the same length."""
        return [self.stage(number / count, (number + 1) / count) for number in range(count)]

    def stages(self, items: Sequence[_T]) -> Iterator[tuple[_T, "Scene"]]:
        """Yield items, each with the scene for a stage of its own."""
        return zip(items, self.split(len(items)), strict=True)

    def follow(self, items: Sequence[_T], what: str) -> Iterator[_T]:
        """Yield items, and tell before each how many are done."""
        for number, item in enumerate(items):
            self.say(number / len(items), f"{what}: {number} of {len(items)}")
            yield item

    def measure(
        self, size: Callable[[GeometryArray], FloatArray], shapes: GeometryArray, what: str
    ) -> FloatArray:
        """Return the sizes of shapes by a function on arrays, some thousands at a time."""
        starts = range(0, len(shapes), _SHAPES_PER_STEP)
        parts = [size(shapes[first : first + _SHAPES_PER_STEP]) for first in self.follow(starts, what)]
        return np.concatenate([np.zeros(0), *parts])

    def read(self, wanted: ObjectFilter) -> gpd.GeoDataFrame:
        """Return features with a geometry that count, within the bounds."""
        self.used.add(wanted.layer)
        where = dict(wanted.where)
        frame = self.store.read(wanted.layer, bounds=self.bounds, where=where, at=self.at, progress=self.say)
        there = ~(frame.geometry.isna() | frame.geometry.is_empty)
        return frame[there].reset_index(drop=True)

    def read_plain(self, layer: str, **where: object) -> pd.DataFrame:
        """Return features of a layer whether they have a geometry or not."""
        self.used.add(layer)
        return self.store.read(layer, where=where or None, at=self.at, progress=self.say)

    def require(self, layers: Iterable[str], advice: str, advice_zh: str) -> None:
        """Refuse to go on where nothing is stored, or was at that moment, in any of some layers."""
        names = list(layers)
        self.used.update(names)
        if any(self.store.count(layer, at=self.at, at_most=1) for layer in names):
            return
        if self.at is not None and any(self.store.count(layer, at_most=1) for layer in names):
            day = self.at.astimezone(CHINA_TIME).date()
            raise NotAvailableError(
                f"nothing was stored on {day} in: {', '.join(names)}; ask for another date, or for none",
                zh=f"{day} 时以下图层中没有数据：{'、'.join(names)}；请换一个日期，或不指定日期",
            )
        raise NotAvailableError(
            f"nothing is stored in: {', '.join(names)}; {advice}",
            zh=f"以下图层中没有数据：{'、'.join(names)}；{advice_zh}",
        )

    def raster(self, kind: str) -> Path:
        """Return the stored raster of a kind.

        Raises
        ------
        NotAvailableError
            If there is none, or its file is gone.
        """
        self.used.add("rasters")
        found = stored_rasters(self.store, (kind,)).get(kind)
        if found is None:
            raise NotAvailableError(
                f"no {kind} raster is stored, or its file is gone: import one into the layer rasters",
                zh=f"没有已登记的 {kind} 栅格，或文件不存在：请在图层 rasters 中导入",
            )
        self.rasters_used[kind] = found
        return found

    def covered(self, layers: Iterable[str]) -> shapely.Geometry:
        """Return the ground on which layers have data: where nothing stands there, nothing is there.

        A layer covers the rectangle round its features and what is declared completely surveyed, without what is
        declared incomplete, as the siting rules take it; several layers cover what all of them do.
        """
        self.used.add(COVERAGE_LAYER)
        declared = self.store.read(COVERAGE_LAYER, at=self.at)
        ground: shapely.Geometry | None = None
        for layer in layers:
            own = self._covered_by(layer, declared)
            ground = own if ground is None else shapely.intersection(ground, own)
        return shapely.Polygon() if ground is None else ground

    def _covered_by(self, layer: str, declared: gpd.GeoDataFrame) -> shapely.Geometry:
        about = declared[(declared["surveyed_layer"] == layer) & declared["condition"].isna()]
        complete = about["complete"].to_numpy(dtype=object)
        whole = list(about.geometry.to_numpy()[complete == True])  # noqa: E712  # objects, None among them
        lacking = list(about.geometry.to_numpy()[complete == False])  # noqa: E712
        frame = self.store.read(layer, at=self.at, columns=[])
        extent = frame.total_bounds if len(frame) else np.full(4, np.nan)
        if np.isfinite(extent).all():
            whole.append(shapely.box(*extent))
        return shapely.difference(shapely.union_all(whole), shapely.union_all(lacking))

    def digests(self) -> dict[str, str]:
        """Return the digests of all that was read: layers by slug, rasters by kind."""
        found = {layer: self.store.layer_digest(layer) for layer in sorted(self.used)}
        for (kind, path), own in self.stages(sorted(self.rasters_used.items())):
            found[f"raster {kind}"] = own._digest_file(path)
        return found

    def _digest_file(self, path: Path) -> str:
        digest, size, done = hashlib.sha256(), max(path.stat().st_size, 1), 0
        with path.open("rb") as source:
            while block := source.read(_BYTES_PER_STEP):
                digest.update(block)
                done += len(block)
                self.say(done / size, f"digest of {path.name}")
        return digest.hexdigest()
