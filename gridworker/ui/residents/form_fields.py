"""Parts of the form of a person: a field with its remark, and an edit for a number behind its mask."""

from PySide6.QtCore import Qt, QTimerEvent, Signal
from PySide6.QtGui import QAction, QFocusEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from gridworker.domain.choices import CHOICES
from gridworker.i18n import _
from gridworker.ui.controls import Label
from gridworker.ui.icons import icon
from gridworker.ui.residents.reading import DOUBT, FINE, WRONG, Remark
from gridworker.ui.theme import theme

_TONES = {WRONG: "wrong", DOUBT: "accent", FINE: "caption"}


class FormField(QWidget):
    """A caption, an editor, and below it what was understood or what is wrong."""

    def __init__(self, caption: str, editor: QWidget) -> None:
        """The caption is the accessible name of the editor too."""
        super().__init__()
        self.editor = editor
        label = Label(caption, tone="second", wrap=True)
        label.setBuddy(editor)
        editor.setAccessibleName(caption)
        self._remark = Label("", "caption", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        for part in (label, editor, self._remark):
            column.addWidget(part)
        self._remark.hide()

    def remark_words(self) -> str:
        """What the remark says now."""
        return self._remark.text()

    def set_remark(self, remark: Remark | None) -> None:
        """Show a remark, or none."""
        words = remark.words if remark else ""
        if words == self._remark.text() and bool(words) is not self._remark.isHidden():
            return
        self._remark.setText(words)
        self._remark.setVisible(bool(words))
        self._remark.set_tone(_TONES[remark.kind] if remark else "")
        self.editor.setAccessibleDescription(words)
        self.editor.setProperty("wrong", "true" if remark and remark.kind == WRONG else "false")
        self.editor.style().polish(self.editor)


class ChoiceBox(QComboBox):
    """A drop-down of one code table."""

    def __init__(self, table: str) -> None:
        """Codes and words come from `domain.choices`."""
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        for choice in CHOICES[table]:
            self.addItem(_(choice.label), choice.code)

    def code(self) -> str:
        """The chosen code."""
        return str(self.currentData())

    def set_code(self, code: str) -> None:
        """Choose a code; one of a newer table is added as it is."""
        at = self.findData(code)
        if at < 0:
            self.addItem(code, code)
            at = self.count() - 1
        self.setCurrentIndex(at)


class MaskedEdit(QLineEdit):
    """An edit that shows a mask until somebody asks to see the number, or pastes another one over it.

    Seen but unchanged it hides again after 30 seconds; input methods are off.
    """

    revealed = Signal()

    HIDE_MS = 30_000

    def __init__(self, hint: str = "") -> None:
        """Empty and open."""
        super().__init__()
        self._value, self._mask, self._timer = "", "", 0
        self.setPlaceholderText(hint)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self._eye = QAction(icon("eye", "text2"), _("显示号码"), self)
        self._eye.triggered.connect(self.reveal)
        self.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        self.set_value("", "")
        theme().changed.connect(self._adopt_theme)

    def value(self) -> str:
        """The number that is meant: as it was behind the mask, or as it was typed."""
        return self._value if self.isReadOnly() else self.text()

    def set_value(self, value: str, mask: str) -> None:
        """Show the mask of a value; without a mask the value itself."""
        self._stop_timer()
        self._value, self._mask = value, mask
        self.setReadOnly(bool(mask))
        self._eye.setVisible(bool(mask))
        self.setText(mask or value)
        self.setToolTip(_("按空格显示；可直接粘贴新号码") if mask else "")

    def reveal(self) -> None:
        """Show the number, ready to be changed."""
        if not self.isReadOnly():
            return
        self._open(self._value)
        self._timer = self.startTimer(self.HIDE_MS)
        self.revealed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space shows what is masked, Ctrl+V replaces it."""
        if self.isReadOnly() and event.key() == Qt.Key.Key_Space:
            self.reveal()
        elif self.isReadOnly() and event.matches(QKeySequence.StandardKey.Paste):
            self._open(QGuiApplication.clipboard().text())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The whole text is chosen, so that typing replaces it."""
        super().focusInEvent(event)
        self.selectAll()

    def timerEvent(self, event: QTimerEvent) -> None:
        """Time is over: hide what was not changed."""
        if event.timerId() != self._timer:
            super().timerEvent(event)
        elif self.text() == self._value:
            self.set_value(self._value, self._mask)
        else:
            self._stop_timer()

    def _open(self, text: str) -> None:
        self.setReadOnly(False)
        self._eye.setVisible(False)
        self.setText(text)
        self.setToolTip("")

    def _stop_timer(self) -> None:
        if self._timer:
            self.killTimer(self._timer)
        self._timer = 0

    def _adopt_theme(self) -> None:
        self._eye.setIcon(icon("eye", "text2"))
