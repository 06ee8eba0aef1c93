"""The box of a case that came back: what the leader asks for, and the place to answer it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.controls import Button, Label
from gridworker.ui.menu import key_words
from gridworker.ui.visits.card import AnswerEdit


class CaseAnswer(QFrame):
    """Remark and answer; it says what was typed and when it is to be sent, and keeps the words until told."""

    edited = Signal(str)
    sent = Signal()

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.setProperty("strip", "warn")
        self._who = Label("", "caption", tone="second")
        self._remark = Label("", bold=True, wrap=True)
        self.edit = AnswerEdit()
        self._wrong = Label("", "caption", tone="wrong", wrap=True)
        keys = key_words("Ctrl+Enter")
        self._send = Button(_("补充后上报 {keys}").format(keys=keys), self._ask, kind="primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(6)
        for widget in (self._who, self._remark, self.edit, self._wrong):
            column.addWidget(widget)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._send)
        column.addLayout(foot)
        self.edit.sent.connect(self._ask)
        self.edit.textChanged.connect(lambda: self.edited.emit(self.edit.toPlainText()))

    def show_remark(self, who: str, remark: str, answer: str, *, may_answer: bool) -> None:
        """Show who said what; `answer` is what was typed before (the cursor stays where it is)."""
        self._who.setText(who)
        self._remark.setText(remark)
        if self.edit.toPlainText() != answer:
            self.edit.blockSignals(True)
            self.edit.setPlainText(answer)
            self.edit.blockSignals(False)
        self.edit.setVisible(may_answer)
        self._send.setVisible(may_answer)

    def stops(self) -> tuple[QWidget, ...]:
        """The places of the keyboard."""
        return (self.edit, self._send)

    def say_wrong(self, words: str) -> None:
        """What has to be mended; the answer stays."""
        self._wrong.setText(words)
        self._wrong.setVisible(bool(words))

    def wrong(self) -> str:
        """What has to be mended, or nothing."""
        return self._wrong.text()

    def set_sending(self, sending: bool) -> None:
        """Hold the button while the answer is being written."""
        self._send.setEnabled(not sending)

    def _ask(self) -> None:
        if self._send.isEnabled():
            self.sent.emit()
