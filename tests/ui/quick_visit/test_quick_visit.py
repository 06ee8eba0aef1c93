"""The quick visit by keys: nine of them make a visit, drafts survive, and nothing typed is lost."""

import statistics
import time

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId
from gridworker.ui.quick_visit import QuickVisit
from gridworker.ui.quick_visit.draft import QuickDraft, find_draft
from tests.ui.visits.grid import DAY_MS, NOON, Office, People

KEYS = {
    "↵": Qt.Key.Key_Return,
    "⇥": Qt.Key.Key_Tab,
    "⎋": Qt.Key.Key_Escape,
    "↓": Qt.Key.Key_Down,
    "↑": Qt.Key.Key_Up,
    "␣": Qt.Key.Key_Space,
}


def press(qtbot: QtBot, keys: str) -> list[float]:
    """Press keys one after the other where the focus is; gives the milliseconds of work each was."""
    times = []
    for key in keys:
        focus = QApplication.focusWidget()
        assert isinstance(focus, QWidget)
        start = time.thread_time()
        if key in KEYS:
            qtbot.keyClick(focus, KEYS[key])
        else:
            qtbot.keyClicks(focus, key)
        QApplication.processEvents()
        times.append((time.thread_time() - start) * 1000)
    return times


def control(qtbot: QtBot, key: Qt.Key) -> None:
    """Press a key with Ctrl where the focus is."""
    focus = QApplication.focusWidget()
    assert isinstance(focus, QWidget)
    qtbot.keyClick(focus, key, Qt.KeyboardModifier.ControlModifier)


def write(edit: QLineEdit, text: str) -> None:
    """Type Chinese, as an input method commits it."""
    edit.setFocus()
    edit.insert(text)
    edit.textEdited.emit(edit.text())


def kept(office: Office, *ids: RecordId) -> QuickDraft | None:
    """The draft on the disk."""
    office.settle()
    found = office.desk.look(find_draft, ids)
    return found.draft if found else None


# --------------------------------------------------------------------------------------------- the quick way


def test_nine_keys_make_a_whole_visit(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    keys = "wxl↵111↵"
    times = []
    for _again in range(3):
        sheet.start()
        times = press(qtbot, keys)
        office.settle()
        assert not sheet.isVisible()
    visit = office.visits()[-1]
    assert visit.resident_ids == (people.wang,)
    assert (visit.method, visit.outcome, visit.condition) == ("home", "met", "normal")
    assert (visit.who, visit.visited_ms, visit.visit_type) == ("王秀兰", NOON, "care")
    assert office.notices[-1].text == "已存本机：走访 王秀兰"
    print(f"{1 + len(keys)} keys with F2; ms of work per key: {', '.join(f'{ms:.1f}' for ms in times)}")
    assert 1 + len(keys) == 9
    assert statistics.median(times) < 16  # a frame of a 60 Hz screen, on a machine that does other things


def test_letters_typed_over_a_chosen_person_find_another(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.zhao,))
    press(qtbot, "wxl↵111↵")
    office.settle()
    assert [visit.resident_ids for visit in office.visits()] == [(people.wang,)]


def test_the_enter_that_opened_the_sheet_does_not_save_while_it_is_held_down(
    office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True)
    QApplication.sendEvent(sheet.form.method, held)
    office.settle()
    assert office.visits() == []


def test_saving_and_going_on_leaves_room_for_the_next_name_at_once(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "王家的事")
    control(qtbot, Qt.Key.Key_Return)
    press(qtbot, "zgy↵↵")  # the first visit may still be on its way to the disk
    office.settle()
    made = [(visit.resident_ids, visit.note) for visit in office.visits()]
    assert made == [((people.wang,), "王家的事"), ((people.zhao,), "")]
    assert not sheet.isVisible()


# ---------------------------------------------------------------------------------------------------- people


