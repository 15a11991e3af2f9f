"""Risk of one ammonia sphere and of a park of 200 units, beside plain NumPy that computes the same sums.

Plain NumPy does without kernels: at every cell, for every event and direction, the lethality is looked up and added.
That takes hours for a million cells, so it is timed on some of them and reported per cell. The sums of a kernel are
also compared, whole, with rolled arrays, which is how NumPy alone says them, and with products of matrices by BLAS, the
compiled library that NumPy hands them to on all processors; its stamp with interpolation by NumPy. All must agree to
1e-6.

``python -m benchmarks.hazard sphere``, ``park``, ``kinds`` or ``bands`` runs one part alone.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from benchmarks.report import measure, percentiles, read_size, write_report
from geo.hazard.assessment import Options, assess, make_placements
from geo.hazard.distance import Target
from geo.hazard.events import events_of
from geo.hazard.footprint import Event
from geo.hazard.kernel import Kernel, build_kernel, make_polar_grid
from geo.hazard.kernel_files import KernelFiles
from geo.hazard.kernel_store import KernelStore
from geo.hazard.plant import Equipment, Plant, Surroundings, Unit
from geo.hazard.risk_field import lay_ground
from geo.hazard.scenarios import scenarios_of
from geo.hazard.stamp import Ground, Placement, stamp
from geo.hazard.substances import substances
from geo.hazard.uncertainty import estimate_bands
from geo.hazard.weather import Weather, WindRose
from geo.hazard.whatif import WhatIf
from geo.hazard.wind_roses import spread_directions


@dataclass(frozen=True)
class Size:
    units: int
    kinds: int
    cells: int
    moves: int
    distinct: int


SIZES = {"small": Size(200, 4, 200, 20, 4), "full": Size(200, 4, 1_000, 50, 40)}
"""Units of the park, how many of them differ, cells of the plain sums, moves, units of a park in which all differ."""

_PLENTY = 10**11

GRID = make_polar_grid()
TOLERANCE = 1e-6
LEVEL_PER_YEAR = 3e-7

CLASSES = (
    ("B", 3.0, True),
    ("D", 1.5, True),
    ("D", 5.0, True),
    ("D", 9.0, True),
    ("E", 5.0, False),
    ("F", 1.5, False),
)


def main() -> None:
    name, size = read_size(SIZES)
    rose = make_rose()
    parts: dict[str, Callable[[WindRose, Size], dict[str, Any]]] = {
        "sphere": run_sphere,
        "park": run_park,
        "kinds": run_kinds,
        "bands": run_bands,
    }
    wanted = sys.argv[1:] or list(parts)
    write_report("hazard", name, {part: parts[part](rose, size) for part in wanted})


def run_sphere(rose: WindRose, size: Size) -> dict[str, Any]:
    """Time the kernel of one sphere, its stamp on a million cells, and the plain sums."""
    unit = make_unit(0, 1)
    (sphere,) = unit.equipment
    scenarios = scenarios_of(unit, sphere)
    frequencies = {scenario.id: scenario.frequency_per_year for scenario in scenarios}

    def model() -> list[Event]:
        ammonia = substances()["ammonia"]
        return [e for s in scenarios for e in events_of(s, sphere, ammonia, SURROUNDINGS, rose, GRID)]

    model()  # loads the libraries
    models_s, events = measure(model)
    build_kernel(events[:1], frequencies, rose, GRID, "sphere")  # compiles
    kernel_s, kernel = fastest(lambda: build_kernel(events, frequencies, rose, GRID, "sphere"))
    rates = [(event, frequencies[event.scenario_id] * event.probability) for event in events]
    product_s, product = fastest(lambda: sum_product(rates, rose))
    check(kernel.risk_per_year, product[: len(kernel.risk_per_year)], product.max())
    roll_s, rolled = measure(lambda: sum_rolled(rates, rose))
    check(rolled, product, product.max())
    result: dict[str, Any] = {
        "events": len(events),
        "weathers": len(rose.weathers),
        "models_s": round(models_s, 3),
        "kernel_s": round(kernel_s, 4),
        "matrix_product_numpy_s": round(product_s, 3),
        "rolled_numpy_s": round(roll_s, 2),
        "times_as_fast_as_matrix_product": round(product_s / kernel_s, 1),
        "times_as_fast_as_rolled": round(roll_s / kernel_s, 1),
    }
    print(f"sphere: {result}", flush=True)
    return {**result, **run_stamp(kernel, rates, rose, size)}


def run_stamp(kernel: Kernel, rates: list[tuple[Event, float]], rose: WindRose, size: Size) -> dict[str, Any]:
    axis = (np.arange(1000, dtype=np.float64) - 499.5) * 10.0
    ground, placement = Ground(axis, axis), Placement("sphere", kernel, 3.0, 4.0)
    stamp(ground, [placement])  # compiles
    one_s, _ = fastest(lambda: stamp(ground, [placement], threads=1))
    all_s, stamped = fastest(lambda: stamp(ground, [placement]))
    plain_s, plain = measure(lambda: interpolate(kernel, *np.meshgrid(axis - 3.0, axis - 4.0)))
    check(stamped, plain, plain.max())
    some = np.random.default_rng(1).integers(0, 1000, size=(size.cells, 2))
    points_m = np.column_stack([axis[some[:, 1]], axis[some[:, 0]]])
    sums_s, sums = measure(lambda: sum_at(rates, rose, points_m - (3.0, 4.0)))
    check(stamped[some[:, 0], some[:, 1]], sums, plain.max())
    result = {
        "cells": stamped.size,
        "stamp_one_thread_s": round(one_s, 5),
        "stamp_s": round(all_s, 5),
        "interpolation_numpy_s": round(plain_s, 4),
        "plain_sums_numpy_us_per_cell": round(sums_s / size.cells * 1e6, 1),
        "riskmap_us_per_cell": round(all_s / stamped.size * 1e6, 4),
        "times_as_fast_as_interpolation": round(plain_s / all_s, 1),
    }
    print(f"stamp: {result}", flush=True)
    return result


def run_park(rose: WindRose, size: Size) -> dict[str, Any]:
    """Time a park cold, from files and warm, its growth with units, and moves of a unit."""
    plant, targets = make_park(size.units, size.kinds), make_targets(40)
    options = Options(workers=os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as folder:
        files = KernelFiles(Path(folder), _PLENTY)
        cold_s, _ = measure(
            lambda: assess(plant, rose, None, targets, options, store=KernelStore(files=files))
        )
        store = KernelStore(2**32, files=files)
        files_s, _ = measure(lambda: assess(plant, rose, None, targets, options, store=store))
        warm_s, first = measure(lambda: assess(plant, rose, None, targets, options, store=store))
        result = {
            "units": size.units,
            "kinds": size.kinds,
            "kernels": len(store),
            "cold_s": round(cold_s, 2),
            "from_files_s": round(files_s, 3),
            "warm_s": round(warm_s, 3),
            **run_growth(rose, size, options, store),
            "moves": run_moves(plant, rose, targets, options, store, size.moves),
        }
    assert first.field is not None
    plain_s, plain = measure(lambda: sum_interpolated(first.field.placements, first.field.ground))
    check(first.field.risk_per_year, plain, plain.max())
    stamp_s, _ = fastest(lambda: stamp(first.field.ground, first.field.placements))
    result |= {
        "cells": first.field.risk_per_year.size,
        "stamps_s": round(stamp_s, 4),
        "interpolation_numpy_s": round(plain_s, 3),
        "times_as_fast_as_interpolation": round(plain_s / stamp_s, 1),
    }
    print(f"park: {result}", flush=True)
    return result


def run_growth(rose: WindRose, size: Size, options: Options, store: KernelStore) -> dict[str, Any]:
    """Time the sums of a quarter, a half and all of the units, on one grid and on one that grows with the park."""
    parks = {
        count: make_placements(make_park(count, size.kinds), rose, options, store=store)
        for count in (size.units // 4, size.units // 2, size.units)
    }
    same = lay_ground(parks[size.units], LEVEL_PER_YEAR)
    per_cell: dict[int, float] = {}
    per_park: dict[int, float] = {}
    for count, placements in parks.items():
        own = lay_ground(placements, LEVEL_PER_YEAR)
        for found, ground in ((per_cell, same), (per_park, own)):
            seconds, _ = fastest(partial(stamp, ground, placements))
            found[count] = round(seconds / (ground.shape[0] * ground.shape[1] * count) * 1e9, 2)
    return {"ns_per_unit_and_cell_of_one_grid": per_cell, "ns_per_unit_and_cell_of_own_grid": per_park}


def run_kinds(rose: WindRose, size: Size) -> dict[str, Any]:
    """Time a park in which all units differ, and what its kernels take of memory and of the disk."""
    plant, options = make_park(size.distinct, size.distinct), Options(workers=os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as folder:
        store = KernelStore(files=KernelFiles(Path(folder), _PLENTY))
        before_mb = own_memory_mb()
        cold_s, found = measure(lambda: assess(plant, rose, None, make_targets(40), options, store=store))
        own_mb = own_memory_mb() - before_mb
        disk_mb = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
    kernels = [placed.kernel for placed in found.placements]
    result = {
        "units": size.distinct,
        "cold_s": round(cold_s, 1),
        "cold_s_per_unit": round(cold_s / size.distinct, 2),
        "arrays_mb_per_kernel": round(sum(kernel.size_bytes for kernel in kernels) / len(kernels) / 1e6, 1),
        "files_mb_per_kernel": round(disk_mb / len(kernels), 1),
        "own_memory_mb_per_kernel": round(own_mb / len(kernels), 2),
        "largest_resident_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }
    print(f"kinds: {result}", flush=True)
    return result


def own_memory_mb() -> float:
    """Return the memory of this process that no file stands behind, in MB; NaN where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((float(line.split()[1]) / 1e3 for line in lines if line.startswith("RssAnon:")), float("nan"))


