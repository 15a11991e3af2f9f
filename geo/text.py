"""Sentences for users, and how numbers are written in them."""

from dataclasses import dataclass
from numbers import Integral
from typing import SupportsFloat

__all__ = ["Text", "say_metres", "say_number", "spell_halves"]

_THIN_SPACE, _MINUS = "\u202f", "\u2212"


@dataclass(frozen=True)
class Text:
    """A sentence in Chinese and in English."""

    zh: str
    en: str


def say_number(value: SupportsFloat, decimals: int | None = None) -> str:
    r"""Return a number as people read it: a thin space between thousands, a minus sign that is no hyphen.

    The space is that of GB/T 15835-2011, clause 5.1.3; it does not break a line. Pages write the same (``text.js``).

    Parameters
    ----------
    value : float or int
    decimals : int, optional
        How many; without it all digits of an integer, and ten significant ones of another number.

    Examples
    --------
    >>> say_number(-12345.678, 1)
    '−12\u202f345.7'
    """
    form = f"z,.{decimals}f" if decimals is not None else "," if isinstance(value, Integral) else "z,.10g"
    said = format(value, form).replace(",", _THIN_SPACE)
    return said if "e" in said else said.replace("-", _MINUS)


def say_metres(value_m: float) -> str:
    r"""Return metres to the decimetre, as siting decisions quote them.

    Examples
    --------
    >>> say_metres(2980)
    '2\u202f980.0 m'
    """
    return f"{say_number(value_m, 1)} m"


def spell_halves(text: str) -> str:
    r"""Return a text that every file and answer can hold: halves of characters, which JSON may name, as escapes.

    Examples
    --------
    >>> spell_halves("库\ud800")
    '库\\ud800'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
