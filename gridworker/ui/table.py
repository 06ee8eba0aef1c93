"""The table of records that every screen uses: keyboard, copying, empty state, selection kept by key."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QHeaderView, QMenu, QTableView, QVBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.delegate import RowDelegate, Span
from gridworker.ui.icons import pixmap
from gridworker.ui.kept_place import MAX_KEPT, KeptPlace
from gridworker.ui.paged_model import Index, PagedModel
from gridworker.ui.table_header import TableHeader
from gridworker.ui.table_mime import table_mime
from gridworker.ui.theme import theme

MAX_COPIED = 20_000
"""Rows that Ctrl+C takes at most: a bigger piece of the register is an export, with its own record."""

MAX_ROWS = 2**31 - 1
"""What Qt can count."""

_CHORD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_Choice = QItemSelectionModel.SelectionFlag


class RecordTable(QTableView):
    """A table view over a `PagedModel`, ready for the keyboard.

    Enter opens, Home and End go to the first and last row, Ctrl+C copies the selected rows as a table, Ctrl+A
    selects everything as one flag (`selected_keys` then gives every key).
    """

    row_opened = Signal(object)
    """The key of the row on which Enter was pressed or which was double-clicked."""
    current_changed = Signal(object)
    """The key of the row the cursor is on now, or None."""
    selection_changed = Signal()

    def __init__(
        self,
        model: PagedModel[Any],
        *,
        name: str,
        empty: str = "",
        lines: int = 1,
        parent: QWidget | None = None,
    ) -> None:
        """`name` is what a screen reader calls the table, `empty` what it says when it has no rows."""
        super().__init__(parent)
        self._model = model
        self._empty, self._loading, self._everything = empty or _("没有记录"), False, False
        self._menu: Callable[[list[Any]], QMenu | None] | None = None
        self._sized_by_hand = self._fitting = False
        self._row_delegate = RowDelegate(model, self, lines=lines)
        self.setAccessibleName(name)
        self._prepare_view()
        self.setModel(model)
        self._place = KeptPlace(self)
        self._connect()
        self._adopt_theme()

    @property
    def records(self) -> PagedModel[Any]:
        """The model behind the table."""
        return self._model

    def current_key(self) -> Any:
        """The key under the cursor, or None."""
        return self._model.key_at(self.currentIndex().row())

    def selected_keys(self) -> list[Any]:
        """Every selected key in the order shown."""
        if self._everything:
            return list(self._model.keys)
        return [self._model.key_at(row) for row in sorted(self._selected_rows())]

    def everything_selected(self) -> bool:
        """Whether Ctrl+A was pressed and nothing else chosen since."""
        return self._everything

    def select_key(self, key: Any) -> bool:
        """Put the cursor on a key and bring it into view; False if it is not in the table."""
        row = self._model.row_of(key)
        if row is None:
            return False
        self._go_to(row)
        return True

    def set_menu(self, menu: Callable[[list[Any]], QMenu | None]) -> None:
        """`menu` makes the context menu for the selected keys, or None."""
        self._menu = menu

    def set_empty(self, sentence: str) -> None:
        """What to say while there are no rows."""
        self._empty = sentence
        self.viewport().update()

    def set_loading(self, loading: bool) -> None:
        """Say that keys are being read, in place of the empty sentence."""
        self._loading = loading
        self.viewport().update()

    def selectAll(self) -> None:
        """Select every row as one flag: 100,000 of them cost nothing."""
        self._everything = bool(self._model.keys)
        self._row_delegate.all_selected = self._everything
        self.viewport().update()
        self.selection_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter, Home, End and Ctrl+C; everything else as Qt has it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & _CHORD:
            if self.current_key() is not None:
                self.row_opened.emit(self.current_key())
            return
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
            return
        if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End) and self._model.keys:
            last = len(self._model.keys) - 1
            extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._go_to(0 if event.key() == Qt.Key.Key_Home else last, extend=extend)
            return
        super().keyPressEvent(event)

    def copy_rows(self) -> None:
        """Put the selected rows on the clipboard as a table; ids and phones stay text in Excel."""
        rows: Iterable[int] = (
            range(self._model.rowCount()) if self._everything else sorted(self._selected_rows())
        )
        titles = [_(column.title) for column in self._model.columns]
        lines = [titles, *(self._texts(row) for row in list(rows)[:MAX_COPIED])]
        QGuiApplication.clipboard().setMimeData(table_mime(lines))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu that the screen gave for the selected rows, at the mouse or at the cursor row."""
        menu = self._menu(self.selected_keys()) if self._menu else None
        if menu is None:
            return
        at = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            at = self.viewport().mapToGlobal(
                self.visualRect(self.currentIndex()).bottomLeft() + QPoint(24, 0)
            )
        menu.popup(at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The same as Enter."""
        if event.button() is Qt.MouseButton.LeftButton and self.indexAt(event.position().toPoint()).isValid():
            self.row_opened.emit(self.current_key())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows, or a sentence where there are none."""
        if self._model.keys:
            self._row_delegate.current_row = self.currentIndex().row() if self.hasFocus() else -1
            self._paint_rows(event.rect())
        else:
            self._paint_sentence(_("正在读取…") if self._loading else self._empty)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """With the first focus the cursor goes to the first row."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._model.keys:
            self._go_to(0)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The cursor mark goes with the focus."""
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The stretching column takes what is left."""
        super().resizeEvent(event)
        self._fit_columns()

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Say which key the cursor is on."""
        super().currentChanged(current, previous)
        self.viewport().update()
        self.current_changed.emit(self._model.key_at(current.row()))

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Any choice of single rows ends "everything"."""
        super().selectionChanged(selected, deselected)
        self._everything = self._row_delegate.all_selected = False
        self.viewport().update()
        self.selection_changed.emit()

    def _prepare_view(self) -> None:
        self.setItemDelegate(self._row_delegate)
        self.setHorizontalHeader(TableHeader(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setCornerWidget(QWidget())
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def _connect(self) -> None:
        header = self.horizontalHeader()
        if any(column.sort for column in self._model.columns):
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            self.setSortingEnabled(True)
        header.sectionResized.connect(self._note_hand)
        header.geometriesChanged.connect(self._fit_columns)
        self._model.modelAboutToBeReset.connect(self._keep)
        self._model.modelReset.connect(self._restore)
        theme().changed.connect(self._adopt_theme)

    def _adopt_theme(self) -> None:
        self._row_delegate.adopt_theme()
        look = theme()
        height = look.row_height if self._row_delegate.lines == 1 else round(look.row_height * 1.6)
        self.verticalHeader().setDefaultSectionSize(height)
        self.verticalHeader().setMinimumSectionSize(height)
        self._fitting = True
        for at, column in enumerate(self._model.columns):
            self.setColumnWidth(at, look.px(column.width))
        self._fitting = self._sized_by_hand = False
        self._fit_columns()
        self.viewport().update()

    def _fit_columns(self) -> None:
        """Give the stretching column the room that is left, unless somebody set widths by hand."""
        stretching = next((at for at, column in enumerate(self._model.columns) if column.stretch), None)
        if stretching is None or self._sized_by_hand:
            return
        others = sum(self.columnWidth(at) for at in range(len(self._model.columns)) if at != stretching)
        least = theme().px(self._model.columns[stretching].width)
        width = max(least, self.viewport().width() - others)
        if width != self.columnWidth(stretching):
            # Told of it, the view would paint everything once more in a later turn.
            told = self.horizontalHeader().blockSignals(True)
            self.setColumnWidth(stretching, width)
            self.horizontalHeader().blockSignals(told)
            self.updateGeometries()
            self.viewport().update()

    def _note_hand(self) -> None:
        if not self._fitting:
            self._sized_by_hand = True

    def _keep(self) -> None:
        self._place.keep([] if self._everything else self.selected_keys()[:MAX_KEPT])

    def _restore(self) -> None:
        self._everything = self._row_delegate.all_selected = False
        self._settle()
        self._place.restore()

    def _settle(self) -> None:
        """Lay out now: later, rows would be painted and then painted again beside another scroll bar."""
        self.executeDelayedItemsLayout()
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall.value)

    def _go_to(self, row: int, *, extend: bool = False) -> None:
        """Put the cursor on a row, with everything on the way selected if `extend`."""
        # Not setCurrentIndex or selectRow: they toggle while somebody happens to hold Ctrl (as in Ctrl+2).
        start = max(0, self.currentIndex().row()) if extend else row
        rows = QItemSelection(self._model.index(min(start, row), 0), self._model.index(max(start, row), 0))
        self.selectionModel().select(rows, _Choice.ClearAndSelect | _Choice.Rows)
        self.selectionModel().setCurrentIndex(self._model.index(row, 0), _Choice.NoUpdate)
        self.scrollTo(self._model.index(row, 0))

    def _selected_rows(self, first: int = 0, last: int = MAX_ROWS) -> set[int]:
        # Ranges, not selectedRows(): that one makes an index for each row.
        selection = self.selectionModel().selection()
        ranges = [selection.at(n) for n in range(selection.count())]
        return {row for one in ranges for row in range(max(first, one.top()), min(last, one.bottom()) + 1)}

    def _texts(self, row: int) -> list[str]:
        cells = [self._model.cell(row, at) for at in range(len(self._model.columns))]
        return [cell.text if cell else "" for cell in cells]

    def _paint_rows(self, rect: QRect) -> None:
        """Each row at once: Qt's own walk asks model and delegate a dozen things about every cell."""
        first, last = self.rowAt(rect.top()), self.rowAt(rect.bottom())
        if first < 0:
            return
        last = last if last >= 0 else self._model.rowCount() - 1
        self._model.hold(first, last)
        spans, selected = self._spans(rect), self._selected_rows(first, last)
        left, width = spans[0].left, sum(span.width for span in spans)
        painter = QPainter(self.viewport())
        for row in range(first, last + 1):
            place = QRect(left, self.rowViewportPosition(row), width, self.rowHeight(row))
            self._row_delegate.paint_row(painter, row, place, spans, selected=row in selected)
        painter.end()

    def _spans(self, rect: QRect) -> list[Span]:
        """The shown columns that meet a rectangle, from left to right."""
        spans = [
            Span(at, self.columnViewportPosition(at), self.columnWidth(at))
            for at in range(len(self._model.columns))
            if not self.isColumnHidden(at)
        ]
        met = [one for one in spans if one.left <= rect.right() and one.left + one.width > rect.left()]
        return sorted(met, key=attrgetter("left"))

    def _paint_sentence(self, sentence: str) -> None:
        painter = QPainter(self.viewport())
        look = theme()
        size = look.px(36)
        middle = self.viewport().rect().center()
        top = max(look.px(8), middle.y() - size)
        painter.drawPixmap(
            middle.x() - size // 2, top, pixmap("clock" if self._loading else "empty", size, "text3")
        )
        painter.setPen(look.color("text2"))
        painter.setFont(look.font("body"))
        room = self.viewport().rect().adjusted(look.px(24), top + size + look.px(8), -look.px(24), 0)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap), sentence)
        painter.end()


class TableFrame(QFrame):
    """The border around a table: on the view itself it would make scrolling slow."""

    def __init__(self, table: RecordTable, parent: QWidget | None = None) -> None:
        """Put a table into its frame."""
        super().__init__(parent)
        self.setProperty("role", "card")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(table)
