"""The list of residents: found while one types, filtered, sorted, copied with masks, kept in place."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QMenu

from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.ui.residents.view import ResidentsScreen
from tests.ui.residents.village import CTRL, Hands, Village
from tests.ui.visits.grid import Office

Opened = Callable[[], ResidentsScreen]
Key = Qt.Key


def names(screen: ResidentsScreen) -> list[str]:
    """The people listed, from the top."""
    model = screen.table.records
    lines = [model.record(row) for row in range(model.rowCount())]
    return [line.resident.record.name if line else "" for line in lines]


def cells(screen: ResidentsScreen, row: int) -> list[str]:
    """The words of one row."""
    model = screen.table.records
    return [str(model.index(row, at).data() or "") for at in range(model.columnCount())]


def test_who_lives_here_is_listed_in_walking_order_and_who_moved_out_is_not(
    village: Village, opened: Opened
) -> None:
    screen = opened()
    assert names(screen) == ["王小兰", "王秀兰", "李建国", "孙福", "单雄信", "赵桂英"]
    QAbstractItemModelTester(screen.table.records)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("wxl", ["王小兰", "王秀兰"]),
        ("sxx", ["单雄信"]),
        ("shanxiong", ["单雄信"]),
        ("秀兰", ["王秀兰"]),
        ("8000", ["王秀兰"]),
        ("87654321", ["王秀兰"]),
        ("3-2-502", ["单雄信"]),
        ("3栋2单元302", ["赵桂英"]),
        ("三号楼二门502", ["单雄信"]),
        ("3 2 302", ["赵桂英"]),
        ("阳光花园3栋", ["孙福"]),
        ("没有这人", []),
    ],
)
def test_people_are_found_while_one_types(
    village: Village, opened: Opened, hands: Hands, typed: str, found: list[str]
) -> None:
    screen = opened()
    hands.type(typed)
    assert sorted(names(screen)) == sorted(found)


def test_an_id_number_is_found_by_its_tail(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    hands.type(village.resident(village.wang).id_number[-6:].lower())
    assert names(screen) == ["王秀兰"]


def test_the_first_one_found_is_chosen_and_arrows_work_from_the_search_box(
    village: Village, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("wxl")
    first = screen.table.current_key()
    assert first == screen.table.records.key_at(0)
    hands.press(Key.Key_Down)
    assert screen.table.current_key() == screen.table.records.key_at(1)
    assert screen.search.hasFocus()


def test_escape_empties_the_search_and_shows_everybody_again(
    village: Village, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("sxx")
    hands.press(Key.Key_Escape)
    assert len(names(screen)) == 6


def test_filters_narrow_the_list_and_the_search_in_it(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    screen.filters.changed.emit(("alone",))
    hands.settle()
    assert names(screen) == ["王秀兰", "赵桂英"]
    hands.type("w")
    assert names(screen) == ["王秀兰"]
    screen.filters.changed.emit(("all",))
    hands.settle()
    assert sorted(names(screen)) == ["王小兰", "王秀兰"]
    hands.press(Key.Key_Escape)
    assert "钱文" in names(screen)


def test_in_care_are_those_with_a_care_group(village: Village, opened: Opened, hands: Hands) -> None:
    village.care(village.zhao)
    screen = opened()
    screen.filters.changed.emit(("care",))
    hands.settle()
    assert names(screen) == ["王秀兰"]


def test_a_click_on_a_header_sorts_and_unknown_ages_stay_last(
    village: Village, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    screen.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    hands.settle()
    assert names(screen) == ["孙福", "李建国", "王秀兰", "赵桂英", "单雄信", "王小兰"]
    screen.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    hands.settle()
    assert names(screen) == ["单雄信", "赵桂英", "王秀兰", "李建国", "孙福", "王小兰"]


def test_what_was_found_can_be_sorted_too(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    hands.type("3-2-5")
    screen.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    hands.settle()
    assert names(screen) == ["单雄信", "王秀兰", "李建国", "孙福"]


def test_a_line_says_age_care_last_and_next_visit_and_hides_the_phone(
    village: Village, opened: Opened
) -> None:
    village.visit(village.wang, days_ago=9)
    screen = opened()
    row = names(screen).index("王秀兰")
    assert cells(screen, row) == [
        "王秀兰", "82 女", "幸福里3栋2单元501", "80岁以上独居老人", "11月14日", "超期 2 天", "138****8000 +1",
    ]  # fmt: skip


def test_somebody_away_is_not_called_overdue(village: Village, office: Office, opened: Opened) -> None:
    village.care(
        village.zhao, "elder_alone", since="2026-01-01", away_from="2026-11-20", away_to="2026-12-02"
    )
    screen = opened()
    assert cells(screen, names(screen).index("赵桂英"))[5] == "外出至12月2日"


def test_without_masks_phones_are_shown_as_they_are_read(
    village: Village, office: Office, opened: Opened
) -> None:
    office.desk.settings.change(mask_by_default=False)
    screen = opened()
    assert cells(screen, names(screen).index("单雄信"))[6] == "139 0013 9000"


def test_copied_rows_are_a_table_with_masks(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    hands.type("sxx")
    screen.table.setFocus()
    hands.press((Key.Key_C, CTRL))
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:3] == ["姓名", "年龄性别", "住址"]
    assert "139****9000" in lines[1]
    assert "13900139000" not in QApplication.clipboard().text()


def test_f2_asks_for_a_visit_to_everybody_selected(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("wxl")
    hands.press(Key.Key_Down, Key.Key_F2)
    assert office.asked == [("visit", (village.wang2,))]
    assert screen.chosen_people() == (village.wang2,)
    screen.table.selectAll()
    hands.press(Key.Key_F2)
    assert set(office.asked[1][1]) == {village.wang, village.wang2}  # type: ignore[call-overload]  # a tuple of ids


def test_f3_reports_a_case_about_the_person(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    opened()
    hands.type("sxx")
    hands.press(Key.Key_F3)
    ((name, draft),) = office.asked
    assert name == "case"
    assert (draft.resident_id, draft.room_id, draft.address) == (  # type: ignore[attr-defined]  # a CaseDraft
        village.shan, village.rooms["3-2-502"], "幸福里3栋2单元502",
    )  # fmt: skip


def test_too_many_people_for_one_visit_are_said_to_be_too_many(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    for number in range(25):
        village.live(f"周{chr(0x4E00 + number)}", "3-2-302")
    screen = opened()
    said: list[str] = []
    screen.said.connect(lambda message: said.append(message.text))
    screen.table.setFocus()
    screen.table.selectAll()
    hands.press(Key.Key_F2)
    assert office.asked == []
    assert said == ["一次最多给20人记走访，请少选一些。"]


def test_a_saved_visit_shows_at_once_and_the_cursor_stays(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    screen.table.select_key(screen.table.records.key_at(names(screen).index("王秀兰")))
    key = screen.table.current_key()
    office.desk.write(lambda tx: record_visit(tx, VisitDraft(resident_ids=(village.wang,))))
    hands.settle()
    assert screen.table.current_key() == key
    assert cells(screen, names(screen).index("王秀兰"))[4] == "今天"


def test_a_new_person_from_elsewhere_appears_without_losing_the_place(
    village: Village, opened: Opened, hands: Hands, office: Office
) -> None:
    screen = opened()
    screen.table.select_key(screen.table.records.key_at(3))
    key = screen.table.current_key()
    village.live("阿甲", "3-1-101")
    screen.refresh(office.database.write(lambda tx: _touch(tx, village)))
    hands.settle()
    assert "阿甲" in names(screen)
    assert screen.table.current_key() == key


def _touch(tx, village):  # type: ignore[no-untyped-def]  # a transaction that only says what changed
    tx.touch("resident", village.wang)
    return tx.touched


def test_the_menu_offers_what_the_keys_do(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    hands.type("sxx")
    menu = screen._menu(screen.table.selected_keys())
    assert isinstance(menu, QMenu)
    words = [action.text().split("\t")[0] for action in menu.actions()]
    assert words[:3] == ["给此人记走访", "为此人报事件", "修改信息"]
    assert "复制选中的行" in words
    menu.deleteLater()


def test_an_empty_register_teaches_how_to_begin(office: Office, opened: Opened, hands: Hands) -> None:
    screen = opened()
    assert screen.list_pages.currentIndex() == 1
    screen.import_asked.emit()
    assert office.asked == [("import", None)]


def test_nothing_found_says_what_else_to_try(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    hands.type("zzz")
    assert names(screen) == []
    assert "没有找到“zzz”" in screen.table._empty
