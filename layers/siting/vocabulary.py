"""The words that rules may use, and what sentences call layers, fields and words: as the catalogue has them."""

from collections.abc import Iterable

from geo.rules.evaluate import SUBJECT_COLUMNS
from geo.rules.labels import Labels
from geo.rules.schema import Vocabulary
from geo.text import Text
from layers.catalog import LAYERS, get_layer
from layers.model import Field
from layers.words import CHOICES, KINDS, STATES

__all__ = ["LABELS", "make_vocabulary", "subject_attributes"]


def subject_attributes(layer: str) -> list[str]:
    """Return the attributes that a feature of a layer has as the subject of a check; rules may read no others."""
    return list(
        dict.fromkeys([*SUBJECT_COLUMNS, "adcode", *(field.name for field in get_layer(layer).fields)])
    )


def make_vocabulary(subject_layers: Iterable[str], kinds: Iterable[str] = ()) -> Vocabulary:
    """Return the words that rules may use.

    Parameters
    ----------
    subject_layers : iterable of str
        Layers of which rules may read attributes of the subject.
    kinds : iterable of str
        Kinds of subject beside those of facilities and projects.
    """
    fields = {slug: frozenset(field.name for field in layer.all_fields) for slug, layer in LAYERS.items()}
    attributes = [name for layer in subject_layers for name in subject_attributes(layer)]
    return Vocabulary(
        kinds=frozenset(KINDS) | set(kinds),
        states=frozenset(STATES),
        attributes=frozenset(attributes),
        fields=fields,
        labels=LABELS,
    )


def _name_field(field: Field) -> Text:
    return Text(field.zh, _inside_a_sentence(field.en))


def _inside_a_sentence(name: str) -> str:
    """Return an English name without its capital, unless it is an abbreviation."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


LABELS = Labels(
    layers={slug: Text(layer.zh, layer.en) for slug, layer in LAYERS.items()},
    # A name that several layers use means the same in all of them; the last one told is that of the first layer.
    fields={
        field.name: _name_field(field) for layer in reversed(LAYERS.values()) for field in layer.all_fields
    },
    words={word: Text(names.zh, _inside_a_sentence(names.en)) for word, names in CHOICES.items()},
)
"""What sentences call layers, fields and words."""
