"""Tailings ponds of a file screened, as the routes and the command line both call it."""

from pathlib import Path
from typing import Any

from api.errors import RejectedError
from layers.exchange.importing import ReadingOptions, read_features
from layers.siting.ponds import screen_ponds
from layers.store import Store

__all__ = ["screen_file"]

_LAYER = "proposals"


def screen_file(store: Store, path: Path, reading: ReadingOptions) -> dict[str, Any]:
    """Return the screening of the ponds of a file; nothing is stored.

    Raises
    ------
    RejectedError
        If a pond cannot be read.
    """
    frame, report = read_features(path, _LAYER, **reading)
    if report.rejected:
        raise RejectedError.of_rows([vars(rejection) for rejection in report.rejected])
    return {"ponds": screen_ponds(store, _LAYER, frame)}
