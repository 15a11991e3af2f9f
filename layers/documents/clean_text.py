"""Texts of users inside documents."""

import re
import unicodedata

__all__ = ["clean_text"]

_UNSAFE = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\ud800-\udfff\ufffe\uffff]")
"""Marks that turn the direction of the text around them, and what no document may hold."""


def clean_text(value: object) -> str:
    """Return a text that every document can hold: control characters and turned direction show as ``�``."""
    text = unicodedata.normalize("NFC", str(value))
    text = _UNSAFE.sub("\ufffd", text)
    return "".join(
        character if character in "\n\t" or unicodedata.category(character) != "Cc" else "\ufffd"
        for character in text
    )
