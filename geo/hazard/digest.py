"""Digests of inputs: the names under which kernels and results are kept."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
import shapely

__all__ = ["digest_of"]


def digest_of(*inputs: Any) -> str:
    """SHA-256 of inputs: dataclasses, mappings, sequences, arrays, shapely geometries, enums, numbers, words, None.

    The same content gives the same digest in every process.

    Raises
    ------
    TypeError
        If an input is of another kind.
    """
    plain = json.dumps(_plain(inputs), ensure_ascii=False, separators=(",", ":"), allow_nan=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return a value as JSON can write it, floats exactly."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, np.ndarray):
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return [str(value.dtype), list(value.shape), content]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(value, hex=True)
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, *(_plain(getattr(value, field.name)) for field in fields(value))]
    if isinstance(value, Mapping):
        return [[_plain(key), _plain(value[key])] for key in sorted(value, key=str)]
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    raise TypeError(f"cannot digest {type(value).__name__}")
