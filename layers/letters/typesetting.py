"""Typst, with the packaged fonts only and no clock: pictures as PNG, letters as PDF.

Values reach the document as JSON beside it, never as part of its source, so no name or remark is read as markup.
"""

import json
from pathlib import Path
from typing import Any, Literal

import typst

from layers.letters.fonts import require_fonts

__all__ = ["TEMPLATES", "set_pdf", "set_png"]

TEMPLATES = Path(__file__).parent / "templates"
"""Documents that letters and pictures are set from."""

_PICTURE_PPI = 144.0


def set_png(svg: str) -> bytes:
    """Return a picture as PNG, 1600 units wide as 3200 pixels."""
    return _compile("picture.typ", {"svg": svg}, "png")


def set_pdf(content: dict[str, Any], template: str = "letter.typ") -> bytes:
    """Return a letter as PDF from what :func:`layers.letters.content.build_content` gives, or another document."""
    return _compile(template, content, "pdf")


def _compile(template: str, data: dict[str, Any], kind: Literal["pdf", "png"]) -> bytes:
    return typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=[require_fonts()],
        ignore_system_fonts=True,
        format=kind,
        ppi=_PICTURE_PPI,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
