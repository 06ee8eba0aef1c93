"""Big tables: rows are fetched by the page, and selection and scroll follow the keys."""

import gc
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy
from pytestqt.qtbot import QtBot

from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.i18n import N_
from gridworker.ui.paged_model import PAGE_ROWS, PAGES_KEPT, ROW_ROLE, PagedModel, TableColumn
from gridworker.ui.table import RecordTable
from gridworker.ui.theme import Theme

MANY = 100_010


@dataclass(frozen=True)
class Person:
    """A row of the tests."""

    id: str
    name: str
    age: int


@dataclass
class Register:
    """A pretended database that counts how often it is asked."""

    asked: list[Sequence[int]] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    names: dict[int, str] = field(default_factory=dict)
    problem: Problem | None = None

    def fetch(self, keys: Sequence[int]) -> list[Person | None]:
        """A page of people."""
        self.asked.append(keys)
        if self.problem:
            raise self.problem
        return [
            None if key in self.gone else Person(f"r{key}", self.names.get(key, f"居民{key}"), key % 90)
            for key in keys
        ]


COLUMNS = (
    TableColumn[Person](N_("姓名"), lambda row: row.name, width=90, sort="name"),
    TableColumn[Person](N_("年龄"), lambda row: str(row.age), align="right"),
    TableColumn[Person](N_("关爱"), lambda _row: "", tags=lambda _row: (("独居", "orange"), ("高龄", "red"))),
    TableColumn[Person](
        N_("状态"), lambda row: "超期" if row.age > 80 else "正常", lamp=lambda row: "late", stretch=True
    ),
)


@pytest.fixture
def register() -> Register:
    """A fresh register."""
    return Register()


@pytest.fixture
def model(qapp: object, register: Register) -> PagedModel[Person]:
    """A model of 1,000 people."""
    made = PagedModel(COLUMNS, register.fetch)
    made.set_keys(range(1000))
    return made


@pytest.fixture
def table(qtbot: QtBot, model: PagedModel[Person]) -> RecordTable:
    """A shown table with the focus."""
    made = RecordTable(model, name="居民", empty="还没有居民")
    qtbot.addWidget(made)
    made.resize(640, 400)
    made.show()
    made.setFocus()
    qtbot.waitUntil(made.hasFocus)
    return made


def test_qt_finds_nothing_wrong_with_the_model(model: PagedModel[Person]) -> None:
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    tester = QAbstractItemModelTester(model, mode)
    model.set_keys([3, 1, 2])
    model.touch(Touched(frozenset({RecordId("r1")})))
    model.touch(Touched(everything=True))
    model.set_keys([])
    model.set_keys(range(PAGE_ROWS * 3 + 1))
    assert tester.model() is model


def test_only_pages_that_are_looked_at_are_fetched(register: Register, qapp: object) -> None:
    model = PagedModel(COLUMNS, register.fetch)
    model.set_keys(range(MANY))
    assert register.asked == []
    assert model.index(MANY - 1, 0).data() == f"居民{MANY - 1}"
    assert [len(keys) for keys in register.asked] == [MANY % PAGE_ROWS]
    assert model.index(MANY - 1, 1).data() == str((MANY - 1) % 90)
    assert len(register.asked) == 1


def test_flags_never_fetch(model: PagedModel[Person], register: Register) -> None:
    for row in range(0, 1000, 7):
        assert model.flags(model.index(row, 0)) & Qt.ItemFlag.ItemIsSelectable
    assert register.asked == []
    assert model.flags(QModelIndex()) == Qt.ItemFlag.NoItemFlags


def test_pages_long_not_seen_are_forgotten(register: Register, qapp: object) -> None:
    model = PagedModel(COLUMNS, register.fetch)
    model.set_keys(range(MANY))
    for page in range(PAGES_KEPT + 16):
        model.record(page * PAGE_ROWS)
    model.record(0)
    model.record((PAGES_KEPT + 15) * PAGE_ROWS)
    assert len(register.asked) == PAGES_KEPT + 17


def test_rows_that_are_held_are_fetched_in_one_call(register: Register, qapp: object) -> None:
    model = PagedModel(COLUMNS, register.fetch)
    model.set_keys(range(MANY))
    model.record(2 * PAGE_ROWS)
    model.hold(PAGE_ROWS - 3, 3 * PAGE_ROWS + 3)
    model.hold(PAGE_ROWS, 2 * PAGE_ROWS)
    assert [len(keys) for keys in register.asked] == [PAGE_ROWS, 3 * PAGE_ROWS]
    assert [model.index(row, 0).data() for row in range(4 * PAGE_ROWS)] == [
        f"居民{row}" for row in range(4 * PAGE_ROWS)
    ]
    assert len(register.asked) == 2


