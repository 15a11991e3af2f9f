"""The features of the store around some subjects: as much of each layer as their rules can reach, and more when asked.

Small layers are read whole, once for each state of their content: they are kept in the process with all that rules
find out about them. Of the others a window is read by the spatial index, as wide as the limits of the rules;
what :mod:`geo.rules.horizon` shows to be missing is brought afterwards: features that are rare wherever they are,
others in wider and wider windows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.distance.blocks import grow_boxes
from geo.rules.expression import Condition
from geo.rules.horizon import Horizon, NarrowError
from geo.rules.predicates import PREDICATES, needed_layers
from geo.rules.reach import reach_m
from geo.rules.rule import Rule, RulePack
from geo.rules.survey import COVERAGE_LAYER, Bounds
from geo.rules.targets import Targets
from layers.catalog import get_layer
from layers.store import LayerSummary, Store

__all__ = [
    "StoredSurroundings",
    "columns_read",
    "extent_of",
    "gather_cells",
    "hold_layers",
    "share_layers",
    "summarise_needed",
]

_SMALL = 1_000
"""Layers of no more features are read whole, and kept."""

_RARE = 2_000
"""Features that count, if no more than so many, are read wherever they are."""

_ENOUGH = 8
"""So many of them are at hand at least, where they are cut to the nearest."""

_FEW_KINDS = 8
"""Features of no more kinds, by accuracy and half widths, are measured together; of others the nearest are cut out."""

_MANY_CLASSES = 5_000
_NEAREST_M, _FARTHEST_M = 500.0, 10_000.0
"""The first window reaches at least and at most so far, doubts apart. [m]"""

_WIDER = 4.0
_MARGIN_M = 50.0
"""Windows are wider than what is asked by so much: an edge is straight in degrees to the index. [m]"""

_COUNTED = 100_000
"""Features that count are counted up to so many: more of them lie close together."""

_VAGUE = {"accuracy_m": None}
_M_PER_DEG = 111_000.0

_CELL_DEG = 0.1
"""Subjects of one cell of longitude and latitude share their windows. [°]"""

_WIDE_CELL_DEG = 0.5
"""And those of such a cell where there are many groups and not every layer can be held. [°]"""

_FEATURES_OF_A_GROUP = 5_000
"""To check one group of subjects takes as long as to read so many features."""

_HELD = 500_000
"""No more features are held at once for groups to share; of larger layers each group reads its windows. It bounds the
memory: about 2 kB for each feature."""

_UNREAD = frozenset({"source", "valid_from", "valid_to", "version", "extra"})
"""Fields of every layer that no test reads unless its rule names them."""

_HALF_WIDTHS = ("half_width_m", "land_half_width_m")
_ALTERNATIVES = "reach"
"""Lines of one value of this field stand for the same bank: they are read together."""


class StoredSurroundings:
    """What a store holds around some subjects.

    Parameters
    ----------
    store : Store
    subjects : GeoDataFrame, EPSG:4490
        With geometry in every row.
    pack : RulePack
        Rules that the subjects are checked by.
    summaries : mapping of slug to LayerSummary
        Figures of the layers that the rules need, as from :func:`summarise_needed`.
    held : mapping of slug to Targets, optional
        Layers that are at hand whole, shared with other subjects; as from :func:`share_layers`.

    Attributes
    ----------
    layers : dict of str to GeoDataFrame or Targets
        What is at hand at first of each layer that the rules need; targets where it is shared with other checks.
    """

    def __init__(
        self,
        store: Store,
        subjects: gpd.GeoDataFrame,
        pack: RulePack,
        summaries: Mapping[str, LayerSummary],
        *,
        held: Mapping[str, Targets] | None = None,
    ) -> None:
        self._store, self._subjects = store, subjects
        self._columns = columns_read(pack)
        self._bounds = subjects.total_bounds if len(subjects) else np.full(4, np.nan)
        self._facility_ids = (
            set(subjects["facility_id"].dropna()) if "facility_id" in subjects.columns else set()
        )
        self._own_ids = (
            {layer: set(ids.dropna()) for layer, ids in subjects.groupby("layer")["id"]}
            if "layer" in subjects.columns
            else {}
        )
        self._horizons: dict[str, Horizon] = {}
        self._summaries = summaries
        self.layers: dict[str, gpd.GeoDataFrame | Targets] = {}
        self._extents = {layer: extent_of(summary) for layer, summary in summaries.items()}
        reaches_m = _reaches_m(pack, subjects)
        for layer in needed_layers(pack):
            summary = summaries[layer]
            if held is not None and layer in held:
                self.layers[layer] = held[layer]
            elif summary.count <= _SMALL or not len(subjects):
                self.layers[layer] = _read_whole(store, summary, layer, self._columns[layer])
            else:
                self.layers[layer], self._horizons[layer] = self._read_first(layer, reaches_m.get(layer, 0.0))

    def horizon(self, layer: str) -> Horizon | None:
        """Return how much of a layer is at hand at first; None where it is all of it."""
        return self._horizons.get(layer)

    def widen(
        self, asked: NarrowError, horizon: Horizon, counts: Condition | None
    ) -> tuple[gpd.GeoDataFrame | Targets, Horizon]:
        """Return more features of a layer, by id, and how much that is; see :class:`geo.rules.horizon.Surroundings`."""
        layer = asked.layer
        if asked.vague_only and self._rare(layer, counts, vague=True) is not None:
            return self._read(layer, replace(horizon, vague_within_m=np.inf), counts)
        wider_m = asked.within_m
        if np.isinf(wider_m):
            wider_m = max(_WIDER * horizon.within_m, self._spacing_m(layer, self._count(layer, counts)))
        rare = None if counts is None else self._rare(layer, counts)
        if rare is not None:
            return self._take(layer, rare, replace(horizon, within_m=wider_m, vague_within_m=np.inf))
        return self._read(layer, self._reaching(horizon, wider_m), counts)

    def _take(
        self, layer: str, rare: Targets, horizon: Horizon
    ) -> tuple[gpd.GeoDataFrame | Targets, Horizon]:
        """Return features that are all that count, or where they differ much in how they are measured the nearest."""
        whole = replace(horizon, within_m=np.inf, vague_within_m=np.inf)
        if rare.remember("few kinds", lambda: _count_kinds(rare.frame) <= _FEW_KINDS):
            return (self._with_own(layer, rare.frame) if self._own(layer) else rare), whole
        return self._cut(layer, rare.frame, horizon)

    def _cut(self, layer: str, rare: gpd.GeoDataFrame, horizon: Horizon) -> tuple[gpd.GeoDataFrame, Horizon]:
        """Return some of the nearest of features that are all that count, and those of unknown accuracy."""
        while len(rare) > _ENOUGH:
            windows = self._windows(horizon.within_m)
            if windows[0].covers(shapely.box(*self._extents[layer])):
                break
            near = np.zeros(len(rare), dtype=bool)
            near[rare.sindex.query(windows)[1]] = True
            if near.sum() >= _ENOUGH:
                near |= rare["accuracy_m"].isna().to_numpy()
                if _ALTERNATIVES in rare.columns:
                    near |= rare[_ALTERNATIVES].isin(rare.loc[near, _ALTERNATIVES].dropna()).to_numpy()
                west, south, east, north = shapely.bounds(windows[0]).tolist()
                return self._with_own(layer, rare[near]), replace(horizon, bounds=(west, south, east, north))
            horizon = replace(horizon, within_m=_WIDER * horizon.within_m)
        return self._with_own(layer, rare), replace(horizon, within_m=np.inf, vague_within_m=np.inf)

    def _windows(self, within_m: float) -> NDArray[np.object_]:
        """Return boxes that hold everything within a distance of the subjects. [°]."""
        return grow_boxes(self._bounds[None], np.array([within_m + _MARGIN_M]))[1]

    def _read_first(self, layer: str, reach_m: float) -> tuple[gpd.GeoDataFrame, Horizon]:
        summary, store = self._summaries[layer], self._store
        names = [
            name for name in _HALF_WIDTHS if any(field.name == name for field in get_layer(layer).fields)
        ]
        accuracy_m = summary.accuracy_max_m or 0.0
        half_width_m = store.remember(
            layer, "half widths", lambda: store.largest(layer, names), summary.digest
        )

        def classes(fields: Sequence[str]) -> pd.DataFrame | None:
            return store.remember(
                layer,
                ("classes", *fields),
                lambda: store.classes(layer, fields, _MANY_CLASSES),
                summary.digest,
            )

        own_m = float(np.nan_to_num(self._subjects["accuracy_m"].to_numpy(dtype=np.float64)).max())
        doubts_m = own_m + accuracy_m + half_width_m + 1.0
        bounds: Bounds = (0.0, 0.0, 0.0, 0.0)
        vague_m = 0.0 if summary.accuracy_unknown else np.inf
        horizon = Horizon(0.0, vague_m, bounds, accuracy_m, half_width_m, classes)
        spacing_m = self._spacing_m(layer, summary.count)
        first_m = min(max(reach_m, spacing_m, _NEAREST_M), _FARTHEST_M) + doubts_m
        return self._read(layer, self._reaching(horizon, first_m), None)

    def _reaching(self, horizon: Horizon, within_m: float) -> Horizon:
        """Return a horizon at another distance."""
        vague_m = horizon.vague_within_m
        return replace(horizon, within_m=within_m, vague_within_m=vague_m if np.isinf(vague_m) else within_m)

    def _read(
        self, layer: str, horizon: Horizon, counts: Condition | None
    ) -> tuple[gpd.GeoDataFrame, Horizon]:
        """Return what lies within a horizon, and the horizon as it was read."""
        windows = self._windows(horizon.within_m)
        bounds = [tuple(box) for box in shapely.bounds(windows).tolist()]
        if windows[0].covers(shapely.box(*self._extents[layer])):
            whole = replace(horizon, within_m=np.inf, vague_within_m=np.inf, bounds=bounds[0])
            return self._with_own(layer, self._fetch(layer, counts=counts)), whole
        parts = [self._fetch(layer, bounds=box, counts=counts) for box in bounds]
        if np.isinf(horizon.vague_within_m) and self._summaries[layer].accuracy_unknown:
            rare = self._rare(layer, counts, vague=True)
            assert rare is not None
            parts.append(rare.frame)
        frame = self._with_own(layer, self._with_alternatives(layer, _join(parts)))
        return frame, replace(horizon, bounds=bounds[0])

    def _fetch(self, layer: str, **asked: Any) -> gpd.GeoDataFrame:
        return self._store.read(layer, columns=self._columns[layer], **asked)

    def _rare(self, layer: str, counts: Condition | None, *, vague: bool = False) -> Targets | None:
        """Return all features that count, or those of unknown accuracy among them; None where there are many."""
        if self._count(layer, counts, vague=vague) > _RARE:
            return None

        def find() -> Targets:
            found = self._fetch(layer, where=_VAGUE if vague else None, counts=counts)
            return Targets(self._with_alternatives(layer, found))

        name = ("rare", _text(counts), vague, self._columns[layer])
        return self._store.remember(layer, name, find, self._summaries[layer].digest)

    def _count(self, layer: str, counts: Condition | None, *, vague: bool = False) -> int:
        """Return how many features count, or are of unknown accuracy among them; no farther than `_COUNTED`."""
        store = self._store

        def count() -> int:
            return store.count(layer, where=_VAGUE if vague else None, counts=counts, at_most=_COUNTED)

        return store.remember(layer, ("count", _text(counts), vague), count, self._summaries[layer].digest)

    def _spacing_m(self, layer: str, count: int) -> float:
        """Return how far apart so many features lie if they are spread evenly over the extent of a layer. [m]."""
        west, south, east, north = self._extents[layer]
        width_deg = (east - west) * float(np.cos(np.radians((south + north) / 2.0)))
        return float(_M_PER_DEG * np.sqrt(width_deg * (north - south) / max(count, 1)))

    def _with_alternatives(self, layer: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        if _ALTERNATIVES not in frame.columns:
            return frame
        shared = self._store.remember(
            layer,
            "shared",
            lambda: self._store.repeated(layer, _ALTERNATIVES),
            self._summaries[layer].digest,
        )
        here = sorted(shared.intersection(frame[_ALTERNATIVES]))
        return _join([frame, self._fetch(layer, where={_ALTERNATIVES: here})]) if here else frame

    def _with_own(self, layer: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return features with those that the subjects are, or change."""
        own = self._own(layer)
        return _join([frame, self._fetch(layer, ids=sorted(own))]) if own else frame

    def _own(self, layer: str) -> set[str]:
        return self._own_ids.get(layer, set()) | self._facility_ids


