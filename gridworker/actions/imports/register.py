"""A register that was read: its sheet, what its columns mean, and the people in it."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import msgspec

from gridworker.actions.imports.columns import ColumnUse, override
from gridworker.actions.imports.drafts import Draft
from gridworker.actions.imports.header import Heading, find_heading
from gridworker.actions.imports.limits import LIMITS, Limits
from gridworker.actions.imports.repeats import merge_repeats
from gridworker.actions.imports.rows import SkippedRow, read_rows
from gridworker.actions.imports.workbook import RegisterFile, SheetRows
from gridworker.domain.problems import Problem

Progress = Callable[[str, int, int], None]
"""Told (phase, done, total); phases are open, read, match, save."""


def no_progress(phase: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


class Layout(msgspec.Struct, frozen=True):
    """Which sheet was read, the row of its heading as Excel counts, its columns, and sheets left aside."""

    sheet: str
    heading_row: int
    columns: tuple[ColumnUse, ...]
    skipped_sheets: tuple[str, ...] = ()


class Register(msgspec.Struct, frozen=True):
    """Everything that was read from a file; nothing of a forbidden column is in it.

    `people_rows` counts rows that are people, repeated ones included.
    """

    file: str
    sha256: str
    layout: Layout
    drafts: list[Draft]
    skipped: list[SkippedRow]
    people_rows: int
    unread: dict[str, int] = {}


def read_register(
    path: Path,
    *,
    today: date,
    chosen: Mapping[int, str | None] | None = None,
    progress: Progress = no_progress,
    limits: Limits = LIMITS,
) -> Register:
    """Read a register; `chosen` overrides what columns mean (index from 0 → meaning, None leaves it out).

    Raises Problem: file_missing, file_locked, file_unreadable, file_not_workbook, file_password,
    file_too_large, file_empty, file_no_header, column_forbidden.
    """
    progress("open", 0, 1)
    file = RegisterFile(path, limits)
    sheet, heading = _best_sheet(file, limits)
    if chosen:
        heading = msgspec.structs.replace(heading, columns=override(heading.columns, chosen))
    progress("read", 0, len(sheet.rows))
    read = read_rows(sheet, heading, today=today, progress=lambda done, total: progress("read", done, total))
    if not read.drafts:
        raise Problem("file_empty", file=file.name)
    aside = tuple(name for name in (*file.sheet_names, *file.hidden_names) if name != sheet.name)
    layout = Layout(sheet.name, heading.last + 1, heading.columns, aside)
    people = len(read.drafts)
    return Register(
        file.name, file.sha256, layout, merge_repeats(read.drafts), read.skipped, people, dict(read.unread)
    )


def _best_sheet(file: RegisterFile, limits: Limits) -> tuple[SheetRows, Heading]:
    """The visible sheet with the best heading; one sheet at a time is held beside the best."""
    best: tuple[SheetRows, Heading] | None = None
    empty = True
    for name in file.sheet_names:
        sheet = file.sheet(name)
        empty = empty and not any(any(row) for row in sheet.rows)
        heading = find_heading(sheet, limits)
        if heading and (best is None or heading.score > best[1].score):
            best = sheet, heading
    if best is None:
        raise Problem("file_empty" if empty else "file_no_header", file=file.name)
    return best
