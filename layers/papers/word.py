"""A report as an editable Word file, in the fonts that offices in China have."""

import io
from collections.abc import Mapping
from typing import Any

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell

from layers.letters.typesetting import set_png
from layers.packing import repack
from layers.papers.blocks import Paper

__all__ = ["fill_paper"]

_FONTS = {"Normal": ("宋体", 10.5), "Title": ("黑体", 22), "Heading 1": ("黑体", 14), "Caption": ("仿宋", 9)}
_LATIN = "Times New Roman"
_WIDTH_MM = 170.0


def fill_paper(paper: Paper) -> bytes:
    """Return a report as a Word file (docx); the same report gives the same bytes."""
    content = paper.to_dict()
    document = Document()
    _set_page(document)
    document.add_paragraph(content["title"], style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(content["subtitle"]).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for block in content["blocks"]:
        _ADD[block["type"]](document, block)
    document.core_properties.author = "riskmap"
    document.core_properties.title = content["title"][:255]
    document.core_properties.comments = ""
    sink = io.BytesIO()
    document.save(sink)
    return repack(sink.getvalue())


def _set_page(document: DocumentType) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin, section.bottom_margin = Mm(22), Mm(20)
    for name, (east_asian, size_pt) in _FONTS.items():
        style = document.styles[name]
        style.font.name, style.font.size = _LATIN, Pt(size_pt)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), east_asian)


def _add_heading(document: DocumentType, block: Mapping[str, Any]) -> None:
    document.add_heading(block["text"], 1)


def _add_paragraph(document: DocumentType, block: Mapping[str, Any]) -> None:
    document.add_paragraph(block["text"])


def _add_facts(document: DocumentType, block: Mapping[str, Any]) -> None:
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for name, value in block["rows"]:
        cells = table.add_row().cells
        _write(cells[0], name, 45.0, bold=True)
        _write(cells[1], value, _WIDTH_MM - 45.0)
    document.add_paragraph()


def _add_table(document: DocumentType, block: Mapping[str, Any]) -> None:
    whole = sum(block["widths"])
    widths = [_WIDTH_MM * share / whole for share in block["widths"]]
    table = document.add_table(rows=1, cols=len(widths), style="Table Grid")
    for cell, header, width in zip(table.rows[0].cells, block["headers"], widths, strict=True):
        _write(cell, header, width, bold=True)
    _repeat(table.rows[0])
    for row in block["rows"]:
        cells = table.add_row().cells
        for cell, value, width, numeric in zip(cells, row, widths, block["numeric"], strict=True):
            _write(cell, value, width, right=numeric)
    document.add_paragraph()


def _repeat(row: Any) -> None:
    """Have the headers stand on every page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _add_picture(document: DocumentType, block: Mapping[str, Any]) -> None:
    document.add_picture(io.BytesIO(set_png(block["svg"])), width=Mm(_WIDTH_MM))
    document.add_paragraph(block["caption"], style="Caption").alignment = WD_ALIGN_PARAGRAPH.CENTER


def _write(cell: _Cell, text: str, width_mm: float, *, bold: bool = False, right: bool = False) -> None:
    cell.width = Mm(width_mm)
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold, Pt(9)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


_ADD = {
    "heading": _add_heading,
    "paragraph": _add_paragraph,
    "facts": _add_facts,
    "table": _add_table,
    "picture": _add_picture,
}
