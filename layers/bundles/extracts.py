"""The part of the stored layers and rasters that a decision rests on: so much that it gives the same findings.

An extract begins with what lies near the plots. Rules that answer otherwise from it have their layers widened, in the
last step to the whole layer, until all findings are those of the decision. So every bundle has been recomputed from its
own extracts before it is written.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import rasterio
from rasterio import Affine
from rasterio.io import MemoryFile
from rasterio.warp import transform_bounds
from rasterio.windows import Window, from_bounds

from geo.rules.predicates import needed_layers, needed_rasters
from geo.rules.rule import Rule, RulePack
from geo.rules.survey import Bounds
from layers.bundles.frames import frame_text, layer_frame, subjects_frame
from layers.errors import StoreError
from layers.letters.surroundings import read_near, widen
from layers.siting.checks import answer_subjects
from layers.siting.surroundings import extent_of, summarise_needed
from layers.store import Store
from layers.terrain import stored_rasters

__all__ = ["Extracts", "cut_extracts", "differing_findings", "published"]

RADII_M: tuple[float | None, ...] = (5_000.0, 50_000.0, None)
"""How far around the plots an extract reaches, step by step; None is the whole layer. [m]"""


@dataclass(frozen=True)
class Extracts:
    """What a decision was computed from, as texts and files.

    Attributes
    ----------
    subjects : str
        The plots, as GeoJSON.
    layers : mapping of slug to str
        The extract of each layer, as GeoJSON.
    rasters : mapping of kind to bytes
        The extract of each raster, as GeoTIFF.
    radii_m : mapping of slug or ``raster KIND`` to float or None
        How far each reaches around the plots; None is the whole layer.
    extents : mapping of slug to bounds
        Extent of the whole of each layer that the rules need: whether the plots lie among the data. [°]
    """

    subjects: str
    layers: Mapping[str, str]
    rasters: Mapping[str, bytes]
    radii_m: Mapping[str, float | None]
    extents: Mapping[str, Bounds]

    def answer(self, *, on: date, pack: RulePack, data_version: str) -> dict[str, Any]:
        """Return the result that follows from the extracts."""
        with TemporaryDirectory() as folder:
            rasters = {kind: Path(folder, f"{kind}.tif") for kind in self.rasters}
            for kind, path in rasters.items():
                path.write_bytes(self.rasters[kind])
            return answer_subjects(
                subjects_frame(self.subjects),
                {layer: layer_frame(layer, text) for layer, text in self.layers.items()},
                rasters,
                on=on,
                pack=pack,
                data_version=data_version,
                extents=self.extents,
            )


def cut_extracts(
    store: Store, result: Mapping[str, Any], subjects: gpd.GeoDataFrame, pack: RulePack
) -> Extracts:
    """Return extracts that give the same findings as a result.

    Raises
    ------
    StoreError
        If not even the whole layers do: the data or the rules have changed since.
    """
    kinds = subjects["kind"]
    relevant = pack if kinds.isna().any() else pack.for_kinds(kinds.unique())
    rules = {rule.id: rule for rule in relevant.rules}
    files = stored_rasters(store, needed_rasters(relevant))
    steps = dict.fromkeys([*needed_layers(relevant), *(f"raster {kind}" for kind in files)], 0)
    text = frame_text(subjects)
    extents = {layer: extent_of(summary) for layer, summary in summarise_needed(store, pack).items()}
    layers: dict[str, str] = {}
    rasters: dict[str, bytes] = {}
    stale = set(steps)
    while True:
        for name in sorted(stale):
            radius_m = RADII_M[steps[name]]
            if name.startswith("raster "):
                kind = name.removeprefix("raster ")
                rasters[kind] = _crop(files[kind], subjects, radius_m)
            else:
                layers[name] = frame_text(read_near(store, name, subjects, radius_m))
        radii_m = {name: RADII_M[step] for name, step in steps.items()}
        extracts = Extracts(text, layers, rasters, radii_m, extents)
        again = extracts.answer(
            on=date.fromisoformat(result["checked_on"]), pack=pack, data_version=result["data_version"]
        )
        differing = {rule for _, rule, *_ in differing_findings(result, again)}
        if not differing:
            return extracts
        wider = {name for rule in differing & rules.keys() for name in _read_by(rules[rule]) if name in steps}
        stale = {name for name in wider if RADII_M[steps[name]] is not None}
        if not stale:
            raise _outdated(sorted(differing))
        for name in stale:
            steps[name] += 1


def differing_findings(
    one: Mapping[str, Any], other: Mapping[str, Any]
) -> list[tuple[str, str, str, object, object]]:
    """Return (plot, rule, field, value in the one, value in the other) for all that differs between two results."""
    differences: list[tuple[str, str, str, object, object]] = []
    mine, theirs = published(one)["proposals"], published(other)["proposals"]
    for a, b in zip(mine, theirs, strict=True):
        for field in ("id", "verdict", "conclusion"):
            if a[field] != b[field]:
                differences.append((str(a["id"]), "", field, a[field], b[field]))
        there, here = ({finding["rule"]: finding for finding in each["findings"]} for each in (a, b))
        for rule in dict.fromkeys([*there, *here]):
            differences += [
                (str(a["id"]), rule, field, old, new)
                for field, old, new in _differing_fields(there.get(rule), here.get(rule))
            ]
    return differences


def published(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result as it is after writing it as JSON and reading it again.

    What waits at other places is left out: the extracts reach round the plots only.
    """
    again: dict[str, Any] = json.loads(json.dumps(result, ensure_ascii=False))
    for proposal in again["proposals"]:
        for change in proposal["changes"]:
            change.pop("conclusion_there", None)
    return again


