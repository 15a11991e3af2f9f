"""The stored rasters that rules read, by kind, and where their files may lie.

Whoever may write features could name any file of the server in the layer ``rasters``. So a store that is opened with
folders (:attr:`layers.store.Store.raster_folders`) takes and reads files in them and in that of the samples only, with
symbolic links and ``..`` resolved: when a row is written, and again each time before its file is opened.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

from geo.missing import is_missing
from layers.errors import FeatureError, LayersError, NotFoundError
from layers.sample_folder import samples_folder
from layers.store import Store

__all__ = ["RASTER_LAYER", "check_raster_path", "locate_raster", "stored_rasters"]

RASTER_LAYER = "rasters"

_log = logging.getLogger(__name__)


def stored_rasters(store: Store, kinds: Iterable[str] = ("elevation", "population")) -> dict[str, Path]:
    """Return the finest raster of each kind whose file is there.

    Relative paths are those of the samples: in ``illustrative`` where the source says so, else in ``real``. Of equal
    cells the first by id is taken, and one without a cell size last. One that is passed over because its file is not
    there, or not in a folder for rasters, is named in the log.

    Parameters
    ----------
    store : Store
    kinds : iterable of str
        Such as from :func:`geo.rules.predicates.needed_rasters`.
    """
    kinds = tuple(kinds)
    if not kinds:
        return {}
    rows = store.read(RASTER_LAYER).sort_values(["cell_size_m", "id"], na_position="last", kind="stable")
    found: dict[str, Path] = {}
    for kind in kinds:
        for row in rows[rows["raster_kind"] == kind].to_dict("records"):
            try:
                found[kind] = locate_raster(store, row["path"], row["source"])
                break
            except LayersError as error:
                _log.warning("raster %r is passed over: %s", row["id"], error.message)
    return found


def locate_raster(store: Store, stated: object, source: object) -> Path:
    """Return the file of a row of the layer; see :func:`stored_rasters`.

    Parameters
    ----------
    store : Store
    stated, source : object
        Fields ``path`` and ``source`` of the row.

    Raises
    ------
    NotFoundError
        If the row names no file, or the file is not there.
    FeatureError
        If it lies outside the folders for rasters.
    """
    path = _place(stated, source)
    _refuse_outside(store, path, stated)
    if not path.is_file():
        raise NotFoundError(
            f"the file {stated} is not there: bring it back, or end the row of the raster",
            zh=f"文件 {stated} 不存在：请恢复该文件，或删除该栅格记录",
        )
    return path


def check_raster_path(store: Store, stated: object, source: object) -> None:
    """Refuse a row of the layer that names a file outside the folders for rasters; the file may come later.

    Raises
    ------
    FeatureError
        If it does.
    """
    if not is_missing(stated) and store.raster_folders is not None:
        _refuse_outside(store, _place(stated, source), stated)


def _place(stated: object, source: object) -> Path:
    if is_missing(stated) or not str(stated).strip():
        raise NotFoundError("the row names no file (field path)", zh="该栅格记录未注明文件（path 字段）")
    path = Path(str(stated))
    return path if path.is_absolute() else _sample_folder(source) / path


def _sample_folder(source: object) -> Path:
    return samples_folder() / ("illustrative" if source == "illustrative" else "real")


def _refuse_outside(store: Store, path: Path, stated: object) -> None:
    if store.raster_folders is None:
        return
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):  # a link to itself, a NUL in the name
        real = None
    if real is None or not any(real.is_relative_to(folder) for folder in _folders(store)):
        raise FeatureError(
            f"path: {stated} lies outside the folders for rasters; move the file into one of them, or have its folder "
            "named in RISKMAP_RASTER_FOLDER",
            zh=f"path：{stated} 不在允许的栅格文件夹内；请把文件移入其中，"
            "或由管理员在 RISKMAP_RASTER_FOLDER 中加入其所在文件夹",
        )


def _folders(store: Store) -> list[Path]:
    """Return the folders in which rasters may lie, links resolved."""
    folders = [folder.resolve() for folder in store.raster_folders or ()]
    try:
        folders.append(samples_folder().resolve())
    except NotFoundError:
        _log.debug("no samples are installed: no raster lies in their folder")
    return folders
