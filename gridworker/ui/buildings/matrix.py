"""The matrix of a building, painted by hand: one cell a door, moved through with the arrows."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip

from gridworker.domain.records import RecordId
from gridworker.i18n import _
from gridworker.ui.buildings.cells import Cell
from gridworker.ui.buildings.heads import head_size, paint_heads
from gridworker.ui.buildings.measures import Measure, measure
from gridworker.ui.buildings.painting import CellPainter
from gridworker.ui.buildings.plan import Plan, Spot
from gridworker.ui.theme import theme

JUMP_MS = 1_200
"""How long digits belong to one number."""
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_STEPS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
_CHORD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


class Matrix(QAbstractScrollArea):
    """Arrows move, Enter opens, digits jump; the focused cell is told to screen readers as a sentence."""

    current_changed = Signal(object)
    """The id of the room the cursor is on now, or None."""
    room_opened = Signal(object)
    """The id of the room on which Enter was pressed or which was double-clicked."""
    edge_reached = Signal(int)
    """Left (-1) or right (1) beyond the first or last column."""
    menu_asked = Signal(QPoint)

    def __init__(self) -> None:
        """Empty until `show_plan`."""
        super().__init__()
        self.plan, self._cells = Plan(), dict[Spot, Cell]()
        self._spot: Spot | None = None
        self._measure, self._head, self._gaps = Measure(0, 0, 0, 1), head_size(), [0]
        self._painter: CellPainter | None = None
        self._wanted, self._typed, self._sentence = "", "", ""
        self._jump = QTimer(self, singleShot=True, interval=JUMP_MS)
        self._jump.timeout.connect(self._forget_typed)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName(_("楼栋图"))
        theme().changed.connect(self._adopt_theme)

    # ------------------------------------------------------------------------------------ what is shown

    def show_plan(self, plan: Plan, cells: Mapping[Spot, Cell]) -> None:
        """Show a building; the cursor stays on its room where that is still there."""
        room = self.current_room()
        self.plan, self._cells = plan, dict(cells)
        if room is not None and plan.spot_of(room) is None:
            self._forget_typed()
        self._spot = (plan.spot_of(room) if room else None) or plan.first()
        self._lay_out()
        self._announce()

    def show_sentence(self, sentence: str) -> None:
        """What to say while there is nothing to show."""
        self._sentence = sentence
        self.viewport().update()

    def set_size(self, name: str) -> None:
        """Large, medium or small cells; nothing: as large as fits."""
        self._wanted = name
        self._lay_out()

    def current_room(self) -> RecordId | None:
        """The room under the cursor."""
        cell = self.current_cell()
        return cell.door.flat.room.id if cell else None

    def current_cell(self) -> Cell | None:
        """The cell under the cursor."""
        return self._cells.get(self._spot) if self._spot is not None else None

    def go_to(self, room_id: RecordId) -> bool:
        """Put the cursor on a room; False if it is not in this plan."""
        spot = self.plan.spot_of(room_id)
        if spot is not None:
            self._move_to(spot)
        return spot is not None

    def typed(self) -> str:
        """The digits that were typed just now."""
        return self._typed

    def rect_of(self, spot: Spot) -> QRect:
        """Where a cell is in the viewport."""
        size = self._measure
        left = self._head[0] + spot[1] * size.wide + self._gaps[spot[1]] - self.horizontalScrollBar().value()
        top = self._head[1] + spot[0] * size.high - self.verticalScrollBar().value()
        return QRect(left, top, size.wide - size.gap, size.high - size.gap)

    def spot_at(self, point: QPoint) -> Spot | None:
        """The door under a point of the viewport."""
        if point.x() < self._head[0] or point.y() < self._head[1]:
            return None
        return next((spot for spot in self._cells if self.rect_of(spot).contains(point)), None)

    # ------------------------------------------------------------------------------------------- events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End (top and bottom of the stack), page keys, Enter, digits."""
        key = Qt.Key(event.key())
        text = event.text()
        if event.modifiers() & _CHORD or self._spot is None:
            event.ignore()
        elif key in _STEPS:
            self._step(*_STEPS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._leap(key)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.room_opened.emit(self.current_room())
        elif text and (text.isdigit() or (text == "-" and self._typed)):
            self._type(text)
        elif key == Qt.Key.Key_Escape and self._typed:
            self._forget_typed()
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click puts the cursor there."""
        spot = self.spot_at(event.position().toPoint())
        if spot is not None:
            self._move_to(spot)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The same as Enter."""
        if self.spot_at(event.position().toPoint()) is not None:
            self.room_opened.emit(self.current_room())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of the door under the mouse, or under the cursor."""
        at = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self._spot is not None:
            at = self.viewport().mapToGlobal(self.rect_of(self._spot).bottomLeft())
        self.menu_asked.emit(at)

    def viewportEvent(self, event: QEvent) -> bool:
        """The words of the door under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            spot = self.spot_at(event.pos())
            QToolTip.showText(event.globalPos(), self._cells[spot].words if spot else "", self.viewport())
            return True
        return bool(super().viewportEvent(event))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other sizes may fit now."""
        super().resizeEvent(event)
        self._lay_out()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Headers stay, so everything is painted anew."""
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The cursor shows, and is told."""
        super().focusInEvent(event)
        self._announce()
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The cursor pales."""
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells, the cursor, and the headers over them."""
        painter = QPainter(self.viewport())
        area = event.rect()
        painter.fillRect(area, theme().color("surface"))
        if not self._cells:
            painter.setPen(theme().color("text2"))
            painter.drawText(self.viewport().rect(), _CENTRE | int(Qt.TextFlag.TextWordWrap), self._sentence)
        elif self._painter is not None:
            for spot, cell in self._cells.items():
                rect = self.rect_of(spot)
                if rect.intersects(area):
                    self._painter.paint(painter, rect, spot, cell)
            self._paint_cursor(painter)
            paint_heads(painter, self.plan, self.rect_of, self.viewport().rect())
        self._paint_typed(painter)
        painter.end()

    # ------------------------------------------------------------------------------------------ painting

    def _paint_cursor(self, painter: QPainter) -> None:
        if self._spot is None:
            return
        pen = QPen(
            theme().color("accent" if self.hasFocus() else "border_strong"), 3 if self.hasFocus() else 2
        )
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.rect_of(self._spot).adjusted(0, 0, -1, -1))

    def _paint_typed(self, painter: QPainter) -> None:
        if not self._typed:
            return
        look = theme()
        painter.setFont(look.font("title", bold=True))
        words = _("找 {number}").format(number=self._typed)
        size = painter.fontMetrics().size(0, words)
        box = QRect(0, 0, size.width() + look.px(32), size.height() + look.px(16))
        view = self.viewport().rect()
        box.moveBottomRight(QPoint(view.right() - look.px(12), view.bottom() - look.px(12)))
        painter.fillRect(box, look.color("accent"))
        painter.setPen(look.color("on_accent"))
        painter.drawText(box, _CENTRE, words)

    # -------------------------------------------------------------------------------------------- moving

    def _step(self, down: int, right: int) -> None:
        assert self._spot is not None
        spot = self.plan.move(self._spot, down, right)
        if spot == self._spot and right:
            self.edge_reached.emit(right)
        else:
            self._move_to(spot)

    def _leap(self, key: Qt.Key) -> None:
        assert self._spot is not None
        page = max(1, (self.viewport().height() - self._head[1]) // max(1, self._measure.high) - 1)
        times = page if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) else len(self.plan.floors)
        down = -1 if key in (Qt.Key.Key_Home, Qt.Key.Key_PageUp) else 1
        spot = self._spot
        for _turn in range(times):
            following = self.plan.move(spot, down, 0)
            if following[1] != spot[1] or (following[0] - spot[0]) * down <= 0:
                break
            spot = following
        self._move_to(spot)

    def _type(self, text: str) -> None:
        self._typed += text
        self._jump.start()
        spot = self.plan.find(self._typed, self._spot)
        if spot is not None:
            self._move_to(spot)
        self.viewport().update()

    def _forget_typed(self) -> None:
        self._typed = ""
        self._jump.stop()
        self.viewport().update()

    def _move_to(self, spot: Spot) -> None:
        old, self._spot = self._spot, spot
        self._bring_into_view(spot)
        for each in (old, spot):
            if each is not None:
                self.viewport().update(self.rect_of(each).adjusted(-2, -2, 2, 2))
        if spot != old:
            self._announce()

    def _bring_into_view(self, spot: Spot) -> None:
        rect, view = self.rect_of(spot), self.viewport().rect()
        for bar, low, high, first, last in (
            (self.horizontalScrollBar(), rect.left(), rect.right(), self._head[0], view.right()),
            (self.verticalScrollBar(), rect.top(), rect.bottom(), self._head[1], view.bottom()),
        ):
            if low < first:
                bar.setValue(bar.value() - (first - low))
            elif high > last:
                bar.setValue(bar.value() + (high - last))

    def _announce(self) -> None:
        """Tell the screen and screen readers where the cursor is."""
        cell = self.current_cell()
        self.setAccessibleDescription(cell.words if cell else self._sentence)
        if self.hasFocus():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.current_changed.emit(self.current_room())

    # -------------------------------------------------------------------------------------------- layout

    def _lay_out(self) -> None:
        view = self.viewport().size()
        wide, high = self._head = head_size()
        columns, rows = len(self.plan.columns), len(self.plan.floors)
        self._gaps = self._lefts_of()
        gaps = self._gaps[-1]
        self._measure = measure(
            columns, rows, width=view.width() - wide - gaps, height=view.height() - high, wanted=self._wanted
        )
        total = (columns * self._measure.wide + gaps, rows * self._measure.high)
        for bar, whole, part in (
            (self.horizontalScrollBar(), total[0], view.width() - wide),
            (self.verticalScrollBar(), total[1], view.height() - high),
        ):
            bar.setRange(0, max(0, whole - part))
            bar.setPageStep(part)
            bar.setSingleStep(max(8, self._measure.high))
        self._painter = (
            CellPainter(self._cells, self._measure, self.devicePixelRatioF()) if self._cells else None
        )
        if self._spot is not None:
            self._bring_into_view(self._spot)
        self.viewport().update()

    def _adopt_theme(self) -> None:
        self._lay_out()

    def _lefts_of(self) -> list[int]:
        """The gap before each column: units stand a little apart."""
        gaps, columns = [0], self.plan.columns
        for at in range(1, len(columns)):
            gaps.append(gaps[-1] + (theme().px(8) if columns[at].unit != columns[at - 1].unit else 0))
        return gaps
