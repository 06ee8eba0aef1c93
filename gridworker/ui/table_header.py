"""The header of record tables: flat, in the theme's colours, with a small arrow at the sorted column."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from gridworker.ui.delegate import PADDING
from gridworker.ui.icons import pixmap
from gridworker.ui.theme import theme


class TableHeader(QHeaderView):
    """A flat header in the theme's colours with a small arrow at the sorted column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """A horizontal header."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setHighlightSections(False)
        self.setSectionsClickable(True)
        self.setMinimumSectionSize(theme().px(36))

    def sizeHint(self) -> QSize:
        """As high as a row."""
        return QSize(super().sizeHint().width(), theme().row_height)

    def paintSection(self, painter: QPainter, rect: QRect, logical: int) -> None:
        """Title, sort arrow, and a line below and beside."""
        look = theme()
        painter.fillRect(rect, look.color("surface2"))
        painter.setPen(look.color("border"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.drawLine(rect.right(), rect.top() + 6, rect.right(), rect.bottom() - 6)
        painter.setPen(look.color("text2"))
        painter.setFont(look.font("caption", bold=True))
        room = rect.adjusted(look.px(PADDING), 0, -look.px(PADDING), 0)
        if self._sorts(logical):
            room = self._paint_arrow(painter, room)
        horizontal = Qt.Orientation.Horizontal
        align = self.model().headerData(logical, horizontal, Qt.ItemDataRole.TextAlignmentRole)
        title = str(self.model().headerData(logical, horizontal, Qt.ItemDataRole.DisplayRole) or "")
        shown = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, align or Qt.AlignmentFlag.AlignVCenter, shown)

    def _sorts(self, logical: int) -> bool:
        return self.isSortIndicatorShown() and self.sortIndicatorSection() == logical

    def _paint_arrow(self, painter: QPainter, room: QRect) -> QRect:
        size = theme().px(12)
        up = self.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder
        picture = pixmap("chevron-up" if up else "chevron-down", size, "accent")
        painter.drawPixmap(room.right() - size + 1, room.center().y() - size // 2, picture)
        return room.adjusted(0, 0, -size, 0)
