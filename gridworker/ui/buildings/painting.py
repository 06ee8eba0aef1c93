"""Painting the cells of the matrix: ground by shade, a sign, number, head, people, and marks."""

from collections.abc import Mapping
from typing import NamedTuple

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap, QStaticText, QTransform

from gridworker.ui.buildings.cells import Cell
from gridworker.ui.buildings.measures import Measure
from gridworker.ui.buildings.plan import Spot
from gridworker.ui.icons import pixmap
from gridworker.ui.theme import theme

NUMBER_FROM = 15
"""From this height on (pixels at 100 %) even the smallest cells show the number of the room."""


class _Words(NamedTuple):
    """A text that was laid out once."""

    text: QStaticText
    wide: int
    high: int


class _Pen:
    """One font and the texts that were laid out in it: painting them again takes half the time."""

    def __init__(self, font: QFont) -> None:
        self.font, self.metrics = font, QFontMetrics(font)
        self._known: dict[str, _Words] = {}

    def words(self, text: str) -> _Words:
        if text not in self._known:
            static = QStaticText(text)
            static.setTextFormat(Qt.TextFormat.PlainText)
            static.prepare(QTransform(), self.font)
            wide = self.metrics.horizontalAdvance(text)
            self._known[text] = _Words(static, wide, self.metrics.height())
        return self._known[text]

    def write(self, painter: QPainter, room: QRect, text: str, *, right: bool = False) -> int:
        """Write at the left or right, in the middle of the height; gives how wide it was."""
        if not text:
            return 0
        words = self.words(text)
        painter.setFont(self.font)
        left = room.right() - words.wide + 1 if right else room.left()
        painter.drawStaticText(left, room.top() + (room.height() - words.high) // 2, words.text)
        return words.wide


class CellPainter:
    """Paints cells of one size; colours, signs and shortened words are worked out only once."""

    def __init__(self, cells: Mapping[Spot, Cell], size: Measure, ratio: float) -> None:
        """`ratio` is the device pixel ratio of what is painted on."""
        look = theme()
        self._size, self._ratio = size, ratio
        self._pad, self._sign, self._mark = look.px(6), look.px(10), look.px(12)
        self._body, self._caption = _Pen(look.font("body")), _Pen(look.font("caption"))
        self._head = _Pen(look.font("body", bold=True)) if size.lines == 2 else self._body
        self._plain = (look.color("surface"), look.color("text2"))
        self._border = QPen(look.color("border"))
        self._shades: dict[str, tuple[QColor, QColor]] = {}
        self._signs: dict[tuple[str, str, int], QPixmap] = {}
        self._heads = {spot: self._shortened(cell) for spot, cell in cells.items()} if size.lines else {}

    def paint(self, painter: QPainter, rect: QRect, spot: Spot, cell: Cell) -> None:
        """One cell in its rectangle."""
        ground, words = self._colours(cell.shade.colour)
        painter.fillRect(rect, ground)
        if not cell.shade.colour:
            painter.setPen(self._border)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.setPen(words)
        if self._size.lines == 2:
            self._paint_two_lines(painter, rect, self._heads[spot], cell)
        elif self._size.lines == 1:
            self._paint_one_line(painter, rect, self._heads[spot], cell)
        else:
            self._paint_small(painter, rect, cell)

    def _paint_two_lines(self, painter: QPainter, rect: QRect, head: str, cell: Cell) -> None:
        room = rect.adjusted(self._pad, 2, -self._pad, -2)
        half = room.height() // 2
        top = QRect(room.left(), room.top(), room.width(), half)
        below = QRect(room.left(), room.top() + half, room.width(), room.height() - half)
        left = self._paint_sign(painter, top, cell)
        self._caption.write(painter, top.adjusted(left, 0, 0, 0), cell.number)
        self._paint_marks(painter, top, cell)
        self._head.write(painter, below, head)
        self._caption.write(painter, below, cell.people, right=True)

    def _paint_one_line(self, painter: QPainter, rect: QRect, head: str, cell: Cell) -> None:
        room = rect.adjusted(self._pad, 0, -self._pad // 2, 0)
        left = self._paint_sign(painter, room, cell)
        left += self._caption.write(painter, room.adjusted(left, 0, 0, 0), cell.number) + 4
        self._head.write(painter, room.adjusted(left, 0, 0, 0), head)
        self._paint_marks(painter, room, cell)

    def _paint_small(self, painter: QPainter, rect: QRect, cell: Cell) -> None:
        room = rect.adjusted(2, 0, -2, 0)
        left = self._paint_sign(painter, room, cell, size=min(self._sign, rect.height() - 2))
        if rect.height() >= theme().px(NUMBER_FROM):
            self._caption.write(painter, room.adjusted(left, 0, 0, 0), cell.number)

    def _paint_sign(self, painter: QPainter, room: QRect, cell: Cell, size: int = 0) -> int:
        """The sign of the shade in the colour of its words; gives how much room it took."""
        size = size or self._sign
        if not cell.shade.sign or size < 5:
            return 0
        key = (cell.shade.sign, cell.shade.colour, size)
        if key not in self._signs:
            words = self._colours(cell.shade.colour)[1]
            self._signs[key] = _tinted(cell.shade.sign, size, words, self._ratio)
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

    def _shortened(self, cell: Cell) -> str:
        """The head of a cell as far as it fits beside what else stands in its line."""
        if self._size.lines == 2:
            beside = self._caption.words(cell.people).wide + 4 if cell.people else 0
        else:
            sign = self._sign + 4 if cell.shade.sign else 0
            beside = self._caption.words(cell.number).wide + 4 + sign + len(cell.marks) * (self._mark + 1)
        room = self._size.wide - self._size.gap - 2 * self._pad - beside
        if self._head.words(cell.head).wide <= room:
            return cell.head
        return self._head.metrics.elidedText(cell.head, Qt.TextElideMode.ElideRight, room)


def _tinted(icon: str, size: int, colour: QColor, ratio: float) -> QPixmap:
    """A sign in the colour of the words of its shade: light and dark themes both give it contrast."""
    picture = QPixmap(pixmap(icon, size, "text", ratio=ratio))
    painter = QPainter(picture)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(picture.rect(), colour)
    painter.end()
    return picture
