"""Makes the Word template of the opinion letter: ``python -m scripts.letter_template``.

Fonts are those that offices in China have (宋体, 黑体, 仿宋), each with a free font named in the font table for
machines without them. The tags are those of docxtpl; every name in them is explained in ``docs/letters.md``.
"""

import io
from collections.abc import Sequence

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from layers.documents.packing import repack
from layers.letters.word import WORD_TEMPLATE

BODY, HEADING, REMARK = "宋体", "黑体", "仿宋"
FALLBACKS = {"宋体": "Noto Serif CJK SC", "黑体": "Noto Sans CJK SC", "仿宋": "Noto Serif CJK SC"}
LATIN = "Times New Roman"
WIDTH_MM = 170


def build_template() -> bytes:
    """Return the template as a Word file."""
    document = Document()
    set_page(document)
    set_styles(document)
    write_front(document)
    write_projects(document)
    write_appendices(document)
    write_signatures(document)
    name_fallbacks(document)
    document.core_properties.author = "riskmap"
    document.core_properties.title = ""
    document.core_properties.comments = ""
    sink = io.BytesIO()
    document.save(sink)
    return repack(sink.getvalue())


def set_page(document: DocumentType) -> None:
    """A4 with page numbers at the foot and the title at the head."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin, section.bottom_margin = Mm(22), Mm(20)
    head = section.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    small(head.add_run("{{ title }}"))
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    small(foot.add_run("{{ labels.page }} "))
    add_field(foot, "PAGE")
    small(foot.add_run(" {{ labels.page_of }} "))
    add_field(foot, "NUMPAGES")
    small(foot.add_run(" {{ labels.page_end }}"))


def set_styles(document: DocumentType) -> None:
    """Fonts and sizes of body, headings and tables; Chinese text takes the glyphs of the mainland."""
    document.styles.element.find(f".//{qn('w:lang')}").set(qn("w:eastAsia"), "zh-CN")
    set_font(document.styles["Normal"], BODY, 10.5)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    set_font(document.styles["Title"], BODY, 22, bold=True)
    set_font(document.styles["Heading 1"], HEADING, 14)
    set_font(document.styles["Heading 2"], HEADING, 11)
    set_font(document.styles["List Bullet"], BODY, 10.5)
    set_font(document.styles["List Number"], BODY, 10.5)
    title = document.styles["Title"]
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in title.element.findall(f".//{qn('w:pBdr')}"):
        line.getparent().remove(line)


def set_font(style: ParagraphStyle, east_asian: str, size_pt: float, *, bold: bool = False) -> None:
    """Give a style its fonts for Latin and Chinese text."""
    style.font.name, style.font.size, style.font.bold = LATIN, Pt(size_pt), bold
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), east_asian)


def write_front(document: DocumentType) -> None:
    """Title, number, and which check it is."""
    document.add_paragraph("{{ title }}", style="Title")
    number = document.add_paragraph("{{ labels.number }}{{ labels.colon }}________________")
    number.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    add_pairs(document, "about")


def write_projects(document: DocumentType) -> None:
    """Write one part per plot: conclusion, facts, map, checks, explanations, coordinates."""
    tag(document, "{%p for project in projects %}")
    document.add_heading(
        "{% if projects|length > 1 %}{{ loop.index }}  {{ project.name }}　{% endif %}{{ labels.conclusion }}",
        1,
    )
    line = document.add_paragraph()
    word = line.add_run("{{ project.conclusion }}")
    word.bold, word.font.size = True, Pt(16)
    line.add_run("　{{ labels.worst }}{{ labels.colon }}{{ project.verdict }}")
    document.add_paragraph("{{ project.sentence }}")
    document.add_heading("{{ labels.project }}", 1)
    add_pairs(document, "project.facts")
    document.add_heading("{{ labels.map }}", 1)
    picture = document.add_paragraph("{{ project.picture }}")
    picture.alignment = WD_ALIGN_PARAGRAPH.CENTER
    picture.paragraph_format.keep_with_next = True
    caption = document.add_paragraph()
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
    small(caption.add_run("{{ labels.caption }}"))
    document.add_heading("{{ labels.checks }}", 1)
    tag(document, "{%p if project.checks %}")
    add_checks(document, "project.checks")
    tag(document, "{%p else %}")
    document.add_paragraph("{{ labels.checks_none }}")
    tag(document, "{%p endif %}")
    tag(document, "{%p if project.advisory %}")
    document.add_heading("{{ labels.advisory }}", 2)
    add_checks(document, "project.advisory")
    tag(document, "{%p endif %}")
    write_list(document, "project.inactive", "{{ labels.inactive }}")
    write_remarks(document)
    write_changes(document)
    document.add_heading("{{ labels.coordinates }}", 1)
    small(document.add_paragraph().add_run("{{ project.points_note }}"))
    columns = ("no", "lon", "lat", "northing", "easting")
    values = ("no", "lon", "lat", "x", "y")
    add_table(document, "point", "project.printed_points", columns, values, (18, 38, 38, 38, 38))
    tag(document, "{%p endfor %}")


def write_list(document: DocumentType, name: str, heading: str) -> None:
    """Write a heading and a bullet per text, nothing where there is none."""
    tag(document, f"{{%p if {name} %}}")
    document.add_heading(heading, 2)
    tag(document, f"{{%p for line in {name} %}}")
    document.add_paragraph("{{ line }}", style="List Bullet")
    tag(document, "{%p endfor %}")
    tag(document, "{%p endif %}")


def write_remarks(document: DocumentType) -> None:
    """Write what is not met: why, what to do, what to bring."""
    tag(document, "{%p if project.remarks %}")
    document.add_heading("{{ labels.remarks }}", 1)
    tag(document, "{%p for check in project.remarks %}")
    document.add_paragraph().add_run("[{{ check.no }}] {{ check.title }} · {{ check.verdict }}").bold = True
    for text in ("{{ check.explanation }}", "{{ labels.remedy }}{{ check.remedy }}"):
        run = document.add_paragraph().add_run(text)
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), REMARK)
    tag(document, "{%p if check.needs %}")
    document.add_paragraph("{{ labels.needs }}{{ check.needs|join(labels['and']) }}")
    tag(document, "{%p endif %}")
    tag(document, "{%p endfor %}")
    tag(document, "{%p endif %}")


def write_changes(document: DocumentType) -> None:
    """Write what would change the verdict on a page of its own, the smallest step first."""
    tag(document, "{%p if project.changes %}")
    document.add_heading("{{ labels.changes }}", 1).paragraph_format.page_break_before = True
    tag(document, "{%p for line in project.changes %}")
    document.add_paragraph("{{ loop.index }}. {{ line }}")
    tag(document, "{%p endfor %}")
    tag(document, "{%p endif %}")


def write_appendices(document: DocumentType) -> None:
    """Rules, sources, assumptions, what awaits confirmation."""
    document.add_heading("{{ labels.rules }}", 1)
    columns = ("rule", "matter", "basis", "in_force", "standing")
    values = ("rule", "title", "basis", "in_force", "standing")
    add_table(document, "rule", "rules", columns, values, (34, 52, 42, 24, 18))
    document.add_heading("{{ labels.sources }}", 1)
    names = ("layer", "count", "newest", "accuracy", "origin", "digest")
    add_table(document, "source", "sources", names, names, (28, 16, 22, 36, 42, 26))
    document.add_heading("{{ labels.assumptions }}", 1)
    tag(document, "{%p for line in assumptions %}")
    document.add_paragraph("{{ line }}", style="List Number")
    tag(document, "{%p endfor %}")
    document.add_heading("{{ labels.awaiting }}", 1)
    tag(document, "{%p for line in awaiting %}")
    document.add_paragraph("{{ line }}", style="List Bullet")
    tag(document, "{%p endfor %}")
    tag(document, "{%p if not awaiting %}")
    document.add_paragraph("{{ labels.awaiting_none }}")
    tag(document, "{%p endif %}")


def write_signatures(document: DocumentType) -> None:
    """Four pairs of eyes, seal, disclaimer."""
    document.add_heading("{{ labels.signatures }}", 1)
    table = new_table(document, (24, 60, 44, 42))
    fill_row(
        table.rows[0].cells,
        ("", "{{ labels.opinion }}", "{{ labels.signature }}", "{{ labels.date }}"),
        bold=True,
    )
    loop_rows(table, "role", "signatures", ("{{ role }}", "", "", "{{ labels.day }}"))
    row = table.rows[-2]
    row.height = Mm(12)
    small(document.add_paragraph().add_run("{{ labels.four_eyes }}"))
    document.add_paragraph("{{ labels.seal }}").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_heading("{{ labels.disclaimer }}", 1)
    document.add_paragraph("{{ disclaimer }}")


def add_pairs(document: DocumentType, name: str) -> None:
    """Add a table of names and values."""
    table = new_table(document, (38, 132))
    fill_row(table.rows[0].cells, (f"{{%tr for pair in {name} %}}", ""))
    fill_row(table.add_row().cells, ("{{ pair[0] }}", "{{ pair[1] }}"))
    table.rows[1].cells[0].paragraphs[0].runs[0].bold = True
    fill_row(table.add_row().cells, ("{%tr endfor %}", ""))


def add_checks(document: DocumentType, name: str) -> None:
    """Add the table of checks."""
    columns = ("no", "basis", "matter", "limit", "found", "margin", "doubt", "verdict")
    values = (
        "{{ check.no }}",
        "{{ check.basis }}",
        "{{ check.title }}{% if check.target %}\n{{ labels.target }}{{ labels.colon }}{{ check.target }}{% endif %}",
        "{{ check.limit }}",
        "{{ check.found }}",
        "{{ check.margin }}",
        "{{ check.doubt }}",
        "{{ check.verdict }}\n{{ check.verdict_word }}",
    )
    table = new_table(document, (9, 31, 39, 15, 18, 22, 17, 19))
    fill_row(table.rows[0].cells, [f"{{{{ labels.{column} }}}}" for column in columns], bold=True)
    loop_rows(table, "check", name, values)


def add_table(
    document: DocumentType,
    item: str,
    name: str,
    columns: Sequence[str],
    values: Sequence[str],
    widths_mm: Sequence[int],
) -> None:
    """Add a table with a heading row and one row per item."""
    table = new_table(document, widths_mm)
    fill_row(table.rows[0].cells, [f"{{{{ labels.{column} }}}}" for column in columns], bold=True)
    loop_rows(table, item, name, [f"{{{{ {item}.{value} }}}}" for value in values])


def loop_rows(table: Table, item: str, name: str, values: Sequence[str]) -> None:
    """Repeat a row for each item, which no page break cuts; the heading row repeats on every page."""
    repeat = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)
    blank = [""] * (len(values) - 1)
    fill_row(table.add_row().cells, (f"{{%tr for {item} in {name} %}}", *blank))
    fill_row(table.add_row().cells, values)
    table.rows[-1]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    fill_row(table.add_row().cells, ("{%tr endfor %}", *blank))


def new_table(document: DocumentType, widths_mm: Sequence[int]) -> Table:
    """Return a table of one row with fixed column widths."""
    assert sum(widths_mm) == WIDTH_MM, widths_mm
    table = document.add_table(rows=1, cols=len(widths_mm), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    return table


def fill_row(cells: Sequence[_Cell], values: Sequence[str], *, bold: bool = False) -> None:
    """Write texts into cells in the size of tables."""
    for cell, value in zip(cells, values, strict=True):
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
        run = paragraph.add_run(value)
        run.bold, run.font.size = bold, Pt(8.5)
        if bold:
            shade = parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="EBEBEB"/>')
            cell._tc.get_or_add_tcPr().append(shade)


def tag(document: DocumentType, text: str) -> None:
    """Add a paragraph that holds a tag and disappears."""
    document.add_paragraph(text)


def small(run: object) -> None:
    """Print a run small."""
    run.font.size = Pt(8.5)  # type: ignore[attr-defined]  # a run of python-docx


def add_field(paragraph: Paragraph, code: str) -> None:
    """Add a field that Word computes, such as the page number."""
    run = paragraph.add_run()
    small(run)
    for kind, text in (("begin", None), (None, code), ("separate", None), ("text", "1"), ("end", None)):
        if kind == "text":
            element = OxmlElement("w:t")
            element.text = text
        elif kind is None:
            element = OxmlElement("w:instrText")
            element.text = text
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._element.append(element)


def name_fallbacks(document: DocumentType) -> None:
    """Put into the font table what stands in where a font is missing."""
    part = next(p for p in document.part.package.iter_parts() if str(p.partname) == "/word/fontTable.xml")
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in FALLBACKS.items()
    )
    part._blob = part.blob.replace(b"</w:fonts>", fonts.encode() + b"</w:fonts>")


if __name__ == "__main__":
    WORD_TEMPLATE.write_bytes(build_template())
    print(f"wrote {WORD_TEMPLATE}")
