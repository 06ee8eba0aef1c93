"""The screen of visits: what came back is on top and can be answered, a slip can be withdrawn."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gridworker.actions.reviews import return_visit
from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId
from gridworker.domain.visits import Visit
from gridworker.ui.visits.listing import read_detail
from gridworker.ui.visits.view import VisitsScreen
from tests.ui.visits.grid import NOON, Office, People

Opened = Callable[[], VisitsScreen]


def names(screen: VisitsScreen) -> list[str]:
    """The people of the list from top to bottom."""
    visits = [screen.model.record(row) for row in range(screen.model.rowCount())]
    return [visit.record.who for visit in visits if visit]


def press(qtbot: QtBot, *keys: Qt.Key) -> None:
    """Press keys where the focus is."""
    for key in keys:
        focus = QApplication.focusWidget()
        assert isinstance(focus, QWidget)
        qtbot.keyClick(focus, key)
        QApplication.processEvents()


def returned(people: People) -> RecordId:
    """A visit that came back, older than another one."""
    visit = people.visit(
        people.wang,
        days_ago=5,
        note="血压偏高",
        state="returned",
        review_remark="请补充用药",
        reviewer_name="陈敏",
        reviewed_ms=NOON,
    )
    people.visit(people.zhao, days_ago=1)
    return visit


def test_what_came_back_is_on_top_and_chips_filter_by_state(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    returned(people)
    people.visit(people.sun, days_ago=0, state="accepted")
    screen = opened()
    assert names(screen) == ["王秀兰", "孙福", "赵桂英"]
    screen.filter_chosen.emit("accepted")
    office.settle()
    assert names(screen) == ["孙福"]
    screen.filter_chosen.emit("recorded")
    office.settle()
    assert names(screen) == ["赵桂英"]


def test_a_returned_visit_is_answered_and_its_own_words_stay(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    returned(people)
    screen = opened()
    press(qtbot, Qt.Key.Key_Return)
    assert screen.card.answer.edit.hasFocus()
    screen.card.answer.edit.insertPlainText("每天一片降压药")
    qtbot.keyClick(screen.card.answer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    office.settle()
    first, _zhao, addition = office.visits()
    assert (first.state, first.note) == ("recorded", "血压偏高")
    assert addition.note == "每天一片降压药"
    assert office.notices[-1].text == "已存本机：走访 王秀兰，补充后再交"
    assert screen.table.hasFocus()


def test_an_empty_answer_is_not_sent(qtbot: QtBot, office: Office, people: People, opened: Opened) -> None:
    returned(people)
    screen = opened()
    press(qtbot, Qt.Key.Key_Return)
    qtbot.keyClick(screen.card.answer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    office.settle()
    assert office.count(Visit) == 2


def test_a_half_written_answer_survives_other_rows_and_a_full_disk(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    returned(people)
    screen = opened()
    press(qtbot, Qt.Key.Key_Return)
    screen.card.answer.edit.insertPlainText("每天一片降压药，" * 250)
    press(qtbot, Qt.Key.Key_Tab)
    screen.back()
    press(qtbot, Qt.Key.Key_Down, Qt.Key.Key_Up)
    assert screen.card.answer.edit.toPlainText() == "每天一片降压药，" * 250
    office.fill_disk()
    screen.card.answer.answered.emit(screen.card.answer.edit.toPlainText())
    office.settle()
    assert screen.card.answer.edit.toPlainText() == "每天一片降压药，" * 250
    assert office.count(Visit) == 2


def test_a_half_written_answer_survives_the_end_of_the_program(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    returned(people)
    screen = opened()
    screen.card.answer.edit.insertPlainText("每天一片")
    screen.hide()
    office.settle()
    again = opened()
    assert again.card.answer.edit.toPlainText() == "每天一片"


def test_del_withdraws_a_visit_of_today_with_its_case_and_undo_brings_both_back(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    draft = VisitDraft(resident_ids=(people.wang,), hazard="燃气软管老化", note="一")
    office.database.write(record_visit, draft)
    screen = opened()
    press(qtbot, Qt.Key.Key_Delete)
    office.settle()
    assert (office.count(Visit), office.count(Case)) == (0, 0)
    assert screen.model.rowCount() == 0
    assert office.notices[-1].text == "已撤回：走访 王秀兰"
    assert office.notices[-1].action is not None
    office.notices[-1].action()
    office.settle()
    (again,) = office.visits()
    assert (again.note, again.resident_ids, again.visited_ms) == ("一", (people.wang,), NOON)
    assert office.count(Case) == 1


def test_a_reviewed_visit_and_that_of_somebody_else_cannot_be_withdrawn(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    people.visit(people.wang, days_ago=0, state="accepted")
    people.visit(people.zhao, days_ago=0, worker_id="other")
    opened()
    press(qtbot, Qt.Key.Key_Delete, Qt.Key.Key_Down, Qt.Key.Key_Delete)
    office.settle()
    assert office.count(Visit) == 2


def test_another_screen_can_show_one_visit_whatever_the_filter(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    wanted = returned(people)
    screen = opened()
    screen.filter_chosen.emit("recorded")
    office.settle()
    screen.show_record(wanted)
    office.settle()
    current = screen.current()
    assert current is not None
    assert current.id == wanted
    assert screen.card.answer.edit.hasFocus()


def test_a_visit_returned_elsewhere_shows_at_once_with_its_count(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    visit = people.visit(people.wang, days_ago=1)
    people.visit(people.zhao, days_ago=0)
    screen = opened()
    badges: list[int] = []
    screen.badge_changed.connect(badges.append)
    press(qtbot, Qt.Key.Key_Down)
    office.desk.write(lambda tx: return_visit(tx, visit, "请补充"))
    office.settle()
    office.settle()
    assert badges[-1] == 1
    assert names(screen) == ["王秀兰", "赵桂英"]
    current = screen.current()
    assert current is not None
    assert current.id == visit


def test_the_card_shows_what_an_addition_adds_to(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    first = people.visit(people.wang, days_ago=2)
    second = people.visit(people.wang, days_ago=1, corrects=first)
    detail = office.desk.look(read_detail, second)
    assert detail is not None
    assert detail.corrected is not None
    assert detail.corrected.id == first


def test_f2_is_about_the_people_of_the_current_visit(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    people.visit(people.wang, people.li, days_ago=1)
    assert opened().chosen_people() == (people.wang, people.li)


def test_a_narrow_window_shows_the_card_with_enter_and_the_list_with_esc(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    returned(people)
    screen = opened()
    screen.resize(640, 500)
    QApplication.processEvents()
    assert not screen.card.isVisible()
    press(qtbot, Qt.Key.Key_Return)
    assert screen.card.isVisible()
    assert not screen.table.isVisible()
    assert screen.back()
    assert screen.table.hasFocus()
    assert not screen.back()


def test_without_visits_it_says_how_to_make_one(office: Office, people: People, opened: Opened) -> None:
    screen = opened()
    assert screen.model.rowCount() == 0
    assert screen.current() is None
