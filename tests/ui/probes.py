"""Probes of finished screens: clipped words, weak contrast, controls without a name, a focus that jumps."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar, cast

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QLabel, QScrollBar, QWidget

from gridworker.ui.controls import ElidedLabel
from gridworker.ui.theme import contrast

LEAST_CONTRAST = 4.5
ZOOM = 3
"""Words are painted this much larger to measure them: thin strokes never reach their full colour at 100 %."""


W = TypeVar("W", bound=QWidget)


def visible(root: QWidget, kind: type[W]) -> Iterator[W]:
    """Every widget of a kind that can be seen inside `root`, at least half of its height."""
    for widget in cast(list[W], root.findChildren(kind)):
        if widget.isVisible() and widget.visibleRegion().boundingRect().height() * 2 > widget.height():
            yield widget


def clipped_texts(root: QWidget) -> list[str]:
    """Words of labels and buttons that do not fit; those that end in … on purpose are left out."""
    labels = [label.text() for label in visible(root, QLabel) if _is_clipped_label(label)]
    return labels + [button.text() for button in visible(root, QAbstractButton) if _is_clipped(button)]


def _is_clipped_label(label: QLabel) -> bool:
    if isinstance(label, ElidedLabel) or not label.text():
        return False
    if label.wordWrap():
        return label.heightForWidth(label.width()) > label.height() + 1
    return _is_clipped(label)


def _is_clipped(widget: QWidget) -> bool:
    least = widget.minimumSizeHint()
    wanted = least if least.isValid() else widget.sizeHint()
    return bool(wanted.width() > widget.width() + 1 or wanted.height() > widget.height() + 1)


def weak_contrasts(root: QWidget, least: float = LEAST_CONTRAST) -> list[str]:
    """Words of enabled labels and buttons whose contrast, measured on the painted picture, is too low."""
    picture = _painted(root)
    weak = []
    words: list[QLabel | QAbstractButton] = [*visible(root, QLabel), *visible(root, QAbstractButton)]
    for widget in words:
        if not widget.text() or not widget.isEnabled():
            continue
        ratio = _contrast_in(picture, QRect(widget.mapTo(root, QPoint(0, 0)), widget.size()))
        if ratio < least:
            weak.append(f"{widget.text()} {ratio:.1f}")
    return weak


def _painted(root: QWidget) -> QImage:
    picture = QImage(root.size() * ZOOM, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(ZOOM)
    painter = QPainter(picture)
    root.render(painter, QPoint(0, 0))
    painter.end()
    return picture


def _contrast_in(picture: QImage, rect: QRect) -> float:
    """Between the most common colour and the one that stands out most from it, borders left out."""
    inner = rect.adjusted(3, 3, -3, -3)
    inside = picture.copy(QRect(inner.topLeft() * ZOOM, inner.size() * ZOOM))
    counts = Counter(
        inside.pixel(x, y) for x in range(0, inside.width(), 2) for y in range(0, inside.height(), 2)
    )
    if not counts:
        return 21.0
    ground = QColor(counts.most_common(1)[0][0]).name()
    return max(contrast(ground, QColor(pixel).name()) for pixel in counts)


def nameless(root: QWidget) -> list[str]:
    """Controls that the keyboard reaches and a screen reader cannot name."""
    return [type(widget).__name__ for widget in focus_order(root) if not spoken_name(widget)]


def spoken_name(widget: QWidget) -> str:
    """What a screen reader calls a widget."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface else widget.accessibleName()


def focus_order(root: QWidget) -> list[QWidget]:
    """The controls that Tab visits, in its order, beginning with the first inside `root`."""
    order = []
    widget: QWidget | None = root.nextInFocusChain()
    while widget is not None and widget is not root:
        tabbed = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        plain = isinstance(widget, QScrollBar) or type(widget) is QAbstractScrollArea
        if tabbed and not plain and widget.isEnabled() and widget.isVisible() and root.isAncestorOf(widget):
            order.append(widget)
        widget = widget.nextInFocusChain()
    return order


def focus_jumps(root: QWidget) -> list[str]:
    """Pairs where Tab goes up and to the left at once: against the reading order."""
    places = [(w, QRect(w.mapTo(root, QPoint(0, 0)), w.size())) for w in focus_order(root)]
    return [
        f"{spoken_name(one)} → {spoken_name(other)}"
        for (one, here), (other, there) in pairwise(places)
        if there.bottom() < here.top() and there.left() <= here.left()
    ]
