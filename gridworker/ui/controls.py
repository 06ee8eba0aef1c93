"""Small shared widgets: buttons, tags, lamps, cards, field rows, progress, empty states."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gridworker.i18n import _
from gridworker.ui.delegate import paint_pill, pill_width
from gridworker.ui.icons import icon, pixmap
from gridworker.ui.lamps import LAMPS, lamp_pixmap
from gridworker.ui.theme import TypeRole, theme

_RESTYLED = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
Kind = Literal["plain", "primary", "danger", "quiet"]
_ICON_TOKENS = {"plain": "text2", "primary": "on_accent", "danger": "danger", "quiet": "accent"}


class Label(QLabel):
    """A line of text of one type role and colour role ("", "second", "caption", "accent", "wrong")."""

    def __init__(
        self,
        text: str = "",
        role: TypeRole = "body",
        *,
        tone: str = "",
        bold: bool = False,
        wrap: bool = False,
    ) -> None:
        """`wrap` lets it go on in further lines."""
        super().__init__(text)
        self._type, self._bold = role, bold
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setProperty("role", tone)
        self._adopt_theme()
        theme().changed.connect(self._adopt_theme)

    def set_tone(self, tone: str) -> None:
        """Change the colour role."""
        self.setProperty("role", tone)
        self.style().polish(self)

    def _adopt_theme(self) -> None:
        self.setFont(theme().font(self._type, bold=self._bold))


class SectionTitle(Label):
    """The heading of a part of a screen or card."""

    def __init__(self, text: str) -> None:
        """A bold line."""
        super().__init__(text, "body", bold=True)


class ElidedLabel(Label):
    """A line that ends in … where the room ends, with the whole text as tool tip."""

    def __init__(
        self, text: str = "", role: TypeRole = "body", *, tone: str = "", bold: bool = False
    ) -> None:
        """As a Label, but it may become as narrow as two characters."""
        super().__init__("", role, tone=tone, bold=bold)
        self._full = text
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show this text as far as it fits."""
        self._full = text
        self.setAccessibleName(text)
        self.updateGeometry()
        self._fit()

    def full_text(self) -> str:
        """The whole text."""
        return self._full

    def sizeHint(self) -> QSize:
        """As wide as the whole text."""
        return QSize(self.fontMetrics().horizontalAdvance(self._full) + 4, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """As wide as two characters."""
        return QSize(self.fontMetrics().height() * 2, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, self.width())
        self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


class Button(QPushButton):
    """A button with a verb, and an icon that follows the theme."""

    def __init__(
        self,
        text: str,
        run: Callable[[], object] | None = None,
        *,
        icon_name: str = "",
        kind: Kind = "plain",
        tip: str = "",
    ) -> None:
        """`run` is called when it is clicked."""
        super().__init__(text)
        self._icon_name, self._kind = icon_name, kind
        self.setProperty("role", kind)
        self.setToolTip(tip)
        self.setAutoDefault(False)
        if run is not None:
            self.clicked.connect(lambda _checked=False: run())
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Tint the icon anew with the theme."""
        super().changeEvent(event)
        if event.type() in _RESTYLED:
            self._tint()

    def _tint(self) -> None:
        if self._icon_name:
            self.setIcon(icon(self._icon_name, _ICON_TOKENS[self._kind]))
            self.setIconSize(QSize(theme().px(16), theme().px(16)))


class IconButton(QToolButton):
    """A button with only an icon; `name` is its tool tip and accessible name."""

    def __init__(
        self, icon_name: str, name: str, run: Callable[[], object] | None = None, *, token: str = "text2"
    ) -> None:
        """`run` is called when it is clicked."""
        super().__init__()
        self._icon_name, self._token = icon_name, token
        self.setProperty("role", "quiet")
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if run is not None:
            self.clicked.connect(lambda _checked=False: run())
        self._tint()

    def set_icon(self, icon_name: str, name: str) -> None:
        """Show another icon with another name."""
        self._icon_name = icon_name
        self.setToolTip(name)
        self.setAccessibleName(name)
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Tint the icon anew with the theme."""
        super().changeEvent(event)
        if event.type() in _RESTYLED:
            self._tint()

    def _tint(self) -> None:
        self.setIcon(icon(self._icon_name, self._token))
        self.setIconSize(QSize(theme().px(16), theme().px(16)))


class IconLabel(QLabel):
    """A picture from the icon set that follows the theme; for the eye only, so it has no name."""

    def __init__(self, icon_name: str, *, token: str = "text2", size: int = 16) -> None:
        """`size` is in pixels at 100 %."""
        super().__init__()
        self._icon_name, self._token, self._size = icon_name, token, size
        self._adopt_theme()
        theme().changed.connect(self._adopt_theme)

    def set_icon(self, icon_name: str, token: str) -> None:
        """Show another picture."""
        self._icon_name, self._token = icon_name, token
        self._adopt_theme()

    def _adopt_theme(self) -> None:
        self.setPixmap(pixmap(self._icon_name, theme().px(self._size), self._token))


class TagLabel(QWidget):
    """A word on a coloured ground (red orange yellow green teal blue purple grey)."""

    def __init__(self, word: str, colour: str = "grey") -> None:
        """The word is the information, the colour only helps the eye."""
        super().__init__()
        self.set_tag(word, colour)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.updateGeometry)

    def set_tag(self, word: str, colour: str) -> None:
        """Show another word."""
        self._word, self._colour = word, colour
        self.setAccessibleName(word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """The word and its margins."""
        metrics = QFontMetrics(theme().font("caption"))
        return QSize(pill_width(self._word, metrics), metrics.height() + 6)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The pill."""
        painter = QPainter(self)
        paint_pill(painter, self.rect(), self._word, self._colour)
        painter.end()


class Lamp(QWidget):
    """A sign with a shape, a colour and a word; `lamp` is a name of `lamps.LAMPS`."""

    def __init__(self, lamp: str = "none", word: str = "") -> None:
        """Without a word it shows the lamp's own."""
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._picture, self._word = QLabel(), Label()
        row.addWidget(self._picture)
        row.addWidget(self._word)
        self.set_lamp(lamp, word)
        theme().changed.connect(self._adopt_theme)

    def set_lamp(self, lamp: str, word: str = "") -> None:
        """Show another state."""
        self.lamp = lamp
        self._word.setText(word or _(LAMPS[lamp].word))
        self.setAccessibleName(self._word.text())
        self._adopt_theme()

    def _adopt_theme(self) -> None:
        self._picture.setPixmap(lamp_pixmap(self.lamp, theme().px(12)))


class Card(QFrame):
    """A framed surface with an optional title; add content to `body` and things beside the title to `head`."""

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
        self._label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._value = Label(wrap=True)
        self._value.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._eye = IconButton("eye", "", self._toggle)
        row.addWidget(self._label)
        row.addWidget(self._value, 1)
        row.addWidget(self._eye, 0, Qt.AlignmentFlag.AlignTop)
        self.set_value(value, masked=masked)

    def value(self) -> str:
        """What is shown now."""
        return self._value.text() if self._mask else ""

    def set_value(self, value: str, *, masked: bool = False) -> None:
        """Show another value (or mask); an empty one is a dash."""
        self._mask, self._revealed = value, False
        self._show(value)
        self._eye.setVisible(masked)
        self._eye.set_icon("eye", _("显示{name}").format(name=self._name))

    def reveal(self, value: str) -> None:
        """Show the true value for 30 seconds."""
        self._revealed = True
        self._show(value)
        self._eye.set_icon("eye-off", _("隐藏{name}").format(name=self._name))
        self._timer = self.startTimer(self.REVEALED_MS)

    def hide_again(self) -> None:
        """Show the mask."""
        self._stop_timer()
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
            line.setVisible(bool(text))
            column.addWidget(line)
        self.button = Button(step, run, kind="primary")
        self.button.setVisible(bool(step))
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
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
        self._stop.setVisible(cancellable)
        row.addWidget(self._text)
        row.addWidget(self._bar, 1)
        row.addWidget(self._stop)
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
