"""Page that shows how well the hazard models follow field trials and published tables, and where they do not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from geo.hazard.validation.evaluation import Validation
from geo.hazard.validation.metrics import METRICS
from geo.standing import Standing
from geo.text import Text
from web.catalogues import read_messages

__all__ = ["PICTURE_POLICY", "POLICY", "render_report", "render_validation", "render_waiting"]

POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""``Content-Security-Policy`` of the page."""

PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""``Content-Security-Policy`` of a picture opened by itself: SVG carries its styles in it."""

_PREFIX = "validation."
"""Of the keys of the page's words."""

_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)

FORMULAS: Mapping[str, str] = {
    "FAC2": "n(0.5 ≤ Cp / Co ≤ 2) / n",
    "FB": "2 (⟨Co⟩ − ⟨Cp⟩) / (⟨Co⟩ + ⟨Cp⟩)",
    "MG": "exp(⟨ln Co⟩ − ⟨ln Cp⟩)",
    "VG": "exp ⟨(ln Co − ln Cp)²⟩",
    "NMSE": "⟨(Co − Cp)²⟩ / (⟨Co⟩ ⟨Cp⟩)",
    "largest_deviation": "max |Cp − Co| / Co",
}
"""Exact formula of each measure: Co observed, Cp predicted, ⟨ ⟩ the mean over the pairs, n their number."""


def render_validation(
    validation: Validation,
    language: str,
    nonce: str,
    *,
    pictures: str = "/validation/{key}.svg?lang={language}",
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    validation : Validation
    language : str
        ``zh`` or ``en``.
    nonce : str
        Of the content security policy; empty in a file.
    pictures : str
        Address of the picture of a set.
    """
    content = validation.to_dict()
    addresses = {each.key: pictures.format(key=each.key, language=language) for each in validation.sets}
    return _render(language, nonce, content=content, pictures=addresses, measures=list(METRICS))


def render_report(validation: Validation, language: str) -> str:
    """Return the page as a file that stands beside the pictures ``<set>.svg``."""
    return render_validation(validation, language, "", pictures="{key}.svg")


def render_waiting(language: str, nonce: str, share: float, problem: Text | None = None) -> str:
    """Return the page while the comparisons are computed, or after that went wrong."""
    return _render(language, nonce, content=None, share=share, problem=problem)


def _render(language: str, nonce: str, **values: Any) -> str:
    messages = read_messages(language)
    words = {key.removeprefix(_PREFIX): text for key, text in messages.items() if key.startswith(_PREFIX)}
    standings = {each.value: messages[f"standing.{each.value}"] for each in Standing}
    page = _TEMPLATES.get_template("validation.html")
    return page.render(lang=language, nonce=nonce, t=words, standings=standings, formulas=FORMULAS, **values)
