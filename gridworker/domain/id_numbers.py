"""Citizen id numbers (GB 11643): reading every broken form, never refusing one."""

import re
from datetime import date
from decimal import Decimal
from math import isfinite
from operator import mul
from typing import Literal

import msgspec

from gridworker.domain.cells import EXACT_FLOAT_LIMIT, cell_text

IdState = Literal["missing", "ok", "check_bad", "format_bad", "digits_lost"]
Sex = Literal["male", "female"]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_FIRST_BIRTH, _LAST_BIRTH = "1880-01-01", "2100-12-31"
_NEW = re.compile(r"[0-9]{17}[0-9X]")
_OLD = re.compile(r"[0-9]{15}")
_SHOWN_AS_FLOAT = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]{1,2}")
_LOOKS_LIKE_X = str.maketrans({"×": "X", "Х": "X", "х": "X"})


class IdNumber(msgspec.Struct, frozen=True):
    """An id number as it was read: the tidied text, how far it can be trusted, and what its digits say.

    `birth` and `sex` are proven only when `state` is "ok"; a wrong check digit leaves both to read, lost
    digits only the birth date.
    """

    text: str
    state: IdState
    birth: str | None = None
    sex: Sex | None = None


def check_digit(first17: str) -> str:
    """The 18th character for the first 17 digits."""
    return _CHECKS[sum(map(mul, map(int, first17), _WEIGHTS)) % 11]


def parse_id_number(value: object, *, latest_birth: str = _LAST_BIRTH) -> IdNumber:
    """Read an id number from any cell value; never raises.

    A birth date after `latest_birth` (today, where the caller knows it) makes the number "format_bad".
    """
    if isinstance(value, float) and isfinite(value) and value >= EXACT_FLOAT_LIMIT:
        return _lost(f"{Decimal(repr(value)):f}", latest_birth)
    text = "".join(cell_text(value).split()).upper()
    if not text.isascii():
        text = text.translate(_LOOKS_LIKE_X)
    if not text:
        return IdNumber("", "missing")
    if _SHOWN_AS_FLOAT.fullmatch(text):
        return _lost(f"{Decimal(text):f}", latest_birth)
    return _classified(text, latest_birth)


def _classified(text: str, latest_birth: str) -> IdNumber:
    digits = text.replace("-", "").removesuffix(".0")
    if _OLD.fullmatch(digits):
        digits = _upgraded(digits)
    birth = _birth(digits, latest_birth)
    if not _NEW.fullmatch(digits):
        return IdNumber(text, "format_bad")
    good = check_digit(digits[:17]) == digits[17]
    # Typed as a number once: a spreadsheet puts zeros in place of what follows 15 digits.
    if not good and digits.endswith("000"):
        return IdNumber(digits, "digits_lost", birth)
    if birth is None:
        return IdNumber(text, "format_bad")
    return IdNumber(digits, "ok" if good else "check_bad", birth, _sex(digits))


def _upgraded(old15: str) -> str:
    first17 = f"{old15[:6]}19{old15[6:]}"
    return first17 + check_digit(first17)


def _lost(digits: str, latest_birth: str) -> IdNumber:
    return IdNumber(digits, "digits_lost", _birth(digits, latest_birth) if len(digits) == 18 else None)


def _birth(digits: str, latest_birth: str) -> str | None:
    try:
        day = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14])).isoformat()
    except ValueError:
        return None
    return day if _FIRST_BIRTH <= day <= latest_birth else None


def _sex(digits: str) -> Sex:
    return "male" if int(digits[16]) % 2 else "female"
