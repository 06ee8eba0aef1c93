"""The message strip: says what happened and offers the next step, without ever stopping the work."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gridworker.domain.problems import Problem
from gridworker.i18n import _, problem_text
from gridworker.ui.controls import Button, IconButton, IconLabel, Label

PASSING_MS = 12_000
"""How long a message stays that asks for nothing."""

_SIGNS = {
    "info": ("info", "accent"),
    "ok": ("done", "ok"),
    "warn": ("warning", "warn"),
    "error": ("error", "danger"),
}


@dataclass(frozen=True)
class Step:
    """What can be done next: the words of a button and what it does."""

    text: str
    run: Callable[[], object]


@dataclass(frozen=True)
class Message:
    """What happened, as "info", "ok", "warn" or "error", and perhaps the next step ("撤销" is one)."""

    kind: str
    text: str
    step: Step | None = None

    def __post_init__(self) -> None:
        """Refuse a kind that the strip cannot show."""
        if self.kind not in _SIGNS:
            raise ValueError(f"no message kind {self.kind!r}; there are {', '.join(_SIGNS)}")


def message_of(problem: Problem, step: Step | None = None) -> Message:
    """A problem as people read it: what happened and what to do."""
    what, advice = problem_text(problem.code, problem.values)
    text = _("{what}　{advice}").format(what=what, advice=advice) if advice else what
    return Message("error", text, step)


class MessageStrip(QFrame):
    """One message at a time; good news goes by itself, warnings and errors stay until closed."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Hidden until there is something to say."""
        super().__init__(parent)
        self.message: Message | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        row.setSpacing(8)
        self._sign = IconLabel("info", token="accent")
        self._text = Label(wrap=True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._step = Button("", self._take_step)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        row.addWidget(self._step)
        row.addWidget(IconButton("close", _("关闭提示"), self.close_message))
        self._passing = QTimer(self, singleShot=True, interval=PASSING_MS)
        self._passing.timeout.connect(self.close_message)
        self.hide()

    def show_message(self, message: Message) -> None:
        """Say it, in place of what was said before."""
        self.message = message
        self.setProperty("strip", message.kind)
        self.style().polish(self)
        self._sign.set_icon(*_SIGNS[message.kind])
        self._text.setText(message.text)
        self.setAccessibleName(message.text)
        self._step.setVisible(message.step is not None)
        self._step.set_text(message.step.text if message.step else "")
        self._passing.stop()
        if message.kind in ("info", "ok"):
            self._passing.start()
        self.show()

    def close_message(self) -> None:
        """Take it away."""
        if self.message is None:
            return
        self.message = None
        self._passing.stop()
        self.hide()
        self.closed.emit()

    def _take_step(self) -> None:
        step = self.message.step if self.message else None
        self.close_message()
        if step:
            step.run()


class MessagePlace(QWidget):
    """The strip above a screen."""

    def __init__(self, content: QWidget) -> None:
        """The strip takes no room while it has nothing to say."""
        super().__init__()
        self.strip = MessageStrip()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(content, 1)
