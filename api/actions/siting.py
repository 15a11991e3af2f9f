"""Where one project may go and how large it may be, as the routes and the command line both call it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd

from api.errors import RejectedError
from api.queries import Bounds
from geo.errors import OutOfRangeError
from geo.progress import Progress
from geo.rules.rule import RulePack
from layers.catalog import get_layer
from layers.errors import FormatError
from layers.exchange.importing import ImportReport, ReadingOptions, read_features
from layers.model import FieldType
from layers.siting.checks import subjects_of
from layers.siting.search import largest_here, where
from layers.store import Store

__all__ = ["find_largest", "find_sites"]

_PROPOSALS = "proposals"
"""Layer as whose feature the project is read."""


def find_sites(
    store: Store,
    path: Path,
    reading: ReadingOptions,
    *,
    area: str | Bounds,
    on: date,
    pack: RulePack,
    resolution: int = 9,
    radius_m: float | None = None,
    set_aside: Sequence[str] = (),
    set_aside_lacking: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return where in an area the one project of a file may go; see :func:`layers.siting.search.where`.

    Raises
    ------
    RejectedError, FormatError
        If the project cannot be read, or there are several.
    """
    subject, report = _read_one_project(path, reading)
    found = where(
        store,
        subject,
        area,
        on=on,
        resolution=resolution,
        pack=pack,
        radius_m=radius_m,
        set_aside=set_aside,
        set_aside_lacking=set_aside_lacking,
        progress=progress,
    )
    return {**found, "read": {"notes": report.notes, "notes_zh": report.notes_zh}}


def find_largest(
    store: Store,
    path: Path,
    reading: ReadingOptions,
    *,
    attribute: str,
    between: tuple[float, float],
    tolerance: float,
    on: date,
    pack: RulePack,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the greatest value of an attribute with which the one project of a file passes where it is.

    Raises
    ------
    RejectedError, FormatError, OutOfRangeError
        If the project cannot be read, there are several, or the attribute is no number of a project.
    """
    number_fields = [f.name for f in get_layer(_PROPOSALS).fields if f.type is FieldType.NUMBER]
    if attribute not in number_fields:
        raise OutOfRangeError(
            f"{attribute!r} is no number of a project; numbers are: {', '.join(number_fields)}",
            zh=f"“{attribute}”不是选址项目的数值字段；可用字段：{', '.join(number_fields)}",
        )
    subject, _ = _read_one_project(path, reading)
    if progress is not None:
        progress(0.0, attribute)
    return largest_here(store, subject, attribute, on=on, between=between, tolerance=tolerance, pack=pack)


def _read_one_project(path: Path, reading: ReadingOptions) -> tuple[gpd.GeoDataFrame, ImportReport]:
    frame, report = read_features(path, _PROPOSALS, **reading)
    if report.rejected:
        raise RejectedError.of_rows([vars(rejection) for rejection in report.rejected])
    if len(frame) != 1:
        raise FormatError(
            f"{path.name} has {len(frame)} plots; one project is put about at a time",
            zh=f"{path.name} 共 {len(frame)} 个地块；一次只能为一个项目选址",
        )
    return subjects_of(_PROPOSALS, frame), report
