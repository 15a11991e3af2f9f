"""Assessed plants in the database: contours, findings and the raster of individual risk; several plants together."""

import hashlib
import json
import os
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import rasterio
import shapely
from shapely.geometry import shape

from geo.crs import resolve_crs, to_cgcs2000
from geo.hazard.digest import digest_of
from geo.hazard.weather import WindRose
from layers.plants.document import PlantFile, plant_of
from layers.plants.placing import digest_plant
from layers.plants.results import (
    CONTOUR_LAYER,
    DISTANCE_SOURCE,
    FINDING_LAYER,
    SUM_RUNS,
    SUM_SOURCE,
    TARGET_LAYERS,
    KeptSum,
    contours_of,
    drop_raster,
    drop_raster_files,
    drop_sum,
    kept_sums,
    raster_files,
    raster_id,
    rasters_of,
    subject_layer_of,
    subject_of,
    sum_id,
)
from layers.runs import code_version, make_run_id
from layers.siting.checks import finding_row, store_findings
from layers.store import Run, Store
from layers.terrain import RASTER_LAYER

__all__ = ["DISTANCE_SOURCE", "StoredAssessment", "store_assessment", "store_sum"]

StoredAssessment = dict[str, int]
"""How many ``contours``, ``findings`` and ``rasters`` were stored."""

_ILLUSTRATIVE = "illustrative"
_RISK = {"metric": "individual_risk", "standard": "GB/T 37243-2019, 6.7"}
"""What is told of every raster of individual risk."""
_NAMESPACE = uuid.UUID("0d0b3a44-9a0c-5f7e-8a55-6f0f4c1c7f21")
"""Namespace of the ids of findings of several plants together."""


def store_assessment(
    store: Store, file: PlantFile, result: Mapping[str, Any], raster: bytes | None = None
) -> StoredAssessment:
    """Store contours, findings and the risk raster of a plant; former ones of what it is are superseded.

    Whether they may be kept says :func:`layers.plants.stored.find_obstacle`.

    Findings are stored where the file names the feature that the plant is, and the raster where the store has a folder
    for rasters.

    Parameters
    ----------
    store : Store
    file : PlantFile
    result : mapping
        As published by :func:`layers.plants.distances.describe_assessment`.
    raster : bytes, optional
        GeoTIFF of the individual risk per year; without one a former raster of the plant ends.
    """
    subject = subject_of(file)
    contours = _contour_frame(
        [
            _contour_row(file.plant.id, file.plant.name, _source([file]), contour)
            | {
                "run_id": result["digest"],
                "subject_id": subject,
                "extra": {"subject_layer": subject_layer_of(file), "plant_id": file.plant.id},
            }
            for contour in result["contours"]
        ]
    )
    store.write(CONTOUR_LAYER, contours, replacing={"id": contours_of(store, file)})
    for former in set(rasters_of(store, file)) - {raster_id(file.plant.id)}:
        drop_raster(store, former)
    counts = {
        "contours": len(contours),
        "findings": 0,
        "rasters": _store_raster(store, raster, _raster_row(file, result)),
    }
    if file.plant.feature is not None:
        layer = file.plant.feature.layer
        proposal = {
            "layer": layer,
            "id": subject,
            "name": file.plant.name,
            "findings": result["findings"],
        }
        counts["findings"] = store_findings(
            store, {"proposals": [proposal]}, [layer], subjects=[subject], source=DISTANCE_SOURCE
        )
    return counts


def _source(files: Sequence[PlantFile], computed: str = DISTANCE_SOURCE) -> str:
    return _ILLUSTRATIVE if any(file.illustrative for file in files) else computed


def _contour_row(prefix: str, name: str, source: str, contour: Mapping[str, Any]) -> dict[str, Any]:
    level = f"{contour['risk_per_year']:.12g}"
    return {
        "id": f"{prefix}/{level}",
        "name": f"{name} {level}/a",
        "source": source,
        "risk_per_year": contour["risk_per_year"],
        "geom": shape(contour["geometry"]),
    }


