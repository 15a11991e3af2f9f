"""Coordinate systems: what is accepted, what is refused, and where positions end up."""

import math
import struct

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geo.crs import (
    DatumGrid,
    HelmertParameters,
    Shift,
    from_cgcs2000,
    local_crs,
    resolve_crs,
    to_cgcs2000,
    to_lonlat,
)
from geo.errors import CrsError, OutOfRangeError

ESRI_GEOGRAPHIC = (
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]]'
)
ESRI_ZONE_34 = (
    f'PROJCS["CGCS2000_3_Degree_GK_Zone_34",{ESRI_GEOGRAPHIC},PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",34500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",102.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
ESRI_BEIJING = (
    'GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
PROJ_ZONE_34 = "+proj=tmerc +lat_0=0 +lon_0=102 +k=1 +x_0=34500000 +y_0=0 +ellps=GRS80 +units=m +no_defs"

NO_SHIFT = HelmertParameters(0, 0, 0, 0, 0, 0, 0, accuracy_m=5.0)

china = st.tuples(st.floats(74, 135), st.floats(18, 53))


@pytest.mark.parametrize(
    ("text", "added_accuracy_m", "projected"),
    [
        ("EPSG:4490", 0, False),
        ("epsg:4490", 0, False),
        ("4490", 0, False),
        ("+init=epsg:4490 +no_defs", 0, False),
        ("CGCS2000", 0, False),
        ("国家2000坐标系", 0, False),
        ("EPSG:4480", 0, False),
        ("EPSG:4490+5737", 0, False),
        ("urn:ogc:def:crs:EPSG::4490", 0, False),
        (ESRI_GEOGRAPHIC, 0, False),
        ("EPSG:4522", 0, True),
        ("EPSG:4543", 0, True),
        ("EPSG:4495", 0, True),
        ("EPSG:4506", 0, True),
        ("CGCS2000 / 3-degree Gauss-Kruger zone 34", 0, True),
        (ESRI_ZONE_34, 0, True),
        (PROJ_ZONE_34, 1, True),
        (f"{PROJ_ZONE_34} +towgs84=0,0,0,0,0,0,0", 1, True),
        ("EPSG:4326", 1, False),
        ("WGS84", 1, False),
        ("WGS 84", 1, False),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 1, False),
        ("+proj=longlat +datum=WGS84", 1, False),
        ("EPSG:32647", 1, True),
        ("EPSG:3857", 1, True),
        ("GCJ-02", 11, False),
        ("gcj02", 11, False),
        ("火星坐标系", 11, False),
        ("BD-09", 21, False),
        ("百度坐标系", 21, False),
    ],
)
def test_accepted_systems_state_their_doubt(text, added_accuracy_m, projected):
    source = resolve_crs(text)
    assert source.added_accuracy_m == added_accuracy_m
    assert source.projected is projected
    assert source.text == text
    assert source.zh
    assert source.en


@pytest.mark.parametrize("version", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_zones_of_cgcs2000_are_known_in_every_wkt(version):
    for epsg in range(4491, 4555, 3):
        source = resolve_crs(CRS(epsg).to_wkt(version))
        assert (source.added_accuracy_m, source.projected) == (0, True)


@pytest.mark.parametrize("version", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_zones_of_the_old_datums_are_refused_in_every_wkt(version):
    """Xi'an 1980: EPSG 2327-2390; Beijing 1954: 2401-2442, 21413-21423 and 21453-21463; every fifth is tried."""
    for epsg in (
        *range(2327, 2391, 5),
        *range(2401, 2443, 5),
        *range(21413, 21424, 5),
        *range(21453, 21464, 5),
    ):
        with pytest.raises(CrsError, match="transformation parameters"):
            resolve_crs(CRS(epsg).to_wkt(version))


def test_shifted_systems_have_no_register_entry():
    assert resolve_crs("BD09").shift is Shift.BD09
    assert resolve_crs("BD09").crs is None


@pytest.mark.parametrize("text", [None, "", "   "])
def test_unlabelled_data_is_refused_and_told_how_to_state_it(text):
    with pytest.raises(CrsError, match="not stated; state it, for example EPSG:4490"):
        resolve_crs(text)


@pytest.mark.parametrize("text", ["nonsense", "EPSG:999999", "GEOGCS[", "EPSG:", "+proj=nothing", "0"])
def test_unknown_text_is_refused_by_name(text):
    with pytest.raises(CrsError, match="not understood") as refusal:
        resolve_crs(text)
    assert text in refusal.value.message


@pytest.mark.parametrize(
    "text",
    [
        *(
            "EPSG:4214",
            "EPSG:4610",
            "EPSG:4555",
            "北京54",
            "西安80",
            "EPSG:2343",
            "EPSG:2361",
            "EPSG:2412",
            "EPSG:2433",
        ),
        *(
            ESRI_BEIJING,
            "+proj=longlat +ellps=krass",
            "+proj=longlat +ellps=krass +towgs84=15.8,-154.4,-82.3,0,0,0,0",
        ),
        *(
            "EPSG:4269",
            "EPSG:4258",
            "+proj=longlat +R=6371000",
            ESRI_GEOGRAPHIC.replace("6378137.0", "6378245.0"),
        ),
    ],
)
def test_other_datums_are_refused_and_ask_for_parameters(text):
    with pytest.raises(
        CrsError, match="seven transformation parameters or a grid, with their accuracy"
    ) as refusal:
        resolve_crs(text)
    assert "七参数" in refusal.value.zh


@pytest.mark.parametrize("text", ["EPSG:4479", "EPSG:4978", 'LOCAL_CS["Kunming",UNIT["Meter",1.0]]'])
def test_systems_without_longitude_and_latitude_are_refused(text):
    with pytest.raises(CrsError, match="control points"):
        resolve_crs(text)


def test_other_meridians_are_refused():
    with pytest.raises(CrsError, match="Greenwich"):
        resolve_crs("EPSG:4807")


@pytest.mark.parametrize("text", ["EPSG:4490", "WGS84", "EPSG:4522", "GCJ-02"])
def test_parameters_for_a_datum_that_needs_none_are_refused(text):
    with pytest.raises(CrsError, match="needs no transformation parameters"):
        resolve_crs(text, helmert=NO_SHIFT)


def test_all_names_of_zone_34_lead_to_the_same_place():
    place = Point(34_550_434.52760451, 2_777_224.8840118097)
    for text in ("EPSG:4522", ESRI_ZONE_34, PROJ_ZONE_34):
        lonlat = shapely.get_coordinates(to_cgcs2000([place], resolve_crs(text)))
        np.testing.assert_allclose(lonlat, [[102.5, 25.1]], rtol=0, atol=1e-12)


def test_degrees_are_stored_as_they_are():
    place = Point(102.123456789012, 25.987654321098)
    for text in ("EPSG:4490", "EPSG:4326", "EPSG:4480", ESRI_GEOGRAPHIC):
        assert to_cgcs2000([place], resolve_crs(text))[0].equals_exact(place, 0)


@pytest.mark.parametrize(
    "text", ["EPSG:4522", "EPSG:4543", "EPSG:4507", "EPSG:32648", "EPSG:3857", "GCJ-02", "BD-09"]
)
@given(lonlat=china)
def test_round_trip(text, lonlat):
    source = resolve_crs(text)
    back = to_cgcs2000(from_cgcs2000([Point(lonlat)], source), source)
    np.testing.assert_allclose(shapely.get_coordinates(back), [lonlat], rtol=0, atol=1e-9)


def test_whole_geometries_keep_their_shape():
    hole = Polygon(
        [(102, 25), (103, 25), (103, 26), (102, 26)], [[(102.4, 25.4), (102.6, 25.4), (102.5, 25.6)]]
    )
    given = [
        hole,
        None,
        Point(),
        MultiPolygon([box(102, 25, 102.1, 25.1), hole]),
        LineString([(102, 25), (103, 26)]),
    ]
    zone = resolve_crs("EPSG:4522")
    plane = from_cgcs2000(given, zone)
    back = to_cgcs2000(plane, zone)
    assert plane[1] is None
    assert back[2].is_empty
    assert len(back[0].interiors) == 1
    for index in (0, 3, 4):
        assert back[index].equals_exact(given[index], 1e-11)


def test_heights_are_dropped():
    assert not to_cgcs2000([Point(34_550_434, 2_777_224, 1900)], resolve_crs("EPSG:4522"))[0].has_z


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("EPSG:4522", Point(34_500_000, math.nan)),
        ("EPSG:4543", Point(5e13, 1.0)),
        ("EPSG:4490", Point(math.inf, 25)),
        ("GCJ-02", Point(math.nan, 25)),
    ],
)
def test_positions_without_counterpart_are_named(text, place):
    good = from_cgcs2000([Point(102, 25)], resolve_crs(text))[0]
    with pytest.raises(CrsError, match=r"row 2: the position \(") as refusal:
        to_cgcs2000([good, None, place, good], resolve_crs(text))
    assert "第 2 行" in refusal.value.zh


def test_empty():
    assert to_cgcs2000([], resolve_crs("EPSG:4522")).shape == (0,)


class TestHelmert:
    """Datum changes by the user's parameters."""

    def test_rotation_about_the_axis_of_the_earth_adds_to_longitudes(self):
        """By hand: in the position vector convention 3.6″ about Z turn every point 0.001° to the east."""
        helmert = HelmertParameters(0, 0, 0, 0, 0, 3.6, 0, accuracy_m=2.0)
        source = resolve_crs("EPSG:4214", helmert=helmert)
        same_way = resolve_crs("EPSG:4214", helmert=NO_SHIFT)
        turned, unturned = (to_lonlat([[102.5, 25.1]], crs)[0] for crs in (source, same_way))
        assert turned[0] - unturned[0] == pytest.approx(0.001, abs=1e-12)
        # The published method leaves out the second order of the angle: 0.4 mm.
        assert turned[1] == pytest.approx(unturned[1], abs=1e-8)
        assert source.added_accuracy_m == 2.0

    def test_shift_by_geocentric_coordinates(self):
        """Against the closed formulas: position + shift on one ellipsoid lies above the new position on the other."""

        def geocentric(lon, lat, height, a, inverse_flattening):
            e2 = (2 - 1 / inverse_flattening) / inverse_flattening
            radius = a / math.sqrt(1 - e2 * math.sin(lat) ** 2)
            across = (radius + height) * math.cos(lat)
            return np.array(
                [across * math.cos(lon), across * math.sin(lon), (radius * (1 - e2) + height) * math.sin(lat)]
            )

        shift = np.array([15.8, -154.4, -82.3])
        source = resolve_crs("EPSG:4214", helmert=HelmertParameters(*shift, 0, 0, 0, 0, accuracy_m=5.0))
        lon, lat = np.radians([102.5, 25.1])
        target = geocentric(lon, lat, 0, 6378245.0, 298.3) + shift
        new_lon, new_lat = np.radians(to_lonlat(np.degrees([[lon, lat]]), source)[0])
        # On CGCS2000 the point lies on the normal of the new position, whatever its height.
        foot = geocentric(new_lon, new_lat, 0, 6378137.0, 298.257222101)
        up = np.array(
            [math.cos(new_lat) * math.cos(new_lon), math.cos(new_lat) * math.sin(new_lon), math.sin(new_lat)]
        )
        height = (target - foot) @ up
        np.testing.assert_allclose(foot + height * up, target, rtol=0, atol=1e-6)
        assert np.hypot(new_lon - lon, new_lat - lat) * 6.37e6 > 20

    def test_projected_systems_of_old_datums(self):
        source = resolve_crs(
            "EPSG:2412", helmert=HelmertParameters(15.8, -154.4, -82.3, 0.1, 0.2, 0.3, 1, 5.0)
        )
        plane = from_cgcs2000([Point(107.5, 25.1)], source)
        assert source.projected
        # Going back starts from the ellipsoid again: the height of some 50 m between the two tilts by 1 mm.
        np.testing.assert_allclose(
            shapely.get_coordinates(to_cgcs2000(plane, source)), [[107.5, 25.1]], rtol=0, atol=2e-8
        )

    @pytest.mark.parametrize("accuracy_m", [0.0, -1.0, math.nan, math.inf])
    def test_accuracy_is_compulsory(self, accuracy_m):
        with pytest.raises(OutOfRangeError):
            HelmertParameters(0, 0, 0, 0, 0, 0, 0, accuracy_m)

    def test_parameters_are_numbers(self):
        with pytest.raises(OutOfRangeError, match="dy_m"):
            HelmertParameters(0, math.nan, 0, 0, 0, 0, 0, 1.0)


def write_ntv2(path, lat_shift_arcsec, lon_shift_west_arcsec):
    """Write a grid of constant shifts over 100-105° E, 24-28° N, one degree apart (NTv2, little-endian)."""

    def record(name, value):
        if isinstance(value, str):
            return name.encode().ljust(8) + value.encode().ljust(8)
        return name.encode().ljust(8) + struct.pack(
            *("<d", value) if isinstance(value, float) else ("<q", value)
        )

    hour = 3600.0
    overview = {
        **{
            "NUM_OREC": 11,
            "NUM_SREC": 11,
            "NUM_FILE": 1,
            "GS_TYPE": "SECONDS",
            "VERSION": "1",
            "SYSTEM_F": "OLD",
        },
        **{"SYSTEM_T": "NEW", "MAJOR_F": 6378245.0, "MINOR_F": 6356863.019, "MAJOR_T": 6378137.0},
        "MINOR_T": 6356752.314,
    }
    grid = {
        **{
            "SUB_NAME": "G",
            "PARENT": "NONE",
            "CREATED": "",
            "UPDATED": "",
            "S_LAT": 24 * hour,
            "N_LAT": 28 * hour,
        },
        **{"E_LONG": -105 * hour, "W_LONG": -100 * hour, "LAT_INC": hour, "LONG_INC": hour, "GS_COUNT": 30},
    }
    node = struct.pack("<4f", lat_shift_arcsec, lon_shift_west_arcsec, 1, 1)
    records = b"".join(record(name, value) for name, value in {**overview, **grid}.items())
    path.write_bytes(records + node * 30 + record("END", ""))


class TestGrid:
    """Datum changes by the user's grid."""

    def test_constant_shift(self, tmp_path):
        path = tmp_path / "旧 坐标.gsb"
        write_ntv2(path, 3.6, -7.2)
        source = resolve_crs("北京54", grid=DatumGrid(path, accuracy_m=0.3))
        assert source.added_accuracy_m == 0.3
        np.testing.assert_allclose(to_lonlat([[102.5, 25.1]], source), [[102.502, 25.101]], rtol=0, atol=1e-9)
        back = from_cgcs2000([Point(102.502, 25.101)], source)
        np.testing.assert_allclose(shapely.get_coordinates(back), [[102.5, 25.1]], rtol=0, atol=1e-9)

    def test_positions_off_the_grid_are_named(self, tmp_path):
        write_ntv2(tmp_path / "old.gsb", 3.6, -7.2)
        source = resolve_crs("EPSG:4214", grid=DatumGrid(tmp_path / "old.gsb", accuracy_m=0.3))
        with pytest.raises(CrsError, match="row 1"):
            to_cgcs2000([Point(102.5, 25.1), Point(115, 40)], source)

    def test_missing_and_broken_files_are_refused(self, tmp_path):
        with pytest.raises(CrsError, match="no grid file"):
            DatumGrid(tmp_path / "none.gsb", accuracy_m=1.0)
        (tmp_path / "broken.gsb").write_bytes(b"\0" * 500)
        with pytest.raises(CrsError, match="cannot be used"):
            resolve_crs("EPSG:4214", grid=DatumGrid(tmp_path / "broken.gsb", accuracy_m=1.0))

    def test_parameters_and_grid_exclude_each_other(self, tmp_path):
        write_ntv2(tmp_path / "old.gsb", 3.6, -7.2)
        with pytest.raises(CrsError, match="not both"):
            resolve_crs("EPSG:4214", helmert=NO_SHIFT, grid=DatumGrid(tmp_path / "old.gsb", accuracy_m=1.0))


def test_local_plane_is_true_from_its_middle():
    crs = local_crs((102.0, 25.0, 104.0, 27.0))
    assert crs.geodetic_crs.to_epsg() == 4490
    easting, northing = Transformer.from_crs(4490, crs, always_xy=True).transform(
        [103.0, 103.0], [26.0, 27.0]
    )
    assert math.hypot(easting[0], northing[0]) < 1e-6
    arc_m = Geodesic(6378137, 1 / 298.257222101).Inverse(26, 103, 27, 103)["s12"]
    assert northing[1] == pytest.approx(arc_m, abs=1e-6)


@pytest.mark.parametrize(
    "bounds", [(104, 25, 102, 27), (102, 27, 104, 25), (math.nan, 25, 104, 27), (102, 25, 104, 97)]
)
def test_local_plane_refuses_wrong_bounds(bounds):
    with pytest.raises(OutOfRangeError):
        local_crs(bounds)
