"""Grids from files to files, partition by partition: time, and memory of every process, from 10⁴ to 10⁷ objects.

Objects are written once, file by file, to ``benchmarks/out/objects`` and used again: a run that was broken off goes on
where it was, and ``python -m benchmarks.grids partitioned 10000000`` measures one size alone. Up to 10⁵ objects the
same is done without workers, and the files have to be the same to the last byte.
"""

import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.peers import read_peak_mb
from benchmarks.report import OUT, measure
from benchmarks.scene import REAL, read_rivers, strew_points
from layers.grids.partitions import GridPlan, compute_partitioned_grid, connect

SEED = 20_260_102
PLAN = GridPlan(resolution=8, partition_resolution=4, weight="r")

OBJECTS_PER_FILE = 250_000
ROWS_PER_GROUP = 20_000
MOST_ALONE = 100_000


def compute_partitioned(count: int) -> dict[str, Any]:
    """Return what a grid of so many objects costs on as many workers as there are processors."""
    source, folder = OUT / "objects" / str(count), OUT / "grids" / str(count)
    write_s, _ = measure(write_objects, count, source)
    try:
        with connect(None, workers=os.cpu_count() or 1) as client:
            before_mb = list(client.run(read_peak_mb).values())
            seconds, grid = measure(
                compute_partitioned_grid, source, folder / "workers", PLAN, client=client, progress=Progress()
            )
            peak_mb = list(client.run(read_peak_mb).values())
            processor_s = sum(client.run(time.process_time).values())
        result = {
            "objects": count,
            "partitions": grid.partitions,
            "cells": grid.cells,
            "workers": len(peak_mb),
            "seconds": round(seconds, 2),
            "processor_s": round(processor_s, 2),
            "microseconds_per_object": round(seconds / count * 1e6, 1),
            "peak_mb_of_workers": [round(peak) for peak in peak_mb],
            "before_mb_of_workers": [round(peak) for peak in before_mb],
            "peak_mb_of_driver": round(read_peak_mb()),
            "load_1_min": round(os.getloadavg()[0], 1),
            "objects_written_s": round(write_s, 2),
        }
        if count <= MOST_ALONE:
            result["alone_s"] = round(measure(compute_partitioned_grid, source, folder / "alone", PLAN)[0], 2)
            if read_bytes(folder / "workers") != read_bytes(folder / "alone"):
                sys.exit("partitioned: the files differ")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return result


class Progress:
    """Tell every tenth of a grid, how long it has taken and how long the rest will."""

    def __init__(self) -> None:
        self.start, self.told = time.perf_counter(), 0.0

    def __call__(self, done: float, message: str) -> None:
        if done >= self.told + 0.1:
            self.told, seconds = done, time.perf_counter() - self.start
            print(
                f"{done:.0%} {seconds:.0f} s, {seconds / done - seconds:.0f} s left: {message}",
                file=sys.stderr,
            )


def write_objects(count: int, source: Path) -> None:
    """Write those files of a source that are not there yet, each from a seed of its own."""
    source.mkdir(parents=True, exist_ok=True)
    rivers = read_rivers()
    places = shapely.get_coordinates(gpd.read_file(REAL / "settlements.geojson").geometry)
    for first in range(0, count, OBJECTS_PER_FILE):
        path = source / f"{first:09d}.parquet"
        if path.exists():
            continue
        rng, size = np.random.default_rng([SEED, first]), min(OBJECTS_PER_FILE, count - first)
        objects = make_objects(strew_points(rng, size, rivers, places), rng)
        frame = gpd.GeoDataFrame({"r": rng.lognormal(0, 2, size)}, geometry=objects, crs="EPSG:4490")
        frame.to_parquet(path.with_suffix(".part"), row_group_size=ROWS_PER_GROUP)
        os.replace(path.with_suffix(".part"), path)


def make_objects(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.object_]:
    """Nine points to one pond, and one in a hundred a pipeline of some km."""
    objects = np.asarray(shapely.points(points))
    ponds, pipes = np.arange(0, len(points), 10), np.arange(5, len(points), 100)
    objects[ponds] = make_blobs(rng, points[ponds], rng.uniform(100, 800, len(ponds)) / 111_000.0, 16)
    away = points[pipes, None] + np.cumsum(rng.uniform(-0.01, 0.02, (len(pipes), 8, 2)), axis=1)
    objects[pipes] = shapely.linestrings(away)
    return objects


def make_blobs(
    rng: np.random.Generator, centres: NDArray[np.float64], across: NDArray[np.float64], vertices: int
) -> NDArray[np.object_]:
    """Round shapes with a ragged edge, so many degrees across."""
    angle = np.linspace(0.0, 2.0 * np.pi, vertices, endpoint=False)
    radius = across[:, None] / 2.0 * rng.uniform(0.7, 1.0, (len(centres), vertices))
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1) + centres[:, None]
    return np.asarray(shapely.polygons(ring))


def read_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}
