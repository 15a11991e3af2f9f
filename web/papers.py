"""Reports of the register as pages to read and to print on A4."""

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from layers.papers.blocks import Paper
from web.catalogues import read_messages

__all__ = ["POLICY", "render_paper"]

POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""``Content-Security-Policy`` of the page."""

_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


def _picture_url(svg: str) -> str:
    """Return a drawing as a picture of its own: in the page its styles would break the policy."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode('utf-8')).decode('ascii')}"


_TEMPLATES.filters["picture_url"] = _picture_url


def render_paper(paper: Paper, nonce: str, files: dict[str, str], other: str) -> str:
    """Return a report as HTML.

    Parameters
    ----------
    paper : Paper
    nonce : str
        Of the content security policy.
    files : dict
        Addresses of the same report as a file, by the name of its kind.
    other : str
        Address of the page in the other language.
    """
    messages = read_messages(paper.language)
    page = _TEMPLATES.get_template("paper.html")
    return page.render(paper=paper.to_dict(), nonce=nonce, files=files, other=other, t=messages)
