"""The one icon set: our own strokes on a grid of 24, tinted from the theme's tokens when they are painted."""

from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from gridworker.settings import resource_path
from gridworker.ui.theme import theme


def icon_names() -> tuple[str, ...]:
    """Every icon there is, for tests and for whoever looks for one."""
    return tuple(sorted(path.stem for path in resource_path("icons").glob("*.svg")))


def pixmap(name: str, size: int, token: str = "text2", *, ratio: float | None = None) -> QPixmap:
    """An icon in the colour of a token, `size` logical pixels square; `ratio` is the screen's, if known."""
    return _tinted(
        name, size, theme().color(token).name(), ratio or QGuiApplication.primaryScreen().devicePixelRatio()
    )


def icon(name: str, token: str = "text2", *, size: int = 16) -> QIcon:
    """An icon for buttons and menus, sharp on any screen, pale where the control is disabled.

    It keeps the colours of now: make it anew when the theme changes, or let `put_icon` and its caller do so.
    """
    return _icon(name, _colours(token), theme().px(size), 0)


def put_icon(button: QAbstractButton, name: str, token: str, *, size: int = 16, gap: int = 0) -> None:
    """Give a button an icon, with a little room between it and the words; again after the theme changed.

    A button that has this icon already is left alone: Qt tells of every restyling several times.
    """
    made = _icon(name, _colours(token), theme().px(size), gap)
    room = QSize(theme().px(size) + gap, theme().px(size))
    if button.icon().cacheKey() != made.cacheKey():
        button.setIcon(made)
    if button.iconSize() != room:
        button.setIconSize(room)


def _colours(token: str) -> tuple[str, str]:
    """Of an enabled and of a disabled control."""
    return theme().color(token).name(), theme().color("disabled").name()


@lru_cache(maxsize=512)
def _icon(name: str, colours: tuple[str, str], size: int, gap: int) -> QIcon:
    made = QIcon()
    for ratio in (1.0, 2.0):
        for mode, colour in zip((QIcon.Mode.Normal, QIcon.Mode.Disabled), colours, strict=True):
            made.addPixmap(_widened(_tinted(name, size, colour, ratio), gap), mode)
    return made


def _widened(picture: QPixmap, gap: int) -> QPixmap:
    """The picture with `gap` empty logical pixels at its right: styles put words too close to icons."""
    if not gap:
        return picture
    ratio = picture.devicePixelRatio()
    made = QPixmap(picture.width() + round(gap * ratio), picture.height())
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.drawPixmap(0, 0, picture)
    painter.end()
    return made


@cache
def _drawing(name: str) -> str:
    path = resource_path(f"icons/{name}.svg")
    if not path.exists():
        raise ValueError(f"no icon {name!r}; there are {', '.join(icon_names())}")
    return path.read_text("utf-8")


@lru_cache(maxsize=1024)
def _tinted(name: str, size: int, colour: str, ratio: float) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", colour).encode()))
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    renderer.render(painter, QRectF(0, 0, made.width(), made.height()))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made
