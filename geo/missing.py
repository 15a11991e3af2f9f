"""What it means that an attribute is missing, for one value; pandas says it for columns."""

from typing import Any

import pandas as pd

__all__ = ["is_missing", "or_none"]


def is_missing(value: object) -> bool:
    """Return whether a value of a row is none: None, NaN, NaT or NA. A list or a mapping is a value, even if empty."""
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))  # type: ignore[call-overload]  # any scalar


def or_none(value: Any) -> Any:
    """Return the value of a row, and None where it is missing in whatever way."""
    return None if is_missing(value) else value