def _differing_fields(
    one: Mapping[str, Any] | None, other: Mapping[str, Any] | None
) -> list[tuple[str, object, object]]:
    if one is None or other is None:
        return [("finding", "none" if one is None else "there", "none" if other is None else "there")]
    names = dict.fromkeys([*one, *other])
    return [(name, one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)]


def _read_by(rule: Rule) -> Iterable[str]:
    pack = RulePack((rule,), "")
    return [*needed_layers(pack), *(f"raster {kind}" for kind in needed_rasters(pack))]


def _crop(path: Path, subjects: gpd.GeoDataFrame, radius_m: float | None) -> bytes:
    """Return the part of a raster around the plots, cell for cell."""
    if radius_m is None:
        return path.read_bytes()
    with rasterio.open(path) as source:
        west, south, east, north = map(float, subjects.total_bounds)
        bounds = transform_bounds("EPSG:4490", source.crs, *widen((west, south, east, north), radius_m))
        whole = Window(0, 0, source.width, source.height)
        window = from_bounds(*bounds, source.transform).round_offsets().round_lengths()
        if not rasterio.windows.intersect(window, whole):
            window = Window(0, 0, 1, 1)
        window = window.intersection(whole)
        profile = {
            **source.profile,
            "driver": "GTiff",
            "width": int(window.width),
            "height": int(window.height),
            "transform": source.transform @ Affine.translation(window.col_off, window.row_off),
            "compress": "deflate",
            "tiled": False,
        }
        profile.pop("blockxsize", None)
        profile.pop("blockysize", None)
        with MemoryFile() as memory:
            with memory.open(**profile) as sink:
                sink.write(source.read(window=window))
            return bytes(memory.read())


def _outdated(rules: list[str]) -> StoreError:
    return StoreError(
        f"the findings of {', '.join(rules)} do not follow from what is stored now: the data or the rules have changed "
        "since the check; check again",
        zh=f"规则 {'、'.join(rules)} 的结论与当前存储的数据不符：检查之后数据或规则已变更，请重新检查",
    )
