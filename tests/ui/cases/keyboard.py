"""Keys as people press them, one after the other where the focus is; Chinese comes from an input method."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

KEYS = {
    "↵": Qt.Key.Key_Return,
    "⇥": Qt.Key.Key_Tab,
    "⎋": Qt.Key.Key_Escape,
    "↓": Qt.Key.Key_Down,
    "↑": Qt.Key.Key_Up,
    "→": Qt.Key.Key_Right,
    "←": Qt.Key.Key_Left,
    "␣": Qt.Key.Key_Space,
}
CONTROL = Qt.KeyboardModifier.ControlModifier


def focus() -> QWidget:
    """Where the keyboard is."""
    found = QApplication.focusWidget()
    assert isinstance(found, QWidget), "the keyboard is nowhere"
    return found


def focus_name() -> str:
    """What the focused widget is called."""
    return focus().accessibleName()


def press(keys: str) -> None:
    """Press keys; a run of Chinese is committed at once, as an input method does."""
    run = ""
    for key in keys:
        if not key.isascii() and key not in KEYS:
            run += key
            continue
        _commit(run)
        run = ""
        if key in KEYS:
            QTest.keyClick(focus(), KEYS[key])
        else:
            QTest.keyClicks(focus(), key)
        QApplication.processEvents()
    _commit(run)


def chord(key: Qt.Key | str, modifier: Qt.KeyboardModifier = CONTROL) -> None:
    """Press a key with Ctrl or another modifier."""
    QTest.keyClick(focus(), KEYS[key] if isinstance(key, str) else key, modifier)
    QApplication.processEvents()


def _commit(text: str) -> None:
    if text:
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(focus(), event)
        QApplication.processEvents()
