import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic

from geo.ellipsoid import (
    INVERSE_FLATTENING,
    SEMI_MAJOR_M,
    curvature_radius_m,
    geodesic_area_m2,
    geodesic_distance_m,
    geodesic_length_m,
    to_cartesian_m,
    to_geographic,
)
from geo.errors import GeometryError, OutOfRangeError

KARNEY = Geodesic(SEMI_MAJOR_M, 1.0 / INVERSE_FLATTENING)
"""GeographicLib's pure Python implementation, independent of PROJ."""


def test_distance_agrees_with_geographiclib_in_python() -> None:
    rng = np.random.default_rng(1)
    lon1, lon2 = rng.uniform(73, 136, (2, 200))
    lat1, lat2 = rng.uniform(3, 54, (2, 200))
    expected = [KARNEY.Inverse(*row)["s12"] for row in zip(lat1, lon1, lat2, lon2, strict=True)]
    np.testing.assert_allclose(geodesic_distance_m(lon1, lat1, lon2, lat2), expected, rtol=0, atol=1e-6)


def test_distance_of_one_degree_on_the_equator() -> None:
    # By hand: the equator is a circle of radius a.
    assert geodesic_distance_m(100, 0, 101, 0) == pytest.approx(np.pi / 180 * SEMI_MAJOR_M, abs=1e-8)


def test_distance_broadcasts_and_keeps_nan() -> None:
    distance_m = geodesic_distance_m([[100.0], [np.nan]], 26.0, [100.0, 101.0, 102.0], 26.0)
    assert distance_m.shape == (2, 3)
    assert distance_m[0, 0] == 0.0
    assert np.isnan(distance_m[1]).all()


def test_distance_refuses_latitude_beyond_the_pole() -> None:
    with pytest.raises(OutOfRangeError, match=r"latitude 93\.2 outside"):
        geodesic_distance_m(26.0, 93.2, 26.0, 40.0)


def test_area_of_an_octant_is_an_eighth_of_the_ellipsoid() -> None:
    # Closed form of the surface of an oblate spheroid.
    e = np.sqrt((2 - 1 / INVERSE_FLATTENING) / INVERSE_FLATTENING)
    surface_m2 = 2 * np.pi * SEMI_MAJOR_M**2 * (1 + (1 - e**2) / e * np.arctanh(e))
    octant = shapely.Polygon([(0, 0), (90, 0), (90, 90), (0, 90)])
    assert geodesic_area_m2(octant) == pytest.approx(surface_m2 / 8, rel=1e-9)


@pytest.mark.parametrize("reverse", [False, True], ids=["ccw", "cw"])
def test_area_takes_holes_off_whatever_way_rings_turn(reverse: bool) -> None:
    outer, inner = shapely.box(100, 26, 101, 27), shapely.box(100.4, 26.4, 100.6, 26.6)
    ring, hole = list(outer.exterior.coords), list(inner.exterior.coords)
    holed = shapely.Polygon(ring[::-1] if reverse else ring, [hole])
    assert geodesic_area_m2(holed) == pytest.approx(
        geodesic_area_m2(outer) - geodesic_area_m2(inner), rel=1e-12
    )


def test_area_and_length_of_collections_add_up() -> None:
    polygon, line = (
        shapely.box(100, 26, 100.01, 26.01),
        shapely.LineString([(100, 26), (100, 26.5), (100, 27)]),
    )
    mixed = shapely.GeometryCollection([polygon, shapely.MultiLineString([line, line]), shapely.Point(1, 2)])
    assert geodesic_area_m2(mixed) == geodesic_area_m2(polygon)
    assert geodesic_length_m(mixed) == pytest.approx(2 * geodesic_length_m(line) + geodesic_length_m(polygon))
    assert geodesic_length_m(line) == pytest.approx(KARNEY.Inverse(26, 100, 27, 100)["s12"], abs=1e-6)


@pytest.mark.parametrize(
    "geometry", [shapely.Point(100, 26), shapely.Polygon(), shapely.GeometryCollection()]
)
def test_area_and_length_of_what_has_none_are_zero(geometry: shapely.Geometry) -> None:
    assert geodesic_area_m2(geometry) == 0.0
    assert geodesic_length_m(geometry) == 0.0


def test_area_refuses_a_ring_that_crosses_itself() -> None:
    with pytest.raises(GeometryError, match="Self-intersection"):
        geodesic_area_m2(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))


def test_cartesian_coordinates_return() -> None:
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(-180, 180, 1000), rng.uniform(-90, 90, 1000)
    back_lon, back_lat = to_geographic(to_cartesian_m(lon, lat))
    assert geodesic_distance_m(lon, lat, back_lon, back_lat).max() < 1e-7


def test_curvature_radius_at_equator_and_pole() -> None:
    # Torge, Geodesy: M = b²/a and N = a at the equator, M = N = a²/b at the pole.
    b = SEMI_MAJOR_M * (1 - 1 / INVERSE_FLATTENING)
    radius_m = curvature_radius_m(np.array([0.0, 0.0, 90.0]), np.array([0.0, 90.0, 33.0]))
    np.testing.assert_allclose(radius_m, [b**2 / SEMI_MAJOR_M, SEMI_MAJOR_M, SEMI_MAJOR_M**2 / b], rtol=1e-12)
