"""Line edits that suit Chinese desks: search that reads the input method, numbers that switch it off."""

import re
import unicodedata
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QVBoxLayout, QWidget

from gridworker.ui.controls import Label
from gridworker.ui.icons import icon
from gridworker.ui.theme import theme

_SPACES = re.compile(r"[\s'’‘]+")
_LIST_KEYS = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
_DROPPED = {"number": r"[^0-9]", "phone": r"[^0-9+]", "id": r"[^0-9X]"}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class SearchEdit(QLineEdit):
    """A search box that finds while the input method still composes: `wang'xl` asks for wangxl."""

    changed = Signal(str)
    """The query: text and preedit together, without spaces and apostrophes; the latest only, in the next turn."""

    def __init__(self, hint: str, *, parent: QWidget | None = None) -> None:
        """`hint` is the placeholder and the accessible name."""
        super().__init__(parent)
        self._preedit, self._asked = "", ""
        self._views: list[QAbstractItemView] = []
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setClearButtonEnabled(True)
        self._glass = self.addAction(icon("search", "text3"), QLineEdit.ActionPosition.LeadingPosition)
        self._wait = QTimer(self, singleShot=True, interval=0)
        self._wait.timeout.connect(self._ask)
        self.textChanged.connect(self._wait.start)
        theme().changed.connect(self._adopt_theme)

    def query(self) -> str:
        """What is asked for now, with what the input method has not yet committed."""
        at = self.cursorPosition()
        whole = self.text()[:at] + self._preedit + self.text()[at:]
        return _SPACES.sub("", unicodedata.normalize("NFKC", whole))

    def drive(self, view: QAbstractItemView) -> None:
        """Send arrows, page keys and Enter on to this list while one types."""
        self._views.append(view)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Note what is being composed."""
        self._preedit = event.preeditString()
        super().inputMethodEvent(event)
        self._wait.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc empties the box first; list keys go to the list."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        if (
            event.key() in (*_LIST_KEYS, *_ENTER)
            and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            for view in self._views:
                if view.isVisible():
                    QApplication.sendEvent(view, QKeyEvent(event.type(), event.key(), event.modifiers()))
            if self._views and event.key() in _LIST_KEYS:
                return
        super().keyPressEvent(event)

    def _ask(self) -> None:
        if self.query() != self._asked:
            self._asked = self.query()
            self.changed.emit(self._asked)

    def _adopt_theme(self) -> None:
        self._glass.setIcon(icon("search", "text3"))


class NumberEdit(QLineEdit):
    """An edit for numbers: no input method; full-width digits become plain, separators go."""

    def __init__(self, what: Literal["number", "phone", "id"] = "number", *, name: str = "") -> None:
        """`what` decides which characters count; `name` is the accessible name."""
        super().__init__()
        self._what = what
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setInputMethodHints(Qt.InputMethodHint.ImhPreferNumbers | Qt.InputMethodHint.ImhPreferLatin)
        self.setMaxLength(64)
        self.textEdited.connect(self._normalise)

    def number(self) -> str:
        """Only what counts: digits, a leading + of phones, the X of ids."""
        return self._plain(self.text())

    def _normalise(self, text: str) -> None:
        plain = self._plain(text)
        if plain != text:
            left = len(self._plain(text[: self.cursorPosition()]))
            self.setText(plain)
            self.setCursorPosition(left)

    def _plain(self, text: str) -> str:
        whole = unicodedata.normalize("NFKC", text).upper()
        return re.sub(_DROPPED[self._what], "", whole)


class LineField(QWidget):
    """A label, a line edit and, where something is wrong, a sentence under it that says what to do."""

    def __init__(self, label: str, edit: QLineEdit | None = None, *, hint: str = "") -> None:
        """`edit` may be any line edit, such as a NumberEdit."""
        super().__init__()
        self.edit = edit if edit is not None else QLineEdit()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        caption = Label(label, tone="second")
        caption.setBuddy(self.edit)
        self._wrong = Label("", "caption", tone="wrong", wrap=True)
        self._wrong.hide()
        self.edit.setPlaceholderText(hint)
        self.edit.setAccessibleName(label)
        for widget in (caption, self.edit, self._wrong):
            column.addWidget(widget)

    def text(self) -> str:
        """What was typed, without spaces at its ends."""
        return self.edit.text().strip()

    def set_error(self, sentence: str) -> None:
        """Say what is wrong and how to mend it; an empty sentence takes it away."""
        self._wrong.setText(sentence)
        self._wrong.setVisible(bool(sentence))
        self.edit.setProperty("wrong", "true" if sentence else "false")
        self.edit.setAccessibleDescription(sentence)
        self.edit.style().polish(self.edit)


class DigitKeys(QObject):
    """Sends digit keys pressed in a view to a function; for screens where 1 … 9 decide."""

    pressed = Signal(int)

    def __init__(self, view: QWidget) -> None:
        """It lives as long as the view."""
        super().__init__(view)
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take bare digits, leave everything else."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        digit = digit_of(event)
        if digit is None:
            return False
        self.pressed.emit(digit)
        return True


def digit_of(event: QKeyEvent) -> int | None:
    """The digit that was pressed alone (on either block of keys), or None."""
    bare = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if bare == Qt.KeyboardModifier.NoModifier and Qt.Key.Key_0 <= event.key() <= Qt.Key.Key_9:
        return event.key() - int(Qt.Key.Key_0)
    return None