def test_holding_nothing_or_beyond_the_end_is_no_mistake(register: Register, qapp: object) -> None:
    model = PagedModel(COLUMNS, register.fetch)
    model.hold(0, 20)
    model.set_keys(range(5))
    model.hold(-1, 20)
    assert register.asked == [range(5)]


def test_a_problem_of_held_rows_is_told_once(
    model: PagedModel[Person], register: Register, qtbot: QtBot
) -> None:
    register.problem = Problem("database_locked")
    spy = QSignalSpy(model.fetch_failed)
    model.hold(0, 2 * PAGE_ROWS)
    model.hold(0, 2 * PAGE_ROWS)
    qtbot.waitUntil(lambda: spy.count() == 1)
    assert len(register.asked) == 1


def test_a_window_across_two_pages_is_painted_with_one_fetch(table: RecordTable, register: Register) -> None:
    register.asked.clear()
    table.verticalScrollBar().setValue(table.rowHeight(0) * (20 * PAGE_ROWS - 5))
    table.viewport().repaint()
    assert [len(keys) for keys in register.asked] == [2 * PAGE_ROWS]


def test_keys_are_found_after_a_search_came_back_to_the_long_list(qapp: object, register: Register) -> None:
    model = PagedModel(COLUMNS, register.fetch)
    everybody, backwards = list(range(MANY)), list(range(MANY - 1, -1, -1))
    for keys, row in ((everybody, 700), ([3, 700], 1), (everybody, 700), (backwards, MANY - 701)):
        model.set_keys(keys)
        assert model.row_of(700) == row
    model.set_keys(list(everybody))
    assert (model.row_of(700), model.row_of(MANY)) == (700, None)


def test_tips_are_only_made_where_somebody_points(qapp: object, register: Register) -> None:
    told: list[str] = []

    def tip(row: Person) -> str:
        told.append(row.name)
        return "" if row.age else f"{row.name}，刚出生"

    model = PagedModel([TableColumn[Person](N_("姓名"), lambda row: row.name, tip=tip)], register.fetch)
    model.set_keys(range(3))
    assert model.index(0, 0).data() == "居民0"
    assert told == []
    role = int(Qt.ItemDataRole.ToolTipRole)
    assert [model.index(row, 0).data(role) for row in range(2)] == ["居民0，刚出生", "居民1"]
    register.gone = {2}
    model.refresh()
    assert model.index(2, 0).data(role) is None


def test_a_touched_record_is_fetched_again_and_only_its_row_is_painted(
    model: PagedModel[Person], register: Register
) -> None:
    assert model.index(5, 0).data() == "居民5"
    spy = QSignalSpy(model.dataChanged)
    register.names[5] = "王秀兰"
    model.touch(Touched(frozenset({RecordId("r5"), RecordId("r9999")}), frozenset({"resident"})))
    assert [(spy.at(0)[0].row(), spy.at(0)[1].row())] == [(5, 5)]
    assert spy.count() == 1
    assert model.index(5, 0).data() == "王秀兰"


def test_a_row_that_is_gone_is_blank_and_not_an_error(model: PagedModel[Person], register: Register) -> None:
    register.gone = {4}
    assert model.index(4, 0).data() is None
    assert model.record(4) is None
    assert model.index(3, 0).data(ROW_ROLE).id == "r3"


def test_a_page_of_the_wrong_length_is_a_mistake_with_advice(qapp: object) -> None:
    model = PagedModel(COLUMNS, lambda _keys: [])
    model.set_keys([1, 2])
    with pytest.raises(ValueError, match="None for one that is gone"):
        model.record(0)


def test_a_problem_of_the_database_is_told_once_and_not_for_each_cell(
    model: PagedModel[Person], register: Register, qtbot: QtBot
) -> None:
    register.problem = Problem("database_locked")
    with qtbot.waitSignal(model.fetch_failed) as told:
        for row in range(50):
            assert model.index(row, 0).data() is None
    assert told.args is not None
    assert told.args[0].code == "database_locked"
    assert len(register.asked) == 1
    register.problem = None
    model.refresh()
    assert model.index(0, 0).data() == "居民0"


def test_sorting_is_asked_for_and_not_done(model: PagedModel[Person]) -> None:
    spy = QSignalSpy(model.sort_chosen)
    model.sort(0, Qt.SortOrder.DescendingOrder)
    model.sort(1)
    assert [spy.at(n) for n in range(spy.count())] == [["name", False]]


def test_pills_are_words_for_copying_and_for_screen_readers(model: PagedModel[Person]) -> None:
    assert model.index(0, 2).data() == "独居、高龄"
    assert model.index(0, 2).data(int(Qt.ItemDataRole.AccessibleTextRole)) == "独居、高龄"


def test_selection_cursor_and_scroll_follow_the_keys_when_the_order_changes(
    table: RecordTable, qtbot: QtBot
) -> None:
    table.select_key(500)
    table.records.set_keys(range(999, -1, -1))
    assert table.current_key() == 500
    assert table.selected_keys() == [500]
    assert table.visualRect(table.currentIndex()).isValid()


