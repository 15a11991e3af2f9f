"""Sentences for users."""

from dataclasses import dataclass

__all__ = ["Text"]


@dataclass(frozen=True)
class Text:
    """A sentence in Chinese and in English."""

    zh: str
    en: str
