"""Scenes for the tests of predicates: a rule made by hand, and one subject before some targets.

Distances are put in by the direct geodesic problem (pyproj.Geod), whatever the engine computes.
"""

from datetime import date

import geopandas as gpd
import numpy as np
from pyproj import Geod
from shapely import LineString, Point, Polygon

from geo.rules.expression import parse_condition
from geo.rules.finding import Verdict
from geo.rules.predicates import PREDICATES
from geo.rules.predicates.base import Scene
from geo.rules.rule import Rule
from geo.standing import Standing
from geo.text import Text

GEOD = Geod(a=6378137, rf=298.257222101)
ON = date(2026, 11, 22)
NO_TEXT = Text("", "")


def rule(predicate, *tests, target_layer="zones", target_filter="id is not None", **parameters):
    described = PREDICATES[predicate]
    read = {name: reader(parameters.pop(name)) for name, reader in described.parameters.items()}
    for name, reader in described.optional.items():
        read[name] = reader(parameters.pop(name)) if name in parameters else None
    assert not parameters
    return Rule(
        id="r",
        title=NO_TEXT,
        authority=NO_TEXT,
        edition="",
        edition_zh="",
        clause="",
        clause_zh="",
        level="law",
        in_force_from=None,
        in_force_to=None,
        subject_kinds=("other",),
        subject_filter=None,
        target_layer=target_layer if described.has_target else None,
        target_filter=parse_condition(target_filter),
        predicate=predicate,
        parameters=read,
        severity="major",
        states={"new": Verdict.PROHIBITED},
        exemptions=(),
        remedy=NO_TEXT,
        standing=Standing.VERIFIED,
        source="",
        tests=tests,
    )


def frame(*rows):
    given = [{"id": f"t{i}", "name": None, "accuracy_m": 1.0} | row for i, row in enumerate(rows)]
    return gpd.GeoDataFrame(given, geometry="geometry", crs=4490)


def read(made, subject, *targets, rasters=None, on=ON, **layers):
    """Return the reading for one subject (a geometry or a row)."""
    row = subject if isinstance(subject, dict) else {"geometry": subject}
    own = {"id": "s", "kind": "other", "state": "new", "purpose": None} | row
    around = {name: frame(*rows) for name, rows in layers.items()}
    if targets:
        around[made.target_layer] = frame(*(t if isinstance(t, dict) else {"geometry": t} for t in targets))
    scene = Scene(frame(own), around, rasters, on)
    (reading,) = PREDICATES[made.predicate].read(made, scene, np.array([0]))
    return reading


def going(lon, lat, azimuth_deg, distance_m):
    return GEOD.fwd(lon, lat, azimuth_deg, distance_m)[:2]


def east_of(lon, distance_m, lat=26.5):
    return Point(going(lon, lat, 90.0, distance_m))


def square(west, south, side_deg=0.01):
    return Polygon(
        [
            (west, south),
            (west + side_deg, south),
            (west + side_deg, south + side_deg),
            (west, south + side_deg),
        ]
    )


def meridian(lon=102.0, south=26.0, north=27.0):
    """A line along a meridian, which is a geodesic."""
    return LineString([(lon, lat) for lat in np.linspace(south, north, 21)])
