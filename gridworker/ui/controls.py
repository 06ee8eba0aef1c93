"""Small shared widgets: cards, field rows, progress, empty states; labels and buttons pass through here."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.buttons import Button, IconButton
from gridworker.ui.labels import ElidedLabel, IconLabel, Label, Lamp, SectionTitle, TagLabel
from gridworker.ui.theme import theme

__all__ = [
    "Button",
    "Card",
    "ElidedLabel",
    "EmptyState",
    "FieldRow",
    "IconButton",
    "IconLabel",
    "Label",
    "Lamp",
    "ProgressStrip",
    "Scrolled",
    "SectionTitle",
    "TagLabel",
]


class Card(QFrame):
    """A framed surface with an optional title; content goes to `body`, tools to `head`."""

    def __init__(self, title: str = "", *, parent: QWidget | None = None) -> None:
        """An empty card."""
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 8, 12, 12)
        self.body.setSpacing(8)
        self.head = QHBoxLayout()
        self.head.setSpacing(8)
        if title:
            self.head.addWidget(SectionTitle(title))
            self.head.addStretch(1)
            self.body.addLayout(self.head)
            self.setAccessibleName(title)


class Scrolled(QScrollArea):
    """Room for a tall widget, such as a card full of fields, that scrolls up and down only."""

    def __init__(self, content: QWidget) -> None:
        """It is as wide as its place and never wider."""
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        # After setWidget: Qt fills both grounds again when it takes the widget over.
        self.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)


class FieldRow(QWidget):
    """A label and a value; a masked one has an eye that asks to see it for 30 seconds."""

    reveal_asked = Signal()
    """The eye was pressed: decide (purpose, audit) and answer with `reveal`."""
    hidden_again = Signal()

    REVEALED_MS = 30_000

    def __init__(self, label: str, value: str = "", *, masked: bool = False, label_width: int = 84) -> None:
        """`masked` says that `value` is a mask; `label_width` is in pixels at 100 %."""
        super().__init__()
        self._name, self._mask, self._timer = label, value, 0
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._label = Label(label, tone="second")
        self._label.setMinimumWidth(theme().px(label_width))
        self._value = Label(wrap=True)
        for part in (self._label, self._value):
            part.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            part.setContentsMargins(0, 2, 0, 2)
        self._value.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._eye = IconButton("eye", "", self._toggle)
        self._eye.setProperty("role", "tight")
        row.addWidget(self._label)
        row.addWidget(self._value, 1)
        row.addWidget(self._eye, 0, Qt.AlignmentFlag.AlignTop)
        self.set_value(value, masked=masked)

    def value(self) -> str:
        """What is shown now."""
        return self._value.text() if self._mask else ""

    def set_value(self, value: str, *, masked: bool = False) -> None:
        """Show another value (or mask), at once even if one is revealed; an empty one is a dash."""
        self._stop_timer()
        self._mask, self._revealed = value, False
        self._show(value)
        self._eye.setVisible(masked)
        self._eye.set_icon("eye", _("显示{name}").format(name=self._name))

    def reveal(self, value: str) -> None:
        """Show the true value for 30 seconds."""
        self._stop_timer()
        self._revealed = True
        self._show(value)
        self._eye.set_icon("eye-off", _("隐藏{name}").format(name=self._name))
        self._timer = self.startTimer(self.REVEALED_MS)

    def hide_again(self) -> None:
        """Show the mask."""
        self.set_value(self._mask, masked=True)
        self.hidden_again.emit()

    def timerEvent(self, event: QEvent) -> None:
        """Time is over: hide it."""
        self.hide_again()

    def _show(self, value: str) -> None:
        self._value.setText(value or "—")
        self.setAccessibleName(f"{self._name} {value}")
        self._value.setAccessibleName(f"{self._name} {value}")

    def _toggle(self) -> None:
        if self._revealed:
            self.hide_again()
        else:
            self.reveal_asked.emit()

    def _stop_timer(self) -> None:
        if self._timer:
            self.killTimer(self._timer)
        self._timer = 0


class EmptyState(QWidget):
    """What shows while there is nothing: a picture, a sentence, and what to do next."""

    def __init__(
        self,
        icon_name: str,
        sentence: str,
        *,
        hint: str = "",
        step: str = "",
        run: Callable[[], object] | None = None,
    ) -> None:
        """`step` is the text of the button that calls `run`; without it there is none."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(IconLabel(icon_name, token="text3", size=44), 0, Qt.AlignmentFlag.AlignHCenter)
        for text, role, tone in ((sentence, "subtitle", ""), (hint, "body", "second")):
            line = Label(text, "subtitle" if role == "subtitle" else "body", tone=tone, wrap=True)
            line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(line)
            line.setVisible(bool(text))
        self.button = Button(step, run, kind="primary")
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        self.button.setVisible(bool(step))
        column.addStretch(3)


class ProgressStrip(QWidget):
    """A line that says what is going on and how far it is, with a button to stop it."""

    cancelled = Signal()

    def __init__(self, *, cancellable: bool = True) -> None:
        """Hidden until `show_progress` is called."""
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self._text, self._bar = ElidedLabel(), QProgressBar()
        self._bar.setTextVisible(False)
        self._stop = Button(_("停止"), self.cancelled.emit, icon_name="close", kind="quiet")
        row.addWidget(self._text)
        row.addWidget(self._bar, 1)
        row.addWidget(self._stop)
        self._stop.setVisible(cancellable)
        self.hide()

    def show_progress(self, text: str, done: int = 0, total: int = 0) -> None:
        """Say what is going on; with `total` 0 the end is not known."""
        self._text.set_text(text)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._bar.setAccessibleName(text)
        self.show()

    def finish(self) -> None:
        """It is over."""
        self.hide()