def test_a_room_offers_its_household_and_space_takes_several(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start()
    press(qtbot, "3-2-501␣␣↵")
    press(qtbot, "↵")
    office.settle()
    (visit,) = office.visits()
    assert set(visit.resident_ids) == {people.wang, people.li}
    assert sorted(visit.who.split("、")) == ["李建国", "王秀兰"]


def test_family_is_ticked_by_space(qtbot: QtBot, office: Office, sheet: QuickVisit, people: People) -> None:
    sheet.start((people.wang,))
    press(qtbot, "↑␣")
    assert sheet.form.family.hasFocus()
    press(qtbot, "↓↵")
    office.settle()
    assert office.visits()[0].resident_ids == (people.wang, people.li)


def test_two_people_of_one_name_are_told_apart_by_age_and_place(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    other = people.live("王秀兰", "5-1-101", birth="1990-01-01", sex="female")
    sheet.start()
    press(qtbot, "wangxiulan")
    model = sheet.candidates.model
    lines = {str(model.data(model.index(row))) for row in range(model.rowCount())}
    assert {"王秀兰 82岁 女 3栋2单元501 80岁以上独居老人", "王秀兰 36岁 女 5栋1单元101"} <= lines
    first = sheet.candidates.current()
    assert first is not None
    press(qtbot, "↵↵" if first.person.id == other else "↓↵↵")
    office.settle()
    assert office.visits()[0].resident_ids == (other,)


def test_nobody_chosen_is_said_beside_the_form(qtbot: QtBot, office: Office, sheet: QuickVisit) -> None:
    sheet.start()
    press(qtbot, "⇥↵")
    assert "还没有选人" in sheet.fault()
    assert sheet.form.who.hasFocus()
    assert office.visits() == []


def test_a_name_typed_and_not_taken_is_not_passed_over(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    press(qtbot, "zgy⇥↵")
    assert "还没有选中" in sheet.fault()
    assert office.visits() == []


def test_the_phone_is_masked_until_somebody_asks(sheet: QuickVisit, people: People) -> None:
    sheet.start((people.wang,))
    (row,) = sheet.card.phones()
    assert "138****8000" in row.accessibleName()
    row.reveal_asked.emit()
    assert "138 0013 8000" in row.accessibleName()


# ---------------------------------------------------------------------------------------------------- fields


def test_digits_choose_and_move_on_and_needs_take_several(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    press(qtbot, "123")
    assert sheet.form.needs.hasFocus()
    press(qtbot, "131↵")
    office.settle()
    (visit,) = office.visits()
    assert (visit.method, visit.outcome, visit.condition) == ("home", "met_family", "difficulty")
    assert visit.needs == ("bathing",)


def test_a_phone_visit_proposes_that_all_is_well(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    press(qtbot, "2↵")
    office.settle()
    assert (office.visits()[0].method, office.visits()[0].outcome) == ("phone", "phone_ok")


def test_where_nobody_was_there_the_condition_is_passed_over(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    press(qtbot, "14")
    assert sheet.form.needs.hasFocus()
    assert not sheet.form.condition.isEnabled()
    press(qtbot, "↵")
    office.settle()
    assert office.visits()[0].outcome == "not_home"


def test_a_hazard_becomes_a_case(qtbot: QtBot, office: Office, sheet: QuickVisit, people: People) -> None:
    sheet.start((people.wang,))
    write(sheet.form.hazard, "楼道里给电动车充电")
    press(qtbot, "↵")
    office.settle()
    assert office.count(Case) == 1
    assert office.notices[-1].text == "已存本机：走访 王秀兰，隐患已记为事件"


def test_days_and_times_are_taken_as_people_say_them(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.promise, "送药")
    write(sheet.form.promise_day, "周三")
    write(sheet.form.next_day, "11.30")
    write(sheet.form.when, "昨天下午3点半")
    press(qtbot, "↵")
    office.settle()
    (visit,) = office.visits()
    assert (visit.promise, visit.promise_day, visit.next_day) == ("送药", "2026-11-25", "2026-11-30")
    assert visit.visited_ms == NOON - DAY_MS + 88 * 60_000


def test_a_day_that_is_none_is_said_and_nothing_typed_changes(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "精神不错")
    write(sheet.form.promise, "送药")
    write(sheet.form.promise_day, "回头")
    press(qtbot, "↵")
    assert "看不懂这个日期" in sheet.fault()
    assert sheet.form.promise_day.hasFocus()
    assert (sheet.form.note.text(), sheet.form.promise_day.text()) == ("精神不错", "回头")
    sheet.form.promise_day.clear()
    write(sheet.form.promise_day, "昨天")
    press(qtbot, "↵")
    assert "已经过去" in sheet.fault()
    sheet.form.when.setText("明天 9:00")
    sheet.form.promise_day.setText("明天")
    press(qtbot, "↵")
    assert "还没有到" in sheet.fault()
    assert office.visits() == []


def test_a_promise_that_was_kept_is_ticked_and_gone(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    people.visit(people.wang, days_ago=9, promise="送药", promise_day="2026-11-21")
    sheet.start((people.wang,))
    press(qtbot, "111")
    assert sheet.form.kept.hasFocus()
    press(qtbot, "1↵")
    office.settle()
    assert office.visits()[-1].visit_type == "followup"
    sheet.start((people.wang,))
    assert sheet.form.kept.isHidden()


def test_the_keyboard_goes_round_inside_the_sheet(qtbot: QtBot, sheet: QuickVisit, people: People) -> None:
    sheet.start((people.wang,))
    seen = []
    for _step in range(30):
        press(qtbot, "⇥")
        focus = QApplication.focusWidget()
        assert isinstance(focus, QWidget)
        assert sheet.isAncestorOf(focus)
        seen.append(focus)
    assert {sheet.form.who, sheet.form.note, sheet.form.when, sheet.form.family} <= set(seen)
    assert all(stop.accessibleName() for stop in seen)


# -------------------------------------------------------------------------------------------- nothing is lost


def test_a_full_disk_leaves_the_form_as_it_is_with_a_sentence(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "血压偏高，" * 300)
    office.fill_disk()
    press(qtbot, "↵")
    office.settle()
    assert sheet.isVisible()
    assert sheet.fault().startswith("没有保存，填的内容都在。")
    assert sheet.form.note.text() == "血压偏高，" * 300
    assert office.visits() == []
    office.fill_disk(full=False)
    press(qtbot, "↵")
    office.settle()
    assert office.visits()[0].note == "血压偏高，" * 300


def test_a_visit_refused_after_the_sheet_was_left_can_be_filled_in_again(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "血压偏高，" * 300)
    office.fill_disk()
    control(qtbot, Qt.Key.Key_Return)
    write(sheet.form.note, "下一位")
    press(qtbot, "⎋")
    office.settle()
    notice = next(notice for notice in office.notices if notice.kind == "error")
    assert notice.text.startswith("没有保存，填的内容都在。")
    assert notice.action is not None
    notice.action()
    assert office.asked[-1] == ("visit", (people.wang,))
    sheet.start((people.wang,))
    assert sheet.form.note.text() == "血压偏高，" * 300


def test_a_full_disk_found_after_going_on_brings_the_visit_back(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "血压偏高，" * 300)
    office.fill_disk()
    control(qtbot, Qt.Key.Key_Return)
    office.settle()
    assert sheet.form.note.text() == "血压偏高，" * 300
    assert sheet.fault()
    office.fill_disk(full=False)
    press(qtbot, "↵")
    office.settle()
    assert office.visits()[0].resident_ids == (people.wang,)


def test_a_draft_is_on_the_disk_two_seconds_after_a_key(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "正在")
    began = time.monotonic()
    qtbot.waitUntil(lambda: kept(office, people.wang) is not None, timeout=4000)
    assert time.monotonic() - began < 2.5
    draft = kept(office, people.wang)
    assert draft is not None
    assert (draft.note, draft.resident_ids) == ("正在", (people.wang,))


def test_esc_keeps_a_draft_and_the_next_start_brings_it_back(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "说到一半")
    press(qtbot, "⎋")
    office.settle()
    assert not sheet.isVisible()
    sheet.start()
    assert sheet.notice() == "已恢复 今天 14:02 没有存完的走访"
    assert sheet.form.note.text() == "说到一半"
    press(qtbot, "↵")
    office.settle()
    assert office.visits()[0].note == "说到一半"
    assert kept(office) is None


def test_a_draft_that_the_disk_refused_comes_back_at_the_next_start(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "血压偏高，" * 300)
    office.fill_disk()
    press(qtbot, "⎋")
    office.settle()
    sheet.start()
    assert sheet.form.note.text() == "血压偏高，" * 300


def test_nothing_entered_leaves_no_draft(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    press(qtbot, "⎋")
    assert kept(office) is None
    assert office.notices == []


def test_a_visit_to_somebody_else_leaves_a_draft_as_it_is(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "王家的事")
    press(qtbot, "⎋")
    office.settle()
    sheet.start()
    press(qtbot, "")
    sheet.form.method.setFocus()
    press(qtbot, "zgy↵")
    assert sheet.form.note.text() == ""
    press(qtbot, "↵")
    office.settle()
    assert [visit.resident_ids for visit in office.visits()] == [(people.zhao,)]
    draft = kept(office, people.wang)
    assert draft is not None
    assert draft.note == "王家的事"


def test_a_draft_moves_with_its_words_to_the_right_person(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "写错了人")
    sheet.hide()
    sheet.start((people.wang,))
    write(sheet.form.note, "，改过来")
    sheet.form.method.setFocus()
    press(qtbot, "zgy↵⎋")
    assert kept(office, people.wang) is None
    draft = kept(office, people.zhao)
    assert draft is not None
    assert draft.note == "写错了人，改过来"


def test_another_person_can_be_begun_beside_a_draft(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "王家的事")
    press(qtbot, "⎋")
    office.settle()
    sheet.start()
    control(qtbot, Qt.Key.Key_N)
    assert sheet.form.note.text() == ""
    assert sheet.form.who.hasFocus()
    assert kept(office, people.wang) is not None
    sheet.start((people.wang,))
    sheet.discarded.emit()
    assert kept(office, people.wang) is None


def test_the_end_of_the_program_keeps_what_is_entered(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.note, "没写完")
    sheet.window().close()
    draft = kept(office, people.wang)
    assert draft is not None
    assert draft.note == "没写完"


def test_undo_withdraws_the_visit_and_keeps_its_words(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start((people.wang,))
    write(sheet.form.hazard, "燃气软管老化")
    write(sheet.form.note, "写错人了")
    press(qtbot, "↵")
    office.settle()
    assert office.notices[-1].action_text == "撤销"
    assert office.notices[-1].action is not None
    office.notices[-1].action()
    office.settle()
    assert office.visits() == []
    assert office.count(Case) == 0
    assert office.notices[-1].text == "已撤销：走访 王秀兰"
    assert office.notices[-1].action is not None
    office.notices[-1].action()
    assert office.asked[-1] == ("visit", (people.wang,))
    sheet.start((people.wang,))
    assert sheet.form.note.text() == "写错人了"
