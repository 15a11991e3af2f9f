"""The stored rasters that rules read, by kind."""

from collections.abc import Iterable
from pathlib import Path

from geo.missing import is_missing
from layers.errors import NotFoundError
from layers.samples import samples_folder
from layers.store import Store

__all__ = ["locate_raster", "stored_rasters"]


def stored_rasters(store: Store, kinds: Iterable[str] = ("elevation", "population")) -> dict[str, Path]:
    """Return the finest raster of each kind whose file is there.

    Relative paths are those of the samples: in ``illustrative`` where the source says so, else in ``real``. Of equal
    cells the first by id is taken, and one without a cell size last.

    Parameters
    ----------
    store : Store
    kinds : iterable of str
        Such as from :func:`geo.rules.predicates.needed_rasters`.
    """
    rows = store.read("rasters").sort_values(["cell_size_m", "id"], na_position="last", kind="stable")
    found: dict[str, Path] = {}
    for kind in kinds:
        for row in rows[rows["raster_kind"] == kind].to_dict("records"):
            path = locate_raster(row["path"], row["source"])
            if path is not None:
                found[kind] = path
                break
    return found


def locate_raster(stated: object, source: object) -> Path | None:
    """Return the file of a row of the layer, None where it is not there; see :func:`stored_rasters`."""
    if is_missing(stated):
        return None
    path = Path(str(stated))
    if not path.is_absolute():
        try:
            path = samples_folder() / ("illustrative" if source == "illustrative" else "real") / path
        except NotFoundError:
            return None
    return path if path.is_file() else None
