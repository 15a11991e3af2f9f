"""The message catalogues of the pages: no sentence stands in code."""

import json
from pathlib import Path
from typing import cast

__all__ = ["LANGUAGES", "read_messages"]

LANGUAGES = ("zh", "en")
"""Languages of the pages; the first is the default."""

_FOLDER = Path(__file__).parent / "messages"


def read_messages(lang: str) -> dict[str, str]:
    """Return the texts of one language by key.

    Raises
    ------
    KeyError
        If there is no catalogue of that language.
    """
    if lang not in LANGUAGES:
        raise KeyError(lang)
    text = (_FOLDER / f"{lang}.json").read_text(encoding="utf-8")
    return cast(dict[str, str], json.loads(text))
