"""The one row delegate: paints rows straight from model and theme, without any style sheet."""

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF, QPainter, QPixmap, QRawFont
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gridworker.ui.lamps import lamp_pixmap
from gridworker.ui.paged_model import Cell, Index, PagedModel, TableColumn
from gridworker.ui.theme import theme

_SELECTED = QStyle.StateFlag.State_Selected
PADDING = 8
MAX_FITTED = 4_096
SLACK = 2
"""Pixels that kerning may add to the sum of the widths of signs."""

Room = tuple[int, int, int, int]
"""Left, top, width and height: a tuple is made much faster than a rectangle of Qt's."""


class Span(NamedTuple):
    """Where a shown column is: its number and its room from side to side, in pixels."""

    column: int
    left: int
    width: int


class Hand:
    """One font with what is known of its signs: how wide each is, and where the line stands.

    Most texts of a table are short and of one font. To lay them out like paragraphs, as a painter does with
    a rectangle, takes half as long again; each way of writing here is False where that is wanted after all.
    """

    def __init__(self, font: QFont) -> None:
        """Measure nothing yet but the height."""
        self.font, self.metrics = font, QFontMetrics(font)
        exact = QFontMetricsF(font)
        self._ascent, self._height = exact.ascent(), exact.ascent() + exact.descent()
        self._width_of = _Widths(font).__getitem__
        self._fitted: dict[tuple[str, int], str] = {}
        self._lengths: dict[str, float] = {}

    def write(self, painter: QPainter, room: Room, text: str) -> bool:
        """Write at the left of the room, in the middle of its height."""
        left, top, wide, high = room
        if sum(map(self._width_of, text)) + SLACK > wide or self._height > high:
            return False
        painter.drawText(QPointF(left, top + (high - self._height) / 2 + self._ascent), text)
        return True

    def write_centred(self, painter: QPainter, room: QRectF, text: str) -> bool:
        """Write in the middle of the room."""
        spare = room.width() - self.length(text)
        if spare < SLACK or self._height > room.height() or inf in map(self._width_of, text):
            return False
        top = room.top() + (room.height() - self._height) / 2
        painter.drawText(QPointF(room.left() + spare / 2, top + self._ascent), text)
        return True

    def length(self, text: str) -> float:
        """How wide a word that comes again and again is."""
        if text not in self._lengths:
            if len(self._lengths) >= MAX_FITTED:
                self._lengths.clear()
            self._lengths[text] = QFontMetricsF(self.font).horizontalAdvance(text)
        return self._lengths[text]

    def fit(self, text: str, width: int) -> str:
        """The text as far as it fits."""
        key = (text, width)
        if key not in self._fitted:
            if len(self._fitted) >= MAX_FITTED:
                self._fitted.clear()
            self._fitted[key] = _fitting(text, self.metrics, width)
        return self._fitted[key]


class _Widths(dict[str, float]):
    """How wide each sign is; endless if another font must help out, which may be higher than this one."""

    def __init__(self, font: QFont) -> None:
        super().__init__()
        self._metrics, self._own = QFontMetricsF(font), QRawFont.fromFont(font)

    def __missing__(self, sign: str) -> float:
        own = self._own.supportsCharacter(ord(sign))
        self[sign] = self._metrics.horizontalAdvance(sign) if own else inf
        return self[sign]


_hands: dict[str, Hand] = {}


def hand_of(font: QFont) -> Hand:
    """The hand of a font, made once."""
    key = font.key()
    if key not in _hands:
        _hands[key] = Hand(QFont(font))
    return _hands[key]


