"""The list of today's lines: headings are passed over, marks stay in one household, keys keep the place."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QVBoxLayout, QWidget

from gridworker.domain.records import RecordId
from gridworker.i18n import _
from gridworker.ui.paged_model import Index
from gridworker.ui.theme import theme
from gridworker.ui.today.line_delegate import LineDelegate
from gridworker.ui.today.lines import CAME_BACK, Kind, Line

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_TO_ENDS = {QAbstractItemView.CursorAction.MoveHome: 0, QAbstractItemView.CursorAction.MoveEnd: -1}
_BACK = (
    QAbstractItemView.CursorAction.MoveUp,
    QAbstractItemView.CursorAction.MovePageUp,
    QAbstractItemView.CursorAction.MovePrevious,
)


class LineModel(QAbstractListModel):
    """The lines, and which of them are marked."""

    def __init__(self, parent: QObject | None = None) -> None:
        """Empty."""
        super().__init__(parent)
        self.lines: Sequence[Line] = ()
        self.marked: set[str] = set()

    def show(self, lines: Sequence[Line]) -> None:
        """Other lines; marks of lines that are gone go with them."""
        self.beginResetModel()
        self.lines = lines
        self.marked &= {line.key for line in lines}
        self.endResetModel()

    def row_of(self, key: str) -> int | None:
        """Where a line is, or None."""
        return next((row for row, line in enumerate(self.lines) if line.key == key), None)

    def toggle(self, line: Line) -> None:
        """Mark a line or take its mark away; a mark in another household takes all others away."""
        if line.key in self.marked:
            self.marked.discard(line.key)
        else:
            same = {each.key for each in self.lines if each.key in self.marked and each.home == line.home}
            self.marked = {*same, line.key}
        self.dataChanged.emit(self.index(0), self.index(len(self.lines) - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        """As many as there are."""
        return len(self.lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if self.lines[index.row()].is_heading:
            return Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """The line in words, for assistive technology and as tool tip."""
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            marked = _("已勾选") if line.key in self.marked else ""
            tag = line.tag[0] if line.tag else ""
            return " ".join(
                filter(None, (marked, line.name, line.age, line.where, tag, line.why, line.state))
            )
        return line.why if role == Qt.ItemDataRole.ToolTipRole else None


class LineList(QListView):
    """Enter opens, Space marks, arrows pass over headings; a changed list keeps cursor and scroll by key."""

    line_opened = Signal(object)
    current_changed = Signal(object)
    """The line under the cursor, or None."""
    menu_asked = Signal(QPoint)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.model_of_lines = LineModel(self)
        self._painter = LineDelegate(self.model_of_lines, self)
        self.setModel(self.model_of_lines)
        self.setItemDelegate(self._painter)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(_("今日清单"))
        self._quiet: QWidget | None = None
        self._quiet_words = ""
        self.selectionModel().currentChanged.connect(lambda *_: self.current_changed.emit(self.current()))
        theme().changed.connect(self._adopt_theme)

    def set_quiet(self, sentence: QWidget, words: str) -> None:
        """What is shown in place of lines where there are none, and what a screen reader says of it."""
        self._quiet, self._quiet_words = sentence, words
        sentence.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        room = QVBoxLayout(self.viewport())
        room.setContentsMargins(0, 0, 0, 0)
        room.addWidget(sentence)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these; where the current line is gone the next one takes its place.

        A list at its top stays there, so that what is new on top is seen; any other stays where it is.
        """
        at_top = self.verticalScrollBar().value() == 0
        self._replace(lines)
        if at_top:
            self.scrollToTop()
        if self._quiet is not None:
            self._quiet.setVisible(not lines)
            self.setAccessibleDescription("" if lines else self._quiet_words)

    def bring_back(self) -> None:
        """What the leader sent back comes into view, with the cursor, unless it is there already."""
        lines = self.model_of_lines.lines
        row = next((at for at, line in enumerate(lines) if line.kind in CAME_BACK), None)
        if row is None:
            return
        place = self.visualRect(self.model_of_lines.index(row))
        if not self.viewport().rect().contains(place):
            self._go_near(row, row)
            self._show_headings()

    def _replace(self, lines: Sequence[Line]) -> None:
        current, row = self.current(), self.currentIndex().row()
        top = self.indexAt(QPoint(4, 2))
        offset = self.visualRect(top).top() if top.isValid() else 0
        top_key = self.model_of_lines.lines[top.row()].key if top.isValid() else ""
        self._fit(lines)
        self.model_of_lines.show(lines)
        self._go_near(self.model_of_lines.row_of(current.key) if current else None, row)
        top_row = self.model_of_lines.row_of(top_key)
        if top_row is not None:
            self.scrollTo(self.model_of_lines.index(top_row), QAbstractItemView.ScrollHint.PositionAtTop)
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - offset)

    def current(self) -> Line | None:
        """The line under the cursor."""
        row = self.currentIndex().row()
        return self.model_of_lines.lines[row] if 0 <= row < len(self.model_of_lines.lines) else None

    def chosen_lines(self) -> list[Line]:
        """The marked lines, or the current one where none is marked."""
        marked = [line for line in self.model_of_lines.lines if line.key in self.model_of_lines.marked]
        current = self.current()
        return marked or ([current] if current else [])

    def chosen_people(self) -> tuple[RecordId, ...]:
        """Everybody the chosen lines are about."""
        ids = [id for line in self.chosen_lines() for id in line.resident_ids]
        return tuple(dict.fromkeys(ids))

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """As Qt has it, but never onto a heading: there it would stop."""
        free = [at for at, line in enumerate(self.model_of_lines.lines) if not line.is_heading]
        here, found = self.currentIndex().row(), super().moveCursor(action, modifiers).row()
        if not free:
            return QModelIndex()
        if action in _TO_ENDS:
            return self.model_of_lines.index(free[_TO_ENDS[action]])
        if action in _BACK:
            before = [at for at in free if at < here]
            return self.model_of_lines.index(next((at for at in before if at >= found), free[0]))
        after = [at for at in free if at > here]
        return self.model_of_lines.index(next((at for at in reversed(after) if at <= found), free[-1]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space; everything else as Qt has it, with the headings of the line it leads to."""
        line = self.current()
        if event.key() in _ENTER and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if line is not None and not event.isAutoRepeat():
                self.line_opened.emit(line)
        elif event.key() == Qt.Key.Key_Space:
            if line is not None and line.kind is Kind.DUE:
                self.model_of_lines.toggle(line)
        else:
            super().keyPressEvent(event)
            self._show_headings()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The lines; where there are none, a ring shows that the keyboard is here."""
        super().paintEvent(event)
        if not self.model_of_lines.lines and self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRect(self.viewport().rect().adjusted(2, 2, -2, -2))
            painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """With the first focus the cursor goes to the first line."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid():
            self._go_near(None, 0)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The same as Enter."""
        line = self.current()
        if line is not None and self.indexAt(event.position().toPoint()) == self.currentIndex():
            self.line_opened.emit(line)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu at the mouse, or at the current line."""
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        at = self.visualRect(self.currentIndex()).bottomLeft() + QPoint(24, 0)
        self.menu_asked.emit(self.viewport().mapToGlobal(at) if by_key else event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Narrow lists use two lines of text a row."""
        super().resizeEvent(event)
        self._fit(self.model_of_lines.lines)

    def sizeHint(self) -> QSize:
        """Room for a dozen rows."""
        return QSize(theme().px(400), theme().row_height * 12)

    def _go_near(self, row: int | None, old_row: int) -> None:
        """To the row given, else to the first line at or after the old row, else to the last one."""
        lines = self.model_of_lines.lines
        free = [at for at, line in enumerate(lines) if not line.is_heading]
        if row is None and free:
            row = next((at for at in free if at >= old_row), free[-1])
        self.setCurrentIndex(self.model_of_lines.index(row) if row is not None else QModelIndex())

    def _show_headings(self) -> None:
        """The current line and the headings above it."""
        row = first = self.currentIndex().row()
        while first > 0 and self.model_of_lines.lines[first - 1].is_heading:
            first -= 1
        for at in (first, row):
            self.scrollTo(self.model_of_lines.index(at))

    def _adopt_theme(self) -> None:
        self._painter.adopt_theme()
        self._fit(self.model_of_lines.lines)
        self.viewport().update()

    def _fit(self, lines: Sequence[Line]) -> None:
        self._painter.fit(lines, self.viewport().width())
        self.setUniformItemSizes(self._painter.wide)
        self.scheduleDelayedItemsLayout()
