"""Checks of the codes that Chinese registers use.

References
----------
.. [1] GB 32100-2015, unified social credit identifier (MOD 31-3 check character).
.. [2] GB/T 2260, codes of the administrative divisions.
.. [3] GB/T 4754-2017, classification of national economic activities.
"""

import re

__all__ = ["check_adcode", "check_credit_code", "check_industry_code", "credit_code_check_character"]

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_PROVINCE_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))


def credit_code_check_character(body: str) -> str:
    """Return the 18th character of a credit code from its first 17 (GB 32100-2015, MOD 31-3).

    Raises
    ------
    ValueError
        If a character is outside the code's alphabet (I, O, S, V and Z are not in it).
    """
    total = sum(_CREDIT_ALPHABET.index(c) * w for c, w in zip(body, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[-total % 31]


def check_credit_code(value: str) -> str | None:
    """Say what is wrong with a unified social credit code, or ``None``."""
    if len(value) != 18:
        return f"a credit code has 18 characters, this one has {len(value)} (统一社会信用代码应为18位)"
    wrong = sorted(set(value) - set(_CREDIT_ALPHABET))
    if wrong:
        return f"characters not allowed in a credit code: {' '.join(wrong)} (含不允许的字符)"
    expected = credit_code_check_character(value[:17])
    if value[17] != expected:
        return f"check character should be {expected}, is {value[17]} (校验码应为 {expected})"
    return None


def check_adcode(value: str) -> str | None:
    """Say what is wrong with a division code of GB/T 2260, or ``None``."""
    if not re.fullmatch(r"[0-9]{6}", value):
        return "a division code has six digits (行政区划代码应为6位数字)"
    if not any(low <= int(value[:2]) <= high for low, high in _PROVINCE_RANGES):
        return f"no province has the code {value[:2]} (省级代码 {value[:2]} 不存在)"
    return None


def check_industry_code(value: str) -> str | None:
    """Say what is wrong with an industry code of GB/T 4754, or ``None``.

    A letter for the section may stand first; two to four digits follow (26, 261, 2614, C2614).
    """
    if not re.fullmatch(r"[A-T]?[0-9]{2,4}", value):
        return "two to four digits, a section letter may stand first (行业代码应为2至4位数字)"
    return None