def share_layers(
    store: Store, subjects: gpd.GeoDataFrame, pack: RulePack, summaries: Mapping[str, LayerSummary]
) -> tuple[list[NDArray[np.int64]], dict[str, Targets]]:
    """Return positions of subjects that lie together, and the layers that are read whole for all of them.

    One window round subjects that lie far apart would hold everything between them. Where so many groups would take
    longer than to read the layers whole, all subjects are one group among whole layers; where these are too large to be
    held, the smaller ones are held, and groups are of wider cells.

    Parameters
    ----------
    pack : RulePack
        The rules for these subjects.
    summaries : mapping of slug to LayerSummary
    """
    groups, needed = gather_cells(subjects, _CELL_DEG), needed_layers(pack)
    features = sum(summaries[layer].count for layer in needed)
    if len(groups) <= 1 or len(groups) * _FEATURES_OF_A_GROUP <= features:
        return groups, {}
    held = hold_layers(store, pack, summaries)
    if len(held) == len(needed):
        return [np.arange(len(subjects))], held
    return gather_cells(subjects, _WIDE_CELL_DEG), held


def hold_layers(store: Store, pack: RulePack, summaries: Mapping[str, LayerSummary]) -> dict[str, Targets]:
    """Return the layers that rules need, the smallest first, as many as may be held at once."""
    held, room, columns = {}, _HELD, columns_read(pack)
    for layer in sorted(needed_layers(pack), key=lambda name: summaries[name].count):
        room -= summaries[layer].count
        if room < 0:
            break
        held[layer] = _read_whole(store, summaries[layer], layer, columns[layer])
    return held


