"""Where one is on today's screen: Home and End, what came back in view, a sensible focus on empty pages."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.domain.records import Touched
from gridworker.domain.visits import Visit
from gridworker.ui import today
from gridworker.ui.menu import key_words
from gridworker.ui.today.lines import Kind
from gridworker.ui.today.view import TodayScreen
from tests.ui.cases.keyboard import focus, focus_name
from tests.ui.cases.shell import Shell
from tests.ui.today.test_today import press
from tests.ui.visits.grid import Office, People

Opened = Callable[[], TodayScreen]
Key = Qt.Key


@pytest.fixture
def long_day(people: People) -> People:
    """Seven people due, none of them pressing: more than a low window shows."""
    people.visit(people.wang, days_ago=7)
    for person in (people.li, people.zhao, people.qian, people.xiaoli, people.sun, people.shan):
        people.care(person, "elder_alone")
    return people


def low(screen: TodayScreen) -> TodayScreen:
    """The screen in a low window."""
    screen.resize(1230, 330)
    QApplication.processEvents()
    assert screen.list.verticalScrollBar().maximum() > 60
    return screen


def current(screen: TodayScreen) -> str:
    """Whose line the cursor is on."""
    line = screen.list.current()
    return line.name if line else ""


def in_view(screen: TodayScreen, kind: Kind) -> bool:
    """Whether the first line of a kind is seen whole."""
    lines = screen.list.model_of_lines.lines
    row = next(n for n, line in enumerate(lines) if line.kind is kind)
    place = screen.list.visualRect(screen.list.model_of_lines.index(row))
    return screen.list.viewport().rect().contains(place)


def send_back(office: Office, people: People) -> None:
    """The leader returns a visit, and the exchange brings it."""
    people.visit(people.qian, days_ago=1, state="returned", review_remark="请补充", reviewer_name="陈敏")
    office.background.announce(Touched(kinds=frozenset({Visit.kind})))
    QApplication.processEvents()
    office.settle()


@pytest.mark.parametrize("back", [[Key.Key_Home], [Key.Key_PageUp] * 4, [Key.Key_Up] * 9])
def test_keys_reach_the_first_line_with_its_headings(
    qtbot: QtBot, long_day: People, opened: Opened, back: list[Qt.Key]
) -> None:
    screen = low(opened())
    first = current(screen)
    press(qtbot, Key.Key_End)
    assert current(screen) == "单雄"
    press(qtbot, *back)
    assert current(screen) == first
    assert in_view(screen, Kind.LANE)
    assert in_view(screen, Kind.STAIR)


def test_what_comes_back_is_in_view_where_the_list_stands_at_its_top(
    office: Office, long_day: People, opened: Opened
) -> None:
    screen = low(opened())
    send_back(office, long_day)
    assert in_view(screen, Kind.RETURNED)


def test_a_list_that_was_scrolled_keeps_its_place_while_one_looks_at_it(
    qtbot: QtBot, office: Office, long_day: People, opened: Opened
) -> None:
    screen = low(opened())
    press(qtbot, Key.Key_End)
    seen = screen.list.visualRect(screen.list.currentIndex())
    send_back(office, long_day)
    assert (current(screen), screen.list.visualRect(screen.list.currentIndex())) == ("单雄", seen)


def test_what_came_back_is_in_view_when_the_screen_is_opened_again(
    qtbot: QtBot, office: Office, long_day: People, opened: Opened
) -> None:
    screen = low(opened())
    press(qtbot, Key.Key_End)
    send_back(office, long_day)
    screen.opened()
    assert in_view(screen, Kind.RETURNED)
    assert current(screen) == "钱文"


@pytest.fixture
def shell(qtbot: QtBot, office: Office) -> Iterator[Shell]:
    """A window with today's screen."""
    with Shell.over(qtbot, office, today.build(office.desk)) as opened:
        yield opened


def test_after_the_last_visit_the_keyboard_stays_in_the_list(
    office: Office, people: People, shell: Shell
) -> None:
    screen = shell.show("today")
    assert isinstance(screen, TodayScreen)
    assert screen.list.hasFocus()
    draft = VisitDraft(resident_ids=(people.wang,))
    office.desk.write(lambda tx: record_visit(tx, draft))
    shell.settle()
    assert focus() is screen.list
    assert screen.list.accessibleDescription() == "今天没有要走访的人"
    people.care(people.zhao, "elder_alone")
    shell.look_again()
    assert current(screen) == "赵桂英"
    assert screen.list.accessibleDescription() == ""


def test_a_quiet_day_begins_in_the_list(people: People, shell: Shell) -> None:
    people.visit(people.wang, days_ago=1)
    screen = shell.show("today")
    assert isinstance(screen, TodayScreen)
    shell.look_again()
    assert focus() is screen.list


def test_tab_goes_from_the_list_over_the_card_to_its_buttons_and_the_foot(
    qtbot: QtBot, people: People, shell: Shell
) -> None:
    shell.show("today")
    names = []
    for _press in range(5):
        press(qtbot, Key.Key_Tab)
        names.append(focus_name())
    enter = f"记走访 {key_words('Enter')}"
    assert names == ["显示联系电话", enter, "外出报备 F7", "居民卡 F6", "F2 记走访"]


def test_without_residents_the_keyboard_is_on_the_way_to_some(shell: Shell) -> None:
    shell.show("today")
    assert focus_name() == "导入台账"
    shell.window.status.setFocus()
    shell.show("today")
    assert focus_name() == "导入台账"
