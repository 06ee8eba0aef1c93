"""Unified social credit codes of organisations (GB 32100)."""

import re
from typing import Literal

import msgspec

from gridworker.domain.cells import cell_text

UsccState = Literal["missing", "ok", "check_bad", "format_bad"]

_CHARSET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {char: value for value, char in enumerate(_CHARSET)}
_WEIGHTS = tuple(3**place % 31 for place in range(17))
_SHAPE = re.compile(f"[{_CHARSET}]{{2}}[0-9]{{6}}[{_CHARSET}]{{10}}")
_SEPARATORS = re.compile(r"[\s-]+")


class Uscc(msgspec.Struct, frozen=True):
    """A code as it was read: the tidied text and how far it can be trusted."""

    text: str
    state: UsccState


def check_character(first17: str) -> str:
    """The 18th character for the first 17."""
    total = sum(_VALUES[char] * weight for char, weight in zip(first17, _WEIGHTS, strict=True))
    return _CHARSET[-total % 31]


def parse_uscc(value: object) -> Uscc:
    """Read a code from any cell value; never raises."""
    text = _SEPARATORS.sub("", cell_text(value)).upper()
    if not text:
        return Uscc("", "missing")
    if not _SHAPE.fullmatch(text):
        return Uscc(text, "format_bad")
    return Uscc(text, "ok" if check_character(text[:17]) == text[17] else "check_bad")
