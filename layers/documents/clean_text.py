"""Texts of users inside documents."""

import re
import unicodedata

__all__ = ["clean_text", "guard_text", "runs_as_formula", "unguard_text"]

_UNSAFE = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\ud800-\udfff\ufffe\uffff]")
"""Marks that turn the direction of the text around them, and what no document may hold."""

_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")
"""How texts begin that a spreadsheet runs, those of full width included, and what :func:`guard_text` makes of them."""


def runs_as_formula(text: str) -> bool:
    """Tell whether a spreadsheet may run a text, or takes its leading quotation mark for a sign of its own."""
    return _FORMULA.match(text) is not None


def guard_text(text: str) -> str:
    """Return a text for a CSV file: with a quotation mark before it where a spreadsheet would run it."""
    return f"'{text}" if runs_as_formula(text) else text


def unguard_text(text: str) -> str:
    """Return the text that :func:`guard_text` was given."""
    return text[1:] if text.startswith("'") and runs_as_formula(text) else text


def clean_text(value: object) -> str:
    """Return a text that every document can hold: control characters and turned direction show as ``�``."""
    text = unicodedata.normalize("NFC", str(value))
    text = _UNSAFE.sub("\ufffd", text)
    return "".join(
        character if character in "\n\t" or unicodedata.category(character) != "Cc" else "\ufffd"
        for character in text
    )
