"""Finding the heading of a register under its title rows, also one that is two rows high."""

from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from gridworker.actions.imports.columns import SERIAL, ColumnUse, map_columns, plain_heading
from gridworker.actions.imports.limits import Limits
from gridworker.actions.imports.workbook import Row, SheetRows

_LONGEST_HEADING = 30
_SECOND_ROW_BONUS = 0.4
"""A second heading row has to explain more than it hides."""
_MOST = 0.6
"""A row of groups leaves so many columns below it their meaning; a row of remarks does not."""
_SAMPLES = 3
_SAMPLED_ROWS = 30


class Heading(msgspec.Struct, frozen=True):
    """Where the heading of a sheet is (`first` and `last` row from 0) and what its columns mean."""

    first: int
    last: int
    columns: tuple[ColumnUse, ...]
    score: float


def find_heading(sheet: SheetRows, limits: Limits) -> Heading | None:
    """The best heading among the first rows, or None: it needs the name and one more meaning."""
    best: Heading | None = None
    top = sheet.rows[: limits.header_rows]
    for index, row in enumerate(top):
        for last in (index, index + 1):
            below = sheet.rows[last] if last < len(sheet.rows) else ()
            found = _heading(index, last, row, below)
            if found and (best is None or found.score > best.score):
                best = found
    if best is None:
        return None
    best = _under_groups(best, sheet)
    return msgspec.structs.replace(best, columns=_with_samples(best, sheet.rows))


def _under_groups(found: Heading, sheet: SheetRows) -> Heading:
    """The same heading, seen under a row of groups above it, if there is one: whose telephone is it?"""
    above = found.first - 1
    if found.first != found.last or above < 0 or sum(map(bool, map(_text, sheet.rows[above]))) < 2:
        return found
    grouped = _heading(above, found.last, sheet.rows[above], sheet.rows[found.last])
    return grouped if grouped and _meanings(grouped) >= _MOST * _meanings(found) else found


def _meanings(heading: Heading) -> int:
    return sum(1 for use in heading.columns if use.target)


def _heading(first: int, last: int, row: Row, below: Row) -> Heading | None:
    upper = [_text(cell) for cell in row]
    if first == last:
        columns = map_columns([(text, "") for text in upper])
        return _scored(first, last, columns, 0.0)
    lower = [_text(cell) for cell in below]
    if not any(upper) or not any(lower):
        return None
    heads = [(low or "", up) for low, up in zip_longest(lower, _spread(upper, lower), fillvalue="")]
    return _scored(first, last, map_columns(heads), _SECOND_ROW_BONUS)


def _scored(first: int, last: int, columns: tuple[ColumnUse, ...], cost: float) -> Heading | None:
    sure = {use.target: use.confidence for use in columns if use.target and use.target != SERIAL}
    dropped = sum(use.verdict == "dropped" for use in columns)
    if "name" not in sure or len(sure) < 2:
        return None
    return Heading(first, last, columns, sum(sure.values()) + 0.1 * dropped - cost)


def _spread(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """A merged upper heading speaks for the columns to its right that have only a lower one."""
    spread: list[str] = []
    held = ""
    for index in range(max(len(upper), len(lower))):
        text = upper[index] if index < len(upper) else ""
        low = lower[index] if index < len(lower) else ""
        held = text or (held if low else "")
        spread.append(held)
    return spread


def _text(cell: object) -> str:
    """A heading is a short text; numbers, dates and whole sentences are none."""
    if not isinstance(cell, str):
        return ""
    text = cell.strip()
    return text if len(plain_heading(text)) <= _LONGEST_HEADING else ""


def _with_samples(heading: Heading, rows: Sequence[Row]) -> tuple[ColumnUse, ...]:
    """The first few values of each column that may be read, to show beside the choice of its meaning."""
    below = rows[heading.last + 1 : heading.last + 1 + _SAMPLED_ROWS]
    return tuple(
        use if use.verdict == "dropped" else msgspec.structs.replace(use, samples=_samples(use.index, below))
        for use in heading.columns
    )


def _samples(index: int, rows: Sequence[Row]) -> tuple[str, ...]:
    found = (str(row[index]).strip() for row in rows if index < len(row) and row[index] not in (None, ""))
    return tuple(dict.fromkeys(text for text in found if text))[:_SAMPLES]
