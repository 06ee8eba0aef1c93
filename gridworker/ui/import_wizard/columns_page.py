"""The columns of the file and what each means; another meaning reads the file again."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from gridworker.actions.imports.columns import TARGETS, ColumnUse
from gridworker.i18n import _
from gridworker.ui.controls import Label
from gridworker.ui.import_wizard.words import column_note, target_words
from gridworker.ui.theme import theme


class CalmComboBox(QComboBox):
    """A box that neither a wheel nor an arrow changes by the way: each choice reads the file again."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows open the list; Enter in it chooses."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.showPopup()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the page."""
        event.ignore()


class ColumnsPage(QWidget):
    """A line for each column: its heading, its meaning, and what to know about it."""

    meaning_chosen = Signal(int, object)
    """The column (from 0), and the meaning or None to leave it out."""

    def __init__(self) -> None:
        """Without columns."""
        super().__init__()
        self.setProperty("role", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.boxes: dict[int, QComboBox] = {}
        self._parts: list[QWidget] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 12, 12, 12)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(2, 1)

    def show_columns(self, columns: Sequence[ColumnUse]) -> None:
        """Show these in the order of the file; the keyboard stays at its column."""
        keyboard = self.window().focusWidget()
        used = next((at for at, box in self.boxes.items() if box is keyboard), None)
        for part in self._parts:
            self._grid.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts, self.boxes = [], {}
        titles = (_("表里的列"), _("当作"), _("说明"))
        self._add_line(0, [Label(words, tone="second", bold=True) for words in titles])
        for row, column in enumerate(columns, start=1):
            heading = Label(column.heading or _("（无标题）"), wrap=True)
            heading.setMinimumWidth(theme().px(120))
            note = Label(column_note(column), tone="second", wrap=True)
            self._add_line(row, [heading, self._meaning(column), note])
        self._grid.setRowStretch(len(columns) + 1, 1)
        if used in self.boxes:
            self.boxes[used].show()
            self.boxes[used].setFocus()

    def _meaning(self, column: ColumnUse) -> QWidget:
        if column.verdict == "dropped":
            return Label(_("不采集"), tone="wrong")
        box = CalmComboBox()
        box.setAccessibleName(_("“{heading}”当作什么").format(heading=column.heading))
        box.addItem(_("不采用"), None)
        for target in TARGETS:
            box.addItem(target_words(target), target)
        box.setCurrentIndex(max(0, box.findData(column.target or None)))
        box.activated.connect(lambda at: self._choose(column, box.itemData(at)))
        self.boxes[column.index] = box
        return box

    def _choose(self, column: ColumnUse, target: str | None) -> None:
        if target != (column.target or None):
            self.meaning_chosen.emit(column.index, target)

    def _add_line(self, row: int, parts: Sequence[QWidget]) -> None:
        for at, part in enumerate(parts):
            self._grid.addWidget(part, row, at)
            self._parts.append(part)
