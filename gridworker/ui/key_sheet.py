"""The sheet behind F1: every key of this screen, made from the actions themselves."""

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import Shiboken

from gridworker.i18n import _
from gridworker.ui.controls import IconButton, Label, SectionTitle
from gridworker.ui.menu import Action, key_words
from gridworker.ui.theme import theme


def key_lines(actions: Iterable[Action[Any]], more: Iterable[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """(keys, what they do) of every action that has a key, then of those that widgets handle."""
    lines = [(" / ".join(map(key_words, a.keys)), a.shown_text()) for a in actions if a.keys]
    return lines + [(keys, _(text)) for keys, text in more]


class KeySheet(QFrame):
    """A sheet over the window with the keys in two groups; any key that means nothing to it closes it."""

    def __init__(self, parent: QWidget) -> None:
        """Hidden until it is asked for."""
        super().__init__(parent)
        self._outer = parent
        self._before: QWidget | None = None
        self.setProperty("role", "sheet")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("按键一览"))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        head = QHBoxLayout()
        head.addWidget(Label(_("按键一览"), "title", bold=True))
        head.addStretch(1)
        head.addWidget(IconButton("close", _("关闭"), self.hide))
        column.addLayout(head)
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        column.addWidget(self._area, 1)
        self.hide()

    def show_keys(self, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
        """Show these groups (a title and its (keys, what they do)); when it goes, the focus goes back."""
        page = QWidget()
        page.setProperty("role", "pane")
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(24)
        row = 0
        for title, lines in groups:
            grid.addWidget(SectionTitle(title), row, 0, 1, 2)
            for keys, text in lines:
                row += 1
                grid.addWidget(Label(keys, tone="accent", bold=True), row, 0)
                grid.addWidget(Label(text), row, 1)
            grid.setRowMinimumHeight(row + 1, 8)
            row += 2
        grid.setRowStretch(row, 1)
        self._area.setWidget(page)
        self._place(page)
        if self.isHidden():
            self._before = QApplication.focusWidget()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll, or close."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            bar = self._area.verticalScrollBar()
            up = event.key() in (Qt.Key.Key_Up, Qt.Key.Key_PageUp)
            bar.setValue(bar.value() + (-1 if up else 1) * theme().row_height * 2)
        else:
            self.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        """Give the focus back to whatever had it, unless it has gone elsewhere meanwhile."""
        before, self._before = self._before, None
        focus = QApplication.focusWidget()
        here = focus is None or focus is self or self.isAncestorOf(focus)
        super().hideEvent(event)
        if here and before is not None and Shiboken.isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def _place(self, page: QWidget) -> None:
        outer = self._outer.size()
        wide = min(theme().px(520), outer.width() - 48)
        high = min(page.sizeHint().height() + theme().px(64), outer.height() - 48)
        self.setGeometry((outer.width() - wide) // 2, (outer.height() - high) // 2, wide, high)
