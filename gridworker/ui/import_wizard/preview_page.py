"""The preview: what was not read, what was found, lists of rows by what becomes of them, and the columns."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from gridworker.actions.imports.columns import ColumnUse
from gridworker.actions.imports.messages import Ready
from gridworker.actions.imports.preview import PageName
from gridworker.i18n import N_, _
from gridworker.ui.cases.pieces import Strip, column_of
from gridworker.ui.controls import Card, Label, Scrolled
from gridworker.ui.filters import FilterRow
from gridworker.ui.import_wizard.columns_page import ColumnsPage
from gridworker.ui.import_wizard.words import VERBS, counts_of, dropped_words, outcome_of
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.table import RecordTable, TableFrame
from gridworker.ui.theme import theme

ListName = PageName | Literal["skipped", "columns"]
LISTS: dict[ListName, str] = {
    "doubtful": N_("要核对"),
    "new": N_("新增"),
    "changed": N_("更新"),
    "same": N_("不变"),
    "repeated": N_("合并重复"),
    "skipped": N_("不导入的行"),
    "columns": N_("表格的列"),
}
"""What can be looked at, by name."""


LOW = 400
"""Below this height (pixels at 100 %) the details give way to the rows."""


class ListedRow(msgspec.Struct, frozen=True):
    """One line of a list: rows of the file, what becomes of it, whom, and why; `detail` says all of it."""

    rows: tuple[int, ...]
    verb: str
    name: str
    address: str
    remark: str
    detail: str


WAITING = ListedRow((), "", "…", "…", "", "")
"""Stands for a row that is on its way."""


class PreviewPage(QWidget):
    """It shows lists and says which one is wanted."""

    list_chosen = Signal(str)

    def __init__(self, fetch_page: Callable[[Sequence[int]], Sequence[ListedRow | None]]) -> None:
        """Without a file."""
        super().__init__()
        self.dropped = Strip("warn")
        self._counts, self._outcome = Label("", "subtitle", bold=True, wrap=True), Label("", wrap=True)
        self.lists = FilterRow(
            _("看哪些行"), [(name, _(text)) for name, text in LISTS.items()], exclusive=True
        )
        self.lists.changed.connect(self._choose)
        self._list: ListName = "doubtful"
        self._total = 0
        self._layout: Sequence[ColumnUse] = ()
        self._model: PagedModel[ListedRow] = PagedModel(
            _columns(), fetch_page, id_of=lambda row: row.rows[:1]
        )
        self.table = RecordTable(self._model, name=_("预览"))
        self.table.current_changed.connect(lambda _key: self.show_detail())
        self.columns = ColumnsPage()
        self._detail = Label("", wrap=True)
        self._arrange()

    def show_preview(self, ready: Ready) -> None:
        """Show what a file would do; `show_list` follows."""
        report = ready.report
        self.dropped.say(dropped_words(report))
        self._counts.setText(counts_of(report))
        self._outcome.setText(outcome_of(report))
        counts = {
            "doubtful": report.doubtful_rows,
            "new": report.new,
            "changed": report.changed,
            "same": report.same,
            "repeated": report.repeated,
            "skipped": sum(report.skipped.values()),
            "columns": len(ready.layout.columns),
        }
        for name, count in counts.items():
            self.lists.set_count(name, count)
        self._layout = ready.layout.columns

    def show_list(self, name: ListName, total: int) -> None:
        """Turn to a list of so many rows; they are listed when the first of them have come."""
        self._list, self._total = name, 0 if name == "columns" else total
        self.lists.set_active(name)
        self._model.set_keys(())
        if name == "columns":
            self.columns.show_columns(self._layout)
        self._stack.setCurrentIndex(1 if name == "columns" else 0)
        self.table.set_empty(_("这里没有行"))
        self.table.set_loading(bool(self._total))
        self.show_detail()

    def waits(self) -> bool:
        """Whether the first rows of the list are still on their way."""
        return bool(self._total) and not self._model.keys

    def show_total(self, total: int) -> None:
        """The list is longer or shorter than the counts of the report say."""
        self._total = total

    def refresh_rows(self) -> None:
        """Rows have come that were missing."""
        first = not self._model.keys
        self.table.set_loading(False)
        self._model.set_keys(range(self._total))
        if first:
            self.table.select_key(0)
        self.show_detail()

    def show_detail(self) -> None:
        """Say everything about the row under the cursor."""
        row = self._model.record(self.table.currentIndex().row())
        self._detail.setText(row.detail if row else "")
        self._detail_card.setVisible(bool(row and row.detail) and self._high())

    def detail(self) -> str:
        """What is said about the row under the cursor."""
        return self._detail.text()

    def outcome(self) -> str:
        """The two sentences at the top."""
        return f"{self._counts.text()} {self._outcome.text()}"

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is low, the rows come first."""
        super().resizeEvent(event)
        self._outcome.setVisible(self._high())
        self.show_detail()

    def _high(self) -> bool:
        return self.height() >= theme().px(LOW)

    def _choose(self, names: tuple[str, ...]) -> None:
        name = next(iter(names), self._list)
        self.lists.set_active(name)
        self.list_chosen.emit(name)

    def _arrange(self) -> None:
        column = column_of(self)
        summary = Card()
        summary.body.setSpacing(2)
        summary.body.addWidget(self._counts)
        summary.body.addWidget(self._outcome)
        self._detail_card = Card()
        self._detail_card.body.addWidget(self._detail)
        rows = QWidget()
        below = column_of(rows)
        below.addWidget(TableFrame(self.table), 1)
        below.addWidget(self._detail_card)
        card = Card()
        card.body.setContentsMargins(1, 1, 1, 1)
        card.body.addWidget(Scrolled(self.columns))
        self._stack = QStackedWidget()
        for page in (rows, card):
            self._stack.addWidget(page)
        for part in (self.dropped, summary, self.lists):
            column.addWidget(part)
        column.addWidget(self._stack, 1)


def _columns() -> tuple[TableColumn[ListedRow], ...]:
    return (
        TableColumn(N_("行号"), lambda row: "、".join(map(str, row.rows)), 70, align="right"),
        TableColumn(N_("处理"), lambda _row: "", 70, tags=_verb),
        TableColumn(N_("姓名"), lambda row: row.name, 90, bold=True),
        TableColumn(N_("地址"), lambda row: row.address, 180),
        TableColumn(N_("说明"), lambda row: row.remark, 200, stretch=True, tip=lambda row: row.detail),
    )


def _verb(row: ListedRow) -> tuple[tuple[str, str], ...]:
    if row is WAITING:
        return ()
    words, colour = VERBS[row.verb]
    return ((_(words), colour),)
