"""What a report is made of: headings, paragraphs, facts, tables and map pictures, all of them plain texts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from geo.text import Text, say_number
from layers.documents.clean_text import clean_text

__all__ = ["DASH", "Paper", "say"]

DASH = "—"
"""Stands for what is not known or does not apply."""


@dataclass
class Paper:
    """A report under its title; blocks stand in the order in which they were added.

    Attributes
    ----------
    title, subtitle, language : str
    blocks : list of dict
        JSON values with ``type``: ``heading``, ``paragraph``, ``facts``, ``table`` or ``picture``.
    """

    title: str
    subtitle: str
    language: str
    blocks: list[dict[str, Any]] = field(default_factory=list)

    def heading(self, words: Text) -> Self:
        """Add a heading."""
        return self._add("heading", text=say(words, self.language))

    def paragraph(self, text: Text | str) -> Self:
        """Add a paragraph."""
        return self._add("paragraph", text=text if isinstance(text, str) else say(text, self.language))

    def facts(self, pairs: Sequence[tuple[Text, object]]) -> Self:
        """Add names with their values; a dash stands for what is missing."""
        rows = [[say(name, self.language), written(value)] for name, value in pairs]
        return self._add("facts", rows=rows)

    def table(self, columns: Sequence[tuple[Text, float]], rows: Sequence[Sequence[object]]) -> Self:
        """Add a table; columns are headers with the share of the width, numbers stand to the right."""
        numeric = [
            bool(rows) and all(isinstance(row[i], int | float) or row[i] is None for row in rows)
            for i in range(len(columns))
        ]
        return self._add(
            "table",
            headers=[say(header, self.language) for header, _ in columns],
            widths=[width for _, width in columns],
            numeric=numeric,
            rows=[[written(value) for value in row] for row in rows],
        )

    def picture(self, svg: str, caption: Text) -> Self:
        """Add a map picture."""
        return self._add("picture", svg=svg, caption=say(caption, self.language))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "title": clean_text(self.title),
            "subtitle": clean_text(self.subtitle),
            "language": self.language,
            "blocks": self.blocks,
        }

    def _add(self, kind: str, **values: Any) -> Self:
        self.blocks.append({"type": kind, **values})
        return self


def say(words: Text, language: str) -> str:
    """Return the words of one language."""
    return str(getattr(words, language))


def written(value: object) -> str:
    """Return a value as text: grouped numbers, a dash for what is missing."""
    if value is None or value != value or value == "":
        return DASH
    if isinstance(value, bool):
        raise TypeError("say yes or no in the words of the language")
    if isinstance(value, int):
        return say_number(value)
    if isinstance(value, float):
        return say_number(value, 1)
    return clean_text(str(value))
