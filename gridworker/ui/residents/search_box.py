"""The search box of the residents, which keeps Ctrl+Z only for what is being typed in it."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence

from gridworker.ui.inputs import SearchEdit

_PASSING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
"""A menu or another program is in front for a moment: one is still typing here."""


class ResidentSearch(SearchEdit):
    """Where nothing was typed since the keyboard came here, Ctrl+Z undoes what was saved, as elsewhere."""

    def event(self, event: QEvent) -> bool:
        """Leave the key to the window where there is no typing to take back."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Undo)
            and not self.isUndoAvailable()
        ):
            event.ignore()
            return False
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What was typed is settled: after a visit was saved Ctrl+Z is about the visit, not about letters."""
        super().focusOutEvent(event)
        if event.reason() not in _PASSING and self.isUndoAvailable():
            at = self.cursorPosition()
            self.setText(self.text())
            self.setCursorPosition(at)
