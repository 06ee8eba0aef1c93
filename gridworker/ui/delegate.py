"""The one row delegate: paints cells straight from model and theme, without any style sheet."""

from typing import Any

from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gridworker.ui.lamps import lamp_pixmap
from gridworker.ui.paged_model import Cell, Index, PagedModel, TableColumn
from gridworker.ui.theme import theme

_SELECTED = QStyle.StateFlag.State_Selected
PADDING = 8
MAX_FITTED = 4_096


class RowDelegate(QStyledItemDelegate):
    """Paints one cell of a `PagedModel`: zebra, selection, lamp, pills or text, and perhaps a second line."""

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
        self._body, self._bold = look.font("body"), look.font("body", bold=True)
        self._caption = look.font("caption")
        self._body_metrics, self._bold_metrics = QFontMetrics(self._body), QFontMetrics(self._bold)
        self._caption_metrics = QFontMetrics(self._caption)
        self._text, self._text2 = look.color("text"), look.color("text2")
        self._selection, self._selected_text = look.color("sel"), look.color("sel_text")
        self._stripe, self._accent = look.color("row_alt"), look.color("accent")
        self._padding, self._lamp = look.px(PADDING), look.px(12)
        self._fitted: dict[tuple[str, int, bool], str] = {}

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Nothing: everything needed is read from the model's cell (calling up costs half of a repaint)."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As wide as its text, as high as a row."""
        cell = self._model.cell(index.row(), index.column())
        wide = self._body_metrics.horizontalAdvance(cell.text) if cell else 0
        return QSize(wide + 2 * self._padding + (self._lamp if cell and cell.lamp else 0), theme().row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, then the content in the room left by the padding."""
        rect = option.rect  # type: ignore[attr-defined]  # the stubs lack the fields of style options
        state = option.state  # type: ignore[attr-defined]  # as above
        selected = self.all_selected or bool(state & _SELECTED)
        self._paint_ground(painter, rect, index, selected=selected)
        cell = self._model.cell(index.row(), index.column())
        if cell is None:
            return
        room = rect.adjusted(self._padding, 0, -self._padding, 0)
        if cell.second and self.lines > 1:
            half = rect.height() // 2
            self._paint_second(painter, room.adjusted(0, half - 1, 0, -3), cell.second, selected=selected)
            room = room.adjusted(0, 3, 0, -half + 1)
        self._paint_content(painter, room, cell, self._model.columns[index.column()], selected=selected)

    def _paint_ground(self, painter: QPainter, rect: QRect, index: Index, *, selected: bool) -> None:
        if selected:
            painter.fillRect(rect, self._selection)
        elif index.row() % 2:
            painter.fillRect(rect, self._stripe)
        if index.row() == self.current_row and index.column() == 0:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), self._accent)

    def _paint_content(
        self, painter: QPainter, room: QRect, cell: Cell, column: TableColumn[Any], *, selected: bool
    ) -> None:
        if cell.lamp:
            self._paint_lamp(painter, room, cell.lamp)
            room = room.adjusted(self._lamp + self._padding // 2, 0, 0, 0)
        if cell.tags:
            self._paint_tags(painter, room, cell.tags)
            return
        painter.setFont(self._bold if column.bold else self._body)
        painter.setPen(self._selected_text if selected else self._text)
        text = self._fit(cell.text, room.width(), bold=column.bold)
        painter.drawText(room, _FLAGS[column.align], text)

    def _fit(self, text: str, width: int, *, bold: bool) -> str:
        """The text as far as it fits; kept, because measuring is a tenth of a repaint."""
        key = (text, width, bold)
        if key not in self._fitted:
            if len(self._fitted) >= MAX_FITTED:
                self._fitted.clear()
            self._fitted[key] = _fitting(text, self._bold_metrics if bold else self._body_metrics, width)
        return self._fitted[key]

    def _paint_second(self, painter: QPainter, room: QRect, text: str, *, selected: bool) -> None:
        painter.setFont(self._caption)
        painter.setPen(self._selected_text if selected else self._text2)
        painter.drawText(room, _FLAGS["left"], _fitting(text, self._caption_metrics, room.width()))

    def _paint_lamp(self, painter: QPainter, room: QRect, lamp: str) -> None:
        picture = lamp_pixmap(lamp, self._lamp, ratio=painter.device().devicePixelRatioF())
        painter.drawPixmap(room.left(), room.center().y() - self._lamp // 2 + 1, picture)

    def _paint_tags(self, painter: QPainter, room: QRect, tags: tuple[tuple[str, str], ...]) -> None:
        left = room.left()
        for at, (word, colour) in enumerate(tags):
            rest = len(tags) - at - 1
            width = pill_width(word, self._caption_metrics)
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
    font = font or theme().font("caption")
    metrics = QFontMetrics(font)
    height = min(metrics.height() + 2, room.height() - 2)
    pill = QRectF(room.left(), room.center().y() - height / 2 + 0.5, room.width(), height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(0, 0, 0, 0))
    painter.setBrush(ground)
    painter.drawRoundedRect(pill, 4, 4)
    painter.setFont(font)
    painter.setPen(text)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, _fitting(word, metrics, room.width() - 6))
    painter.restore()


def pill_width(word: str, metrics: QFontMetrics) -> int:
    """How wide a tag of this word wants to be."""
    return metrics.horizontalAdvance(word) + theme().px(12)


def _fitting(text: str, metrics: QFontMetrics, width: int) -> str:
    if metrics.horizontalAdvance(text) <= width:
        return text
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


_MIDDLE = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
_FLAGS = {
    "left": int(Qt.AlignmentFlag.AlignLeft) | _MIDDLE,
    "right": int(Qt.AlignmentFlag.AlignRight) | _MIDDLE,
    "center": int(Qt.AlignmentFlag.AlignHCenter) | _MIDDLE,
}
