"""Errors of the spatial engine.

::

    RiskmapError               root of all errors of the product
    └── GeoError               anything the engine refuses
        ├── CrsError           coordinate system missing, unknown, mixed or not usable
        ├── ExtraError         an optional part of the product that is not installed
        ├── GeometryError      geometry missing, empty, invalid or of the wrong kind
        ├── HazardError        the hazard engine cannot go on
        │   ├── ParameterError     a parameter table with a wrong row, or without the row that is needed
        │   ├── PlantError         a plant that does not make sense; names the field
        │   └── SubstanceError     a substance that is unknown, or lacks a property that is needed
        ├── OutOfRangeError    a value outside its range (latitude, resolution, distance)
        ├── RasterError        a raster that cannot be read or has no use
        └── RuleError          a rule pack that cannot be read or does not make sense
"""

from geo.text import spell_halves

__all__ = [
    "CrsError",
    "ExtraError",
    "GeoError",
    "GeometryError",
    "HazardError",
    "OutOfRangeError",
    "ParameterError",
    "PlantError",
    "RasterError",
    "RiskmapError",
    "RuleError",
    "SubstanceError",
]


class RiskmapError(Exception):
    """Root of every error that the product raises on purpose.

    Parameters
    ----------
    message : str
        What is wrong, where, and what to do, in English.
    zh : str, optional
        The same in Chinese; the English text stands in where there is none.
    """

    def __init__(self, message: str, zh: str | None = None) -> None:
        self.message = spell_halves(message)
        self.zh = spell_halves(zh or message)
        super().__init__(self.message)


class GeoError(RiskmapError):
    """The spatial engine refuses its input."""


class CrsError(GeoError):
    """A coordinate system is missing, unknown, mixed or must not be used."""


class ExtraError(GeoError):
    """An optional part of the product is not installed."""


class GeometryError(GeoError):
    """A geometry is missing, empty, invalid or of the wrong kind."""


class HazardError(GeoError):
    """The hazard engine cannot go on."""


class ParameterError(HazardError):
    """A parameter table has a wrong row, or lacks the row that is needed."""


class SubstanceError(HazardError):
    """A substance is unknown, or lacks a property that is needed."""


class PlantError(HazardError):
    """A plant does not make sense.

    Parameters
    ----------
    field : str
        Path of the first wrong field, for example ``units[0].equipment[2].mass_kg``.
    message, zh : str
        What is wrong there and what to do.
    """

    def __init__(self, field: str, message: str, zh: str) -> None:
        super().__init__(f"{field}: {message}", f"{field}：{zh}")
        self.field = field


class OutOfRangeError(GeoError):
    """A value lies outside the range in which it has a meaning."""


class RasterError(GeoError):
    """A raster cannot be read or has no use."""


class RuleError(GeoError):
    """A rule pack cannot be read or does not make sense."""
