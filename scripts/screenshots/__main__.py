"""Make the pictures of the product from the product as it runs: ``python -m scripts.screenshots [PART…]``.

A database in a temporary folder gets the samples and their results; the pages are taken with Chromium
(``RISKMAP_CHROMIUM`` or the one on the path) as a person sees them. The parts are those of `PARTS`.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Browser

from scripts.screenshots.camera import PICTURES, make_samples, open_browser
from scripts.screenshots.doors import take_door_pictures
from scripts.screenshots.english import take_english_pictures
from scripts.screenshots.frame import take_frame_pictures
from scripts.screenshots.park import take_park_pictures
from scripts.screenshots.planner import take_planner_pictures
from scripts.screenshots.supervisor import take_supervisor_pictures

PARTS: dict[str, Callable[[Browser, str], None]] = {
    "frame": take_frame_pictures,
    "planner": take_planner_pictures,
    "supervisor": take_supervisor_pictures,
    "park": take_park_pictures,
    "english": take_english_pictures,
    "doors": take_door_pictures,
}


def take_pictures(parts: Sequence[str] = ()) -> None:
    """Write the pictures of some parts, by default of all, into ``docs/images``."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for part in parts or PARTS:
        with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
            PARTS[part](browser, make_samples(Path(folder)))


if __name__ == "__main__":
    take_pictures(sys.argv[1:])
