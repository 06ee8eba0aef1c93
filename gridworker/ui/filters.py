"""Filters as chips: what a list shows, switched on and off with one key or click each."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from gridworker.ui.choices import Chip
from gridworker.ui.flow import FlowLayout


class FilterRow(QWidget):
    """Chips side by side, going on in a new line where room ends; arrows move, Space switches.

    With `exclusive` at most one is on.
    """

    changed = Signal(tuple)
    """The names that are on now, after a person switched one."""

    def __init__(self, name: str, filters: Sequence[tuple[str, str]], *, exclusive: bool = False) -> None:
        """`filters` are (name, text shown); `name` is what a screen reader calls the row."""
        super().__init__()
        self._exclusive = exclusive
        self._texts = dict(filters)
        self._chips: dict[str, Chip] = {}
        self.setAccessibleName(name)
        flow = FlowLayout(self, gap=6)
        for one, text in filters:
            chip = Chip(text)
            chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            chip.clicked.connect(lambda _checked=False, one=one: self._switched(one))
            flow.addWidget(chip)
            self._chips[one] = chip

    def active(self) -> tuple[str, ...]:
        """The names that are on."""
        return tuple(name for name, chip in self._chips.items() if chip.isChecked())

    def set_active(self, *names: str) -> None:
        """Switch exactly these on, without a signal."""
        for name, chip in self._chips.items():
            chip.setChecked(name in names)

    def set_count(self, name: str, count: int | None) -> None:
        """Show behind a filter how many it would leave."""
        text = self._texts[name] if count is None else f"{self._texts[name]} {count:,}"
        self._chips[name].set_text(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move between the chips."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        chips = list(self._chips.values())
        at = next((n for n, chip in enumerate(chips) if chip.hasFocus()), None)
        if step is None or at is None:
            super().keyPressEvent(event)
            return
        chips[max(0, min(len(chips) - 1, at + step))].setFocus(Qt.FocusReason.TabFocusReason)

    def _switched(self, name: str) -> None:
        if self._exclusive and self._chips[name].isChecked():
            self.set_active(name)
        self.changed.emit(self.active())
