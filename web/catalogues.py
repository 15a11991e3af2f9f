"""The message catalogues of the pages: no sentence stands in code.

Each part of the page has a file of its own in the folder of each language; a key stands in one of them.
"""

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
        If there are no catalogues of that language.
    ValueError
        If a key stands in two of them.
    """
    if lang not in LANGUAGES:
        raise KeyError(lang)
    messages: dict[str, str] = {}
    for path in sorted((_FOLDER / lang).glob("*.json")):
        part = cast(dict[str, str], json.loads(path.read_text(encoding="utf-8")))
        if twice := messages.keys() & part.keys():
            raise ValueError(f"{path.parent.name}/{path.name} repeats {sorted(twice)}")
        messages |= part
    return messages
