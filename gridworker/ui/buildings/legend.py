"""The legend of the matrix: each shade with its sign, its word and how many doors have it."""

from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gridworker.i18n import _
from gridworker.ui.buildings.cells import Cell
from gridworker.ui.buildings.layers import Layer, Shade
from gridworker.ui.flow import FlowLayout
from gridworker.ui.icons import pixmap
from gridworker.ui.theme import theme


class LegendItem(QWidget):
    """One shade: a swatch with its sign, its word and its count."""

    def __init__(self, shade: Shade, count: int) -> None:
        """`count` doors have this shade."""
        super().__init__()
        self._shade = shade
        self.words = f"{_(shade.word)} {count}"
        self.setAccessibleName(self.words)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Swatch, word and count."""
        metrics = QFontMetrics(theme().font("caption"))
        return QSize(metrics.horizontalAdvance(self.words) + theme().px(26), metrics.height() + 6)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Swatch and words."""
        look, size = theme(), theme().px(18)
        painter = QPainter(self)
        swatch = QRectF(0.5, (self.height() - size) / 2 + 0.5, size - 1, size - 1)
        painter.setPen(look.color("border"))
        painter.setBrush(look.tag(self._shade.colour)[0] if self._shade.colour else look.color("surface"))
        painter.drawRect(swatch)
        if self._shade.sign:
            sign = look.px(10)
            left = int(swatch.center().x() - sign / 2 + 0.5)
            painter.drawPixmap(
                left, int(swatch.center().y() - sign / 2 + 0.5), pixmap(self._shade.sign, sign, "text")
            )
        painter.setFont(look.font("caption"))
        painter.setPen(look.color("text"))
        room = self.rect().adjusted(size + look.px(4), 0, 0, 0)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), self.words)
        painter.end()


class Legend(QWidget):
    """The shades of one layer in a row, going on in a new line where room ends."""

    def __init__(self) -> None:
        """Empty until `show_counts`."""
        super().__init__()
        self._flow = FlowLayout(self, gap=12)
        self.setAccessibleName(_("图例"))

    def show_counts(self, layer: Layer, cells: Iterable[Cell]) -> None:
        """Count the doors of each shade."""
        counts = Counter(cell.shade.code for cell in cells)
        while self._flow.count():
            item = self._flow.takeAt(0)
            if item and item.widget():
                item.widget().deleteLater()
        for shade in layer.shades:
            self._flow.addWidget(LegendItem(shade, counts[shade.code]))
        self.updateGeometry()

    def words(self) -> list[str]:
        """What it says, item by item."""
        items = [self._flow.itemAt(n) for n in range(self._flow.count())]
        widgets = [item.widget() for item in items if item]
        return [widget.words for widget in widgets if isinstance(widget, LegendItem)]
