"""Pipelines of a file classified, as the command line calls it."""

from pathlib import Path
from typing import Any

from api.errors import RejectedError
from geo.progress import Progress
from layers.exchange.importing import ReadingOptions, read_features
from layers.siting.pipelines import classify_features
from layers.store import Store

__all__ = ["classify_pipelines"]


def classify_pipelines(
    store: Store, path: Path, reading: ReadingOptions, progress: Progress | None = None
) -> dict[str, Any]:
    """Return area classes and high-consequence areas of the pipelines of a file; nothing is stored.

    Raises
    ------
    RejectedError
        If a pipeline cannot be read.
    """
    frame, report = read_features(path, "pipelines", **reading)
    if report.rejected:
        raise RejectedError.of_rows([vars(rejection) for rejection in report.rejected])
    return {"pipelines": classify_features(store, frame, progress)}
