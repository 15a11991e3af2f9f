"""What was computed for plants and is kept with them: assessments, and sums over several plants.

An assessment has contours, findings and a raster of individual risk. It speaks of the plant as it was: it ends when the
plant is changed or ended, and gives way to the next one of the same plant. A sum of several plants has the same under
the id of its run: as soon as one of them is changed or ended, all of the sum ends. Versions that ended stay readable;
files of rasters do not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo.hazard.digest import digest_of
from geo.missing import is_missing
from layers.errors import NotFoundError
from layers.plants.document import PlantFile, parse_plant
from layers.plants.placing import digest_plant
from layers.store import Run, Store
from layers.terrain import RASTER_LAYER

__all__ = [
    "CONTOUR_LAYER",
    "DISTANCE_SOURCE",
    "FINDING_LAYER",
    "PLANT_LAYER",
    "SUM_RUNS",
    "SUM_SOURCE",
    "TARGET_LAYERS",
    "KeptSum",
    "contours_of",
    "drop_assessment",
    "drop_changed_sums",
    "drop_raster",
    "drop_raster_files",
    "drop_sum",
    "end_features",
    "kept_sums",
    "list_sums",
    "raster_files",
    "raster_id",
    "rasters_of",
    "read_sum",
    "subject_layer_of",
    "subject_of",
    "sum_id",
]

PLANT_LAYER = "plants"
"""Layer whose features are plant files; they are written by the functions of :mod:`layers.plants.stored` alone."""

CONTOUR_LAYER = "risk_contours"
FINDING_LAYER = "findings"
TARGET_LAYERS = ("protection_targets", "settlements")
"""Layers whose features a plant is judged against."""

DISTANCE_SOURCE = "riskmap distance"
"""Source of the findings, contours and rasters of an assessed plant."""
SUM_SOURCE = "riskmap distance, plants together"
"""Source of the findings, contours and rasters of several plants together."""
SUM_RUNS = "plants_together"
"""Kind of the runs of sums."""


def subject_of(file: PlantFile) -> str:
    """Return the id under which the results of a plant are kept: that of the feature which it is, else its own."""
    return file.plant.id if file.plant.feature is None else file.plant.feature.id


def subject_layer_of(file: PlantFile) -> str:
    """Return the layer of that feature, else that of plants."""
    return PLANT_LAYER if file.plant.feature is None else file.plant.feature.layer


def raster_id(plant_id: str) -> str:
    """Return the id of the raster of individual risk of a plant, or of several by :func:`sum_id`."""
    return f"{plant_id}/risk"


def sum_id(plant_ids: Iterable[str]) -> str:
    """Return how the ids of the contours and of the raster of several plants together start."""
    return "together-" + digest_of(sorted(plant_ids))[:12]


# Assessments


def drop_assessment(store: Store, file: PlantFile) -> None:
    """End the contours, the findings and the raster of an assessed plant; the raster's file is removed."""
    end_features(store, CONTOUR_LAYER, {"id": contours_of(store, file)})
    if file.plant.feature is not None:
        feature = file.plant.feature
        mine = {"subject_layer": feature.layer, "subject_id": feature.id, "source": DISTANCE_SOURCE}
        end_features(store, FINDING_LAYER, mine)
    for id in rasters_of(store, file):
        drop_raster(store, id)


def contours_of(store: Store, file: PlantFile) -> list[str]:
    """Return the ids of the contours that are kept for what a plant is; a feature of another layer may have its id."""
    rows = store.read(CONTOUR_LAYER, where={"subject_id": subject_of(file)}, columns=["extra"])
    own = subject_layer_of(file)
    return [id for id, extra in zip(rows["id"], rows["extra"], strict=True) if _layer_told(extra, own) == own]


def rasters_of(store: Store, file: PlantFile) -> list[str]:
    """Return the ids of the rasters of individual risk that are kept for what a plant is."""
    rows = store.read(RASTER_LAYER, where={"raster_kind": "risk"}, columns=["extra"])
    own = (subject_layer_of(file), subject_of(file))
    told = [extra if isinstance(extra, Mapping) else {} for extra in rows["extra"]]
    return [
        id
        for id, extra in zip(rows["id"], told, strict=True)
        if (extra.get("subject_layer") or PLANT_LAYER, extra.get("subject_id")) == own
    ]


def _layer_told(extra: object, own: str) -> str:
    """Return the layer of a contour's subject; what says nothing of it is taken for the plant's own."""
    return str(extra.get("subject_layer", own)) if isinstance(extra, Mapping) else own


def drop_raster(store: Store, id: str) -> None:
    """End a raster of individual risk and remove its file."""
    files = raster_files(store, id)
    end_features(store, RASTER_LAYER, {"id": id})
    drop_raster_files(files)


def end_features(store: Store, layer: str, where: Mapping[str, object]) -> int:
    """End the features with these values and return how many there were."""
    nothing = gpd.GeoDataFrame({"id": []}, geometry=[], crs="EPSG:4490").rename_geometry("geom")
    return store.write(layer, nothing, replacing=where).closed


def raster_files(store: Store, id: str) -> set[Path]:
    """Return the files of a stored raster that this product keeps itself: others are not ours to remove."""
    if not store.raster_folders:
        return set()
    own = store.raster_folders[0].resolve()
    rows = store.read(RASTER_LAYER, ids=[id], columns=["path"])
    paths = {Path(str(path)).resolve() for path in rows["path"] if not is_missing(path)}
    return {path for path in paths if path.is_relative_to(own)}


