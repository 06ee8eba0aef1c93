"""Painting the cells of the matrix: ground by shade, a sign, number, head, people, and marks."""

from collections.abc import Mapping

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap

from gridworker.ui.buildings.cells import Cell
from gridworker.ui.buildings.measures import Measure
from gridworker.ui.buildings.plan import Spot
from gridworker.ui.icons import pixmap
from gridworker.ui.theme import theme

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
NUMBER_FROM = 15
"""From this height on (pixels at 100 %) even the smallest cells show the number of the room."""


class CellPainter:
    """Paints cells of one size; colours, fonts, signs and shortened words are worked out only once."""

    def __init__(self, cells: Mapping[Spot, Cell], size: Measure, ratio: float) -> None:
        """`ratio` is the device pixel ratio of what is painted on."""
        look = theme()
        self._size, self._ratio = size, ratio
        self._pad, self._sign, self._mark = look.px(6), look.px(10), look.px(12)
        self._body, self._bold, self._caption = (
            look.font("body"),
            look.font("body", bold=True),
            look.font("caption"),
        )
        self._plain = (look.color("surface"), look.color("text2"))
        self._border = QPen(look.color("border"))
        self._shades: dict[str, tuple[QColor, QColor]] = {}
        self._signs: dict[tuple[str, str], QPixmap] = {}
        self._heads = self._shortened(cells)

    def paint(self, painter: QPainter, rect: QRect, spot: Spot, cell: Cell) -> None:
        """One cell in its rectangle."""
        ground, words = self._colours(cell.shade.colour)
        painter.fillRect(rect, ground)
        if not cell.shade.colour:
            painter.setPen(self._border)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.setPen(words)
        if self._size.lines == 2:
            self._paint_two_lines(painter, rect, spot, cell)
        elif self._size.lines == 1:
            self._paint_one_line(painter, rect, spot, cell)
        else:
            self._paint_small(painter, rect, cell)

    def _paint_two_lines(self, painter: QPainter, rect: QRect, spot: Spot, cell: Cell) -> None:
        room = rect.adjusted(self._pad, 2, -self._pad, -2)
        half = room.height() // 2
        top = QRect(room.left(), room.top(), room.width(), half)
        below = QRect(room.left(), room.top() + half, room.width(), room.height() - half)
        left = self._paint_sign(painter, top, cell)
        painter.setFont(self._caption)
        painter.drawText(top.adjusted(left, 0, 0, 0), _LEFT, cell.number)
        self._paint_marks(painter, top, cell)
        painter.setFont(self._bold)
        painter.drawText(below, _LEFT, self._heads.get(spot, ""))
        painter.setFont(self._caption)
        painter.drawText(below, _RIGHT, cell.people)

    def _paint_one_line(self, painter: QPainter, rect: QRect, spot: Spot, cell: Cell) -> None:
        room = rect.adjusted(self._pad, 0, -self._pad // 2, 0)
        left = self._paint_sign(painter, room, cell)
        painter.setFont(self._caption)
        painter.drawText(room.adjusted(left, 0, 0, 0), _LEFT, cell.number)
        left += QFontMetrics(self._caption).horizontalAdvance(cell.number) + 4
        painter.setFont(self._body)
        painter.drawText(room.adjusted(left, 0, 0, 0), _LEFT, self._heads.get(spot, ""))
        self._paint_marks(painter, room, cell)

    def _paint_small(self, painter: QPainter, rect: QRect, cell: Cell) -> None:
        room = rect.adjusted(2, 0, -2, 0)
        left = self._paint_sign(painter, room, cell, size=min(self._sign, rect.height() - 2))
        if rect.height() >= theme().px(NUMBER_FROM):
            painter.setFont(self._caption)
            painter.drawText(room.adjusted(left, 0, 0, 0), _LEFT, cell.number)

    def _paint_sign(self, painter: QPainter, room: QRect, cell: Cell, size: int = 0) -> int:
        """The sign of the shade in the colour of its words; gives how much room it took."""
        size = size or self._sign
        if not cell.shade.sign or size < 5:
            return 0
        key = (cell.shade.sign, cell.shade.colour)
        if key not in self._signs:
            self._signs[key] = _tinted(
                cell.shade.sign, size, self._colours(cell.shade.colour)[1], self._ratio
            )
        painter.drawPixmap(room.left(), room.center().y() - size // 2 + 1, self._signs[key])
        return size + 4

    def _paint_marks(self, painter: QPainter, room: QRect, cell: Cell) -> None:
        left = room.right()
        for icon, token in reversed(cell.marks):
            left -= self._mark + 1
            picture = pixmap(icon, self._mark, token, ratio=self._ratio)
            painter.drawPixmap(left, room.center().y() - self._mark // 2 + 1, picture)

    def _colours(self, colour: str) -> tuple[QColor, QColor]:
        if not colour:
            return self._plain
        if colour not in self._shades:
            self._shades[colour] = theme().tag(colour)
        return self._shades[colour]

    def _shortened(self, cells: Mapping[Spot, Cell]) -> dict[Spot, str]:
        """The head of each cell as far as it fits."""
        if not self._size.lines:
            return {}
        metrics = QFontMetrics(self._bold if self._size.lines == 2 else self._body)
        caption = QFontMetrics(self._caption)
        heads = {}
        for spot, cell in cells.items():
            beside = caption.horizontalAdvance(cell.people) + 4 if self._size.lines == 2 else 0
            if self._size.lines == 1:
                beside = (
                    caption.horizontalAdvance(cell.number)
                    + 8
                    + self._sign
                    + len(cell.marks) * (self._mark + 1)
                )
            room = self._size.wide - 2 * self._pad - beside
            fits = metrics.horizontalAdvance(cell.head) <= room
            heads[spot] = (
                cell.head if fits else metrics.elidedText(cell.head, Qt.TextElideMode.ElideRight, room)
            )
        return heads


def _tinted(icon: str, size: int, colour: QColor, ratio: float) -> QPixmap:
    """A sign in the colour of the words of its shade: light and dark themes both give it contrast."""
    picture = QPixmap(pixmap(icon, size, "text", ratio=ratio))
    painter = QPainter(picture)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(picture.rect(), colour)
    painter.end()
    return picture
