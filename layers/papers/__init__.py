"""Reports of the register, built once as blocks and set as Word, PDF or a page: one enterprise, or a whole area."""

from pathlib import Path
from typing import Literal

from layers.documents.whole_files import write_whole
from layers.errors import FormatError
from layers.papers.blocks import Paper
from layers.papers.white_paper import build_white_paper
from layers.store import Store

__all__ = ["PAPER_SUFFIXES", "check_paper_path", "set_paper", "write_white_paper"]

PAPER_SUFFIXES = (".docx", ".pdf")
"""Kinds of file that a report can be written as."""


def write_white_paper(store: Store, area: str, path: Path, *, language: Literal["zh", "en"] = "zh") -> None:
    """Write the safety-risk white paper of an area; the ending of the name says as what.

    Raises
    ------
    FormatError
        If the ending is none of `PAPER_SUFFIXES`.
    NotFoundError
        If this is no division code.
    NotAvailableError
        If the fonts have not been built.
    """
    check_paper_path(path)
    write_whole(path, set_paper(build_white_paper(store, area, language), path.suffix.lower()))


def set_paper(paper: Paper, suffix: str) -> bytes:
    """Return a report as a file of a kind of `PAPER_SUFFIXES`."""
    # Late: setting type is slow to load, and most commands never do.
    if suffix == ".pdf":
        from layers.letters.typesetting import set_pdf

        return set_pdf(paper.to_dict(), "paper.typ")
    from layers.papers.word import fill_paper

    return fill_paper(paper)


def check_paper_path(path: Path) -> None:
    """Refuse a name that says no known kind of report.

    Raises
    ------
    FormatError
    """
    if path.suffix.lower() not in PAPER_SUFFIXES:
        known = ", ".join(PAPER_SUFFIXES)
        raise FormatError(
            f"{path.name}: a report is written as one of {known}",
            zh=f"{path.name}：报告的文件类型须为 {known} 之一",
        )
