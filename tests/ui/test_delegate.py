"""Painting rows: the quick ways look exactly as the slow ones of Qt do."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QTableView, QWidget
from pytestqt.qtbot import QtBot

from gridworker.i18n import N_
from gridworker.ui.delegate import Hand, RowDelegate, hand_of, paint_pill
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.table import RecordTable
from gridworker.ui.theme import Theme, theme

TEXTS = ("王秀兰", "幸福里小区12栋3单元1104", "138****5678 +2", "AVA Tokyo", "", "1")
NO_FONT = "\U0010fffd"
"""A sign for private use that no font has."""
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)

COLUMNS = (
    TableColumn[int](N_("姓名"), lambda row: TEXTS[row % len(TEXTS)], 84, bold=True),
    TableColumn[int](N_("年龄"), lambda row: str(row % 97), 60, align="right"),
    TableColumn[int](
        N_("住址"),
        lambda row: f"幸福里小区{row}栋" * (row % 4),
        150,
        stretch=True,
        second=lambda row: "第二行" * row,
    ),
    TableColumn[int](N_("关爱"), lambda _row: "", 130, tags=lambda row: (("独居", "orange"),) * (row % 5)),
    TableColumn[int](N_("走访"), lambda _row: "今天", 96, lamp=lambda row: ("late", "ok", "")[row % 3]),
    TableColumn[int](N_("电话"), lambda row: f"{NO_FONT}{row}", 104, align="center"),
)


class ByCell(RecordTable):
    """The same table, painted by Qt from cell to cell."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt has it."""
        delegate = self.itemDelegate()
        assert isinstance(delegate, RowDelegate)
        delegate.current_row = self.currentIndex().row() if self.hasFocus() else -1
        QTableView.paintEvent(self, event)


def _pictures(qtbot: QtBot, kind: type[RecordTable], lines: int) -> Iterator[QImage]:
    """A table in the states that look different."""
    model = PagedModel(
        COLUMNS, lambda keys: [None if key == 7 else key for key in keys], id_of=lambda row: row
    )
    model.set_keys(range(300))
    table = kind(model, name="居民", lines=lines)
    qtbot.addWidget(table)
    table.resize(700, 400)
    table.show()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)

    def choose_many() -> None:
        table.select_key(290)
        qtbot.keyClick(table, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)

    def scroll_aside() -> None:
        table.setColumnWidth(2, 600)
        table.setColumnHidden(1, True)
        table.horizontalScrollBar().setValue(57)
        table.verticalScrollBar().setValue(table.verticalScrollBar().value() - 13)

    steps: tuple[Callable[[], object], ...] = (
        lambda: None,
        lambda: table.select_key(3),
        choose_many,
        table.selectAll,
        scroll_aside,
        lambda: model.set_keys([1, 2]),
    )
    for step in steps:
        step()
        yield table.viewport().grab().toImage()


@pytest.mark.parametrize("lines", [1, 2])
@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 110), ("light", 150)])
def test_a_table_looks_as_if_qt_went_from_cell_to_cell(
    qtbot: QtBot, look: Theme, mode: str, scale: int, lines: int
) -> None:
    look.configure(mode=mode, text_scale=scale)
    ours, theirs = (list(_pictures(qtbot, kind, lines)) for kind in (RecordTable, ByCell))
    assert [mine == other for mine, other in zip(ours, theirs, strict=True)] == [True] * 6
    assert len({bytes(picture.constBits()) for picture in ours}) == 6


def _painted(paint: Callable[[QPainter], object], ratio: float) -> QImage:
    picture = QImage(round(320 * ratio), round(60 * ratio), QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    paint(painter)
    painter.end()
    return picture


def _fonts(look: Theme) -> Iterator[QFont]:
    for scale in (100, 110, 125, 150):
        look.configure(text_scale=scale)
        yield from (look.font("body"), look.font("body", bold=True), look.font("caption"))


def _quick(painter: QPainter, hand: Hand, room: QRect, text: str, *, centred: bool) -> None:
    painter.setFont(hand.font)
    if centred:
        assert hand.write_centred(painter, QRectF(room), text)
    else:
        assert hand.write(painter, (room.left(), room.top(), room.width(), room.height()), text)


def _slow(painter: QPainter, hand: Hand, room: QRect, text: str, *, centred: bool) -> None:
    painter.setFont(hand.font)
    painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter) if centred else LEFT, text)


