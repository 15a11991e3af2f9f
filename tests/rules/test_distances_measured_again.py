"""What findings of shipped rules measure, measured again by other means.

The engine measures along the ellipsoid between indexed parts. Here edges are cut into pieces of some 20 m along the
geodesic (pyproj.Geod), projected to an azimuthal equidistant plane about the finding's own point, and measured there
with shapely: within 5 km the plane is true to 1e-7. Verdicts follow from that distance and the words of the rule.
"""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod, Transformer

from geo.rules.evaluate import evaluate
from geo.rules.finding import Verdict
from layers.siting.checks import load_rules

PACK = load_rules()
GEOD = Geod(a=6378137, rf=298.257222101)
ON = date(2026, 11, 22)
PLACES = 6
ROUNDED_M = 0.00051
"""Findings state whole millimetres."""

RIVER = {"role": "main_stem", "basin": "yangtze", "line_kind": "outer", "reach": None, "half_width_m": None}
ROAD = {"road_class": "national", "land_half_width_m": 11.0}
RAILWAY = {"railway_class": "national", "half_width_m": 4.5, "planned": False}
PIPELINE = {"kind": "gas_pipeline"}
UNDERGROUND = {"mine_kind": "underground", "state": "in_service", "enterprise_id": "another"}
HOME = {"building_class": "home", "households": 5, "small_place": False}
DEPOT = {"facility_class": "depot_above_ground", "site_grade": "1", "outline": "equipment"}
OWN_MINE = {"mine_kind": "underground", "enterprise_id": "own"}

RULES = [
    ("yrpl-26-3-main", {}, "rivers", RIVER, 0.0, 3000.0, True),
    ("highway-18-dangerous-goods", {"kind": "oil_depot"}, "roads", ROAD, 11.0, 100.0, True),
    ("railway-34-mining", {"kind": "quarry"}, "railways", RAILWAY, 4.5, 1000.0, True),
    ("pipeline-law-35-3-line", {"kind": "quarry"}, "pipelines", PIPELINE, 0.0, 200.0, True),
    ("order39-12-homes", {"output_t_per_a": 5e5}, "buildings", HOME, 0.0, 300.0, True),
    ("mine22-pillar", OWN_MINE, "mines", UNDERGROUND, 0.0, 50.0, False),
    ("gb50074-2014-buildings", DEPOT, "buildings", HOME, 0.0, 100.0, False),
]
"""Rule, subject, layer and target, metres from the stored line to the part measured to, limit, whether it is inside."""


def ragged(rng, lon, lat, radius_m):
    """A star-shaped outline of 12 corners."""
    bearings = np.linspace(0.0, 360.0, 12, endpoint=False)
    away = radius_m * rng.uniform(0.4, 1.0, 12)
    lons, lats, _ = GEOD.fwd(np.full(12, lon), np.full(12, lat), bearings, away)
    return shapely.Polygon(np.column_stack([lons, lats]))


def crooked(rng, lon, lat, length_m):
    """A line of 9 corners that runs north and strays to the east."""
    ahead = np.linspace(-length_m, length_m, 9)
    lons, lats, _ = GEOD.fwd(np.full(9, lon), np.full(9, lat), np.zeros(9), ahead)
    lons, lats, _ = GEOD.fwd(lons, lats, np.full(9, 90.0), rng.uniform(0.0, 0.05 * length_m, 9))
    return shapely.LineString(np.column_stack([lons, lats]))


def on_plane(geometry, plane):
    """The geometry with its edges cut along geodesics, in the coordinates of a plane."""
    lons, lats = shapely.get_coordinates(geometry).T
    pieces = [(lons[:1], lats[:1])]
    for i in range(len(lons) - 1):
        ends = lons[i], lats[i], lons[i + 1], lats[i + 1]
        between = GEOD.npts(*ends, 1 + int(GEOD.inv(*ends)[2] // 20.0))
        pieces.append(tuple(np.array([*between, ends[2:]]).T))
    xy = np.column_stack(plane.transform(*np.concatenate(pieces, axis=1)))
    return shapely.Polygon(xy) if shapely.get_dimensions(geometry) == 2 else shapely.LineString(xy)


def measure_again(one, other, about):
    crs = CRS(f"+proj=aeqd +lon_0={about[0]} +lat_0={about[1]} +a=6378137 +rf=298.257222101 +units=m")
    plane = Transformer.from_crs(CRS(4490), crs, always_xy=True)
    return on_plane(one, plane).distance(on_plane(other, plane))


def frame(rows):
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=4490)


def lay_out(seed, subject, kind, layer, target, limit_m):
    """Subjects and targets at places far apart, each pair some limit off, nearer or farther."""
    rng = np.random.default_rng(seed)
    subjects, targets = [], []
    for i in range(PLACES):
        lon, lat = 98.0 + 0.8 * i, float(rng.uniform(22.0, 28.5))
        gap_m = limit_m * rng.uniform(0.2, 2.0)
        there = GEOD.fwd(lon, lat, 90.0, 100.0 + gap_m)[:2]
        is_area = layer in {"buildings", "mines"}
        shape = ragged(rng, *there, 30.0) if is_area else crooked(rng, *there, 3000.0)
        known = {"name": None, "accuracy_m": 1.0}
        given = {"id": f"s{i}", "kind": kind, "state": "new", "purpose": None, "adcode": None}
        subjects.append(known | given | subject | {"geometry": ragged(rng, lon, lat, 100.0)})
        targets.append(known | {"id": f"t{i}"} | target | {"geometry": shape})
    return frame(subjects), frame(targets)


@pytest.mark.parametrize(
    ("name", "subject", "layer", "target", "half_m", "limit_m", "bans_within"),
    RULES,
    ids=[r[0] for r in RULES],
)
def test_finding_states_the_distance_and_what_follows(
    name, subject, layer, target, half_m, limit_m, bans_within
):
    rule = next(rule for rule in PACK.rules if rule.id == name)
    seed = sum(map(ord, name))
    subjects, targets = lay_out(seed, subject, rule.subject_kinds[0], layer, target, limit_m)
    findings = evaluate(replace(PACK, rules=(rule,)), subjects, {layer: targets}, ON)
    for i, (finding,) in enumerate(findings):
        assert finding.target.id == f"t{i}"
        own_m = measure_again(subjects.geometry[i], targets.geometry[i], finding.start) - half_m
        assert finding.distance_m == pytest.approx(own_m, abs=ROUNDED_M)
        holds = own_m <= limit_m if bans_within else own_m < limit_m
        assert finding.verdict is (rule.states["new"] if holds else Verdict.NO_BAN)
        assert finding.decided == (abs(own_m - limit_m) > 2.0)
