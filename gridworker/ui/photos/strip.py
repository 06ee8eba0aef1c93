"""A strip of thumbnails: add by button or by dropping files, open with Enter, take away with Del."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.controls import Button, Label, SectionTitle
from gridworker.ui.flow import FlowLayout
from gridworker.ui.theme import theme

TILE = 72
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Shown(msgspec.Struct, frozen=True):
    """One photo as the strip shows it; `words` says where it stands, empty where all is well."""

    id: str
    thumbnail: bytes
    name: str
    words: str = ""
    may_remove: bool = False


class PhotoTile(QToolButton):
    """One thumbnail."""

    removed = Signal()
    stepped = Signal(int)

    def __init__(self, photo: Shown, number: int) -> None:
        """The `number`th of its strip."""
        super().__init__()
        self.photo = photo
        self.setProperty("role", "quiet")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        style = Qt.ToolButtonStyle
        self.setToolButtonStyle(style.ToolButtonTextUnderIcon if photo.words else style.ToolButtonIconOnly)
        picture = QPixmap()
        picture.loadFromData(photo.thumbnail)
        self.setIcon(QIcon(picture))
        self.setIconSize(QSize(theme().px(TILE), theme().px(TILE)))
        self.setText(photo.words)
        name = _("照片{number} {name}").format(number=number, name=photo.name)
        self.setAccessibleName(" ".join(filter(None, (name, photo.words))))
        keys = _("回车看大图，Del 去掉") if photo.may_remove else _("回车看大图")
        self.setToolTip(f"{photo.name}\n{keys}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Del takes away, arrows go to its neighbours; keys with Ctrl are somebody else's."""
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in _ENTER and plain:
            self.click()
        elif event.key() == Qt.Key.Key_Delete and self.photo.may_remove:
            self.removed.emit()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Right else -1)
        elif event.key() in _ENTER:
            event.ignore()
        else:
            super().keyPressEvent(event)


class PhotoStrip(QWidget):
    """It shows photos and says what a person wants done with them."""

    files_given = Signal(object)
    """Paths that were chosen or dropped."""
    opened = Signal(object)
    """The id of the photo to look at."""
    removed = Signal(object)
    """The id of the photo to take away."""
    rebuilt = Signal()
    """Its tiles are others now."""

    def __init__(self) -> None:
        """Without photos."""
        super().__init__()
        self.setAcceptDrops(True)
        self._tiles: list[PhotoTile] = []
        self._title = SectionTitle(_("照片"))
        self._hint = Label("", "caption", tone="caption", wrap=True)
        self._fault = Label("", "caption", tone="wrong", wrap=True)
        self.add = Button(_("添加照片"), self.choose, icon_name="photo", kind="quiet")
        self._row = QWidget()
        self._flow = FlowLayout(self._row, gap=6, line_gap=6)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title)
        head.addWidget(self._hint, 1)
        head.addWidget(self.add)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._row)
        column.addWidget(self._fault)
        self.say_wrong("")
        self.show_photos([])

    def show_photos(self, photos: Sequence[Shown]) -> None:
        """Show these; the keyboard stays on the same photo, or on the one that follows."""
        if [tile.photo for tile in self._tiles] == list(photos) and self._tiles:
            return
        at = next((n for n, tile in enumerate(self._tiles) if tile.hasFocus()), None)
        id = self._tiles[at].photo.id if at is not None else ""
        self._replace([self._tile(photo, number) for number, photo in enumerate(photos, 1)])
        self.say_busy(0)
        if at is not None:
            same = next((tile for tile in self._tiles if tile.photo.id == id), None)
            nearest = self._tiles[min(at, len(self._tiles) - 1)] if self._tiles else self.add
            (same or nearest).setFocus()
        self.rebuilt.emit()

    def say_busy(self, count: int) -> None:
        """Say how many are being made fit, or in an empty strip what can be done."""
        busy = _("正在处理 {count} 张…").format(count=count) if count else ""
        invitation = "" if self._tiles else _("没有照片也可以；有就拖到这里。")
        self._hint.setText(busy or invitation)

    def say_wrong(self, words: str) -> None:
        """What could not be done, or nothing."""
        self._fault.setText(words)
        self._fault.setVisible(bool(words))

    def wrong(self) -> str:
        """What it says could not be done."""
        return self._fault.text()

    def stops(self) -> list[QWidget]:
        """The places of the keyboard."""
        return [self.add, *self._tiles]

    def tiles(self) -> list[PhotoTile]:
        """The thumbnails in their order."""
        return list(self._tiles)

    def choose(self) -> None:
        """Ask for files."""
        kinds = _("照片 (*.jpg *.jpeg *.png *.webp *.bmp)")
        names, _kind = QFileDialog.getOpenFileNames(self, _("选择照片"), "", kinds)
        if names:
            self.files_given.emit([Path(name) for name in names])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files of this computer may be dropped."""
        if _files_of(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take them in."""
        files = _files_of(event.mimeData())
        if files:
            event.acceptProposedAction()
            self.files_given.emit(files)

    def _tile(self, photo: Shown, number: int) -> PhotoTile:
        tile = PhotoTile(photo, number)
        tile.clicked.connect(lambda _checked=False: self.opened.emit(photo.id))
        tile.removed.connect(lambda: self.removed.emit(photo.id))
        tile.stepped.connect(lambda by: self._step(tile, by))
        return tile

    def _step(self, tile: PhotoTile, by: int) -> None:
        at = self._tiles.index(tile) + by
        if 0 <= at < len(self._tiles):
            self._tiles[at].setFocus(Qt.FocusReason.TabFocusReason)

    def _replace(self, tiles: list[PhotoTile]) -> None:
        for old in self._tiles:
            self._flow.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._tiles = tiles
        for tile in tiles:
            self._flow.addWidget(tile)
        self._row.setVisible(bool(tiles))


def _files_of(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
