"""Pieces that several screens are made of: layouts that are filled anew, coloured strips with words."""

from collections.abc import Iterable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from gridworker.ui.controls import IconLabel, Label


def refill(layout: QLayout, widgets: Iterable[QWidget] = ()) -> None:
    """Put these widgets into a layout in place of those that are in it."""
    while (item := layout.takeAt(0)) is not None:
        old = item.widget()
        if old is not None:
            old.hide()
            old.deleteLater()
    for widget in widgets:
        layout.addWidget(widget)


_SIGNS = {"info": ("info", "accent"), "warn": ("warning", "warn"), "error": ("error", "danger")}


class Strip(QFrame):
    """A coloured line with a sign and words, hidden while it has nothing to say; tools go to `tools`."""

    def __init__(self, kind: str) -> None:
        """Hidden; `kind` is info, warn or error."""
        super().__init__()
        self.setProperty("strip", kind)
        sign, token = _SIGNS[kind]
        self._words = Label(wrap=True)
        self.tools = QHBoxLayout()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 6, 4)
        row.setSpacing(8)
        row.addWidget(IconLabel(sign, token=token))
        row.addWidget(self._words, 1)
        row.addLayout(self.tools)
        self.hide()

    def say(self, words: str) -> None:
        """Show these words, or go away without any."""
        self._words.setText(words)
        self.setAccessibleName(words)
        self.setVisible(bool(words))

    def words(self) -> str:
        """What it says, or nothing."""
        return self._words.text()


def column_of(widget: QWidget, *, spacing: int = 8) -> QVBoxLayout:
    """A column without margins inside a widget."""
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    return column
