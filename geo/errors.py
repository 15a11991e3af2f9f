"""Errors of the spatial engine.

::

    RiskmapError               root of all errors of the product
    └── GeoError               anything the engine refuses
        ├── CrsError           coordinate system missing, unknown, mixed or not usable
        ├── GeometryError      geometry missing, empty, invalid or of the wrong kind
        ├── OutOfRangeError    a value outside its range (latitude, resolution, distance)
        ├── RasterError        a raster that cannot be read or has no use
        └── RuleError          a rule pack that cannot be read or does not make sense
"""

__all__ = [
    "CrsError",
    "GeoError",
    "GeometryError",
    "OutOfRangeError",
    "RasterError",
    "RiskmapError",
    "RuleError",
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
        super().__init__(message)
        self.message = message
        self.zh = zh or message


class GeoError(RiskmapError):
    """The spatial engine refuses its input."""


class CrsError(GeoError):
    """A coordinate system is missing, unknown, mixed or must not be used."""


class GeometryError(GeoError):
    """A geometry is missing, empty, invalid or of the wrong kind."""


class OutOfRangeError(GeoError):
    """A value lies outside the range in which it has a meaning."""


class RasterError(GeoError):
    """A raster cannot be read or has no use."""


class RuleError(GeoError):
    """A rule pack cannot be read or does not make sense."""
