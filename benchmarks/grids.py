"""Grids beside other libraries, on the same seeded objects; equal answers are checked in the run.

Points to cells beside h3-py in a loop and h3ronpy; overlap shares beside GeoPandas' overlay from the same start;
the kernel beside neighbour searches of scipy and scikit-learn; people by cell beside rasterstats; a whole grid from
10⁴ objects up, in memory and from files to files in partitions, each size in a process of its own, so that its peak of
memory is its own too. ``python -m benchmarks.grids whole partitioned`` runs some of the parts, and
``python -m benchmarks.grids partitioned 1000000`` one size of the last two.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
import shapely
from h3ronpy.vector import coordinates_to_cells
from numpy.typing import NDArray

from benchmarks.partitioned import SEED, compute_partitioned, make_blobs, make_objects
from benchmarks.peers import read_peak_mb
from benchmarks.report import measure, read_size, write_report
from benchmarks.scene import make_scene
from geo.ellipsoid import MEAN_RADIUS_M, to_cartesian_m
from geo.grids import (
    Shares,
    build_pyramid,
    cell_area_km2,
    cell_centres,
    cells_of_points,
    find_shares,
    make_grid,
    spread_shares,
    sum_groups,
)
from geo.grids.cells import draw_cells
from geo.grids.overlaps import Arcs, gather_outlines, measure_overlaps
from geo.grids.overlay import EDGE_TOLERANCE_M
from geo.grids.plane import read_rings

BANDWIDTH_M = 2_000.0

SHARE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Size:
    points: int
    polygons: int
    zones: int
    kernel: int
    pixels: int
    objects: tuple[int, ...]


SIZES = {
    "small": Size(1_000_000, 2_000, 20, 20_000, 600, (10_000, 100_000)),
    "full": Size(10_000_000, 50_000, 300, 500_000, 3_000, (10_000, 100_000, 1_000_000, 10_000_000)),
}


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[2].isdecimal():
        compute = {"whole": compute_whole, "partitioned": compute_partitioned}[sys.argv[1]]
        print(json.dumps(compute(int(sys.argv[2]))))
        return
    name, size = read_size(SIZES)
    parts: dict[str, Callable[[], Any]] = {
        "points": lambda: [compare_points(size.points, resolution) for resolution in (8, 9)],
        "overlap": lambda: [
            compare_overlap("ponds", make_ponds(size.polygons), 8),
            compare_overlap("zones", make_zones(size.zones), 8),
            compare_overlap("zones", make_zones(size.zones), 9),
        ],
        "kernel": lambda: compare_kernels(size.kernel),
        "zonal": lambda: compare_zonal(size.pixels),
        "whole": lambda: [compute_apart("whole", count) for count in size.objects],
        "partitioned": lambda: [compute_apart("partitioned", count) for count in size.objects],
    }
    results = {}
    wanted = sys.argv[1:] or list(parts)
    for part, run in ((part, parts[part]) for part in wanted):
        results[part] = run()
        print(part, json.dumps(results[part], indent=1), flush=True)
        write_report("grids" if len(wanted) == len(parts) else f"grids-{'-'.join(wanted)}", name, results)


def compare_points(count: int, resolution: int) -> dict[str, Any]:
    lon, lat = np.ascontiguousarray(make_scene(count).points.T)
    cells_of_points(lon[:10], lat[:10], resolution)
    ours_s, ours, ours_cpu_s = best_with_cpu(cells_of_points, lon, lat, resolution)
    port_s, port, port_cpu_s = best_with_cpu(lambda: np.asarray(coordinates_to_cells(lat, lon, resolution)))
    loop_s, loop = measure(loop_over_points, lon, lat, resolution)
    check("points", right=np.array_equal(ours, port) and np.array_equal(ours, loop))
    return {
        "points": count,
        "resolution": resolution,
        "riskmap_s": round(ours_s, 3),
        "h3ronpy_s": round(port_s, 3),
        "h3_loop_s": round(loop_s, 3),
        "ratio_to_fastest": round(ours_s / min(port_s, loop_s), 3),
        "ratio_of_processor_time": round(ours_cpu_s / port_cpu_s, 3),
    }


def best_with_cpu(job: Callable[..., Any], *given: Any) -> tuple[float, Any, float]:
    """Best of three: seconds on the clock, the answer, and seconds of all processors."""
    runs = []
    for _ in range(3):
        before = time.process_time()
        seconds, answer = measure(job, *given)
        runs.append((seconds, time.process_time() - before))
    return min(run[0] for run in runs), answer, min(run[1] for run in runs)


def loop_over_points(
    lon: NDArray[np.float64], lat: NDArray[np.float64], resolution: int
) -> NDArray[np.uint64]:
    places = zip(lat.tolist(), lon.tolist(), strict=True)
    return np.fromiter((h3.latlng_to_cell(y, x, resolution) for y, x in places), np.uint64, len(lon))


def make_ponds(count: int) -> NDArray[np.object_]:
    """Tailings ponds and works: 30 m to 1 km across."""
    rng = np.random.default_rng(SEED)
    return make_blobs(rng, make_scene(count).points, 10.0 ** rng.uniform(1.5, 3.0, count) / 111_000.0, 24)


def make_zones(count: int) -> NDArray[np.object_]:
    """Reserves, water sources, redlines: 5 to 40 km across, ragged."""
    rng = np.random.default_rng(SEED + 1)
    return make_blobs(rng, make_scene(count).points, 10.0 ** rng.uniform(3.7, 4.6, count) / 111_000.0, 400)


def compare_overlap(name: str, polygons: NDArray[np.object_], resolution: int) -> dict[str, Any]:
    """From undrawn objects to shares on both sides, and the intersections of drawn ones alone on both sides.

    The overlay draws by our functions (with points put in along geodesics, as its plane has to) and is spared finding
    cells: it is given those that have a share.
    """
    ours_s, shares, ours_cpu_s = best_with_cpu(find_shares, polygons, resolution)
    cells = np.unique(shares.cell)
    drawn_s, drawn, drawn_cpu_s = best_with_cpu(draw_polygons, polygons)
    outlines_s, outlines, outlines_cpu_s = best_with_cpu(draw_cells, cells)
    left = gpd.GeoDataFrame({"row": np.arange(len(polygons))}, geometry=drawn)
    right = gpd.GeoDataFrame({"cell": cells}, geometry=outlines)
    overlay_s, pieces, overlay_cpu_s = best_with_cpu(lambda: left.overlay(right, how="intersection"))
    pairs = pieces["row"].to_numpy(), np.searchsorted(cells, pieces["cell"].to_numpy())
    measure_s, area = best_of(3, measure_drawn, drawn, outlines, *pairs)
    off_drawn = np.abs(area - pieces.geometry.area) / shapely.area(drawn)[pairs[0]]
    theirs = pd.Series(pieces.geometry.area.to_numpy(), index=[pieces["row"], pieces["cell"]]).sort_index()
    theirs = theirs / theirs.groupby(level="row").transform("sum")
    ours = pd.Series(shares.share, index=[shares.row, shares.cell])
    off = ours.sub(theirs, fill_value=0.0).abs()
    check("overlap", right=bool(max(off.max(), off_drawn.max()) < SHARE_TOLERANCE))
    return {
        "objects": name,
        "resolution": resolution,
        "polygons": len(polygons),
        "shares": len(ours),
        "riskmap_s": round(ours_s, 4),
        "drawing_s": round(drawn_s + outlines_s, 4),
        "overlay_s": round(overlay_s, 4),
        "times_faster_from_undrawn": round((drawn_s + outlines_s + overlay_s) / ours_s, 2),
        "times_less_processor_time": round((drawn_cpu_s + outlines_cpu_s + overlay_cpu_s) / ours_cpu_s, 2),
        "riskmap_from_drawn_s": round(measure_s, 4),
        "times_faster_from_drawn": round(overlay_s / measure_s, 2),
        "largest_difference": float(off.max()),
        "largest_residual": float(np.abs(shares.residual).max()),
    }


def draw_polygons(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    return read_rings(polygons).draw(np.full(len(polygons), EDGE_TOLERANCE_M)).build()


def measure_drawn(
    drawn: NDArray[np.object_],
    outlines: NDArray[np.object_],
    polygon: NDArray[np.int64],
    cell: NDArray[np.int64],
) -> NDArray[np.float64]:
    mine, theirs = gather_outlines(read_rings(drawn)), gather_outlines(read_rings(outlines))
    straight = Arcs(theirs, np.zeros((len(theirs.edge), 2)), np.ones(len(theirs.edge), np.int64))
    return measure_overlaps(mine, straight, polygon, cell, np.zeros(len(cell)))[0]


def compare_kernels(count: int) -> dict[str, Any]:
    """From points to mass by cell; the others are given the cells in reach, whose centres and areas are timed apart."""
    from scipy.spatial import KDTree
    from sklearn.neighbors import BallTree

    points = make_scene(count).points
    shares = find_shares(np.asarray(shapely.points(points)), 8)
    spread_shares(shares.select(shares.row < 10), BANDWIDTH_M)
    ours_s, (cells, ours) = best_of(3, spread_and_sum, shares)
    cells_s, (centres, area) = best_of(3, describe, cells)
    places = to_cartesian_m(*points.T).T
    chord_m = 2.0 * MEAN_RADIUS_M * np.sin(BANDWIDTH_M / (2.0 * MEAN_RADIUS_M))

    def add_up(point: NDArray[np.int64], cell: NDArray[np.int64], chord: NDArray[np.float64]) -> Any:
        distance_m = 2.0 * MEAN_RADIUS_M * np.arcsin(chord / (2.0 * MEAN_RADIUS_M))
        weight = (1.0 - (distance_m / BANDWIDTH_M) ** 2) ** 2 * area[cell]
        weight /= np.bincount(point, weights=weight, minlength=count)[point]
        return np.bincount(cell, weights=weight, minlength=len(cells))

    def search_scipy() -> Any:
        pairs = KDTree(places).sparse_distance_matrix(KDTree(centres), chord_m, output_type="ndarray")
        return add_up(pairs["i"], pairs["j"], pairs["v"])

    def search_sklearn() -> Any:
        found, chord = BallTree(centres).query_radius(places, chord_m, return_distance=True)
        point = np.repeat(np.arange(count), [len(one) for one in found])
        return add_up(point, np.concatenate(found), np.concatenate(chord))

    times = {}
    for name, search in (("scipy", search_scipy), ("scikit_learn", search_sklearn)):
        times[name], mass = best_of(3, search)
        check(name, right=np.allclose(mass, ours, rtol=1e-6, atol=1e-9))
    return {
        "points": count,
        "bandwidth_m": BANDWIDTH_M,
        "cells": len(cells),
        "riskmap_s": round(ours_s, 3),
        "centres_and_areas_s": round(cells_s, 3),
        **{f"{name}_s": round(seconds, 3) for name, seconds in times.items()},
        "ratio_to_fastest_given_cells": round(ours_s / min(times.values()), 2),
        "ratio_to_fastest": round(ours_s / (min(times.values()) + cells_s), 2),
    }


def spread_and_sum(shares: Shares) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    spread = spread_shares(shares, BANDWIDTH_M)
    cells, code = np.unique(spread.cell, return_inverse=True)
    return cells, sum_groups(code, spread.share, len(cells))


def describe(cells: NDArray[np.uint64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return to_cartesian_m(*cell_centres(cells).T).T, cell_area_km2(cells)


def compare_zonal(pixels: int) -> dict[str, Any]:
    """People on the cells of a square degree; rasterstats counts a pixel wholly where its centre lies."""
    import rasterio
    from exactextract import exact_extract

    people = np.random.default_rng(SEED).gamma(0.3, 20.0, (pixels, pixels)).astype("float32")
    transform = rasterio.transform.from_bounds(102.0, 25.0, 103.0, 26.0, pixels, pixels)
    inside = np.unique(find_shares([shapely.box(102.0, 25.0, 103.0, 26.0)], 8).cell)
    zones = gpd.GeoDataFrame({"h3": inside}, geometry=cell_outlines(inside), crs="EPSG:4490")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.tif"
        profile = {"driver": "GTiff", "width": pixels, "height": pixels, "count": 1, "dtype": "float32"}
        with rasterio.open(path, "w", **profile, crs="EPSG:4490", transform=transform, nodata=-1.0) as raster:
            raster.write(people, 1)
        exact_s, exact = measure(exact_extract, str(path), zones, ["sum"], output="pandas")
        total, found = float(people.sum(dtype=float)), float(exact["sum"].sum())
        check("zonal", right=abs(found / total - 1.0) < 1e-5)
        result = {
            "pixels": pixels**2,
            "cells": len(inside),
            "exactextract_s": round(exact_s, 3),
            "lost": found / total - 1.0,
        }
        try:
            from rasterstats import zonal_stats
        except ImportError:
            return result | {"rasterstats": "MISSING"}
        other_s, other = measure(zonal_stats, zones, str(path), stats=["sum"])
        counted = sum(row["sum"] or 0.0 for row in other)
        return result | {"rasterstats_s": round(other_s, 3), "rasterstats_lost": counted / total - 1.0}


def cell_outlines(cells: NDArray[np.uint64]) -> NDArray[np.object_]:
    from geo.grids import cell_polygons

    return cell_polygons(cells)


def compute_apart(part: str, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.grids", part, str(count)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    print(answer, end="", flush=True)
    return dict(json.loads(answer))


def compute_whole(count: int) -> dict[str, Any]:
    """A grid and its pyramid, all objects in memory."""
    rng = np.random.default_rng(SEED)
    objects = make_objects(make_scene(count).points, rng)
    weights, before_mb = rng.lognormal(0, 2, count), read_peak_mb()
    find_shares(objects[:100], 8)  # what is compiled on first use is compiled
    start_cpu = time.process_time()
    seconds, grid = measure(lambda: make_grid(find_shares(objects, 8), weights))
    processor_s = time.process_time() - start_cpu
    pyramid_s, levels = measure(build_pyramid, grid, range(3, 8))
    check("whole", right=abs(levels[3]["mass"].sum() / weights.sum() - 1.0) < 1e-9)
    return {
        "objects": count,
        "cells": len(grid),
        "grid_s": round(seconds, 3),
        "processor_s": round(processor_s, 3),
        "pyramid_s": round(pyramid_s, 3),
        "microseconds_per_object": round(seconds / count * 1e6, 1),
        "peak_mb": round(read_peak_mb()),
        "of_it_objects_mb": round(before_mb),
    }


def best_of(times: int, job: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    runs = [measure(job, *given) for _ in range(times)]
    return min(seconds for seconds, _ in runs), runs[-1][1]


def check(name: str, *, right: bool) -> None:
    if not right:
        sys.exit(f"{name}: answers differ")


if __name__ == "__main__":
    main()
