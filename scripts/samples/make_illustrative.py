"""Make the illustrative samples of the demonstration county; they need nothing but the project's own libraries.

python scripts/samples/make_illustrative.py [--out FOLDER] [--vectors]
"""

import argparse
import json
from pathlib import Path

import shapely
from facilities import Features, make_facilities
from files import SAMPLES, write_layer
from ground import Ground
from inhabitants import make_buildings, make_neighbours, make_places, make_settlements, make_targets
from nature import (
    make_admin_areas,
    make_coverage,
    make_dams,
    make_geohazards,
    make_hazard_sites,
    make_wind_roses,
    make_zones,
)
from networks import main_lines, make_networks
from reach import PLANE, DemoReach, survey
from terrain import make_elevation, make_population
from water_demo import make_banks, make_water

__all__ = ["main", "make_layers"]


def make_layers(reach: DemoReach) -> tuple[Features, list[tuple[shapely.Point, int]]]:
    """Return the features by layer, and where people live."""
    out, taken = make_facilities(reach)
    parks = [
        PLANE.to_plane(shapely.from_geojson(json.dumps(park["geometry"]))) for park in out["chemical_parks"]
    ]
    ground = Ground(reach, taken, parks)
    lines = main_lines(reach)
    for line in lines.values():
        ground.take(line.buffer(30, quad_segs=2))
    places = make_places(ground)
    dams, reservoirs = make_dams(ground)
    out |= make_networks(ground, lines, places)
    out |= {
        "rivers": make_banks(reach),
        "lakes": [*make_water(reach), *reservoirs],
        "dams": dams,
        "admin_areas": make_admin_areas(ground),
        "coverage": make_coverage(ground),
        "settlements": make_settlements(ground, places),
        "buildings": [*out["buildings"], *make_buildings(ground, places)],
        "protection_targets": make_targets(ground, places),
        "hazard_sites": make_hazard_sites(ground, lines),
        "zones": make_zones(ground, lines, places),
        "geohazards": make_geohazards(ground),
        "wind_roses": make_wind_roses(ground, places),
    }
    # Last, so that what was there before stays where it was.
    targets = out["protection_targets"]
    targets += make_neighbours(ground, len(targets) + 1)
    return out, [(place.at, place.people) for place in places]


def main() -> None:
    """Write the illustrative samples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=SAMPLES / "illustrative")
    parser.add_argument("--vectors", action="store_true", help="leave out the rasters")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    reach = survey()
    layers, people = make_layers(reach)
    if not options.vectors:
        layers["rasters"] = [
            make_elevation(reach, options.out / "elevation_3s.tif"),
            make_population(people, options.out / "population_15s.tif"),
        ]
    for layer, features in layers.items():
        write_layer(options.out / f"{layer}.geojson", features)


if __name__ == "__main__":
    main()
