"""A province full of facilities, and a server over it: what the tiles and the browser are measured with. Seeded."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import geopandas as gpd
import httpx
import numpy as np
import shapely

from benchmarks.world import Floats, squares, strew, strew_towns
from layers.store import Store

SEED = 20_260_103
START_S = 600.0
SHARES = {"enterprises": 0.6, "hazard_units": 0.3, "mines": 0.05, "tailings_ponds": 0.05}
"""Part of the facilities that each layer has; mines and ponds are areas."""
AWAY_M = 6_000.0
SIDE_M = 300.0
CODES = ("530102", "530103", "530302", "530325", "530602", "530621")


def fill_crowd(store: Store, count: int) -> dict[str, Floats]:
    """Write so many facilities around towns, and return the places of each layer. [°]"""
    rng = np.random.default_rng(SEED)
    towns = strew_towns(rng, count)
    places = {}
    for layer, share in SHARES.items():
        number = round(count * share)
        places[layer] = strew(rng, towns, number, AWAY_M)
        areas = layer in ("mines", "tailings_ponds")
        shapes = squares(rng, places[layer], SIDE_M) if areas else shapely.points(places[layer])
        columns = {
            "id": [f"{layer}-{i:07d}" for i in range(number)],
            "name": [f"设施{i}" for i in range(number)],
            "adcode": rng.choice(CODES, number),
            "accuracy_m": 5.0,
            "source": "benchmark",
        }
        store.write(
            layer, gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4490").rename_geometry("geom")
        )
    return places


@contextmanager
def serving(command: list[str], ready: str, **environment: str) -> Iterator[str]:
    """Run a server on a free port of this machine until ``ready`` answers, and give its address.

    ``{port}`` in the command stands for the port.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, *(part.format(port=port) for part in command)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(process, address + ready)
        yield address
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], address: str) -> None:
    """Wait until an address answers."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(address, timeout=START_S).is_success:
                return
        time.sleep(0.5)
    sys.exit(f"the server did not answer at {address}")


@contextmanager
def serving_map(url: str, folder: Path, *, warm: bool = True) -> Iterator[str]:
    """Serve the product over a database, its tiles made ready unless it is to be met as it starts."""
    command = ["-c", "from api.cli import main; main()", "serve", "--port", "{port}"]
    with serving(
        command, "/healthz", RISKMAP_DATABASE_URL=url, RISKMAP_LANGUAGE="zh", HOME=str(folder)
    ) as address:
        if warm:
            version = {layer["slug"]: layer["tile_version"] for layer in read_layers(address)}
            for layer in SHARES:
                httpx.get(f"{address}/tiles/layers/{layer}/{version[layer]}/8/199/110", timeout=START_S)
        yield address


def read_layers(address: str) -> list[dict[str, str]]:
    """Return the layers as the server describes them."""
    layers: list[dict[str, str]] = httpx.get(f"{address}/api/v1/layers", timeout=START_S).json()["layers"]
    return layers
