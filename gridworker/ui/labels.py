"""What only shows: lines of text, icons, tags and lamps that follow the theme."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from gridworker.i18n import _
from gridworker.ui.delegate import paint_pill, pill_width
from gridworker.ui.icons import pixmap
from gridworker.ui.lamps import LAMPS, lamp_pixmap
from gridworker.ui.theme import TypeRole, theme


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
        self._tip = ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.set_text(text)

    def set_text(self, text: str, *, tip: str = "") -> None:
        """Show this text as far as it fits; `tip` is told by the mouse, fit or not."""
        self._full = text
        self._tip = tip
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
        self.setToolTip(self._tip or (self._full if shown != self._full else ""))


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
        row.addWidget(self._word, 1)
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
