"""Facts of a record, label and words in two columns; the lines are used again for the next record."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from gridworker.ui.controls import Label
from gridworker.ui.theme import theme

_TOP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
_COPIED = Qt.TextInteractionFlag.TextSelectableByMouse


class Facts(QWidget):
    """Shows some facts in one millisecond: a card is filled at every step through a list."""

    LABELS_WIDE = 64
    """Pixels at 100 %."""

    def __init__(self) -> None:
        """None yet."""
        super().__init__()
        self._lines: list[tuple[Label, Label]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show these, those without words left out."""
        worth = [(label, words) for label, words in facts if words]
        while len(self._lines) < len(worth):
            self._add_line()
        for at, line in enumerate(self._lines):
            for part, words in zip(line, worth[at] if at < len(worth) else ("", ""), strict=True):
                part.setText(words)
                part.setVisible(bool(words))
        self.setVisible(bool(worth))

    def facts(self) -> list[tuple[str, str]]:
        """What is shown."""
        return [(label.text(), words.text()) for label, words in self._lines if words.text()]

    def _add_line(self) -> None:
        label, words = Label("", tone="second"), Label("", wrap=True)
        label.setMinimumWidth(theme().px(self.LABELS_WIDE))
        words.setTextInteractionFlags(_COPIED)
        for column, part in enumerate((label, words)):
            part.setAlignment(_TOP)
            part.setContentsMargins(0, 2, 0, 2)
            self._grid.addWidget(part, len(self._lines), column)
        self._lines.append((label, words))
