"""Left and right between two lists that stand side by side."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget


class SideKeys(QObject):
    """Tells when one arrow key is pressed alone in a view whose rows have no left and right."""

    pressed = Signal()

    def __init__(self, view: QWidget, key: Qt.Key) -> None:
        """It lives as long as the view."""
        super().__init__(view)
        self._key = key
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take this key, leave everything else."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() != self._key or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        self.pressed.emit()
        return True
