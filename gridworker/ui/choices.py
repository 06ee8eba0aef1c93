"""Choosing by digit: pills in a row, one tab stop a row, as the quick visit needs them."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from gridworker.domain.choices import Choice
from gridworker.i18n import _
from gridworker.ui.controls import Label
from gridworker.ui.flow import FlowLayout
from gridworker.ui.inputs import digit_of
from gridworker.ui.theme import theme


class Chip(QAbstractButton):
    """A pill that is on or off: a filter, or one of several choices with its digit before it."""

    def __init__(self, text: str, *, digit: str = "", checkable: bool = True) -> None:
        """`digit` is shown before the text."""
        super().__init__()
        self.digit = digit
        self.set_text(text)
        self.setCheckable(checkable)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.marked = False
        theme().changed.connect(self.updateGeometry)

    def set_text(self, text: str) -> None:
        """Show other words."""
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """The words and their margins."""
        metrics = QFontMetrics(theme().font("body"))
        digit = QFontMetrics(theme().font("caption")).horizontalAdvance(self.digit) + 5 if self.digit else 0
        return QSize(metrics.horizontalAdvance(self.text()) + digit + theme().px(20), metrics.height() + 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground and border by state, the digit pale, a ring where the keyboard is."""
        look, on = theme(), self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = "accent" if on else "sunken" if self.underMouse() else "surface"
        border = "accent" if on else "border_strong"
        painter.setBrush(look.color(ground))
        painter.setPen(QPen(look.color(border), 1))
        room = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.drawRoundedRect(room, room.height() / 2, room.height() / 2)
        if self.hasFocus() or self.marked:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.color("text" if on else "accent"), 2))
            painter.drawRoundedRect(room, room.height() / 2, room.height() / 2)
        self._paint_words(painter, on=on)
        painter.end()

    def _paint_words(self, painter: QPainter, *, on: bool) -> None:
        look = theme()
        left = look.px(10)
        words = "on_accent" if on else ("text" if self.isEnabled() else "disabled")
        if self.digit:
            painter.setFont(look.font("caption"))
            painter.setPen(look.color("on_accent" if on else "text3"))
            painter.drawText(
                left, 0, self.width(), self.height(), int(Qt.AlignmentFlag.AlignVCenter), self.digit
            )
            left += painter.fontMetrics().horizontalAdvance(self.digit) + 5
        painter.setFont(look.font("body"))
        painter.setPen(look.color(words))
        painter.drawText(
            left, 0, self.width(), self.height(), int(Qt.AlignmentFlag.AlignVCenter), self.text()
        )


class ChoiceRow(QWidget):
    """A title and its choices: a digit chooses and moves on to the next row; arrows and mouse work.

    The row is one tab stop. With `multiple` digits and Space switch choices on and off and the focus stays.
    """

    chosen = Signal(str)
    """The code that was chosen or switched, by a person."""

    def __init__(
        self, title: str, choices: Sequence[Choice], *, value: str = "", multiple: bool = False
    ) -> None:
        """`choices` come from `domain.choices.CHOICES`; `value` is chosen at first."""
        super().__init__()
        self._title, self._multiple = title, multiple
        self._codes = [choice.code for choice in choices]
        self._at = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(8)
        self._label = Label(title, tone="second")
        self._label.setMinimumWidth(theme().px(48))
        row.addWidget(self._label, 0, Qt.AlignmentFlag.AlignTop)
        pills = QWidget()
        flow = FlowLayout(pills)
        self._chips = [self._make_chip(n, choice) for n, choice in enumerate(choices)]
        for chip in self._chips:
            flow.addWidget(chip)
        row.addWidget(pills, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self.set_value(value)

    def value(self) -> str:
        """The chosen code, or an empty text; with `multiple` the first."""
        return next(iter(self.values()), "")

    def values(self) -> tuple[str, ...]:
        """Every chosen code."""
        return tuple(c for c, chip in zip(self._codes, self._chips, strict=True) if chip.isChecked())

    def set_value(self, *codes: str) -> None:
        """Choose these without a signal."""
        for code, chip in zip(self._codes, self._chips, strict=True):
            chip.setChecked(code in codes)
        self._at = next((n for n, code in enumerate(self._codes) if code in codes), 0)
        self._describe()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits, arrows and Space; all else belongs to the form."""
        digit = digit_of(event)
        if digit is not None:
            self._choose_by_digit(digit)
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._move(-1 if event.key() == Qt.Key.Key_Left else 1)
        elif event.key() == Qt.Key.Key_Space and self._multiple:
            self._choose(self._at)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: object) -> None:
        """Show where the keyboard is."""
        self._mark()

    def focusOutEvent(self, event: object) -> None:
        """The mark goes."""
        self._mark()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A bar at the left while it has the focus."""
        if not self.hasFocus():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("accent_weak"))
        painter.drawRoundedRect(self.rect(), 4, 4)
        painter.setBrush(theme().color("accent"))
        painter.drawRect(0, 2, 3, self.height() - 4)
        painter.end()

    def _make_chip(self, at: int, choice: Choice) -> Chip:
        chip = Chip(_(choice.label), digit=str((at + 1) % 10) if at < 10 else "")
        chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        chip.clicked.connect(lambda: self._clicked(at))
        return chip

    def _clicked(self, at: int) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._chips[at].setChecked(not self._chips[at].isChecked())  # as it was: choosing decides
        self._choose(at)

    def _choose_by_digit(self, digit: int) -> None:
        at = (digit - 1) % 10
        if at < len(self._chips):
            self._choose(at)
            if not self._multiple:
                self.focusNextChild()

    def _choose(self, at: int) -> None:
        self._at = at
        if self._multiple:
            self._chips[at].setChecked(not self._chips[at].isChecked())
        else:
            for n, chip in enumerate(self._chips):
                chip.setChecked(n == at)
        self._describe()
        self._mark()
        self.chosen.emit(self._codes[at])

    def _move(self, step: int) -> None:
        at = max(0, min(len(self._chips) - 1, self._at + step))
        if self._multiple:
            self._at = at
            self._mark()
        elif self._chips:
            self._choose(at)

    def _mark(self) -> None:
        for n, chip in enumerate(self._chips):
            chip.marked = self.hasFocus() and n == self._at and self._multiple
            chip.update()
        self.update()

    def _describe(self) -> None:
        words = "、".join(chip.text() for chip in self._chips if chip.isChecked())
        self.setAccessibleDescription(_("已选 {words}").format(words=words) if words else _("未选"))
