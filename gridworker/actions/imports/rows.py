"""Going through the rows of a register: people, totals, hints, empty rows and repeated headings."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date

import msgspec

from gridworker.actions.imports.cells import (
    is_whole_place,
    read_birth,
    read_choice,
    read_id_number,
    read_lives_alone,
    read_note,
    read_phones,
    read_place,
)
from gridworker.actions.imports.columns import SERIAL, ColumnUse, headings, plain_heading
from gridworker.actions.imports.dictionaries import RowWords, codes_by_word, row_words
from gridworker.actions.imports.drafts import Draft
from gridworker.actions.imports.header import Heading
from gridworker.actions.imports.workbook import Row, SheetRows
from gridworker.domain.cells import cell_text
from gridworker.domain.names import clean_name

_PLACE_PARTS = ("estate", "building", "unit", "room")
_FILLED_DOWN = frozenset({"address", *_PLACE_PARTS, "hukou_region"})
"""Merged cells of these columns speak for every row they cover."""
_LONGEST_NAME = 15
_PROGRESS_ROWS = 1_000
_FIRST_LETTERS = frozenset(
    word[0]
    for word in (
        *row_words().totals, *row_words().signatures, *row_words().hints,
        *(heading for heading, target in headings().items() if target == "name"),
    )
)  # fmt: skip
"""The letters that a name begins with if the row might be no person."""


class SkippedRow(msgspec.Struct, frozen=True):
    """A row that is no person, and why: empty, total, signature, hint, heading, title or no_name."""

    row: int
    reason: str


class ReadRows(msgspec.Struct):
    """Everything that the rows of a sheet gave; `unread` counts values too long to be a word, by column."""

    drafts: list[Draft]
    skipped: list[SkippedRow]
    unread: Counter[str]


def read_rows(
    sheet: SheetRows,
    heading: Heading,
    *,
    today: date,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ReadRows:
    """Drafts of all people below the heading; no cell makes it raise."""
    reader = _RowReader(heading.columns, sheet.blank_formulas, today)
    result = ReadRows([], [], reader.unread)
    rows = _filled_down(sheet, heading)
    for index in range(heading.last + 1, len(rows)):
        read = reader.read(index, rows[index])
        if isinstance(read, Draft):
            result.drafts.append(read)
        else:
            result.skipped.append(SkippedRow(index + 1, read))
        if index % _PROGRESS_ROWS == 0:
            progress(index, len(rows))
    return result


class _RowReader:
    def __init__(
        self, columns: Sequence[ColumnUse], blank_formulas: frozenset[tuple[int, int]], today: date
    ) -> None:
        self._at: dict[str, int] = {}
        self._all_at: dict[str, list[int]] = {}
        for use in columns:
            if use.target:
                self._at.setdefault(use.target, use.index)
                self._all_at.setdefault(use.target, []).append(use.index)
        self._target_at = {use.index: use.target for use in columns if use.target and use.target != SERIAL}
        self._kept = tuple(self._target_at)
        self._choices = tuple(t for t in ("relation", "hukou_match", "status") if t in self._at)
        self._has_parts = any(part in self._at for part in _PLACE_PARTS)
        self._blank_formulas = blank_formulas
        self._today = today
        self.unread: Counter[str] = Counter()

    def read(self, index: int, row: Row) -> Draft | str:
        """A draft, or why the row is none."""
        name = clean_name(self._cell(row, "name"))
        serial = self._cell(row, SERIAL)
        unnumbered = isinstance(serial, str) and serial.strip()[:1] in _FIRST_LETTERS
        if not name or unnumbered or name[0] in _FIRST_LETTERS or len(name) > _LONGEST_NAME:
            reason = self._reason_to_skip(name, row)
            if reason:
                return reason
        draft = Draft([index + 1], {"name": name}, [])
        self._fill(draft, row)
        if self._blank_formulas:
            self._name_blank_formulas(draft, index)
        return draft

    def _fill(self, draft: Draft, row: Row) -> None:
        if any(char.isdigit() for char in draft.name) or len(draft.name) > _LONGEST_NAME:
            draft.doubt("name_odd", "name", draft.name)
        read_choice(draft, "sex", self._cell(row, "sex"))
        read_birth(draft, self._cell(row, "birth"), self._today)
        read_id_number(draft, self._cell(row, "id_number"), self._today)
        read_phones(draft, self._cells(row, "phones"))
        for target in self._choices:
            read_choice(draft, target, self._cell(row, target))
        self._read_hukou(draft, row)
        read_lives_alone(draft, self._cell(row, "lives_alone"))
        read_note(draft, self._cells(row, "note"))
        self._read_place(draft, row)

    def _read_hukou(self, draft: Draft, row: Row) -> None:
        text = cell_text(self._cell(row, "hukou_region"))
        if text and is_whole_place(text) and text.upper() not in codes_by_word("hukou_region"):
            self.unread["hukou_region"] += 1
        elif text:
            read_choice(draft, "hukou_region", text)

    def _read_place(self, draft: Draft, row: Row) -> None:
        parts = (
            tuple(cell_text(self._cell(row, part)) for part in _PLACE_PARTS) if self._has_parts else ("",) * 4
        )
        read_place(draft, cell_text(self._cell(row, "address")), parts)
        floor = cell_text(self._cell(row, "floor")).rstrip("层楼Ff")
        if draft.at.floor is None and floor.lstrip("-").isdecimal() and len(floor) < 4:
            draft.at = msgspec.structs.replace(draft.at, floor=int(floor))
        use = cell_text(self._cell(row, "use"))
        draft.use = codes_by_word("use").get(use.upper(), "") if use else ""

    def _cell(self, row: Row, target: str) -> object:
        at = self._at.get(target)
        return row[at] if at is not None and at < len(row) else None

    def _cells(self, row: Row, target: str) -> list[object]:
        return [row[at] for at in self._all_at.get(target, ()) if at < len(row)]

    def _name_blank_formulas(self, draft: Draft, index: int) -> None:
        for at, target in self._target_at.items():
            if (index, at) in self._blank_formulas:
                draft.doubt("formula_empty", target)

    def _reason_to_skip(self, name: str, row: Row) -> str:
        texts = [text for text in (cell_text(cell) for cell in row) if text]
        if not texts:
            return "empty"
        reason = _reason_by_words(name or texts[0], row_words()) or _reason_by_words(texts[0], row_words())
        if reason:
            return reason
        if name:
            return "heading" if headings().get(plain_heading(name)) == "name" else ""
        kept = sum(1 for at in self._kept if at < len(row) and cell_text(row[at]))
        if kept == 0:
            return "title" if len(texts) == 1 and not texts[0].isdecimal() else "empty"
        return "title" if len(texts) == 1 else "no_name"


def _reason_by_words(text: str, words: RowWords) -> str:
    plain = text.replace(" ", "")
    for reason, starts in (("total", words.totals), ("signature", words.signatures), ("hint", words.hints)):
        if plain.startswith(starts):
            return reason
    return ""


def _filled_down(sheet: SheetRows, heading: Heading) -> Sequence[Row]:
    """The rows with merged place cells repeated into every row they cover."""
    columns = {use.index for use in heading.columns if use.target in _FILLED_DOWN}
    merged = [m for m in sheet.merged if m[1] in columns and m[0] > heading.last and m[2] > m[0]]
    if not merged:
        return sheet.rows
    rows = list(sheet.rows)
    for top, left, bottom, _ in merged:
        for index in range(top + 1, min(bottom + 1, len(rows))):
            rows[index] = _with_cell(rows[index], left, _cell_of(rows[top], left))
    return rows


def _cell_of(row: Row, at: int) -> object:
    return row[at] if at < len(row) else None


def _with_cell(row: Row, at: int, value: object) -> Row:
    cells = list(row) + [None] * (at + 1 - len(row))
    cells[at] = value
    return cells