def test_keys_that_are_gone_are_dropped_from_the_selection(table: RecordTable) -> None:
    table.select_key(500)
    table.records.set_keys(range(100))
    assert table.selected_keys() == []


def test_unchanged_keys_keep_everything_as_it_is(table: RecordTable, register: Register) -> None:
    table.select_key(500)
    top = table.verticalScrollBar().value()
    register.names[500] = "新名"
    table.records.set_keys(range(1000))
    assert (table.current_key(), table.verticalScrollBar().value()) == (500, top)
    assert table.currentIndex().siblingAtColumn(0).data() == "新名"


def test_arrows_home_and_end_move_by_rows(table: RecordTable, qtbot: QtBot) -> None:
    qtbot.keyClick(table, Qt.Key.Key_Home)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert table.current_key() == 1
    qtbot.keyClick(table, Qt.Key.Key_End)
    assert table.current_key() == 999
    qtbot.keyClick(table, Qt.Key.Key_Home)
    assert table.current_key() == 0
    qtbot.keyClick(table, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    assert len(table.selected_keys()) == 1000


def test_enter_and_a_double_click_open_the_row(table: RecordTable, qtbot: QtBot) -> None:
    opened: list[int] = []
    table.row_opened.connect(opened.append)
    table.select_key(3)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    place = table.visualRect(table.records.index(5, 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened == [3, 5]


def test_copied_rows_are_a_table_whose_numbers_stay_text(table: RecordTable, qtbot: QtBot) -> None:
    table.select_key(2)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    clipboard = QGuiApplication.clipboard().mimeData()
    assert clipboard.text() == (
        "姓名\t年龄\t关爱\t状态\n居民2\t2\t独居、高龄\t正常\n居民3\t3\t独居、高龄\t正常\n"
    )
    assert clipboard.html().count("mso-number-format:'\\@'") == 12


def test_selecting_everything_is_one_flag(table: RecordTable, register: Register, qtbot: QtBot) -> None:
    table.records.set_keys(range(MANY))
    register.asked.clear()
    qtbot.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert table.everything_selected()
    assert len(table.selected_keys()) == MANY
    assert len(register.asked) <= 1
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert not table.everything_selected()
    assert len(table.selected_keys()) == 1


def test_the_rows_are_as_high_as_the_theme_says(table: RecordTable, look: Theme) -> None:
    look.configure(density="comfortable", text_scale=150)
    assert table.rowHeight(0) == look.row_height == 51


def test_the_stretching_column_takes_what_is_left(table: RecordTable) -> None:
    table.resize(900, 400)
    assert sum(table.columnWidth(n) for n in range(4)) == table.viewport().width()


def test_an_empty_table_says_so_in_its_middle(table: RecordTable, qtbot: QtBot) -> None:
    table.records.set_keys([])
    picture = table.viewport().grab().toImage()
    colours = {picture.pixelColor(x, y).name() for x in range(0, 600, 2) for y in range(0, 300, 2)}
    assert len(colours) > 5


def test_the_context_menu_gets_the_selected_keys(table: RecordTable, qtbot: QtBot) -> None:
    asked: list[list[int]] = []

    def menu(keys: list[int]) -> None:
        asked.append(keys)

    table.set_menu(menu)
    table.select_key(7)
    table.contextMenuEvent(_context_event(table, table.visualRect(table.currentIndex()).center()))
    assert asked == [[7]]


def _context_event(table: RecordTable, at: QPoint) -> QContextMenuEvent:
    return QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, table.viewport().mapToGlobal(at))


def test_many_selected_rows_are_selected_again_after_a_change_of_order(
    table: RecordTable, qtbot: QtBot
) -> None:
    table.select_key(10)
    for _row in range(5):
        qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    table.records.set_keys([*range(500, 1000), 12, 10, 700_000, *range(13, 400)])
    assert sorted(table.selected_keys()) == [10, 12, 13, 14, 15]


def test_a_table_that_is_gone_takes_its_model_and_rows_with_it(qtbot: QtBot, register: Register) -> None:
    model = PagedModel(COLUMNS, register.fetch)
    table = RecordTable(model, name="居民")
    table.show()
    gone: list[weakref.ref[QObject]] = [weakref.ref(model), weakref.ref(table)]
    with qtbot.waitSignal(table.destroyed):
        table.deleteLater()
    del table, model
    gc.collect()
    assert [thing() for thing in gone] == [None, None]


def test_a_row_is_chosen_even_while_somebody_holds_control(table: RecordTable, qtbot: QtBot) -> None:
    qtbot.keyPress(table, Qt.Key.Key_Control, Qt.KeyboardModifier.ControlModifier)
    table.select_key(7)
    table.select_key(7)
    assert table.selected_keys() == [7]
    qtbot.keyRelease(table, Qt.Key.Key_Control)
