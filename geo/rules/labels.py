"""What layers, their fields and their words are called in sentences.

The catalogue of the layers hands its names in with the vocabulary of the rules; a name that it does not have stands
for itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from geo.text import Text

__all__ = ["Labels"]


@dataclass(frozen=True)
class Labels:
    """Names for people.

    Attributes
    ----------
    layers, fields, words : mapping of str to Text
        By slug, by name of the field, and by word of a field with choices.
    """

    layers: Mapping[str, Text] = field(default_factory=dict)
    fields: Mapping[str, Text] = field(default_factory=dict)
    words: Mapping[str, Text] = field(default_factory=dict)

    def layer(self, slug: str) -> Text:
        """Return the name of a layer."""
        return self.layers.get(slug, Text(slug, slug))

    def field(self, name: str) -> Text:
        """Return the name of a field."""
        return self.fields.get(name, Text(name, name))

    def word(self, word: str) -> Text:
        """Return the name of a word."""
        return self.words.get(word, Text(word, word))