@pytest.mark.parametrize("centred", [False, True], ids=["left", "centred"])
@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_a_short_text_stands_exactly_where_a_paragraph_would(
    look: Theme, ratio: float, *, centred: bool
) -> None:
    for hand in map(Hand, _fonts(look)):
        for high in (35, 36):
            for text in TEXTS:
                quick, slow = (
                    partial(way, hand=hand, room=QRect(7, 5, 300, high), text=text, centred=centred)
                    for way in (_quick, _slow)
                )
                assert _painted(quick, ratio) == _painted(slow, ratio), (text, hand.font.pointSizeF())


@pytest.mark.parametrize(
    ("text", "room"),
    [("幸福里小区12栋", (0, 0, 60, 30)), ("王秀兰", (0, 0, 300, 8)), (f"王{NO_FONT}", (0, 0, 300, 30))],
    ids=["too long", "too high", "of another font"],
)
def test_what_needs_a_closer_look_is_left_to_the_painter(text: str, room: tuple[int, int, int, int]) -> None:
    hand, blank = hand_of(theme().font("body")), _painted(lambda _painter: None, 1)
    written: list[bool] = []
    picture = _painted(lambda painter: written.append(hand.write(painter, room, text)), 1)
    centred = _painted(lambda painter: written.append(hand.write_centred(painter, QRectF(*room), text)), 1)
    assert (written, picture == blank, centred == blank) == ([False, False], True, True)


def test_a_long_word_is_cut_inside_its_pill(look: Theme) -> None:
    room = QRect(10, 5, 60, 28)
    picture = _painted(lambda painter: paint_pill(painter, room, "高龄独居老人" * 3, "red"), 1)
    white = Qt.GlobalColor.white
    beside = [picture.pixelColor(x, y) for x in (*range(8), *range(72, 300)) for y in range(60)]
    assert all(colour == white for colour in beside)
    assert picture != _painted(lambda painter: paint_pill(painter, room, "", "red"), 1)


def test_a_font_has_one_hand(look: Theme) -> None:
    assert hand_of(look.font("body")) is hand_of(look.font("body"))
    assert hand_of(look.font("body")) is not hand_of(look.font("body", bold=True))
    small = hand_of(look.font("body"))
    look.configure(text_scale=150)
    assert hand_of(look.font("body")).length("王") > small.length("王")


def test_every_second_row_is_striped_and_the_chosen_one_is_marked_at_its_left(
    qtbot: QtBot, look: Theme
) -> None:
    model = PagedModel((TableColumn[int](N_("姓名"), lambda _row: "", 200),), lambda keys: keys)
    model.set_keys(range(9))
    table = RecordTable(model, name="居民")
    qtbot.addWidget(table)
    table.resize(300, 300)
    table.show()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    table.select_key(2)
    picture = table.viewport().grab().toImage()
    middles = [table.rowViewportPosition(row) + table.rowHeight(row) // 2 for row in range(4)]
    grounds = [picture.pixelColor(100, middle).name() for middle in middles]
    tokens = ("surface", "row_alt", "sel", "row_alt")
    assert grounds == [look.color(token).name() for token in tokens]
    assert picture.pixelColor(1, middles[2]) == look.color("accent")
    assert picture.pixelColor(1, middles[3]) == look.color("row_alt")


class _Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Count it and let it pass."""
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_a_new_list_is_painted_once_whether_the_scroll_bar_comes_or_goes(qtbot: QtBot) -> None:
    model = PagedModel(COLUMNS, lambda keys: keys)
    table = RecordTable(model, name="居民")
    qtbot.addWidget(table)
    table.resize(700, 400)
    table.show()
    qtbot.waitExposed(table)
    painted = _Paints(table.viewport())
    for rows in (300, 3, 900, 2, 400):
        qtbot.wait(30)
        painted.count = 0
        model.set_keys(range(rows))
        qtbot.wait(30)
        assert (painted.count, table.verticalScrollBar().isVisible()) == (1, rows > 3), rows
        assert sum(table.columnWidth(at) for at in range(6)) == table.viewport().width()
