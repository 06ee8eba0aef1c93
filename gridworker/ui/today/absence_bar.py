"""The line above the list that asks until when somebody is away."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit

from gridworker.i18n import _
from gridworker.ui.controls import Button, Label
from gridworker.ui.theme import theme


class AbsenceBar(QFrame):
    """One line that asks until when somebody is away."""

    entered = Signal(str)
    left = Signal()
    typed = Signal(str)

    def __init__(self) -> None:
        """Hidden until `ask`."""
        super().__init__()
        self.setProperty("strip", "info")
        self._who = Label("", bold=True)
        self.edit = QLineEdit()
        self.edit.setAccessibleName(_("外出至"))
        self.edit.setPlaceholderText(_("明天、周日、12.5、10天后"))
        self.edit.setFixedWidth(theme().px(190))
        self.edit.textEdited.connect(self.typed)
        self._echo = Label("", tone="second")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(8)
        row.addWidget(self._who)
        row.addWidget(Label(_("外出至")))
        row.addWidget(self.edit)
        row.addWidget(self._echo)
        row.addStretch(1)
        row.addWidget(Button(_("保存"), lambda: self.entered.emit(self.edit.text()), kind="primary"))
        row.addWidget(Button(_("取消"), self.left.emit))
        self.hide()

    def ask(self, who: str) -> None:
        """Ask for these people."""
        self._who.setText(who)
        self.edit.clear()
        self.say("")
        self.show()
        self.edit.setFocus()

    def say(self, words: str, *, wrong: bool = False) -> None:
        """What was understood, or what is wrong."""
        self._echo.setText(words)
        self._echo.set_tone("wrong" if wrong else "second")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter saves, Esc leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(self.edit.text())
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