def _read_whole(store: Store, summary: LayerSummary, layer: str, columns: tuple[str, ...]) -> Targets:
    """Return all of a layer; a small one is kept for others."""

    def read() -> Targets:
        return Targets(store.read(layer, columns=columns))

    if summary.count > _SMALL:
        return read()
    return store.remember(layer, ("whole", columns), read, summary.digest)


def columns_read(pack: RulePack) -> dict[str, tuple[str, ...]]:
    """Return the fields that are read of each layer that rules need."""
    columns = {
        layer: dict.fromkeys(
            field.name
            for field in get_layer(layer).all_fields
            if field.name not in _UNREAD or layer == COVERAGE_LAYER
        )
        for layer in needed_layers(pack)
    }
    for test in _tests(pack.rules):
        if test.target_layer in columns:
            known = {field.name for field in get_layer(test.target_layer).all_fields}
            columns[test.target_layer] |= dict.fromkeys(known.intersection(_reads(test, test.target_layer)))
    return {layer: tuple(sorted(names)) for layer, names in columns.items()}


def _reads(test: Rule, layer: str) -> list[str]:
    """Return every field of its targets that a test names."""
    return [
        *test.target_filter.names,
        *PREDICATES[test.predicate].reads_of_target(test.parameters, layer),
    ]