def drop_raster_files(files: Iterable[Path]) -> None:
    """Remove files; one that is gone already is none to remove."""
    for path in files:
        path.unlink(missing_ok=True)


# Sums of several plants


@dataclass(frozen=True)
class KeptSum:
    """Several plants together, as stored.

    Attributes
    ----------
    run_id : str
    plants : sequence of mapping
        ``id``, ``name`` and ``digest`` of each plant as it was.
    wind_rose : mapping
        Its ``name`` and ``source``.
    targets_digest : str
        Version of the layers of targets.
    contour_ids : tuple of str
    """

    run_id: str
    plants: Sequence[Mapping[str, str]]
    wind_rose: Mapping[str, str]
    targets_digest: str
    contour_ids: tuple[str, ...]

    @property
    def plant_ids(self) -> frozenset[str]:
        """Ids of its plants."""
        return frozenset(plant["id"] for plant in self.plants)


def kept_sums(store: Store) -> list[KeptSum]:
    """Return the sums of plants whose contours are stored, by their names."""
    frame = store.read(CONTOUR_LAYER, where={"subject_id": None}, columns=["run_id", "extra"])
    found: dict[str, KeptSum] = {}
    for row in frame.to_dict("records"):
        told = row["extra"]
        if not isinstance(told, Mapping) or "plants" not in told or is_missing(row["run_id"]):
            continue  # somebody's contour of no stated subject
        before = found[row["run_id"]].contour_ids if row["run_id"] in found else ()
        found[row["run_id"]] = KeptSum(
            row["run_id"], told["plants"], told["wind_rose"], told["targets_digest"], (*before, row["id"])
        )
    return sorted(found.values(), key=lambda kept: ([plant["name"] for plant in kept.plants], kept.run_id))


def list_sums(store: Store) -> list[dict[str, Any]]:
    """Return the stored sums of plants without their contours.

    Each has ``run``, ``plants`` (id and name), ``wind_rose``, ``contours`` (how many), ``computed_at``,
    ``plants_changed``: whether a stored plant is another one than was added up (from a file, or changed meanwhile), and
    ``targets_changed``: whether protection targets or settlements have changed since.
    """
    now, sums = store.data_version(TARGET_LAYERS), kept_sums(store)
    stored = _stored_digests(store, {id for kept in sums for id in kept.plant_ids})
    return [
        {
            "run": kept.run_id,
            "plants": [{"id": plant["id"], "name": plant["name"]} for plant in kept.plants],
            "wind_rose": dict(kept.wind_rose),
            "contours": len(kept.contour_ids),
            "computed_at": _moment(store.run(kept.run_id)),
            "plants_changed": any(
                stored.get(plant["id"], plant["digest"]) != plant["digest"] for plant in kept.plants
            ),
            "targets_changed": kept.targets_digest != now,
        }
        for kept in sums
    ]


def _stored_digests(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Return the digests of stored plants by id."""
    rows = store.read(PLANT_LAYER, ids=sorted(ids), columns=["document"]).to_dict("records")
    return {row["id"]: digest_plant(parse_plant(row["document"], name=row["id"])) for row in rows}


def _moment(run: Run) -> str | None:
    return None if run.created_at is None else run.created_at.isoformat()


def read_sum(store: Store, run_id: str) -> dict[str, Any]:
    """Return a stored sum as it was answered.

    Raises
    ------
    NotFoundError
        If there is none, or it has ended.
    """
    _find_sum(store, run_id)
    return store.run(run_id).result


def drop_sum(store: Store, run_id: str) -> None:
    """End a stored sum.

    Raises
    ------
    NotFoundError
        If there is none, or it has ended.
    """
    _end_sum(store, _find_sum(store, run_id))


def drop_changed_sums(store: Store, plant_ids: Iterable[str]) -> int:
    """End the sums that speak of one of some plants as it no longer is; return how many.

    To be called when stored plants were written or ended.
    """
    written = set(plant_ids)
    concerned = [kept for kept in kept_sums(store) if kept.plant_ids & written]
    if not concerned:
        return 0
    now = _stored_digests(store, frozenset().union(*(kept.plant_ids for kept in concerned)) & written)
    changed = [
        kept
        for kept in concerned
        if any(plant["id"] in written and now.get(plant["id"]) != plant["digest"] for plant in kept.plants)
    ]
    for kept in changed:
        _end_sum(store, kept)
    return len(changed)


def _find_sum(store: Store, run_id: str) -> KeptSum:
    for kept in kept_sums(store):
        if kept.run_id == run_id:
            return kept
    raise NotFoundError(
        f"there is no sum of plants {run_id!r}, or one of its plants has changed since: compute it again",
        zh=f"没有编号为“{run_id}”的叠加结果，或其中的企业已变更：请重新计算",
    )


def _end_sum(store: Store, kept: KeptSum) -> None:
    end_features(store, CONTOUR_LAYER, {"id": list(kept.contour_ids)})
    end_features(store, FINDING_LAYER, {"run_id": kept.run_id, "source": SUM_SOURCE})
    drop_raster(store, raster_id(sum_id(kept.plant_ids)))