def run_bands(rose: WindRose, _size: Size) -> dict[str, Any]:
    """Time the external safety distance of one sphere without and with its band, in one process."""
    plant, store = make_park(1, 1), KernelStore()
    alone_s, _ = measure(lambda: assess(plant, rose, store=store))
    levels = [3e-7, 1e-6, 3e-6, 1e-5]
    bands_s, _ = measure(lambda: estimate_bands(plant, rose, levels, store=store))
    result = {
        "without_s": round(alone_s, 2),
        "bands_s": round(bands_s, 2),
        "with_over_without": round((alone_s + bands_s) / alone_s, 2),
    }
    print(f"bands: {result}", flush=True)
    return result


def run_moves(
    plant: Plant, rose: WindRose, targets: list[Target], options: Options, store: KernelStore, moves: int
) -> dict[str, float]:
    """Time previews of a unit that is dragged; the last equals that of a fresh start."""
    live = WhatIf(plant, rose, targets, options, store=store)
    live.preview(plant)
    seconds = []
    for step in range(1, moves + 1):
        moved = move_unit(plant, 17, 1e-4 * step)
        spent, preview = measure(lambda m=moved: live.preview(m))
        seconds.append(spent)
    fresh = WhatIf(plant, rose, targets, options, store=store).preview(moved)
    assert all(
        shapely.equals_identical(area, fresh.contours[level]) for level, area in preview.contours.items()
    )
    assert preview.target_risks_per_year.tobytes() == fresh.target_risks_per_year.tobytes()
    return percentiles(seconds)