def summarise_needed(store: Store, pack: RulePack) -> dict[str, LayerSummary]:
    """Return the figures of each layer that rules need."""
    return store.summaries_of(needed_layers(pack))


def extent_of(summary: LayerSummary) -> Bounds:
    """Return the extent of a layer, NaN where it is empty. [°]."""
    return summary.bounds or (np.nan, np.nan, np.nan, np.nan)


def gather_cells(subjects: gpd.GeoDataFrame, cell_deg: float = _WIDE_CELL_DEG) -> list[NDArray[np.int64]]:
    """Return the positions of the subjects of each cell that holds the middle of any."""
    west, south, east, north = shapely.bounds(subjects.geometry.to_numpy()).reshape(-1, 4).T
    cells = np.floor(np.column_stack([west + east, south + north]) / (2.0 * cell_deg))
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    return [np.flatnonzero(cell == number) for number in range(max(cell.max(initial=0) + 1, 1))]


def _count_kinds(frame: gpd.GeoDataFrame) -> int:
    """Return how many kinds of features there are that compete by distance alone."""
    names = [name for name in ("accuracy_m", *_HALF_WIDTHS) if name in frame.columns]
    return int(frame[names].drop_duplicates().shape[0])


def _text(condition: Condition | None) -> str | None:
    return None if condition is None else condition.text


def _join(parts: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return features of several reads, each once, by id as the store orders them."""
    if len(parts) == 1:
        return parts[0]
    frame = pd.concat(parts, ignore_index=True).drop_duplicates("id")
    return gpd.GeoDataFrame(frame.sort_values("id", kind="stable", ignore_index=True))


def _reaches_m(pack: RulePack, subjects: gpd.GeoDataFrame) -> Mapping[str, float]:
    """Return how far the rules reach into each layer, as far as that is known. [m]."""
    reaches_m: dict[str, float] = {}
    # The values that make a difference are few among many subjects.
    some = range(min(len(subjects), 10))
    for test in _tests(pack.rules):
        if test.target_layer is not None:
            found_m = [reach_m(test, subjects, subject) or 0.0 for subject in some]
            reaches_m[test.target_layer] = max(reaches_m.get(test.target_layer, 0.0), *found_m)
    return reaches_m


def _tests(rules: tuple[Rule, ...]) -> list[Rule]:
    return [each for rule in rules for each in (rule, *_tests(rule.tests))]
