"""The headers of the matrix: units and room numbers above, floors at the left."""

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from gridworker.i18n import _
from gridworker.ui.buildings.plan import Plan, Spot, unit_words
from gridworker.ui.theme import theme

_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
EVERY = 5
"""Where cells are lower than a line of text, only every fifth floor is named."""


def head_size() -> tuple[int, int]:
    """How wide the floors and how high the columns are headed, in pixels."""
    look = theme()
    widest = QFontMetrics(look.font("caption")).horizontalAdvance(_floor_words(88))
    return max(look.px(44), widest + look.px(8)), look.px(36)


def paint_heads(painter: QPainter, plan: Plan, rect_of: Callable[[Spot], QRect], view: QRect) -> None:
    """Paint both headers over the cells; `rect_of` says where cells are, `view` is what can be seen."""
    look = theme()
    wide, high = head_size()
    painter.fillRect(QRect(0, 0, view.width(), high), look.color("surface2"))
    painter.fillRect(QRect(0, 0, wide, view.height()), look.color("surface2"))
    painter.setPen(look.color("border"))
    painter.drawLine(0, high - 1, view.width(), high - 1)
    painter.drawLine(wide - 1, 0, wide - 1, view.height())
    painter.setFont(look.font("caption"))
    painter.setPen(look.color("text2"))
    _paint_columns(painter, plan, rect_of, high)
    _paint_floors(painter, plan, rect_of, (wide, high))
    painter.fillRect(QRect(0, 0, wide - 1, high - 1), look.color("surface2"))


def _paint_columns(painter: QPainter, plan: Plan, rect_of: Callable[[Spot], QRect], high: int) -> None:
    line = high // 2
    has_units = any(column.unit for column in plan.columns)
    for at, column in enumerate(plan.columns):
        rect = rect_of((0, at))
        top, room = (line, line) if has_units else (0, high)
        painter.drawText(QRect(rect.left(), top, rect.width(), room), _CENTRE, column.stack)
        if has_units and (at == 0 or plan.columns[at - 1].unit != column.unit):
            last = max(n for n, other in enumerate(plan.columns) if other.unit == column.unit)
            whole = rect.united(rect_of((0, last)))
            painter.drawText(QRect(whole.left(), 0, whole.width(), line), _CENTRE, unit_words(column.unit))


def _paint_floors(
    painter: QPainter, plan: Plan, rect_of: Callable[[Spot], QRect], head: tuple[int, int]
) -> None:
    text = painter.fontMetrics().height()
    for at, floor in enumerate(plan.floors):
        rect = rect_of((at, 0))
        if rect.height() + 2 < text and floor % EVERY and at:
            continue
        high = max(rect.height(), text)
        top = rect.center().y() - high // 2
        room = QRect(0, max(top, head[1]) if at == 0 and rect.top() >= head[1] else top, head[0] - 1, high)
        if room.bottom() > head[1]:
            painter.drawText(room, _CENTRE, _floor_words(floor))


def _floor_words(floor: int) -> str:
    if floor == 0:
        return "—"
    return _("{floor}层").format(floor=floor) if floor > 0 else _("负{floor}层").format(floor=-floor)
