"""The list of screens at the left, with the counts of what waits in each."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QSizePolicy, QVBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.icons import pixmap
from gridworker.ui.theme import theme


class NavigationButton(QAbstractButton):
    """One screen: icon, title, count of what waits."""

    def __init__(self, title: str, icon_name: str, keys: str) -> None:
        """`keys` is shown as tool tip."""
        super().__init__()
        self._icon_name, self.badge = icon_name, 0
        self.setText(title)
        self.setCheckable(True)
        self.setToolTip(f"{title}  {keys}")
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Maximum)
        self.set_badge(0)
        theme().changed.connect(self.updateGeometry)

    def set_badge(self, count: int) -> None:
        """Show how much waits there; 0 shows nothing."""
        self.badge = count
        name = _("{title}，{count} 条待办").format(title=self.text(), count=count) if count else self.text()
        self.setAccessibleName(name)
        self.update()

    def sizeHint(self) -> QSize:
        """Icon, title and room for a count."""
        look = theme()
        title = QFontMetrics(look.font("body", bold=True)).horizontalAdvance(self.text())
        count = QFontMetrics(look.font("caption", bold=True)).horizontalAdvance("999") + look.px(10)
        return QSize(28 + look.px(20) + title + 8 + count + 14, look.px(28) + 8)

    def minimumSizeHint(self) -> QSize:
        """Lower where the window is low."""
        return QSize(self.sizeHint().width(), QFontMetrics(theme().font("body", bold=True)).height() + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Accent bar and ground for the screen shown, ring where the keyboard is."""
        look, on = theme(), self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect()).adjusted(6, 1, -6, -1)
        if on or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("accent_weak" if on else "sunken"))
            painter.drawRoundedRect(room, 4, 4)
        if on:
            painter.setBrush(look.color("accent"))
            painter.drawRoundedRect(QRectF(6, 8, 3, self.height() - 16), 1.5, 1.5)
        self._paint_words(painter, on=on)
        self._paint_badge(painter)
        if self.hasFocus():
            pen = painter.pen()
            pen.setColor(look.color("accent"))
            pen.setWidth(2)
            pen.setStyle(Qt.PenStyle.SolidLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(room.adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _paint_words(self, painter: QPainter, *, on: bool) -> None:
        look = theme()
        size = look.px(20)
        token = "accent" if on else "text2"
        painter.drawPixmap(18, (self.height() - size) // 2, pixmap(self._icon_name, size, token))
        painter.setFont(look.font("body", bold=on))
        painter.setPen(look.color("accent" if on else "text"))
        room = QRect(18 + size + 10, 0, self.width() - size - 34, self.height())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), self.text())

    def _paint_badge(self, painter: QPainter) -> None:
        if not self.badge:
            return
        look = theme()
        words = str(self.badge) if self.badge < 1000 else "999+"
        font = look.font("caption", bold=True)
        metrics = QFontMetrics(font)
        height = metrics.height() + 2
        width = max(height, metrics.horizontalAdvance(words) + look.px(10))
        pill = QRectF(self.width() - width - 14, (self.height() - height) / 2, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("accent"))
        painter.drawRoundedRect(pill, height / 2, height / 2)
        painter.setFont(font)
        painter.setPen(look.color("on_accent"))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, words)


class Navigation(QFrame):
    """The screens from top to bottom; arrows move along them, Enter and Space show one."""

    screen_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty; screens are added one by one."""
        super().__init__(parent)
        self.setProperty("role", "side")
        self.setAccessibleName(_("页面"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._buttons: dict[str, NavigationButton] = {}
        self._group = QButtonGroup(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 8, 0, 8)
        self._column.setSpacing(2)
        self._column.addStretch(1)

    def add_screen(self, name: str, title: str, icon_name: str, *, keys: str = "") -> None:
        """One more screen at the end of the list."""
        button = NavigationButton(title, icon_name, keys)
        button.clicked.connect(lambda: self.screen_chosen.emit(name))
        self._group.addButton(button)
        self._buttons[name] = button
        self._column.insertWidget(self._column.count() - 1, button)

    def mark_shown(self, name: str) -> None:
        """Mark the screen that is shown; none where it has no place here, such as the import."""
        shown = self._buttons.get(name)
        self._group.setExclusive(shown is not None)
        for button in self._buttons.values():
            button.setChecked(button is shown)
        self._group.setExclusive(True)

    def set_badge(self, name: str, count: int) -> None:
        """How much waits on a screen."""
        self._buttons[name].set_badge(count)

    def badge(self, name: str) -> int:
        """The count shown at a screen."""
        return self._buttons[name].badge

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down move the focus and stop at the ends."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        buttons = list(self._buttons.values())
        at = next((n for n, button in enumerate(buttons) if button.hasFocus()), 0)
        buttons[max(0, min(len(buttons) - 1, at + step))].setFocus(Qt.FocusReason.TabFocusReason)
