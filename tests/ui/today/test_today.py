"""Today: lanes in walking order with reasons, one key to visit, one to note an absence, progress on top."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.domain.care import CareProfile
from gridworker.domain.cases import Case
from gridworker.ui.controls import Label
from gridworker.ui.today.lines import Kind
from gridworker.ui.today.view import TodayScreen
from tests.ui.visits.grid import NOON, Office, People

Opened = Callable[[], TodayScreen]


def shown(screen: TodayScreen) -> list[str]:
    """Every line as words: kind, name, where, why, state."""
    return [
        " | ".join(filter(None, (line.kind, line.name, line.where, line.why, line.state)))
        for line in screen.list.model_of_lines.lines
    ]


def press(qtbot: QtBot, *keys: Qt.Key) -> None:
    """Press keys where the focus is."""
    for key in keys:
        focus = QApplication.focusWidget()
        assert isinstance(focus, QWidget)
        qtbot.keyClick(focus, key)
        QApplication.processEvents()


def go_to(screen: TodayScreen, name: str, kind: Kind = Kind.DUE) -> None:
    """Put the cursor on somebody's line."""
    lines = screen.list.model_of_lines.lines
    row = next(n for n, line in enumerate(lines) if line.name == name and line.kind is kind)
    screen.list.setCurrentIndex(screen.list.model_of_lines.index(row))


def says(screen: TodayScreen) -> list[str]:
    """Every label that can be seen."""
    labels: list[Label] = list(screen.findChildren(Label))
    return [label.text() for label in labels if label.isVisible()]


def test_lanes_are_in_walking_order_and_each_line_says_why(
    office: Office, people: People, opened: Opened
) -> None:
    people.visit(people.wang, days_ago=9, promise="送药", promise_day="2026-11-24")
    people.care(people.zhao, "elder_alone", since="2026-11-20")
    people.care(people.li, "elder_disabled", since="2026-10-01", away_from="2026-11-10", away_to="2026-11-20")
    people.care(people.shan, "elder_alone")
    people.visit(people.shan, days_ago=7)
    assert shown(opened()) == [
        "lane | 要紧 | 1",
        "due | 王秀兰 | 3栋2单元501 | 上次走访 11月14日 + 7 天，规则 R1 | 逾期 2 天",
        "lane | 走访 | 3",
        "stair | 幸福里 3栋2单元 | 2 户 2 人",
        "due | 李建国 | 3栋2单元501 | 外出至11月20日后，规则 R6 | 逾期 2 天",
        "due | 赵桂英 | 3栋2单元302 | 建档后尚未走访，规则 R3 | 逾期 3 天",
        "stair | 幸福里 5栋1单元 | 1 户 1 人",
        "due | 单雄 | 5栋1单元202 | 上次走访 11月16日 + 7 天，规则 R3 | 今天到期",
        "lane | 约定 | 1",
        "promise | 王秀兰 | 3栋2单元501 | 送药 | 明天",
    ]


