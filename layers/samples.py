"""The samples that come with the product: real rivers, lakes, settlements and elevation; illustrative facilities.

``samples.toml`` beside the files names them in the order of loading. Everything made up has the source
``illustrative``; origin, licence and accuracy of each file are in ``SOURCES.md``.
"""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from geo.progress import Progress
from layers.exchange.importing import import_file
from layers.plants.document import read_plant
from layers.plants.stored import list_plants, put_plant
from layers.sample_folder import samples_folder
from layers.store import Store

__all__ = ["Attribution", "attributions", "load_samples", "sample_files", "samples_folder"]


class Attribution(NamedTuple):
    """A line that a map with these data has to show."""

    zh: str
    en: str


class SampleFile(NamedTuple):
    """A file of the samples.

    Attributes
    ----------
    layer : str
        Where its features go.
    path : Path
    attributions : tuple of Attribution
    """

    layer: str
    path: Path
    attributions: tuple[Attribution, ...]


def _manifest() -> dict[str, Any]:
    return tomllib.loads((samples_folder() / "samples.toml").read_text(encoding="utf-8"))


def sample_files() -> list[SampleFile]:
    """Return the files of the samples in the order of loading."""
    manifest, folder = _manifest(), samples_folder()
    lines = {key: Attribution(**line) for key, line in manifest["attributions"].items()}
    return [
        SampleFile(entry["layer"], folder / entry["path"], tuple(lines[key] for key in entry["attributions"]))
        for entry in manifest["file"]
    ]


def attributions() -> list[Attribution]:
    """Return what a map with the samples has to show, each line once, in the order of the manifest."""
    return list(dict.fromkeys(line for file in sample_files() for line in file.attributions))


def load_samples(store: Store, progress: Progress | None = None) -> list[dict[str, Any]]:
    """Load the samples and return one report per file, and one of all plants; what is loaded already stays as it is.

    Parameters
    ----------
    store : Store
    progress : callable, optional
        Called with the fraction done and the file that is next.
    """
    moment: datetime = _manifest()["valid_from"]
    sources = sample_files()
    reports = []
    for i, file in enumerate(sources):
        if progress:
            progress(i / len(sources), f"{file.layer}: {file.path.name}")
        report = import_file(store, file.path, file.layer, constants={"valid_from": moment}, strict=True)
        reports.append(report.to_dict())
    reports.append(_load_plants(store))
    if progress:
        progress(1.0, "samples loaded")
    return reports


def _load_plants(store: Store) -> dict[str, Any]:
    """Keep the plants that come with the product; those that are there stay as people left them."""
    known = {row["id"] for row in list_plants(store)}
    files = [read_plant(path) for path in sorted(Path(samples_folder(), "plants").glob("*.toml"))]
    new = [file for file in files if file.plant.id not in known]
    for file in new:
        put_plant(store, file)
    return {
        "layer": "plants",
        "file": "plants/*.toml",
        "rows_read": len(files),
        "rejected": [],
        "inserted": len(new),
        "superseded": 0,
        "unchanged": len(files) - len(new),
    }
