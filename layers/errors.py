"""Errors of the data model, the stores and the file formats.

::

    LayersError
    ├── UnknownLayerError      no layer of that slug
    ├── UnknownFieldError      no field of that name in the layer
    ├── FeatureError           a feature that does not fit its layer (field, value, reason)
    ├── NotFoundError          no such feature, run or file
    ├── ConflictError          the feature was changed by somebody else meanwhile
    ├── FormatError            a file that cannot be read: broken, encrypted, not of its kind, too large
    ├── StoreError             the database cannot be reached, or is not at this version
    │   └── ReadOnlyError      the database can be read and not be written
    ├── NotAvailableError      an optional part is not installed, or a layer is empty
    └── CancelledError         a long action was cancelled
"""

from geo.errors import RiskmapError
from geo.text import Text

__all__ = [
    "CancelledError",
    "ConflictError",
    "FeatureError",
    "FormatError",
    "LayersError",
    "NotAvailableError",
    "NotFoundError",
    "ReadOnlyError",
    "StoreError",
    "UnknownFieldError",
    "UnknownLayerError",
]


class LayersError(RiskmapError):
    """The data model, a store or a format refuses its input."""


class UnknownLayerError(LayersError):
    """There is no layer of that slug."""


class UnknownFieldError(LayersError):
    """The layer has no field of that name."""


class FeatureError(LayersError):
    """A feature does not fit its layer."""


class NotFoundError(LayersError):
    """There is no such feature, run or file."""


class ConflictError(LayersError):
    """Somebody else changed the feature since it was read."""


class FormatError(LayersError):
    """A file is broken, too large, or not of the kind it says."""


class StoreError(LayersError):
    """The database cannot be reached, or its tables are not at this version.

    Parameters
    ----------
    message, zh : str
        As of every error; may name the address of the database, for whoever runs the program.
    told : Text, optional
        What is told instead to whoever asks from elsewhere, without address, folder or user; default the message.
    """

    def __init__(self, message: str, zh: str | None = None, *, told: Text | None = None) -> None:
        super().__init__(message, zh)
        self.told = told or Text(self.zh, self.message)


class ReadOnlyError(StoreError):
    """The database can be read, and not be written."""


class NotAvailableError(LayersError):
    """An optional part is not installed, or what was asked for has not been computed yet."""


class CancelledError(LayersError):
    """A long action was cancelled by the person who started it."""