def test_what_came_back_is_on_top_with_the_leaders_words(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    visit = people.visit(
        people.qian,
        days_ago=1,
        state="returned",
        review_remark="请补充",
        reviewer_name="陈敏",
        reviewed_ms=NOON,
    )
    people.visit(people.sun, days_ago=1, state="returned", review_remark="别人的", worker_id="other")
    (case,) = office.add(
        Case(
            title="楼道堆物",
            category="C05",
            found_ms=NOON,
            state="sent_back",
            remark="谁家的",
            worker_id="local",
        )
    )
    screen = opened()
    assert shown(screen)[:3] == [
        "lane | 要紧 | 3",
        "returned | 钱文 | 3栋1单元101 | 陈敏：请补充 | 今天",
        "sent_back | 楼道堆物 | 网格长：谁家的",
    ]
    press(qtbot, Qt.Key.Key_Home, Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert office.asked == [("visit_record", visit), ("case_record", case)]


def test_enter_and_f2_are_about_the_line_under_the_cursor(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    screen = opened()
    press(qtbot, Qt.Key.Key_Return)
    assert office.asked == [("visit", (people.wang,))]
    assert screen.chosen_people() == (people.wang,)


def test_space_marks_people_of_one_household_only(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    people.care(people.li, "elder_disabled", since="2026-10-01")
    people.care(people.zhao, "elder_disabled", since="2026-10-01")
    people.visit(people.wang, days_ago=7)
    screen = opened()
    go_to(screen, "王秀兰")
    press(qtbot, Qt.Key.Key_Space)
    go_to(screen, "李建国")
    press(qtbot, Qt.Key.Key_Space)
    assert set(screen.chosen_people()) == {people.wang, people.li}
    go_to(screen, "赵桂英")
    press(qtbot, Qt.Key.Key_Space)
    assert screen.chosen_people() == (people.zhao,)
    assert screen.back()
    assert not screen.list.model_of_lines.marked


def test_f7_notes_an_absence_with_its_end_and_can_be_taken_back(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    screen = opened()
    press(qtbot, Qt.Key.Key_F7)
    assert screen.absence.edit.hasFocus()
    qtbot.keyClicks(screen.absence.edit, "12.5")
    assert "12月5日 周六" in says(screen)
    press(qtbot, Qt.Key.Key_Return)
    office.settle()
    (profile,) = office.desk.look(lambda reader: list(reader.all(CareProfile)))
    assert (profile.record.away_from, profile.record.away_to) == ("2026-11-23", "2026-12-05")
    assert shown(screen) == []
    assert office.notices[-1].text == "已存本机：王秀兰 外出至 12月5日"
    assert office.notices[-1].action is not None
    office.notices[-1].action()
    office.settle()
    assert len(shown(screen)) == 2


def test_an_absence_without_a_proper_end_is_not_noted(
    qtbot: QtBot, office: Office, people: People, opened: Opened
) -> None:
    screen = opened()
    press(qtbot, Qt.Key.Key_F7)
    for typed, said in (("", "看不懂"), ("2026-11-01", "要有结束日期"), ("2029-01-01", "要有结束日期")):
        screen.absence.edit.setText(typed)
        press(qtbot, Qt.Key.Key_Return)
        assert any(said in words for words in says(screen))
    press(qtbot, Qt.Key.Key_Escape)
    assert not screen.absence.isVisible()
    assert screen.list.hasFocus()
    office.settle()
    assert office.notices == []


def test_the_top_counts_households_and_measures_them_by_the_plan(
    office: Office, people: People, opened: Opened
) -> None:
    people.visit(people.qian, days_ago=0)
    people.care(people.li, "elder_disabled", since="2026-10-01")
    people.care(people.shan, "elder_alone", since="2026-11-23")
    office.desk.settings.change(care_capacity_home=1)
    screen = opened()
    assert "今天已走访 1 户 · 还有 2 户 · 逾期 1" in says(screen)
    assert "每天上门 1 户，约 2 天走完" in says(screen)


def test_a_saved_visit_takes_its_line_away_and_the_cursor_goes_to_the_next(
    office: Office, people: People, opened: Opened
) -> None:
    people.care(people.zhao, "elder_alone")
    people.care(people.shan, "elder_alone")
    screen = opened()
    go_to(screen, "赵桂英")
    badges: list[int] = []
    screen.badge_changed.connect(badges.append)
    draft = VisitDraft(resident_ids=(people.zhao,))
    office.desk.write(lambda tx: record_visit(tx, draft))
    office.settle()
    office.settle()
    line = screen.list.current()
    assert line is not None
    assert line.name == "单雄"
    assert "今天已走访 1 户 · 还有 2 户 · 逾期 1" in says(screen)
    assert badges[-1] == 1


def test_the_cursor_stays_on_its_line_when_others_come(
    office: Office, people: People, opened: Opened
) -> None:
    people.care(people.shan, "elder_alone")
    screen = opened()
    go_to(screen, "单雄")
    profile = CareProfile(resident_id=people.zhao, groups=("elder_alone",))

    def add(tx):  # type: ignore[no-untyped-def]  # the shortest action there is
        tx.create(profile)
        return tx.touched

    office.desk.write(add)
    office.settle()
    office.settle()
    line = screen.list.current()
    assert line is not None
    assert line.name == "单雄"


def test_arrows_pass_over_headings(qtbot: QtBot, office: Office, people: People, opened: Opened) -> None:
    people.care(people.zhao, "elder_alone")
    people.care(people.shan, "elder_alone")
    screen = opened()
    names = []
    for _step in range(4):
        line = screen.list.current()
        assert line is not None
        names.append(line.name)
        press(qtbot, Qt.Key.Key_Down)
    assert names == ["王秀兰", "赵桂英", "单雄", "单雄"]


def test_without_residents_it_teaches_how_to_begin(qtbot: QtBot, office: Office, opened: Opened) -> None:
    screen = opened()
    assert "还没有居民" in says(screen)
    screen.import_asked.emit()
    assert office.asked == [("import", None)]


def test_a_day_without_visits_is_said_calmly(office: Office, people: People, opened: Opened) -> None:
    people.visit(people.wang, days_ago=1)
    assert "今天没有要走访的人" in says(opened())


def test_the_next_day_is_read_when_the_screen_is_opened_again(
    office: Office, people: People, opened: Opened
) -> None:
    people.visit(people.wang, days_ago=6)
    screen = opened()
    assert shown(screen) == []
    office.now_ms += 86_400_000
    screen.opened()
    office.settle()
    assert len(shown(screen)) == 3


def test_a_line_reads_as_one_sentence_to_a_screen_reader(
    office: Office, people: People, opened: Opened
) -> None:
    screen = opened()
    model = screen.list.model_of_lines
    assert model.data(model.index(1)) == (
        "王秀兰 82岁 女 3栋2单元501 80岁以上独居老人 建档后尚未走访，规则 R1 逾期 322 天"
    )


def test_a_narrow_window_uses_two_lines_a_row_and_no_card(
    office: Office, people: People, opened: Opened
) -> None:
    screen = opened()
    high = screen.list.sizeHintForRow(1)
    assert screen.side.isVisible()
    screen.resize(600, 500)
    QApplication.processEvents()
    assert not screen.side.isVisible()
    assert screen.list.sizeHintForRow(1) > high
