"""Gauss-Krüger zones and planes against EPSG's parameters and an independent series."""

import math

import numpy as np
import pyproj
import pytest
from geographiclib.geodesic import Geodesic

from geo.errors import OutOfRangeError
from geo.gauss_kruger import gauss_kruger_epsg, gauss_kruger_zone, plane_coordinates


def kruger_series(lon_from_meridian_deg, lat_deg):
    """Return easting (without false easting) and northing by L. Krüger's series of 1912, to the third order in n."""
    a, f = 6378137.0, 1 / 298.257222101
    n = f / (2 - f)
    radius = a / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    alpha = (n / 2 - 2 / 3 * n**2 + 5 / 16 * n**3, 13 / 48 * n**2 - 3 / 5 * n**3, 61 / 240 * n**3)
    sin_lat, lon = math.sin(math.radians(lat_deg)), math.radians(lon_from_meridian_deg)
    e = 2 * math.sqrt(n) / (1 + n)
    t = math.sinh(math.atanh(sin_lat) - e * math.atanh(e * sin_lat))
    xi, eta = math.atan2(t, math.cos(lon)), math.atanh(math.sin(lon) / math.hypot(1, t))
    easting = eta + sum(x * math.cos(2 * j * xi) * math.sinh(2 * j * eta) for j, x in enumerate(alpha, 1))
    northing = xi + sum(x * math.sin(2 * j * xi) * math.cosh(2 * j * eta) for j, x in enumerate(alpha, 1))
    return radius * easting, radius * northing


@pytest.mark.parametrize(
    ("lon", "width_deg", "zone"),
    [
        (97.4999999, 3, 32),
        (97.5, 3, 33),
        (99.0, 3, 33),
        (100.4999999, 3, 33),
        (100.5, 3, 34),
        (103.5, 3, 35),
        (95.9999999, 6, 16),
        (96.0, 6, 17),
        (99.0, 6, 17),
        (101.9999999, 6, 17),
        (102.0, 6, 18),
    ],
)
def test_zone_edges(lon, width_deg, zone):
    """Edges of siting rules 1.5 item 3; an edge counts to the east."""
    assert gauss_kruger_zone(lon, width_deg) == zone


def test_zones_of_an_array():
    assert gauss_kruger_zone([98.0, 101.0, 104.0]).tolist() == [33, 34, 35]


@pytest.mark.parametrize(
    ("zone", "width_deg", "zone_prefix", "epsg"),
    [
        (33, 3, False, 4542),
        (34, 3, False, 4543),
        (35, 3, False, 4544),
        (33, 3, True, 4521),
        (35, 3, True, 4523),
        (17, 6, False, 4506),
        (18, 6, False, 4507),
        (17, 6, True, 4495),
        (18, 6, True, 4496),
    ],
)
def test_published_epsg_codes(zone, width_deg, zone_prefix, epsg):
    assert gauss_kruger_epsg(zone, width_deg, zone_prefix=zone_prefix) == epsg


@pytest.mark.parametrize(("width_deg", "zones"), [(3, range(25, 46)), (6, range(13, 24))])
@pytest.mark.parametrize("zone_prefix", [True, False])
def test_every_code_has_the_parameters_of_its_zone(width_deg, zones, zone_prefix):
    for zone in zones:
        crs = pyproj.CRS(gauss_kruger_epsg(zone, width_deg, zone_prefix=zone_prefix))
        values = {item.name: item.value for item in crs.coordinate_operation.params}
        assert crs.geodetic_crs.to_epsg() == 4490
        assert values["Longitude of natural origin"] == (3 * zone if width_deg == 3 else 6 * zone - 3)
        assert values["False easting"] == 500_000 + zone_prefix * zone * 1_000_000
        assert values["Scale factor at natural origin"] == 1


@pytest.mark.parametrize(
    ("lon", "lat"), [(102.0, 25.0), (102.5, 25.1), (100.5, 28.9), (103.4999, 21.5), (100.6, 53.0)]
)
def test_plane_coordinates_follow_the_series(lon, lat):
    plane = plane_coordinates(lon, lat)
    easting, northing = kruger_series(lon - 102, lat)
    assert (plane.zone, plane.central_meridian_deg, plane.epsg) == (34, 102, 4522)
    assert plane.easting_m == pytest.approx(34_500_000 + easting, abs=1e-4)
    assert plane.northing_m == pytest.approx(northing, abs=1e-4)


def test_northing_on_the_central_meridian_is_the_meridian_arc():
    arc_m = Geodesic(6378137, 1 / 298.257222101).Inverse(0, 99, 26, 99)["s12"]
    plane = plane_coordinates(99.0, 26.0, width_deg=6, zone_prefix=False)
    assert plane.easting_m == pytest.approx(500_000, abs=1e-6)
    assert plane.northing_m == pytest.approx(arc_m, abs=1e-6)
    assert plane.epsg == 4506


@pytest.mark.parametrize("lon", [73.4, 136.6, -102.0, np.nan])
def test_longitudes_outside_are_refused(lon):
    with pytest.raises(OutOfRangeError, match="longitude"):
        gauss_kruger_zone(lon)


def test_other_refusals():
    with pytest.raises(OutOfRangeError, match="neither 3 nor 6"):
        gauss_kruger_zone(102, 4)
    with pytest.raises(OutOfRangeError, match="no 3-degree zone 17"):
        gauss_kruger_epsg(17, 3)
    with pytest.raises(OutOfRangeError, match="latitude"):
        plane_coordinates(102.0, 91.0)
