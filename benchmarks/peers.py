"""The engines: each answers which points lie within the limit of a river.

``python -m benchmarks.peers NAME FOLDER`` runs one of them on a saved scene in a process of its own, so that its
memory is its own too. What an engine needs beforehand (projected coordinates, loaded tables, their indexes) is made
before the clock starts; ours starts from longitude and latitude and builds its index on the clock.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.scene import LIMIT_M, PLANE, Scene, cut_lines, project

Mask = NDArray[np.bool_]
Job = Callable[[], Mask]

GEOPANDAS_CUTS = (256, 1_024)
TABLE_CUT = 64
REPEAT_BELOW_S = 20.0


class MissingError(Exception):
    """The engine is not here."""


def prepare_riskmap(scene: Scene) -> dict[str, Job]:
    from geo.distance import TargetIndex

    points = np.asarray(shapely.points(scene.points))
    return {"": lambda: TargetIndex(scene.rivers).nearest(points, within_m=LIMIT_M).target >= 0}


def prepare_geopandas(scene: Scene) -> dict[str, Job]:
    """The tree is built over the points and the lines are prepared: by far the fastest way round."""
    xy = shapely.get_coordinates(project(np.asarray(shapely.points(scene.points))))
    rivers = project(scene.rivers)

    def join(lines: NDArray[np.object_]) -> Mask:
        left = gpd.GeoDataFrame(geometry=lines, crs=PLANE)
        right = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=PLANE)
        found = gpd.sjoin(left, right, predicate="dwithin", distance=LIMIT_M)
        return mark(found["index_right"].to_numpy(), len(xy))

    cuts = {f"cut at {n}": cut_lines(rivers, n) for n in GEOPANDAS_CUTS} | {"whole lines": rivers}
    return {name: lambda lines=lines: join(lines) for name, lines in cuts.items()}


def prepare_geopandas_projecting(scene: Scene) -> dict[str, Job]:
    """The same from longitude and latitude, as ours: the projection is on the clock."""
    points = np.asarray(shapely.points(scene.points))

    def join() -> Mask:
        left = gpd.GeoDataFrame(geometry=cut_lines(scene.rivers, GEOPANDAS_CUTS[0]), crs="EPSG:4490").to_crs(
            PLANE
        )
        right = gpd.GeoDataFrame(geometry=points, crs="EPSG:4490").to_crs(PLANE)
        found = gpd.sjoin(left, right, predicate="dwithin", distance=LIMIT_M)
        return mark(found["index_right"].to_numpy(), len(points))

    return {f"cut at {GEOPANDAS_CUTS[0]}": join}


def prepare_duckdb(scene: Scene) -> dict[str, Job]:
    try:
        import duckdb
        import duckdb_extension_spatial
    except ImportError as exc:
        raise MissingError(f"{exc.name} is not installed") from exc
    folder = Path(duckdb_extension_spatial.__file__).parent / "extensions"
    extension = next(folder.rglob("spatial.duckdb_extension"))
    base = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    base.load_extension(str(extension))
    import pyarrow as pa

    xy = shapely.get_coordinates(project(np.asarray(shapely.points(scene.points))))
    tables = {
        "point_rows": pa.table({"i": np.arange(len(xy)), "x": xy[:, 0], "y": xy[:, 1]}),
        "river_rows": pa.table({"wkb": shapely.to_wkb(cut_lines(project(scene.rivers), TABLE_CUT)).tolist()}),
    }
    for name, table in tables.items():
        base.register(name, table)
    base.execute("CREATE TABLE points AS SELECT i, ST_Point(x, y) AS g FROM point_rows")
    base.execute("CREATE TABLE rivers AS SELECT ST_GeomFromWKB(wkb) AS g FROM river_rows")

    def join() -> Mask:
        sql = "SELECT DISTINCT p.i FROM points p JOIN rivers r ON ST_DWithin(p.g, r.g, ?)"
        return mark(base.execute(sql, [LIMIT_M]).fetchnumpy()["i"], len(xy))

    return {f"cut at {TABLE_CUT}": join}


def prepare_postgis(scene: Scene) -> dict[str, Job]:
    address = os.environ.get("RISKMAP_TEST_POSTGIS_URL")
    if not address:
        raise MissingError("RISKMAP_TEST_POSTGIS_URL is not set")
    import psycopg

    connection = psycopg.connect(address.replace("+psycopg", ""))
    run = connection.execute
    run("CREATE EXTENSION IF NOT EXISTS postgis")
    run("CREATE TEMP TABLE loading (i integer, lon float8, lat float8)")
    with connection.cursor().copy("COPY loading FROM STDIN") as copy:
        for i, (lon, lat) in enumerate(scene.points.tolist()):
            copy.write_row((i, lon, lat))
    run("CREATE TEMP TABLE points AS SELECT i, ST_MakePoint(lon, lat)::geography AS g FROM loading")
    run("CREATE TEMP TABLE rivers (g geography)")
    with connection.cursor().copy("COPY rivers FROM STDIN") as copy:
        for wkb in shapely.to_wkb(cut_lines(scene.rivers, TABLE_CUT), hex=True):
            copy.write_row((wkb,))
    for table in ("points", "rivers"):
        run(f"CREATE INDEX ON {table} USING gist (g)")
        run(f"ANALYZE {table}")

    def join() -> Mask:
        sql = "SELECT i FROM points p WHERE EXISTS (SELECT 1 FROM rivers r WHERE ST_DWithin(p.g, r.g, %s))"
        rows = run(sql, [LIMIT_M]).fetchall()
        return mark(np.array(rows, dtype=np.int64).ravel(), len(scene.points))

    return {f"cut at {TABLE_CUT}": join}


PEERS: dict[str, Callable[[Scene], dict[str, Job]]] = {
    "riskmap": prepare_riskmap,
    "geopandas sjoin dwithin": prepare_geopandas,
    "geopandas to_crs + sjoin": prepare_geopandas_projecting,
    "duckdb spatial ST_DWithin": prepare_duckdb,
    "postgis geography ST_DWithin": prepare_postgis,
}


def mark(index: NDArray[np.int64], count: int) -> Mask:
    mask = np.zeros(count, dtype=bool)
    mask[index] = True
    return mask


def measure(job: Job) -> tuple[float, float, Mask]:
    """Seconds on the clock and of processor time, best of three; one run is enough for what takes long."""
    times: list[tuple[float, float]] = []
    while not times or (len(times) < 3 and max(times)[0] < REPEAT_BELOW_S):
        start, start_cpu = time.perf_counter(), time.process_time()
        mask = job()
        times.append((time.perf_counter() - start, time.process_time() - start_cpu))
    return *min(times), mask


def read_peak_mb() -> float:
    """Peak of this process alone; what getrusage says starts from the peak of the parent."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024.0


def run_peer(name: str, folder: Path) -> dict[str, object]:
    scene = Scene.load(folder)
    try:
        jobs = PEERS[name](scene)
    except MissingError as exc:
        return {"engine": name, "missing": str(exc)}
    prepared_mb = read_peak_mb()
    runs = {variant: measure(job) for variant, job in jobs.items()}
    variant = min(runs, key=lambda key: runs[key][0])
    seconds, cpu_seconds, mask = runs[variant]
    np.save(folder / "mask.npy", mask)
    return {
        "engine": name,
        "variant": variant,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "variants": {key: round(value[0], 3) for key, value in runs.items()},
        "peak_mb": round(read_peak_mb()),
        "prepared_mb": round(prepared_mb),
    }


if __name__ == "__main__":
    print(json.dumps(run_peer(sys.argv[1], Path(sys.argv[2]))))
