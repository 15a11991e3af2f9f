"""The opinion letter as an editable Word file, from a template that the user can replace."""

import io
import zipfile
from pathlib import Path
from typing import Any

from docx.opc.exceptions import PackageNotFoundError
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from layers.documents.packing import repack
from layers.errors import FormatError
from layers.letters.typesetting import TEMPLATES, set_png

__all__ = ["WORD_TEMPLATE", "fill_word"]

WORD_TEMPLATE = TEMPLATES / "letter.docx"
"""The template that comes with the product; ``scripts/letter_template.py`` makes it."""

_PICTURE_WIDTH_MM = 168


def fill_word(content: dict[str, Any], template: Path | None = None) -> bytes:
    """Return a letter as a Word file.

    Parameters
    ----------
    content : dict
        From :func:`layers.letters.content.build_content`.
    template : Path, optional
        A ``.docx`` with the tags of docxtpl (Jinja2); ours unless stated. It runs in a sandbox.

    Raises
    ------
    FormatError
        If the template is no Word file, or has a tag that is wrong or names something unknown.
    """
    path = template or WORD_TEMPLATE
    document = DocxTemplate(path)
    try:
        document.render(
            _with_pictures(content, document),
            SandboxedEnvironment(undefined=StrictUndefined),
            autoescape=True,
        )
    except (TemplateError, PackageNotFoundError, zipfile.BadZipFile, KeyError) as error:
        raise FormatError(
            f"the letter template {path.name} cannot be filled: {error}",
            zh=f"意见书模板 {path.name} 无法填写：{error}",
        ) from error
    sink = io.BytesIO()
    document.save(sink)
    return repack(sink.getvalue())


def _with_pictures(content: dict[str, Any], document: DocxTemplate) -> dict[str, Any]:
    """Return the content with the map pictures as Word takes them."""
    projects = [
        {
            **project,
            "picture": InlineImage(
                document, io.BytesIO(set_png(project["picture"])), width=Mm(_PICTURE_WIDTH_MM)
            ),
        }
        for project in content["projects"]
    ]
    return {**content, "projects": projects}
