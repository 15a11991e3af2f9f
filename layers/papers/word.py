"""A report as an editable Word file, in the fonts that offices in China have."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from layers.documents.packing import repack
from layers.letters.typesetting import set_png
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
    _number_pages(document, content["title"])
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


def _number_pages(document: DocumentType, title: str) -> None:
    """Have the title stand above every page, and number and count of pages below it."""
    section = document.sections[0]
    for part, alignment in (
        (section.header, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.footer, WD_ALIGN_PARAGRAPH.CENTER),
    ):
        part.paragraphs[0].alignment = alignment
    _say(section.header.paragraphs[0], title)
    footer = section.footer.paragraphs[0]
    _count(footer, "PAGE")
    _say(footer, " / ")
    _count(footer, "NUMPAGES")


def _say(paragraph: Paragraph, text: str) -> Run:
    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb = Pt(9), RGBColor(0x55, 0x55, 0x55)
    return run


def _count(paragraph: Paragraph, field: str) -> None:
    """Add a number that Word counts."""
    run = _say(paragraph, "")
    for kind in ("begin", "separate", "end"):
        mark = OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), kind)
        run._r.append(mark)
        if kind == "begin":
            code = OxmlElement("w:instrText")
            code.text = field
            run._r.append(code)


def _add_heading(document: DocumentType, block: Mapping[str, Any]) -> None:
    document.add_heading(block["text"], 1)


def _add_paragraph(document: DocumentType, block: Mapping[str, Any]) -> None:
    document.add_paragraph(block["text"])


def _add_facts(document: DocumentType, block: Mapping[str, Any]) -> None:
    table = _start_table(document, [45.0, _WIDTH_MM - 45.0])
    for name, value in block["rows"]:
        cells = _add_row(table)
        _write(cells[0], name, bold=True, shaded=True)
        _write(cells[1], value)
    document.add_paragraph()


def _add_table(document: DocumentType, block: Mapping[str, Any]) -> None:
    whole = sum(block["widths"])
    table = _start_table(document, [_WIDTH_MM * share / whole for share in block["widths"]])
    for cell, header, numeric in zip(_add_row(table), block["headers"], block["numeric"], strict=True):
        _write(cell, header, bold=True, right=numeric, shaded=True)
    _mark(table.rows[0], "w:tblHeader")  # stands on every page
    for row in block["rows"]:
        for cell, value, numeric in zip(_add_row(table), row, block["numeric"], strict=True):
            _write(cell, value, right=numeric)
    document.add_paragraph()


def _start_table(document: DocumentType, widths_mm: Sequence[float]) -> Table:
    """Add a table without rows; its columns keep their widths in every program that opens it."""
    table: Table = document.add_table(rows=0, cols=len(widths_mm), style="Table Grid")
    table.autofit = False
    for column, width_mm in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width_mm)
    return table


def _add_row(table: Table) -> tuple[_Cell, ...]:
    """Add a row that no page breaks and return its cells."""
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]  # the library's has no annotation
    _mark(row, "w:cantSplit")
    for cell, column in zip(row.cells, table.columns, strict=True):
        cell.width = column.width
    cells: tuple[_Cell, ...] = row.cells
    return cells


def _mark(row: _Row, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _add_picture(document: DocumentType, block: Mapping[str, Any]) -> None:
    document.add_picture(io.BytesIO(set_png(block["svg"])), width=Mm(_WIDTH_MM))
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    document.add_paragraph(block["caption"], style="Caption").alignment = WD_ALIGN_PARAGRAPH.CENTER


def _write(cell: _Cell, text: str, *, bold: bool = False, right: bool = False, shaded: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold, Pt(9)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if shaded:
        shade = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", "EBEBEB")):
            shade.set(qn(f"w:{name}"), value)
        cell._tc.get_or_add_tcPr().append(shade)


_ADD = {
    "heading": _add_heading,
    "paragraph": _add_paragraph,
    "facts": _add_facts,
    "table": _add_table,
    "picture": _add_picture,
}
