"""GCJ-02 and BD-09: published vectors, round trips, no shift abroad."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.shifted import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

TENTH_OF_MM_DEG = 0.0001 / 111_320

china_lon = st.floats(73, 136)
china_lat = st.floats(3, 54)


@pytest.mark.parametrize(
    ("convert", "lonlat", "expected"),
    [
        # Test vectors of the open library coordtransform, repeated in many others.
        (wgs84_to_gcj02, (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
        (gcj02_to_bd09, (116.404, 39.915), (116.41036949371029, 39.92133699351021)),
        (wgs84_to_bd09, (116.404, 39.915), (116.41662724378733, 39.922699552216216)),
    ],
)
def test_published_vectors(convert, lonlat, expected):
    np.testing.assert_allclose(convert(*lonlat), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("lonlat", "expected_m"), [((102.7, 25.04), 360), ((104.4, 28.63), 433)], ids=["Kunming", "Shuifu"]
)
def test_size_of_the_shift(lonlat, expected_m):
    """360 m at Kunming and 433 m at Shuifu: siting rules, 1.5 item 7."""
    lon, lat = wgs84_to_gcj02(*lonlat)
    east_m = (lon - lonlat[0]) * 111_320 * np.cos(np.radians(lonlat[1]))
    assert np.hypot(east_m, (lat - lonlat[1]) * 110_900) == pytest.approx(expected_m, abs=5)


@pytest.mark.parametrize(
    ("forward", "back"),
    [(wgs84_to_gcj02, gcj02_to_wgs84), (gcj02_to_bd09, bd09_to_gcj02), (wgs84_to_bd09, bd09_to_wgs84)],
)
@given(lon=china_lon, lat=china_lat)
def test_round_trip_is_within_a_tenth_of_a_millimetre(forward, back, lon, lat):
    lon_back, lat_back = back(*forward(lon, lat))
    assert abs(lon_back - lon) < TENTH_OF_MM_DEG
    assert abs(lat_back - lat) < TENTH_OF_MM_DEG


def test_round_trip_at_the_cusp_of_the_formula():
    """The root of |lon - 105| has an infinite slope at 105° E."""
    lon = 105 + np.array([-1e-6, -1e-9, -1e-13, 0.0, 1e-13, 1e-9, 1e-6])
    np.testing.assert_allclose(
        gcj02_to_wgs84(*wgs84_to_gcj02(lon, 26.0))[0], lon, rtol=0, atol=TENTH_OF_MM_DEG
    )


@pytest.mark.parametrize("lonlat", [(0.0, 0.0), (2.35, 48.85), (-122.4, 37.8), (139.7, 35.7), (102.0, 60.0)])
@pytest.mark.parametrize(
    "convert", [wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02, wgs84_to_bd09, bd09_to_wgs84]
)
def test_nothing_moves_outside_china(convert, lonlat):
    lon, lat = convert(*lonlat)
    assert (lon, lat) == lonlat


def test_a_point_does_not_depend_on_its_company():
    lon, lat = np.array([102.5, 105.0, 77.0, 130.0]), np.array([25.1, 30.0, 39.0, 47.0])
    together = bd09_to_wgs84(lon, lat)
    alone = [bd09_to_wgs84(x, y) for x, y in zip(lon, lat, strict=True)]
    assert [tuple(pair) for pair in np.transpose(together)] == [(float(x), float(y)) for x, y in alone]


def test_missing_stays_missing():
    lon, lat = wgs84_to_gcj02([np.nan, 102.0], [25.0, np.nan])
    assert np.isnan(lon[0])
    assert np.isnan(lat[1])


def test_empty():
    assert wgs84_to_gcj02([], [])[0].shape == (0,)
