"""The way of the Tab key through the window: in the order one reads, whatever was built first."""

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def order_focus(parts: Iterable[QWidget]) -> None:
    """Let Tab visit these parts one after the other, each in the order it has inside; all in one window."""
    seen: set[QWidget] = set()
    stops = []
    for part in parts:
        new = [widget for widget in _stops(part) if widget not in seen]
        seen.update(new)
        stops += new
    for one, other in pairwise(stops):
        QWidget.setTabOrder(one, other)


def _stops(part: QWidget) -> list[QWidget]:
    found = []
    widget: QWidget | None = part
    while widget is not None:
        if (widget is part or part.isAncestorOf(widget)) and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(widget)
        widget = widget.nextInFocusChain()
        if widget is part:
            break
    return found
