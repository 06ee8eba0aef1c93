"""F2 and F3 for whoever is chosen on a screen; elsewhere these keys ask the window for an empty form."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from gridworker.ui.screen import Screen

_ASKED = {Qt.Key.Key_F2: "visit", Qt.Key.Key_F3: "case"}


class PersonKeys(Screen):
    """A screen on which somebody may be chosen: F2 records a visit and F3 reports a case for him."""

    def can_ask(self) -> bool:
        """Whether somebody is chosen; subclasses know."""
        raise RuntimeError(f"{type(self).__name__} must say whether somebody is chosen")

    def ask(self, name: str) -> None:
        """Something was asked for by name; subclasses pass it on."""
        raise RuntimeError(f"{type(self).__name__} must pass on what was asked for")

    def event(self, event: QEvent) -> bool:
        """Take the two keys before the window does, if somebody is chosen here."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._asked(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The two keys; all others belong to the window."""
        name = self._asked(event)
        if name:
            self.ask(name)
        else:
            super().keyPressEvent(event)

    def _asked(self, event: QKeyEvent) -> str:
        if event.modifiers() != Qt.KeyboardModifier.NoModifier or not self.can_ask():
            return ""
        return _ASKED.get(Qt.Key(event.key()), "")
