"""What the window and its import process say to each other over their pipe."""

from datetime import date
from typing import Any

import msgspec

from gridworker.actions.imports.preview import Page, PageName
from gridworker.actions.imports.register import Layout
from gridworker.actions.imports.report import Report
from gridworker.actions.imports.rows import SkippedRow


class Start(msgspec.Struct, frozen=True, tag="start"):
    """The first order: read this file and plan it against this database; the key travels nowhere else."""

    file: str
    database: str
    key: bytes
    today: date
    chosen: dict[int, str | None] = {}

    def __repr__(self) -> str:
        return f"Start(file={self.file!r}, key=…)"


class AskPage(msgspec.Struct, frozen=True, tag="ask_page"):
    """Order: send some rows of a list of the preview."""

    name: PageName
    offset: int
    limit: int


class AskSkipped(msgspec.Struct, frozen=True, tag="ask_skipped"):
    """Order: send some of the rows that were left out."""

    offset: int
    limit: int


class Remap(msgspec.Struct, frozen=True, tag="remap"):
    """Order: read the file again with these meanings of its columns."""

    chosen: dict[int, str | None]


class Commit(msgspec.Struct, frozen=True, tag="commit"):
    """Order: write everything in one transaction."""


Order = Start | AskPage | AskSkipped | Remap | Commit


class Progressed(msgspec.Struct, frozen=True, tag="progressed"):
    """Rows done of a phase: open, read, match or save."""

    phase: str
    done: int
    total: int


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The preview can be asked for; nothing is written yet."""

    report: Report
    layout: Layout


class PageRead(msgspec.Struct, frozen=True, tag="page_read"):
    """The page that was asked for."""

    page: Page


class SkippedRead(msgspec.Struct, frozen=True, tag="skipped_read"):
    """The left-out rows that were asked for."""

    offset: int
    rows: tuple[SkippedRow, ...]


class Saved(msgspec.Struct, frozen=True, tag="saved"):
    """Everything is written and durable."""

    report: Report


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A Problem of the file or the database, to be shown by its code and values; nothing was written."""

    code: str
    values: dict[str, Any] = {}


class Stopped(msgspec.Struct, frozen=True, tag="stopped"):
    """The process is gone without a word; whatever it was writing has not happened."""

    exit_code: int | None


Event = Progressed | Ready | PageRead | SkippedRead | Saved | Failed | Stopped

encode = msgspec.msgpack.Encoder().encode
decode_order = msgspec.msgpack.Decoder(Order).decode
decode_event = msgspec.msgpack.Decoder(Event).decode