class RowDelegate(QStyledItemDelegate):
    """Paints the rows of a `PagedModel`: zebra, selection, lamp, pills or text, and perhaps a second line."""

    def __init__(self, model: PagedModel[Any], parent: QObject | None = None, *, lines: int = 1) -> None:
        """`lines` is 1 or 2 lines of text a row."""
        super().__init__(parent)
        self._model = model
        self.lines = lines
        self.all_selected = False
        self.current_row = -1
        self.adopt_theme()

    def adopt_theme(self) -> None:
        """Take fonts and colours from the theme; call it when the theme changed."""
        look = theme()
        self._body, self._bold = hand_of(look.font("body")), hand_of(look.font("body", bold=True))
        self._caption = hand_of(look.font("caption"))
        self._text, self._text2 = look.color("text"), look.color("text2")
        self._selection, self._selected_text = look.color("sel"), look.color("sel_text")
        self._stripe, self._accent = look.color("row_alt"), look.color("accent")
        self._padding, self._lamp = look.px(PADDING), look.px(12)
        self._lamps: dict[tuple[str, float], QPixmap] = {}

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Nothing: everything needed is read from the model's cell (calling up costs half of a repaint)."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As wide as its text, as high as a row."""
        cell = self._model.cell(index.row(), index.column())
        wide = self._body.metrics.horizontalAdvance(cell.text) if cell else 0
        return QSize(wide + 2 * self._padding + (self._lamp if cell and cell.lamp else 0), theme().row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One cell, for a view that goes from cell to cell."""
        rect = option.rect  # type: ignore[attr-defined]  # the stubs lack the fields of style options
        state = option.state  # type: ignore[attr-defined]  # as above
        span = Span(index.column(), rect.left(), rect.width())
        self.paint_row(painter, index.row(), rect, [span], selected=bool(state & _SELECTED))

    def paint_row(
        self, painter: QPainter, row: int, rect: QRect, spans: Sequence[Span], *, selected: bool
    ) -> None:
        """The ground of a row, then each of these columns in the room left by the padding."""
        selected = selected or self.all_selected
        if selected:
            painter.fillRect(rect, self._selection)
        elif row % 2:
            painter.fillRect(rect, self._stripe)
        top, high, padding = rect.top(), rect.height(), self._padding
        cells = self._model.cells(row)
        for at, left, width in spans:
            if at == 0 and row == self.current_row:
                painter.fillRect(QRect(left, top, 3, high), self._accent)
            cell = cells[at] if cells is not None else _BLANK
            if cell.text or cell.lamp or cell.second:
                room = (left + padding, top, width - 2 * padding, high)
                self._paint_cell(painter, room, cell, self._model.columns[at], selected=selected)

    def _paint_cell(
        self, painter: QPainter, room: Room, cell: Cell, column: TableColumn[Any], *, selected: bool
    ) -> None:
        left, top, wide, high = room
        if cell.second and self.lines > 1:
            half = high // 2
            painter.setPen(self._selected_text if selected else self._text2)
            self._write(painter, (left, top + half - 1, wide, high - half - 2), cell.second, self._caption)
            top, high = top + 3, high - half - 2
        if cell.lamp:
            self._paint_lamp(painter, QRect(left, top, wide, high), cell.lamp)
            left, wide = left + self._lamp + self._padding // 2, wide - self._lamp - self._padding // 2
        if cell.tags:
            self._paint_tags(painter, QRect(left, top, wide, high), cell.tags)
        elif cell.text:
            painter.setPen(self._selected_text if selected else self._text)
            hand = self._bold if column.bold else self._body
            self._write(painter, (left, top, wide, high), cell.text, hand, align=column.align)

    def _write(self, painter: QPainter, room: Room, text: str, hand: Hand, *, align: str = "left") -> None:
        painter.setFont(hand.font)
        if align != "left" or not hand.write(painter, room, text):
            painter.drawText(QRect(*room), _FLAGS[align], hand.fit(text, room[2]))

    def _paint_lamp(self, painter: QPainter, room: QRect, lamp: str) -> None:
        key = (lamp, painter.device().devicePixelRatioF())
        if key not in self._lamps:
            self._lamps[key] = lamp_pixmap(lamp, self._lamp, ratio=key[1])
        painter.drawPixmap(room.left(), room.center().y() - self._lamp // 2 + 1, self._lamps[key])

    def _paint_tags(self, painter: QPainter, room: QRect, tags: tuple[tuple[str, str], ...]) -> None:
        left = room.left()
        for at, (word, colour) in enumerate(tags):
            rest = len(tags) - at - 1
            width = pill_width(word, self._caption.metrics)
            space = room.right() - left - (theme().px(22) if rest else 0)
            if width > space and at:
                paint_pill(
                    painter, QRect(left, room.top(), theme().px(28), room.height()), f"+{rest + 1}", "grey"
                )
                return
            paint_pill(painter, QRect(left, room.top(), min(width, space), room.height()), word, colour)
            left += width + 4


def paint_pill(painter: QPainter, room: QRect, word: str, colour: str, *, font: QFont | None = None) -> None:
    """A tag: a word on a rounded ground, as wide as `room` and centred in its height."""
    ground, text = theme().tag(colour)
    hand = hand_of(font or theme().font("caption"))
    height = min(hand.metrics.height() + 2, room.height() - 2)
    pill = QRectF(room.left(), room.center().y() - height / 2 + 0.5, room.width(), height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(pill, 4, 4)
    painter.setFont(hand.font)
    painter.setPen(text)
    if not hand.write_centred(painter, pill.adjusted(3, 0, -3, 0), word):
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, hand.fit(word, room.width() - 6))
    painter.restore()


def pill_width(word: str, metrics: QFontMetrics) -> int:
    """How wide a tag of this word wants to be."""
    return metrics.horizontalAdvance(word) + theme().px(12)


def _fitting(text: str, metrics: QFontMetrics, width: int) -> str:
    if metrics.horizontalAdvance(text) <= width:
        return text
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


_BLANK = Cell("")
_MIDDLE = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
_FLAGS = {
    "left": int(Qt.AlignmentFlag.AlignLeft) | _MIDDLE,
    "right": int(Qt.AlignmentFlag.AlignRight) | _MIDDLE,
    "center": int(Qt.AlignmentFlag.AlignHCenter) | _MIDDLE,
}
