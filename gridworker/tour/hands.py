"""Hands on a keyboard: key events to the window that has the focus, and text as an input method sends it."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QKeySequence, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication


class Hands:
    """Counts the keys it presses."""

    def __init__(self) -> None:
        """No key yet."""
        self.keys = 0

    def press(self, *keys: str) -> None:
        """Press keys one after the other, each by its name: Return, F2, Ctrl+K, 1."""
        for name in keys:
            self.keys += 1
            QTest.keySequence(self._window(), QKeySequence(name))

    def type(self, text: str) -> None:
        """Type what is on the keys, one key a character."""
        for character in text:
            self.keys += 1
            QTest.keyClick(self._window(), ord(character))

    def compose(self, text: str) -> None:
        """Enter Chinese as an input method does: the finished words at once (counted a key a character)."""
        self.keys += len(text)
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(self._focus(), event)

    def clear(self) -> None:
        """Empty the field that is being typed in."""
        self.press("Ctrl+A", "Backspace")

    def _window(self) -> QWindow:
        window = QGuiApplication.focusWindow()
        if window is None:
            raise RuntimeError("no window has the focus: show one and wait until it is active")
        return window

    def _focus(self) -> QObject:
        focus = QGuiApplication.focusObject()
        if focus is None:
            raise RuntimeError("nothing has the focus that could take text")
        return focus


def look_away(ms: int) -> None:
    """Let the program work on for a moment."""
    QTest.qWait(ms)


def wait_active(window: QWindow, timeout_ms: int = 5_000) -> bool:
    """Wait until a window has the focus."""
    window.requestActivate()
    return bool(QTest.qWaitForWindowActive(window, timeout_ms))
