"""A hundred thousand features go in and out in seconds, in one transaction."""

import time

from layers.store import WriteResult
from tests.layers.frames import many_points

COUNT = 100_000
LIMIT_S = 60.0
"""Generous: about 4 s are measured on two cores, and test machines are shared. [s]"""


def test_bulk_write_and_read_take_seconds(store):
    points = many_points(COUNT)
    start = time.perf_counter()
    assert store.write("enterprises", points) == WriteResult(COUNT, 0, 0)
    written = time.perf_counter()
    read = store.read("enterprises")
    took_s = {"write": written - start, "read": time.perf_counter() - written}
    assert len(read) == COUNT
    assert (read.geom.to_numpy() == points.geom.to_numpy()).all()
    assert took_s["write"] < LIMIT_S, took_s
    assert took_s["read"] < LIMIT_S / 2, took_s
