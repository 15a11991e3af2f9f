"""What contends for being the nearest, or near enough, holds what the search among all targets finds."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.distance import Contenders, TargetIndex

PLACES = [(102.9, 26.3), (0.0, -0.4), (-70.5, 66.0), (13.0, -52.0)]


def strew(seed: int, place: tuple[float, float], spread_deg: float) -> np.ndarray:
    """Points, boxes and long wandering lines about a place."""
    rng = np.random.default_rng(seed)
    at = place + rng.normal(0.0, spread_deg, (40, 2))
    lines = at[:14, None] + np.cumsum(rng.normal(0.0, spread_deg / 4.0, (14, 5, 2)), axis=1)
    boxes = [shapely.box(*corner, *(corner + rng.uniform(1e-5, spread_deg, 2))) for corner in at[14:27]]
    return np.array([*map(shapely.LineString, lines), *boxes, *map(shapely.Point, at[27:])], dtype=object)


@given(
    seed=st.integers(0, 10_000),
    place=st.sampled_from(PLACES),
    spread_deg=st.sampled_from([0.0005, 0.02, 0.5]),
    apart_deg=st.sampled_from([0.0, 0.3, 2.0]),
)
def test_contenders_hold_the_nearest_and_all_within(
    seed: int, place: tuple[float, float], spread_deg: float, apart_deg: float
) -> None:
    targets = strew(seed, place, spread_deg)
    subjects = strew(seed + 1, (place[0] + apart_deg, place[1]), spread_deg)[[0, 20, 39]]
    contenders, index = Contenders(targets), TargetIndex(targets)
    kept, found = contenders.nearest(subjects), index.nearest(subjects)
    if kept is not None:
        assert (np.diff(kept) > 0).all()
        among = TargetIndex(targets[kept]).nearest(subjects)
        assert kept[among.target].tolist() == found.target.tolist()
        assert among.distance_m.tolist() == found.distance_m.tolist()
    within_m = float(np.median(found.distance_m)) + 1.0
    kept = contenders.within(subjects, within_m)
    assert kept is None or set(kept) >= set(index.within(subjects, within_m).target)


def test_one_of_many_points_contends() -> None:
    """Of a square grid round a place next to one of its points no other point may be the nearest."""
    lon, lat = np.meshgrid(102.0 + 0.01 * np.arange(30), 26.0 + 0.01 * np.arange(30))
    kept = Contenders(shapely.points(lon.ravel(), lat.ravel())).nearest(
        np.array([shapely.Point(102.101, 26.1)], dtype=object)
    )
    assert kept is not None
    assert kept.tolist() == [310]


@pytest.mark.parametrize("place", [(102.0, 80.0), (179.0, 26.0)])
def test_nothing_is_ruled_out_where_degrees_say_little(place: tuple[float, float]) -> None:
    contenders = Contenders(shapely.points([place]))
    subjects = np.array([shapely.Point(place[0] - 0.1, place[1])], dtype=object)
    assert contenders.nearest(subjects) is None
    assert contenders.within(subjects, 100.0) is None


def test_nothing_is_ruled_out_by_long_edges() -> None:
    line = np.array([shapely.LineString([(100.0, 26.0), (110.0, 26.0)])], dtype=object)
    assert Contenders(line).nearest(np.array([shapely.Point(105.0, 26.2)], dtype=object)) is None