def _contour_frame(rows: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    columns = ["id", "name", "source", "run_id", "subject_id", "risk_per_year", "extra", "geom"]
    there = [{"extra": None, **row} for row in rows if not row["geom"].is_empty]
    return gpd.GeoDataFrame(there, columns=columns, geometry="geom", crs="EPSG:4490")


# The raster of individual risk


def _store_raster(store: Store, content: bytes | None, row: Mapping[str, Any]) -> int:
    """Store a raster with what is told of it and return how many there are now; without content a former one ends."""
    if content is None or not store.raster_folders:
        drop_raster(store, row["id"])
        return 0
    former = raster_files(store, row["id"])
    name = f"{hashlib.sha256(row['id'].encode()).hexdigest()[:16]}-{row['extra']['run_id'][:16]}.tif"
    kept = store.raster_folders[0].resolve() / "risk" / name
    _write_whole(kept, content)
    store.write(RASTER_LAYER, _raster_frame(kept, content, row))
    drop_raster_files(former - {kept})
    return 1


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
        try:
            part.write(content)
            part.close()
            os.replace(part.name, path)
        except OSError:
            Path(part.name).unlink(missing_ok=True)
            raise


def _raster_row(file: PlantFile, result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": raster_id(file.plant.id),
        "name": f"{file.plant.name} · 个人风险",
        "source": _source([file]),
        "accuracy_m": plant_of(file).accuracy_m,
        "extra": {
            **_RISK,
            "run_id": result["digest"],
            "plant_id": file.plant.id,
            "subject_layer": subject_layer_of(file),
            "subject_id": subject_of(file),
            "criteria_per_year": _criteria(result),
            "wind_rose": dict(result["wind_rose"]),
            "frequency_library": result["frequency_library"],
        },
    }


def _raster_frame(path: Path, content: bytes, told: Mapping[str, Any]) -> gpd.GeoDataFrame:
    with rasterio.open(path, driver="GTiff") as raster:
        crs, cell_m, bounds = raster.crs.to_wkt(), float(raster.transform.a), raster.bounds
    plane = resolve_crs(crs)
    outline = shapely.segmentize(shapely.box(*bounds), max(cell_m, (bounds.right - bounds.left) / 64))
    row = {
        **told,
        "raster_kind": "risk",
        "path": str(path),
        "unit": "/a",
        "cell_size_m": cell_m,
        "crs": crs,
        "sha256": hashlib.sha256(content).hexdigest(),
        "geom": to_cgcs2000([outline], plane)[0],
    }
    return gpd.GeoDataFrame([row], geometry="geom", crs="EPSG:4490")


def _criteria(result: Mapping[str, Any]) -> dict[str, float]:
    """Return the criterion of each class of targets for the plant's own state (GB 36894-2018)."""
    own = "in_service" if result["state"] == "in_service" else "new"
    return {
        name: zone["criterion_per_year"]
        for zone in result["zones"]
        if zone["column"] == own and zone["criterion_per_year"] is not None
        for name in zone["target_classes"]
    }


# Several plants together


def store_sum(
    store: Store,
    files: Sequence[PlantFile],
    rose: WindRose,
    together: Mapping[str, Any],
    raster: bytes | None = None,
) -> StoredAssessment:
    """Store several plants together: a run, its contours, findings and raster; a former sum of the same plants ends.

    Contours and raster name their plants and the digests of their files in ``extra``; they have no subject, so that
    nobody adds them to those of the plants. A finding has as subject the plant that adds most: the feature which it is,
    else the plant. What reaches no level of risk leaves neither, and is not listed.

    Parameters
    ----------
    store : Store
    files : sequence of PlantFile
    rose : WindRose
    together : mapping
        As published by :func:`layers.plants.accumulation.describe_accumulation` for them.
    raster : bytes, optional
        GeoTIFF of their individual risk per year.

    Returns
    -------
    dict
        How many ``contours``, ``findings`` and ``rasters`` were stored.
    """
    run = _make_run(store, files, rose, together)
    plants = [{"id": file.plant.id, "name": file.plant.name, "digest": digest_plant(file)} for file in files]
    told = {
        **_RISK,
        "plants": plants,
        "wind_rose": dict(together["wind_rose"]),
        "targets_digest": store.data_version(TARGET_LAYERS),
    }
    prefix = sum_id(file.plant.id for file in files)
    rows = [
        _contour_row(prefix, _name_of(files), _source(files, SUM_SOURCE), contour)
        | {"run_id": run.id, "subject_id": None, "extra": told}
        for contour in together["contours"]
    ]
    findings = _finding_frame(files, run.id, together)
    store.record_run(run)
    for former in _same_plants(store, files):
        if former.run_id != run.id:
            drop_sum(store, former.run_id)
    contours = _contour_frame(rows)
    store.write(FINDING_LAYER, findings, replacing={"run_id": run.id, "source": SUM_SOURCE})
    store.write(CONTOUR_LAYER, contours)
    row = _sum_row(prefix, files, told | {"run_id": run.id})
    # A sum is found by its contours: what has none leaves no raster either.
    rasters = _store_raster(store, raster if len(contours) else None, row)
    return {"contours": len(contours), "findings": len(findings), "rasters": rasters}


def _sum_row(prefix: str, files: Sequence[PlantFile], told: Mapping[str, Any]) -> dict[str, Any]:
    accuracies_m = [plant_of(file).accuracy_m for file in files]
    known_m = [accuracy_m for accuracy_m in accuracies_m if accuracy_m is not None]
    return {
        "id": raster_id(prefix),
        "name": f"{_name_of(files)} · 个人风险",
        "source": _source(files, SUM_SOURCE),
        "accuracy_m": max(known_m) if len(known_m) == len(files) else None,
        "extra": dict(told),
    }


def _name_of(files: Sequence[PlantFile]) -> str:
    return " + ".join(file.plant.name for file in files)


def _same_plants(store: Store, files: Sequence[PlantFile]) -> list[KeptSum]:
    wanted = {file.plant.id for file in files}
    return [kept for kept in kept_sums(store) if kept.plant_ids == wanted]


def _make_run(store: Store, files: Sequence[PlantFile], rose: WindRose, together: Mapping[str, Any]) -> Run:
    inputs = {f"plant {file.plant.id}": digest_plant(file) for file in files}
    inputs |= {"wind_rose": digest_of(rose)} | {layer: store.layer_digest(layer) for layer in TARGET_LAYERS}
    return Run(
        id=make_run_id(SUM_RUNS, inputs, digest_of(together)),
        kind=SUM_RUNS,
        checked_on=None,
        parameters={"plants": [file.plant.id for file in files], "wind_rose": dict(together["wind_rose"])},
        inputs=inputs,
        code_version=code_version(),
        result=json.loads(json.dumps(together)),  # as it is read again, so that the same sum is the same run
    )


def _finding_frame(files: Sequence[PlantFile], run_id: str, together: Mapping[str, Any]) -> gpd.GeoDataFrame:
    plants = {file.plant.id: file for file in files}
    rows = []
    for target in together["targets"]:
        main = plants[target["main_plant"]["id"]]
        subject = {
            "layer": subject_layer_of(main),
            "id": subject_of(main),
            "name": main.plant.name,
        }
        row = finding_row(subject, target["finding"], SUM_SOURCE, several_targets=True)
        # The same plant may stand in several sums, each with findings of its own.
        rows.append(row | {"run_id": run_id, "id": str(uuid.uuid5(_NAMESPACE, f"{run_id}/{row['id']}"))})
    columns = ["id", "run_id", "geom"] if not rows else list(rows[0])
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geom", crs="EPSG:4490")
