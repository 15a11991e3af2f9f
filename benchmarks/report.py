"""What the benchmarks share: size, conditions, percentiles, the written result."""

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from layers.store import Store, upgrade

OUT = Path(__file__).parent / "out"


def read_size(sizes: dict[str, Any]) -> tuple[str, Any]:
    """Return the name of the size that BENCH asks for, and what it means here."""
    name = os.environ.get("BENCH", "small")
    if name not in sizes:
        sys.exit(f"BENCH={name}: use one of {', '.join(sizes)}")
    return name, sizes[name]


def measure(job: Callable[..., Any], *given: Any, **named: Any) -> tuple[float, Any]:
    """Return the seconds that a job took, and its answer."""
    start = time.perf_counter()
    answer = job(*given, **named)
    return time.perf_counter() - start, answer


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Return the first, the median, the 99th percentile and the slowest of some times. [s]"""
    return {
        "first_s": round(seconds[0], 4),
        "p50_s": round(float(np.percentile(seconds, 50)), 4),
        "p99_s": round(float(np.percentile(seconds, 99)), 4),
        "max_s": round(max(seconds), 4),
    }


def write_report(name: str, size: str, results: dict[str, Any]) -> None:
    """Write a result with the conditions beside it."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{name}-{size}.json"
    conditions = {
        "processors": os.cpu_count(),
        "load_1_min": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }
    path.write_text(json.dumps({"size": size, "conditions": conditions, **results}, indent=2))
    print(f"{conditions}\nwritten to {path}", flush=True)


@contextmanager
def sqlite_store() -> Iterator[Store]:
    """Give an empty store in a file that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        upgrade(url)
        with Store.open(url) as store:
            yield store


@contextmanager
def postgis_store() -> Iterator[tuple[Store, str] | None]:
    """Give an empty store in a database that is gone afterwards, and its address; None without a server."""
    address = os.environ.get("RISKMAP_TEST_POSTGIS_URL")
    if not address:
        print("MISSING: RISKMAP_TEST_POSTGIS_URL is not set", flush=True)
        yield None
        return
    name = f"riskmap_bench_{os.getpid()}"
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = make_url(address).set(database=name).render_as_string(hide_password=False)
        try:
            upgrade(url)
            with Store.open(url) as store:
                yield store, url.replace("+psycopg", "")
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
