"""Two panes: side by side where there is room, else one at a time."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from gridworker.ui.theme import theme


def on_surface(widget: QWidget) -> QWidget:
    """The widget on the ground of cards, where it stands in a scroll area."""
    widget.setProperty("role", "pane")
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return widget


class Panes(QWidget):
    """A list at the left and what it opens at the right; in a narrow window Enter and Esc go between them."""

    narrowed = Signal(bool)
    """Whether only one pane is shown at a time now."""

    def __init__(self, left: QWidget, right: QWidget, *, right_width: int = 380, least: int = 860) -> None:
        """Both widths are in pixels at 100 %: of the right pane, and from which on both have room."""
        super().__init__()
        self._left, self._right = left, right
        self._right_width, self._least = right_width, least
        self.narrow = self._detail = False
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(8)
        self._splitter.setChildrenCollapsible(False)
        for pane, stretch in ((left, 1), (right, 0)):
            self._splitter.addWidget(pane)
            self._splitter.setStretchFactor(self._splitter.count() - 1, stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._splitter)
        self._adopt_theme()
        theme().changed.connect(self._adopt_theme)

    def show_detail(self) -> None:
        """Show the right pane, where only one has room."""
        self._detail = True
        self._arrange()

    def show_list(self) -> bool:
        """Show the left pane again; False if it was there already."""
        was_hidden = self.narrow and self._detail
        self._detail = False
        self._arrange()
        return was_hidden

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There may be room for both now, or no longer."""
        super().resizeEvent(event)
        self._measure()

    def _adopt_theme(self) -> None:
        self._right.setMinimumWidth(theme().px(min(self._right_width, 320)))
        self._measure(afresh=True)

    def _measure(self, *, afresh: bool = False) -> None:
        narrow = self.width() < theme().px(self._least)
        if narrow != self.narrow or afresh:
            self.narrow = narrow
            self._arrange()
            right = theme().px(self._right_width)
            self._splitter.setSizes([max(1, self.width() - right), right])
            self.narrowed.emit(narrow)

    def _arrange(self) -> None:
        self._left.setVisible(not (self.narrow and self._detail))
        self._right.setVisible(self._detail or not self.narrow)
