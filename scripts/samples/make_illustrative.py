"""Make the illustrative samples of the demonstration county; they need nothing but the project's own libraries.

python scripts/samples/make_illustrative.py [--out FOLDER]
"""

import argparse
from pathlib import Path

from facilities import make_facilities
from files import SAMPLES, write_layer
from reach import survey
from water_demo import make_banks, make_water

__all__ = ["main"]


def main() -> None:
    """Write the illustrative samples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=SAMPLES / "illustrative")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    reach = survey()
    layers, taken = make_facilities(reach)
    layers["rivers"] = make_banks(reach)
    layers["lakes"] = make_water(reach)
    for layer, features in layers.items():
        write_layer(out / f"{layer}.geojson", features)


if __name__ == "__main__":
    main()
