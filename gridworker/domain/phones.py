"""Telephone numbers as registers hold them: several in a cell, with labels, spaces and prefixes."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from gridworker.domain.cells import cell_text

_MOBILE = re.compile(r"(?:(?:00|\+)?86|0)?(1[3-9][0-9]{9})")
_TWO_OR_MORE_MOBILES = re.compile(r"(?:1[3-9][0-9]{9}){2,}")
_LANDLINE = re.compile(
    r"(?:(?:00|\+)?86-?)?"
    r"(?P<area>010|02[0-9]|0[3-9][0-9]{2}|0[0-9]{2,3})-?(?P<number>[0-9]{3,4}-?[0-9]{4})(?:[#-](?P<inner>[0-9]{1,6}))?"
)
_EXTENSION_WORD = re.compile(r"\s*(?:转|分机|EXT\.?)\s*:?\s*", re.IGNORECASE)
_LABEL = re.compile(r"[^0-9+\-.()#\s]+|[\r\n]+")
_DASHES = re.compile(r"[‐‑‒–—―−~]")
_NOISE = re.compile(r"[\s().]+")
_DASHED = re.compile(r"-{2,}")
_SHOWN_AS_FLOAT = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_LONGEST_NUMBER = 5
_SHORTEST_ATTEMPT = 3


class Phones(msgspec.Struct, frozen=True):
    """The numbers of one cell in order, each once, and the pieces that look like numbers but are none."""

    numbers: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def parse_phones(value: object) -> Phones:
    """Read all numbers of a cell: mobiles as 11 digits, landlines as 0571-88888888 or 0571-88888888-801."""
    text = cell_text(value)
    if not text:
        return Phones()
    if _is_mobile(text):
        return Phones((text,))
    if _SHOWN_AS_FLOAT.fullmatch(text):
        return Phones(doubtful=(text,))
    numbers: dict[str, None] = {}
    doubtful: dict[str, None] = {}
    for found, number in _pieces(text):
        (numbers if number else doubtful)[found] = None
    if not numbers and not doubtful:
        doubtful[text] = None
    return Phones(tuple(numbers), tuple(doubtful))


def format_phone(number: str) -> str:
    """The number as people read it aloud: 138 0013 8000; a landline stays as it is."""
    return f"{number[:3]} {number[3:7]} {number[7:]}" if _is_mobile(number) else number


def phone_digits(number: str) -> str:
    """Only the digits, for search by the tail and for the dialler."""
    return "".join(char for char in number if char.isascii() and char.isdigit())


def _is_mobile(number: str) -> bool:
    return len(number) == 11 and _MOBILE.fullmatch(number) is not None


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Numbers and doubtful pieces in order, each with whether it is a number."""
    for chunk in _LABEL.split(_EXTENSION_WORD.sub("#", _DASHES.sub("-", text))):
        piece = chunk.strip(" \t.()#-").removesuffix(".0")
        if piece:
            yield from _numbers(piece.split())


def _numbers(words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Join neighbouring words to the longest number that makes sense, then go on behind it."""
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + _LONGEST_NUMBER), start, -1):
            found = _as_numbers("".join(words[start:end]))
            if found:
                yield from ((number, True) for number in found)
                start = end
                break
        else:
            if len(phone_digits(words[start])) >= _SHORTEST_ATTEMPT:
                yield words[start], False
            start += 1


def _as_numbers(text: str) -> tuple[str, ...]:
    """The one number the text is, or the several mobiles that stand in it without a gap; empty if neither."""
    tidy = _DASHED.sub("-", _NOISE.sub("", text).replace(")", "-")).strip("-#")
    digits = tidy.replace("-", "")
    mobile = _MOBILE.fullmatch(digits)
    if mobile:
        return (mobile[1],)
    landline = _LANDLINE.fullmatch(tidy)
    if landline:
        inner = f"-{landline['inner']}" if landline["inner"] else ""
        return (f"{landline['area']}-{landline['number'].replace('-', '')}{inner}",)
    if _TWO_OR_MORE_MOBILES.fullmatch(digits):
        return tuple(digits[i : i + 11] for i in range(0, len(digits), 11))
    return ()
