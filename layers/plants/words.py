"""Words that plant files use, with their names: what a form offers to choose from."""

from typing import Any

from geo.hazard.criteria import class_names
from geo.hazard.substances import substances
from geo.hazard.tables import table
from geo.text import Text

__all__ = ["list_plant_words"]


def list_plant_words() -> dict[str, list[dict[str, Any]]]:
    """Return substances, kinds of equipment, kinds of ground and classes of targets, each with both names."""
    grounds = dict.fromkeys(key.partition("/")[0] for key in table("ground"))
    kinds = table("equipment_kinds")
    return {
        "substance": [_word(key, one.name) for key, one in substances().items()],
        "kind": [
            {
                "word": key,
                "zh": row.attribute("name_zh"),
                "en": row.attribute("name_en"),
                "group": str(row.value),
            }
            for key, row in kinds.items()
        ],
        "ground": [{"word": key} for key in grounds],
        "target_class": [_word(key, name) for key, name in class_names().items()],
    }


def _word(key: str, name: Text) -> dict[str, Any]:
    return {"word": key, "zh": name.zh, "en": name.en}
