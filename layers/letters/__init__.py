"""The opinion letter on a siting check (选址安全审查意见): Word, PDF and an Excel annex from the same content.

The map picture and the PDF use the packaged font only; the same result gives the same bytes everywhere.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd

from geo.rules.predicates import needed_layers
from geo.rules.rule import RulePack
from layers.documents.whole_files import write_whole
from layers.errors import FormatError
from layers.letters.fonts import require_fonts
from layers.letters.surroundings import DRAWN_RADIUS_M, describe_sources, read_near
from layers.store import Store

__all__ = ["LETTER_SUFFIXES", "check_letter_path", "write_letter"]

LETTER_SUFFIXES = (".docx", ".pdf", ".xlsx")
"""Kinds of file that a letter can be written as."""


def write_letter(
    store: Store,
    result: Mapping[str, Any],
    subjects: gpd.GeoDataFrame,
    pack: RulePack,
    path: Path,
    *,
    language: Literal["zh", "en"] = "zh",
    template: Path | None = None,
) -> None:
    """Write the opinion letter on a result; the ending of the name says as what.

    Parameters
    ----------
    store : Store
        The layers that were checked against: for the map and the list of sources.
    result : mapping
        As published by :func:`layers.siting.checks.check_subjects`.
    subjects : GeoDataFrame, EPSG:4490
        What was checked, row by row as in the result.
    pack : RulePack
        The rules that were applied.
    path : Path
        ``.docx``, ``.pdf`` or ``.xlsx`` (the annex).
    language : str
    template : Path, optional
        A Word template of the user's.

    Raises
    ------
    FormatError
        If the ending is none of these, or the template cannot be filled.
    NotAvailableError
        If the fonts have not been built.
    """
    check_letter_path(path)
    require_fonts()
    # Late: setting type is slow to load, and most commands never do.
    from layers.letters.annex import fill_annex
    from layers.letters.content import build_content
    from layers.letters.typesetting import set_pdf
    from layers.letters.word import fill_word

    near = _read_layers(store, subjects, pack)
    content = build_content(result, subjects, near, describe_sources(store, near.items()), language)
    kind = path.suffix.lower()
    if kind == ".docx":
        write_whole(path, fill_word(content, template))
    elif kind == ".pdf":
        write_whole(path, set_pdf(content))
    else:
        write_whole(path, fill_annex(content, result))


def check_letter_path(path: Path) -> None:
    """Refuse a name that says no known kind of letter.

    Raises
    ------
    FormatError
    """
    if path.suffix.lower() not in LETTER_SUFFIXES:
        known = ", ".join(LETTER_SUFFIXES)
        raise FormatError(
            f"{path.name}: a letter is written as one of {known}",
            zh=f"{path.name}：意见书的文件类型须为 {known} 之一",
        )


def _read_layers(store: Store, subjects: gpd.GeoDataFrame, pack: RulePack) -> dict[str, gpd.GeoDataFrame]:
    kinds: Sequence[str] = sorted(subjects["kind"].dropna().unique())
    layers = needed_layers(pack.for_kinds(kinds))
    return {layer: read_near(store, layer, subjects, DRAWN_RADIUS_M) for layer in layers}