def sum_rolled(rates: list[tuple[Event, float]], rose: WindRose) -> np.ndarray:
    """Sum every event over every direction by rolled arrays."""
    spread = spread_directions(rose, GRID.n_angles)
    total = np.zeros((len(GRID.radius_m), GRID.n_angles))
    for event, rate in rates:
        for direction, share in enumerate(weigh(event, spread)):
            total += rate * share * np.roll(event.footprint.individual, direction, axis=1)
    return total


def sum_product(rates: list[tuple[Event, float]], rose: WindRose) -> np.ndarray:
    """Sum every event over all directions by a product with a circulant matrix."""
    spread = spread_directions(rose, GRID.n_angles)
    angle = np.arange(GRID.n_angles)
    turned = (angle[None, :] - angle[:, None]) % GRID.n_angles
    total = np.zeros((len(GRID.radius_m), GRID.n_angles))
    for event, rate in rates:
        field = np.broadcast_to(event.footprint.individual, total.shape)
        total += rate * (field @ weigh(event, spread)[turned])
    return total


def sum_at(rates: list[tuple[Event, float]], rose: WindRose, offsets_m: np.ndarray) -> np.ndarray:
    """Sum every event over every direction at places, without a kernel."""
    spread = spread_directions(rose, GRID.n_angles)
    row, f, column, g = locate(*offsets_m.T)
    directions = np.arange(GRID.n_angles)
    left = (column[:, None] - directions) % GRID.n_angles
    right = (left + 1) % GRID.n_angles
    total = np.zeros(len(offsets_m))
    for event, rate in rates:
        field = np.broadcast_to(event.footprint.individual, (len(GRID.radius_m), GRID.n_angles))
        field = np.vstack([field, np.zeros((2, GRID.n_angles))])
        near = field[row[:, None], left] * (1 - g)[:, None] + field[row[:, None], right] * g[:, None]
        far = field[row[:, None] + 1, left] * (1 - g)[:, None] + field[row[:, None] + 1, right] * g[:, None]
        lethality = near * (1 - f)[:, None] + far * f[:, None]
        total += rate * (lethality * weigh(event, spread)).sum(axis=1)
    return total


def weigh(event: Event, spread: np.ndarray) -> np.ndarray:
    """Return the probability of each direction in the event's weather."""
    return np.asarray(spread.sum(axis=0) if event.weather is None else spread[event.weather])


