"""Big tables: every key in memory, rows fetched by the page when they are first painted."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar

import msgspec
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.i18n import _

R = TypeVar("R")
Key = Hashable
Index = QModelIndex | QPersistentModelIndex

PAGE_ROWS = 32
"""Somewhat more than a window shows: what is read and not seen costs as much as what is."""
PAGES_KEPT = 96
LONG_LIST = 5_000
"""Keys from which on it takes a noticeable time to number them."""

_ALIGN = {
    "left": Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    "right": Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
    "center": Qt.AlignmentFlag.AlignCenter,
}
_CELL = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
_NOWHERE = QModelIndex()
ROW_ROLE = int(Qt.ItemDataRole.UserRole)
"""The row itself, or None while it is not there."""


@dataclass(frozen=True)
class TableColumn(Generic[R]):
    """One column: how its cells read and look; `title` is marked with N_, `width` is pixels at 100 %."""

    title: str
    text: Callable[[R], str]
    width: int = 120
    align: Literal["left", "right", "center"] = "left"
    stretch: bool = False
    """Takes what room is left over; at most one column of a table."""
    tags: Callable[[R], Sequence[tuple[str, str]]] | None = None
    """(word, colour) of pills painted in place of the text."""
    lamp: Callable[[R], str] | None = None
    """The name of a lamp (`lamps.LAMPS`) painted before the text, which is its word."""
    second: Callable[[R], str] | None = None
    """A second, paler line, for tables with two lines a row."""
    tip: Callable[[R], str] | None = None
    sort: str = ""
    """What `sort_chosen` says when the header is clicked; empty: not sortable."""
    bold: bool = False


class Cell(msgspec.Struct, frozen=True, gc=False):
    """What one cell shows, worked out once for each fetched row; its tip only when somebody points at it."""

    text: str
    tags: tuple[tuple[str, str], ...] = ()
    lamp: str = ""
    second: str = ""


class _Line(Generic[R]):
    """A fetched row and, once it was painted, its cells: most rows of a page are never seen."""

    __slots__ = ("cells", "row")

    def __init__(self, row: R) -> None:
        self.row = row
        self.cells: tuple[Cell, ...] | None = None


class PagedModel(QAbstractTableModel, Generic[R]):
    """A table of `keys`; `fetch_page(keys)` gives their rows in the same order and number, None for one gone.

    `fetch_page` is called on the main thread while painting and must be quick (1 ms a page); the keys come
    from a background read. `id_of` gives the record id of a row, which `drop` compares with touched ids.
    """

    sort_chosen = Signal(str, bool)
    """(`TableColumn.sort`, ascending): somebody clicked a header; answer with `set_keys`."""
    fetch_failed = Signal(object)
    """A `Problem` of `fetch_page`; nothing is fetched again before the next `set_keys` or `refresh`."""

    def __init__(
        self,
        columns: Sequence[TableColumn[R]],
        fetch_page: Callable[[Sequence[Any]], Sequence[R | None]],
        *,
        id_of: Callable[[R], Any] = attrgetter("id"),
        parent: QObject | None = None,
    ) -> None:
        """An empty table; give it keys with `set_keys`."""
        super().__init__(parent)
        self.columns = tuple(columns)
        self._fetch_page = fetch_page
        self._id_of = id_of
        self._keys: Sequence[Any] = ()
        self._rows_of_keys: dict[Key, int] | None = None
        self._long_list: tuple[Sequence[Any] | None, dict[Key, int]] = (None, {})
        self._pages: OrderedDict[int, tuple[_Line[R] | None, ...]] = OrderedDict()
        self._broken = False

    @property
    def keys(self) -> Sequence[Any]:
        """Every key in the order shown."""
        return self._keys

    def set_keys(self, keys: Sequence[Any]) -> None:
        """Show these keys; unchanged keys only fetch rows again. Tables keep selection and scroll.

        A list that was given here must not be changed any more; it may be given again.
        """
        if keys == self._keys:
            self.refresh()
            return
        self.beginResetModel()
        self._keys, self._rows_of_keys, self._broken = keys, None, False
        self._pages.clear()
        self.endResetModel()

    def refresh(self) -> None:
        """Forget every fetched row and paint again; selection and scroll stay."""
        self._pages.clear()
        self._broken = False
        if self._keys:
            self._say_changed(0, len(self._keys) - 1)

    def touch(self, touched: Touched) -> None:
        """Fetch again whatever of the shown rows changed."""
        if touched.everything:
            self.refresh()
        else:
            self.drop(touched.ids)

    def drop(self, ids: Collection[Any]) -> None:
        """Fetch the rows of these records again, where they are held."""
        for page, lines in list(self._pages.items()):
            stale = [n for n, line in enumerate(lines) if line is not None and self._id_of(line.row) in ids]
            if stale:
                del self._pages[page]
                self._say_changed(page * PAGE_ROWS + stale[0], page * PAGE_ROWS + stale[-1])

    def key_at(self, row: int) -> Any:
        """The key of a row, or None outside the table."""
        return self._keys[row] if 0 <= row < len(self._keys) else None

    def row_of(self, key: Key) -> int | None:
        """Where a key is shown, or None."""
        if self._rows_of_keys is None:
            self._rows_of_keys = self._count_rows()
        return self._rows_of_keys.get(key)

    def record(self, row: int) -> R | None:
        """The row itself, fetched if need be; None if it is gone or outside the table."""
        line = self._line(row)
        return None if line is None else line.row

    def cell(self, row: int, column: int) -> Cell | None:
        """What a cell shows, or None if its row is gone."""
        cells = self.cells(row)
        return None if cells is None else cells[column]

    def cells(self, row: int) -> tuple[Cell, ...] | None:
        """What every cell of a row shows, or None if it is gone."""
        line = self._line(row)
        if line is None:
            return None
        if line.cells is None:
            line.cells = tuple([_cell(one, line.row) for one in self.columns])
        return line.cells

    def tip(self, row: int, column: int) -> str:
        """What to say about a cell while the mouse rests on it; its own text where there is nothing else."""
        line, ask = self._line(row), self.columns[column].tip
        told = ask(line.row) if line is not None and ask is not None else ""
        cell = None if told else self.cell(row, column)
        return cell.text if cell is not None else told

    def hold(self, first: int, last: int) -> None:
        """Fetch what is missing of these rows in one call, before they are looked at one by one."""
        last = min(last, len(self._keys) - 1)
        pages = range(max(0, first) // PAGE_ROWS, last // PAGE_ROWS + 1)
        missing = [page for page in pages if page not in self._pages]
        if missing:
            self._read_pages(missing)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """As many rows as keys."""
        return 0 if parent.isValid() else len(self._keys)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """As many as were given."""
        return 0 if parent.isValid() else len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The same for every cell, without looking at its row."""
        return _CELL if index.isValid() else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Text, alignment and tool tip of a cell, and its row under ROW_ROLE."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGN[self.columns[index.column()].align]
        if role == ROW_ROLE:
            return self.record(index.row())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tip(index.row(), index.column()) or None
        shown = _SHOWN.get(role)
        cell = self.cell(index.row(), index.column()) if shown else None
        return shown(cell) if shown and cell else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """Titles above, row numbers (from 1) for assistive technology at the left."""
        if orientation is Qt.Orientation.Vertical:
            return str(section + 1) if role == Qt.ItemDataRole.DisplayRole else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return _(self.columns[section].title)
        return _ALIGN[self.columns[section].align] if role == Qt.ItemDataRole.TextAlignmentRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Ask for other keys; sorting is the database's work."""
        if 0 <= column < len(self.columns) and self.columns[column].sort:
            self.sort_chosen.emit(self.columns[column].sort, order is Qt.SortOrder.AscendingOrder)

    def _count_rows(self) -> dict[Key, int]:
        """The row of each key; that of a long list is kept, because a search comes back to the same one."""
        keys, rows = self._long_list
        if keys is self._keys:
            return rows
        rows = dict(zip(self._keys, range(len(self._keys)), strict=True))
        if len(rows) >= LONG_LIST:
            self._long_list = (self._keys, rows)
        return rows

    def _line(self, row: int) -> _Line[R] | None:
        if not 0 <= row < len(self._keys):
            return None
        page, place = divmod(row, PAGE_ROWS)
        lines = self._pages.get(page)
        if lines is None:
            self._read_pages([page])
            lines = self._pages.get(page, ())
        else:
            self._pages.move_to_end(page)
        return lines[place] if place < len(lines) else None

    def _read_pages(self, pages: Sequence[int]) -> None:
        """Fetch pages in one call; those of longest ago are forgotten for them."""
        if self._broken:
            return
        parts = [self._keys[page * PAGE_ROWS : (page + 1) * PAGE_ROWS] for page in pages]
        keys = parts[0] if len(parts) == 1 else [key for part in parts for key in part]
        self._broken = True  # an error that leaves from here must not be met again for each painted cell
        try:
            rows = self._fetch_page(keys)
        except Problem as problem:
            QTimer.singleShot(0, self, partial(self.fetch_failed.emit, problem))
            return
        if len(rows) != len(keys):
            raise ValueError(
                f"{len(rows)} rows for {len(keys)} keys; fetch_page gives None for one that is gone"
            )
        self._broken = False
        lines = iter([None if row is None else _Line(row) for row in rows])
        for page, part in zip(pages, parts, strict=True):
            self._pages[page] = tuple(islice(lines, len(part)))
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)

    def _say_changed(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))


_SHOWN: dict[int, Callable[[Cell], str]] = {
    int(Qt.ItemDataRole.DisplayRole): lambda cell: cell.text,
    int(Qt.ItemDataRole.AccessibleTextRole): lambda cell: f"{cell.text} {cell.second}".strip(),
}


def _cell(column: TableColumn[R], row: R) -> Cell:
    tags = tuple(column.tags(row)) if column.tags else ()
    return Cell(
        column.text(row) or "、".join(word for word, _colour in tags),
        tags,
        column.lamp(row) if column.lamp else "",
        column.second(row) if column.second else "",
    )
