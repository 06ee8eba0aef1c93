"""What the value of a spreadsheet cell says as plain text."""

import math
import re
import unicodedata

BLANK_MARKS = frozenset({
    "", "/", "\\", "-", "--", "—", "——", "无", "暂无", "没有", "不详", "未知",
    "N/A", "NA", "#N/A", "NULL", "NONE", "NAN",
})  # fmt: skip
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_MARKS_TEXT = re.compile(r"^['‘’`\s]+")
EXACT_FLOAT_LIMIT = 10**15
"""Spreadsheets keep 15 significant digits: from here on a float may have lost some."""


def cell_text(value: object) -> str:
    """The half-width, trimmed text of a cell; an empty cell, "/" or "无" gives an empty text."""
    if value is None:
        return ""
    text = _number_text(value) if isinstance(value, float) else str(value)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    text = _MARKS_TEXT.sub("", text).rstrip()
    return "" if text.upper() in BLANK_MARKS else text


def _number_text(value: float) -> str:
    if not math.isfinite(value):
        return ""
    whole = value.is_integer() and abs(value) < EXACT_FLOAT_LIMIT
    return str(int(value)) if whole else repr(value)