def locate(dx_m: np.ndarray, dy_m: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return row, fraction beyond it, column and fraction beyond it on the polar grid."""
    step = np.log(GRID.radius_m[1] / GRID.radius_m[0])
    place = np.clip(np.log(np.hypot(dx_m, dy_m) / GRID.radius_m[0]) / step, 0, len(GRID.radius_m) + 0.5)
    turn = np.arctan2(dx_m, dy_m) % (2 * np.pi) * GRID.n_angles / (2 * np.pi)
    return place.astype(int), place % 1, turn.astype(int), turn % 1


def interpolate(kernel: Kernel, dx_m: np.ndarray, dy_m: np.ndarray) -> np.ndarray:
    """Return the risk of a kernel around it by bilinear interpolation with NumPy."""
    risk = kernel.risk_per_year
    field = np.vstack([risk, np.zeros((len(GRID.radius_m) + 2 - len(risk), GRID.n_angles))])
    row, f, column, g = locate(dx_m, dy_m)
    left, right = column % GRID.n_angles, (column + 1) % GRID.n_angles
    near = field[row, left] * (1 - g) + field[row, right] * g
    far = field[row + 1, left] * (1 - g) + field[row + 1, right] * g
    return np.asarray(near * (1 - f) + far * f)


def sum_interpolated(placements: tuple[Placement, ...], ground: Ground) -> np.ndarray:
    """Return the risk of placements on a grid by NumPy."""
    total = np.zeros(ground.shape)
    for one in placements:
        total += interpolate(one.kernel, *np.meshgrid(ground.x_m - one.x_m, ground.y_m - one.y_m))
    return total


def fastest(work: Callable[[], Any], times: int = 5) -> tuple[float, Any]:
    """Return the shortest of several times, and what came of it."""
    return min((measure(work) for _ in range(times)), key=lambda found: found[0])


def check(found: np.ndarray, expected: np.ndarray, largest: float) -> None:
    """Stop unless two results agree to 1e-6; what is 1e-12 of the largest may be rounding."""
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=1e-12 * largest)


SURROUNDINGS = Surroundings(
    elevation_m=1900.0,
    pressure_pa=80_500.0,
    temperature_k=288.0,
    humidity=0.7,
    roughness_m=0.1,
    urban=False,
    complex_terrain=False,
)


def make_rose() -> WindRose:
    raw = np.random.default_rng(4).gamma(2.0, size=(len(CLASSES), 16))
    weathers = tuple(Weather(stability=s, wind_m_s=u, by_day=day) for s, u, day in CLASSES)
    return WindRose(name="made up", source="made up", weathers=weathers, frequencies=raw / raw.sum())


def make_unit(number: int, kinds: int) -> Unit:
    """Return a unit with one sphere; those of different kinds differ in mass."""
    row, column = divmod(number, 20)
    sphere = Equipment(
        id=f"sphere-{number:03d}",
        name=f"sphere {number}",
        kind="pressure_vessel",
        lon=102.7 + 1.5e-3 * column,
        lat=25.0 + 1.5e-3 * row,
        substance="ammonia",
        mass_kg=1e5 * (1 + (number % kinds) / (2 * kinds)),
        temperature_k=288.0,
        pressure_pa=728_000.0,
        diameter_m=0.15,
        liquid_height_m=5.0,
    )
    return Unit(
        id=f"unit-{number:03d}", name=f"unit {number}", kind="storage", boundary=None, equipment=(sphere,)
    )


def make_park(units: int, kinds: int) -> Plant:
    return Plant(
        id="park",
        name="park",
        boundary=shapely.box(102.695, 24.995, 102.735, 25.02),
        state="new",
        surroundings=SURROUNDINGS,
        units=tuple(make_unit(number, kinds) for number in range(units)),
        accuracy_m=1.0,
        people_within_500m=10,
    )


def make_targets(count: int) -> list[Target]:
    rng = np.random.default_rng(9)
    classes = ("high_sensitivity", "important", "general_1", "general_2", "general_3")
    places = rng.uniform((102.64, 24.94), (102.79, 25.07), size=(count, 2))
    return [
        Target(
            id=f"target-{number}",
            layer="protection_targets",
            name=None,
            target_class=classes[number % 5],
            geometry=shapely.Point(place).buffer(5e-4),
            accuracy_m=1.0,
        )
        for number, place in enumerate(places)
    ]


def move_unit(plant: Plant, number: int, by_deg: float) -> Plant:
    unit = plant.units[number]
    (item,) = unit.equipment
    moved = replace(unit, equipment=(replace(item, lon=item.lon + by_deg, lat=item.lat + by_deg),))
    return replace(plant, units=(*plant.units[:number], moved, *plant.units[number + 1 :]))


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"{time.perf_counter() - start:.0f} s")
