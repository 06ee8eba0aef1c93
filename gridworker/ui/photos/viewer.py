"""The original of a photo over the window; nothing of it is ever written to a file that others could read."""

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.controls import ElidedLabel, IconButton, Label

MARGIN = 24


class Picture(QWidget):
    """A picture as large as its place, with its sides as they are."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._picture = QPixmap()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_data(self, data: bytes) -> bool:
        """Show an encoded picture; False where nothing can be made of it."""
        self._picture = QPixmap()
        good = self._picture.loadFromData(data)
        self.update()
        return good

    def paintEvent(self, event: QPaintEvent) -> None:
        """In the middle."""
        if self._picture.isNull():
            return
        size = self._picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(
            (self.width() - size.width()) // 2,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, self._picture)
        painter.end()


class PhotoViewer(QFrame):
    """A sheet over the window with one photo; Esc closes it, arrows go to its neighbours."""

    stepped = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        """Hidden until there is something to look at."""
        super().__init__(parent)
        self._outer = parent
        self._before: QWidget | None = None
        self.setProperty("role", "sheet")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.picture = Picture()
        self._caption = ElidedLabel()
        self._note = Label("", tone="second", wrap=True)
        head = QHBoxLayout()
        head.addWidget(self._caption)
        head.addStretch(1)
        close = IconButton("close", _("关闭 Esc"), self.hide)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.picture, 1)
        column.addWidget(self._note)
        parent.installEventFilter(self)
        self.hide()

    def show_photo(self, data: bytes, caption: str, note: str = "") -> None:
        """Show a picture, what it is, and what is to be said of it."""
        good = self.picture.show_data(data)
        self._caption.set_text(caption)
        self._note.setText(note if good else _("这张照片显示不出来。"))
        self._note.setVisible(bool(self._note.text()))
        self.setAccessibleName(" ".join(filter(None, (_("照片"), caption, self._note.text()))))
        if self.isHidden():
            self._before = QApplication.focusWidget()
        self._place()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def note(self) -> str:
        """What is said under the picture."""
        return self._note.text()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc and Enter close, arrows step; no key reaches what lies below."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Right else -1)
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.hide()
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        """The keyboard goes back to where it was."""
        super().hideEvent(event)
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self._before = None

    def _place(self) -> None:
        self.setGeometry(self._outer.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN))
