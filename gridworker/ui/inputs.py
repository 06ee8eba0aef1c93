"""Line edits that suit Chinese desks: search that reads the input method, numbers that switch it off."""

import re
import unicodedata
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from gridworker.ui.controls import IconLabel, Label
from gridworker.ui.theme import theme

_SPACES = re.compile(r"[\s'’‘]+")
_LIST_KEYS = (
    Qt.Key.Key_Down,
    Qt.Key.Key_Up,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)
_DROPPED = {"number": r"[^0-9]", "phone": r"[^0-9+]", "id": r"[^0-9X]"}


class SearchEdit(QLineEdit):
    """A search box that finds while the input method still composes: `wang'xl` asks for wangxl."""

    changed = Signal(str)
    """The query: text and preedit without spaces and apostrophes; only the latest, in the next turn."""

    def __init__(self, hint: str, *, parent: QWidget | None = None) -> None:
        """`hint` is the placeholder and the accessible name."""
        super().__init__(parent)
        self._preedit, self._asked = "", ""
        self._views: list[QAbstractItemView] = []
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setClearButtonEnabled(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._glass = IconLabel("search", token="text3")
        self._glass.setParent(self)
        self._glass.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._wait = QTimer(self, singleShot=True, interval=0)
        self._wait.timeout.connect(self._ask)
        self.textChanged.connect(self._wait.start)
        self._make_room()
        theme().changed.connect(self._make_room)

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
        """Esc empties the box first; list keys and Enter go to the list."""
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        view = next((view for view in self._views if view.isVisible()), None)
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif view is not None and plain and event.key() in _LIST_KEYS:
            QApplication.sendEvent(view, QKeyEvent(event.type(), event.key(), event.modifiers()))
        else:
            super().keyPressEvent(event)

    def _ask(self) -> None:
        if self.query() != self._asked:
            self._asked = self.query()
            self.changed.emit(self._asked)

    def sizeHint(self) -> QSize:
        """Room for the hint where there is room."""
        return QSize(theme().px(300), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Room for a name."""
        return QSize(theme().px(110), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The glass stays in the middle of the height."""
        super().resizeEvent(event)
        self._glass.adjustSize()
        self._glass.move(8, (self.height() - self._glass.height()) // 2)

    def _make_room(self) -> None:
        self.setTextMargins(theme().px(16) + 6, 0, 0, 0)


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
