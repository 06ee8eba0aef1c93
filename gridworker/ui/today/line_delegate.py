"""Paints today's lines: headings, and who, where, why and how late in columns that fit the width."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gridworker.ui.delegate import paint_pill, pill_width
from gridworker.ui.lamps import lamp_pixmap
from gridworker.ui.paged_model import Index
from gridworker.ui.theme import theme
from gridworker.ui.today.lines import Kind, Line

if TYPE_CHECKING:
    from gridworker.ui.today.line_list import LineModel

WHY = 190
"""Where the reason would get less room than this (pixels at 100 %) a row has two lines of text."""
BOUNDS = {"name": (70, 130), "age": (44, 110), "where": (90, 170), "tag": (0, 210), "state": (60, 120)}
"""The narrowest and widest each column may be (pixels at 100 %)."""
_LEFT = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextSingleLine)
_RIGHT = (
    int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.AlignmentFlag.AlignRight) | int(Qt.TextFlag.TextSingleLine)
)


GAP = 12
MEASURED = 300
"""Lines that the widths of columns are taken from; longer lists would hold the window up."""


def _widest(column: str, widths: Iterable[int]) -> int:
    low, high = BOUNDS[column]
    return min(theme().px(high), max(theme().px(low), max(widths, default=0) + theme().px(GAP)))


class LineDelegate(QStyledItemDelegate):
    """One row at a time, straight from the line."""

    def __init__(self, model: "LineModel", parent: QObject | None = None) -> None:
        """Reads lines and marks from the model."""
        super().__init__(parent)
        self._model = model
        self.wide = True
        self._widths = {name: bounds[0] for name, bounds in BOUNDS.items()}
        self.adopt_theme()

    def adopt_theme(self) -> None:
        """Take fonts from the theme."""
        look = theme()
        self._body, self._bold = look.font("body"), look.font("body", bold=True)
        self._caption, self._lane = look.font("caption"), look.font("subtitle", bold=True)

    def fit(self, lines: Sequence[Line], width: int) -> None:
        """Make columns as wide as these lines need, and rows two lines high where the list is narrow."""
        body, bold = QFontMetrics(self._body), QFontMetrics(self._bold)
        caption = QFontMetrics(self._caption)
        shown = [line for line in lines[:MEASURED] if not line.is_heading]
        self._widths = {
            "name": _widest("name", (bold.horizontalAdvance(line.name) for line in shown if line.age)),
            "age": _widest("age", (body.horizontalAdvance(line.age) for line in shown)),
            "where": _widest("where", (body.horizontalAdvance(line.where) for line in shown)),
            "tag": _widest("tag", (pill_width(line.tag[0], caption) for line in shown if line.tag)),
            "state": _widest("state", (body.horizontalAdvance(line.state) for line in shown)),
        }
        self.wide = width >= sum(self._widths.values()) + theme().px(WHY)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Nothing: everything is painted from the line."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Headings and wide rows have one line of text, narrow ones two."""
        height = theme().row_height + theme().px(2)
        one = self.wide or self._model.lines[index.row()].is_heading
        return QSize(100, height if one else round(theme().row_height * 1.7))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, then the heading or the line."""
        look = theme()
        rect: QRect = option.rect  # type: ignore[attr-defined]  # the stubs lack the fields of style options
        state = option.state  # type: ignore[attr-defined]  # as above
        line = self._model.lines[index.row()]
        if line.kind is Kind.LANE:
            self._paint_lane(painter, rect, line)
            return
        if line.kind is Kind.STAIR:
            self._paint_stair(painter, rect, line)
            return
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(rect, look.color("sel"))
            if state & QStyle.StateFlag.State_HasFocus:
                painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), look.color("accent"))
        painter.setPen(look.color("border"))
        painter.drawLine(rect.left() + look.px(12), rect.bottom(), rect.right() - look.px(12), rect.bottom())
        room = rect.adjusted(look.px(12), 0, -look.px(12), 0)
        room = self._paint_sign(painter, room, line)
        if self.wide:
            self._paint_in_columns(painter, room, line, selected=selected)
        else:
            self._paint_in_two_lines(painter, room, line, selected=selected)

    def _paint_lane(self, painter: QPainter, rect: QRect, line: Line) -> None:
        look = theme()
        painter.fillRect(rect, look.color("surface"))
        room = rect.adjusted(look.px(12), look.px(4), -look.px(12), 0)
        self._write(painter, room, line.name, font=self._lane, colour=look.color("text"))
        left = QFontMetrics(self._lane).horizontalAdvance(line.name) + look.px(8)
        pill = room.adjusted(left, 0, 0, 0)
        pill.setWidth(max(look.px(26), pill_width(line.state, QFontMetrics(self._caption))))
        paint_pill(painter, pill, line.state, "red" if line.key == "lane:urgent" else "blue")

    def _paint_stair(self, painter: QPainter, rect: QRect, line: Line) -> None:
        look = theme()
        painter.fillRect(rect, look.color("surface2"))
        room = rect.adjusted(look.px(12), 0, -look.px(12), 0)
        self._write(painter, room, line.name, font=self._bold, colour=look.color("text2"))
        self._write(painter, room, line.state, font=self._caption, colour=look.color("text2"), flags=_RIGHT)

    def _paint_sign(self, painter: QPainter, room: QRect, line: Line) -> QRect:
        """The mark, or the lamp where there is none."""
        look = theme()
        size = look.px(12)
        if line.key in self._model.marked:
            mark = QRect(room.left(), room.top(), look.px(20), room.height())
            self._write(painter, mark, "☑", font=self._bold, colour=look.color("accent"))
        elif line.lamp:
            picture = lamp_pixmap(line.lamp, size, ratio=painter.device().devicePixelRatioF())
            painter.drawPixmap(room.left(), room.center().y() - size // 2 + 1, picture)
        return room.adjusted(look.px(22), 0, 0, 0)

    def _paint_in_columns(self, painter: QPainter, room: QRect, line: Line, *, selected: bool) -> None:
        look = theme()
        words, second = self._colours(selected=selected)
        wide = self._widths
        if line.age:
            left = self._column(painter, room, (line.name, wide["name"]), font=self._bold, colour=words)
            left = self._column(painter, left, (line.age, wide["age"]), font=self._body, colour=second)
        else:
            both = (line.name, wide["name"] + wide["age"])
            left = self._column(painter, room, both, font=self._bold, colour=words)
        left = self._column(painter, left, (line.where, wide["where"]), font=self._body, colour=words)
        if line.tag:
            tag = QRect(left.left(), left.top(), wide["tag"] - look.px(GAP), left.height())
            self._paint_tag(painter, tag, line.tag)
        left = left.adjusted(wide["tag"], 0, 0, 0)
        why = left.adjusted(0, 0, -wide["state"], 0)
        self._write(painter, why, line.why, font=self._body, colour=second)
        self._write(
            painter, left, line.state, font=self._body, colour=self._state(line, second), flags=_RIGHT
        )

    def _paint_in_two_lines(self, painter: QPainter, room: QRect, line: Line, *, selected: bool) -> None:
        look = theme()
        words, second = self._colours(selected=selected)
        half = room.height() // 2
        upper, lower = room.adjusted(0, 2, 0, -half), room.adjusted(0, half - 2, 0, -2)
        state_wide = QFontMetrics(self._body).horizontalAdvance(line.state) + look.px(8)
        self._write(
            painter, upper, line.state, font=self._body, colour=self._state(line, second), flags=_RIGHT
        )
        upper = upper.adjusted(0, 0, -state_wide, 0)
        self._write(painter, upper, line.name, font=self._bold, colour=words)
        left = upper.adjusted(QFontMetrics(self._bold).horizontalAdvance(line.name) + look.px(8), 0, 0, 0)
        self._write(painter, left, line.age, font=self._body, colour=second)
        if line.tag:
            gap = QFontMetrics(self._body).horizontalAdvance(line.age) + look.px(8) if line.age else 0
            self._paint_tag(painter, left.adjusted(gap, 0, 0, 0), line.tag)
        below = " · ".join(part for part in (line.where, line.why) if part)
        self._write(painter, lower, below, font=self._caption, colour=second)

    def _paint_tag(self, painter: QPainter, room: QRect, tag: tuple[str, str]) -> None:
        word, colour = tag
        wide = min(room.width(), pill_width(word, QFontMetrics(self._caption)))
        if wide > theme().px(20):
            paint_pill(painter, QRect(room.left(), room.top(), wide, room.height()), word, colour)

    def _column(
        self, painter: QPainter, room: QRect, cell: tuple[str, int], *, font: QFont, colour: QColor
    ) -> QRect:
        """Write one cell and give the room that is left."""
        text, wide = cell
        shown = QRect(room.left(), room.top(), wide - theme().px(GAP) + 2, room.height())
        self._write(painter, shown, text, font=font, colour=colour)
        return room.adjusted(wide, 0, 0, 0)

    def _write(
        self,
        painter: QPainter,
        room: QRect,
        text: str,
        *,
        font: QFont,
        colour: QColor,
        flags: int = _LEFT,
    ) -> None:
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(
            room, flags, QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        )

    def _colours(self, *, selected: bool) -> tuple[QColor, QColor]:
        look = theme()
        return (look.color("sel_text"),) * 2 if selected else (look.color("text"), look.color("text2"))

    def _state(self, line: Line, otherwise: QColor) -> QColor:
        token = {"late": "danger", "stop": "danger", "soon": "warn"}.get(line.lamp)
        return theme().color(token) if token else otherwise
