"""The shell: screens by number, messages, undo, the status line, the palette, help; at every size."""

import gc
import weakref
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip
from pytestqt.qtbot import QtBot

from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.i18n import N_, use_language
from gridworker.ui.controls import ElidedLabel, Label
from gridworker.ui.menu import Action
from gridworker.ui.messages import PASSING_MS, Step
from gridworker.ui.screen import Screen
from gridworker.ui.theme import Theme
from gridworker.ui.window import SMALLEST, Window
from tests.ui.probes import (
    clipped_texts,
    focus_jumps,
    focus_order,
    nameless,
    spoken_name,
    visible,
    weak_contrasts,
)

NOON = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001 - the clock on the wall, as the status line shows it
TITLES = (N_("今日"), N_("居民"), N_("楼栋"), N_("走访"), N_("事件"), N_("审核"), N_("台账报表"), N_("同步"))


class Page(Screen):
    """A screen that notes what happens to it."""

    name = "page"
    title = N_("今日")
    screen_actions = (
        Action["Page"](
            "save", N_("保存"), lambda page: page.heard.append("saved"), ("Ctrl+S",), "check", ("tools",)
        ),
    )
    help_keys = (("1…9", N_("选择")),)

    def __init__(self) -> None:
        """With an edit and its action as a button."""
        super().__init__()
        self.heard: list[object] = []
        self.inside = False
        self.edit = QLineEdit()
        self.edit.setAccessibleName("备注")
        self.body.addWidget(self.edit)
        self.add_action_buttons()

    def opened(self) -> None:
        """Note it."""
        self.heard.append("opened")
        self.edit.setFocus()

    def refresh(self, touched: Touched) -> None:
        """Note it."""
        self.heard.append(touched)

    def back(self) -> bool:
        """Leave the inner place, if in it."""
        was, self.inside = self.inside, False
        return was


def page(number: int) -> Page:
    """One of eight different screens."""
    kind = type(f"Page{number}", (Page,), {"name": f"page{number}", "title": TITLES[number - 1]})
    made = kind()
    assert isinstance(made, Page)
    return made


@pytest.fixture
def now() -> list[datetime]:
    """The clock; change its only entry."""
    return [NOON]


@pytest.fixture
def window(qtbot: QtBot, now: list[datetime]) -> Iterator[Window]:
    """A shown window with eight screens."""
    made = Window(now=lambda: now[0])
    qtbot.addWidget(made)
    made.set_place("幸福里社区 第三网格")
    made.set_user("张晓", "网格员")
    for number in range(1, 9):
        made.add_screen(page(number))
    made.show()
    made.activateWindow()
    made.show_screen("page1")
    yield made
    made.close()


def heard(window: Window, name: str) -> list[object]:
    """What a page noted."""
    screen = window.screen_named(name)
    assert isinstance(screen, Page)
    return screen.heard


def shown_name(window: Window) -> str:
    """The screen that is shown."""
    screen = window.current_screen()
    return screen.name if screen else ""


CONTROL = Qt.KeyboardModifier.ControlModifier


def test_control_and_a_digit_show_a_screen(window: Window, qtbot: QtBot) -> None:
    for number in range(8, 0, -1):
        qtbot.keyClick(window, Qt.Key(int(Qt.Key.Key_0) + number), CONTROL)
        assert shown_name(window) == f"page{number}"
    assert heard(window, "page3") == ["opened"]


def test_only_the_screen_that_is_shown_refreshes_and_the_others_catch_up_at_once(
    window: Window, qtbot: QtBot
) -> None:
    first, second = Touched(frozenset({RecordId("a")})), Touched(kinds=frozenset({"visit"}))
    window.refresh(first)
    window.refresh(second)
    assert heard(window, "page1") == ["opened", first, second]
    assert heard(window, "page2") == []
    qtbot.keyClick(window, Qt.Key.Key_2, CONTROL)
    assert heard(window, "page2") == [first | second, "opened"]
    qtbot.keyClick(window, Qt.Key.Key_1, CONTROL)
    assert heard(window, "page1") == ["opened", first, second, "opened"]


@pytest.mark.parametrize(
    ("key", "name"),
    [(Qt.Key.Key_F2, "quick_visit"), (Qt.Key.Key_F3, "report_case"), (Qt.Key.Key_F5, "sync_now")],
)
def test_function_keys_ask_from_anywhere(window: Window, qtbot: QtBot, key: Qt.Key, name: str) -> None:
    edit = window.current_screen().edit  # type: ignore[union-attr]  # a Page is shown
    edit.setFocus()
    with qtbot.waitSignal(window.asked) as asked:
        qtbot.keyClick(edit, key)
    assert asked.args == [name]


def test_keys_of_a_hidden_screen_are_dead(window: Window, qtbot: QtBot) -> None:
    edit = window.current_screen().edit  # type: ignore[union-attr]  # a Page is shown
    qtbot.keyClick(edit, Qt.Key.Key_S, CONTROL)
    assert heard(window, "page1") == ["opened", "saved"]
    assert heard(window, "page2") == []


def test_two_screens_cannot_have_one_name_nor_take_a_key_of_the_window(window: Window) -> None:
    again = page(1)
    with pytest.raises(ValueError, match="page1"):
        window.add_screen(again)
    taken = page(2)
    taken.__class__.name = "another"
    taken.__class__.screen_actions = (Action("x", "x", lambda _page: None, ("F2",)),)
    with pytest.raises(ValueError, match="F2 of x is taken by quick_visit"):
        window.add_screen(taken)
    taken.deleteLater()
    again.deleteLater()


def test_undo_says_what_it_takes_back_and_does_it_once(window: Window, qtbot: QtBot) -> None:
    undone: list[str] = []
    window.say_done("已记录走访：王秀兰", undo=lambda: undone.append("visit"))
    message = window.message()
    assert message is not None
    assert message.step is not None
    assert message.step.text.startswith("撤销")
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert undone == ["visit"]
    assert "没有可以撤销的" in window.message().text  # type: ignore[union-attr]  # one was just shown


def test_undo_in_an_edit_takes_back_what_was_typed(window: Window, qtbot: QtBot) -> None:
    undone: list[str] = []
    window.say_done("已记录", undo=lambda: undone.append("visit"))
    edit = window.current_screen().edit  # type: ignore[union-attr]  # a Page is shown
    edit.setFocus()
    qtbot.keyClicks(edit, "abc")
    qtbot.keyClick(edit, Qt.Key.Key_Z, CONTROL)
    assert edit.text() == ""
    assert undone == []


def test_a_problem_says_what_happened_and_what_to_do(window: Window) -> None:
    window.say_problem(Problem("no_such_code_anywhere"))
    message = window.message()
    assert message is not None
    assert message.kind == "error"
    assert "no_such_code_anywhere" in message.text
    assert "请更新程序" in message.text


def test_good_news_goes_by_itself_and_bad_news_stays(
    qtbot: QtBot, now: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PASSING_MS >= 10_000
    monkeypatch.setattr("gridworker.ui.messages.PASSING_MS", 20)
    window = Window(now=lambda: now[0])
    qtbot.addWidget(window)
    window.say("ok", "好了")
    qtbot.waitUntil(lambda: window.message() is None)
    window.say("error", "坏了")
    qtbot.wait(60)
    assert window.message() is not None


def test_the_next_step_is_a_button_that_closes_the_message(window: Window, qtbot: QtBot) -> None:
    taken: list[str] = []
    window.say("warn", "中心没有回应", Step("看看网络", lambda: taken.append("looked")))
    strip = window._place.strip
    qtbot.keyClick(strip._step, Qt.Key.Key_Space)
    assert taken == ["looked"]
    assert window.message() is None


def test_esc_goes_one_step_back_and_then_closes_the_message(window: Window, qtbot: QtBot) -> None:
    shown = window.current_screen()
    assert isinstance(shown, Page)
    shown.inside = True
    window.say("warn", "中心没有回应")
    qtbot.keyClick(shown.edit, Qt.Key.Key_Escape)
    assert not shown.inside
    assert window.message() is not None
    qtbot.keyClick(shown.edit, Qt.Key.Key_Escape)
    assert window.message() is None


def test_the_palette_opens_from_an_edit_and_does_what_is_chosen(window: Window, qtbot: QtBot) -> None:
    edit = window.current_screen().edit  # type: ignore[union-attr]  # a Page is shown
    qtbot.keyClick(edit, Qt.Key.Key_K, CONTROL)
    box = window.palette_box
    assert box.isVisible()
    box.edit.setText("台账")
    qtbot.waitUntil(lambda: [item.text for item in box.items()] == ["台账报表"])
    qtbot.keyClick(box.edit, Qt.Key.Key_Return)
    assert shown_name(window) == "page7"


def test_help_shows_the_keys_of_this_screen_first(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    sheet = window._sheet
    assert sheet.isVisible()
    words = [label.text() for label in visible(sheet, Label)]
    assert words.index("Ctrl+S") < words.index("F2")
    assert "1…9" in words
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_help_gives_the_keyboard_back_to_where_it_was(window: Window, qtbot: QtBot) -> None:
    edit = window.current_screen().edit  # type: ignore[union-attr]  # a Page is shown
    for leave in (Qt.Key.Key_Escape, Qt.Key.Key_F1):
        edit.setFocus()
        qtbot.keyClick(edit, Qt.Key.Key_F1)
        assert window._sheet.hasFocus()
        qtbot.keyClick(window._sheet, Qt.Key.Key_Down)
        qtbot.keyClick(window._sheet, leave)
        assert edit.hasFocus()


def test_help_goes_when_another_screen_comes(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    qtbot.mouseClick(window.navigation._buttons["page2"], Qt.MouseButton.LeftButton)
    assert not window._sheet.isVisible()
    assert window.current_screen().edit.hasFocus()  # type: ignore[union-attr]  # a Page is shown


TWO_GRIDS = ("幸福里社区第二网格", "幸福里社区第三网格")


@pytest.mark.parametrize(
    ("grids", "place"),
    [
        (("幸福里社区第三网格",), "幸福里社区第三网格"),
        (TWO_GRIDS, "幸福里社区 · 2 个网格"),
        ((*TWO_GRIDS, "阳光社区第一网格"), "3 个网格"),
        (("幸福里社区第二网格", "机动网格"), "2 个网格"),
        (("一号片", "二号片"), "2 个网格"),
        ((), ""),
    ],
)
def test_several_grids_are_told_by_their_community_and_number(
    window: Window, grids: tuple[str, ...], place: str
) -> None:
    window.set_place(*grids)
    shown = next(label for label in visible(window.top, ElidedLabel))
    assert shown.full_text() == place
    assert window.windowTitle() == (f"网格通行 ─ {place}" if place else "网格通行")


def test_the_mouse_over_the_place_names_every_grid(window: Window) -> None:
    window.set_place(*TWO_GRIDS)
    shown = next(label for label in visible(window.top, ElidedLabel))
    QApplication.processEvents()
    over = QPoint(4, 4)
    hover = QHelpEvent(QEvent.Type.ToolTip, over, shown.mapToGlobal(over))
    QApplication.sendEvent(shown, hover)
    assert QToolTip.text() == "幸福里社区第二网格\n幸福里社区第三网格"
    QToolTip.hideText()


def test_the_status_line_tells_the_truth_and_keeps_telling_it(window: Window, now: list[datetime]) -> None:
    status = window.status
    assert status.words() == ["尚未保存过", "没有待送", "尚未与中心一致过", "尚无中心数据"]
    status.set_saved(NOON - timedelta(minutes=5))
    status.set_waiting(3, 1)
    status.set_agreed(NOON - timedelta(hours=3))
    status.set_as_of(NOON - timedelta(days=12))
    assert status.words() == [
        "已存本机 11:55",
        "待送 3 条 · 照片 1 张",
        "上次与中心一致 今天 09:00",
        "数据截至 11月11日 12:00",
    ]
    now[0] += timedelta(days=1)
    status.reword()
    assert status.words()[0] == "已存本机 昨天 11:55"
    assert status.words()[2] == "上次与中心一致 昨天 09:00"


def test_badges_show_what_waits_and_say_it_to_screen_readers(window: Window) -> None:
    window.screen_named("page5").badge_changed.emit(3)
    assert window.navigation.badge("page5") == 3
    button = window.navigation._buttons["page5"]
    assert button.accessibleName() == "事件，3 条待办"


def test_arrows_move_along_the_navigation(window: Window, qtbot: QtBot) -> None:
    buttons = list(window.navigation._buttons.values())
    buttons[0].setFocus()
    qtbot.keyClick(buttons[0], Qt.Key.Key_Down)
    qtbot.keyClick(buttons[1], Qt.Key.Key_Space)
    assert shown_name(window) == "page2"


@pytest.mark.parametrize("language", ["zh", "en", "pseudo"])
@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 100), ("light", 150), ("dark", 200)])
def test_the_shell_can_be_read_in_every_look_and_language(
    qtbot: QtBot, look: Theme, language: str, mode: str, scale: int
) -> None:
    use_language(language)  # type: ignore[arg-type]  # parametrize gives plain texts
    look.configure(mode=mode, text_scale=scale)
    window = Window(now=lambda: NOON)
    qtbot.addWidget(window)
    window.set_place("幸福里社区 第三网格")
    window.set_user("张晓", "网格员")
    for number in range(1, 9):
        window.add_screen(page(number))
    window.status.set_waiting(3, 1)
    window.resize(1366, 728)
    window.show()
    window.show_screen("page1")
    window.say("warn", "中心没有回应", Step("看看", lambda: None))
    qtbot.wait(1)
    assert clipped_texts(window) == []
    assert weak_contrasts(window) == []
    assert nameless(window) == []
    assert focus_jumps(window.navigation) == []


def test_the_window_fits_the_smallest_screen(window: Window) -> None:
    window.resize(*SMALLEST)
    assert (window.width(), window.height()) == SMALLEST


def test_a_window_that_is_built_anew_leaves_nothing_behind(qtbot: QtBot) -> None:
    window = Window(now=lambda: NOON)
    window.add_screen(page(1))
    window.show()
    window.show_screen("page1")
    gone = [weakref.ref(thing) for thing in (window, window.screen_named("page1"), window.status, window.top)]
    with qtbot.waitSignal(window.destroyed):
        window.close()
        window.deleteLater()
    del window
    gc.collect()
    assert [thing() for thing in gone] == [None] * 4


def test_tab_goes_from_the_top_over_navigation_and_screen_to_the_foot(window: Window) -> None:
    names = [spoken_name(widget) for widget in focus_order(window.centralWidget())]
    places = [
        next(n for n, name in enumerate(names) if name.startswith(word))
        for word in ("找人", "用户 张晓", "今日", "同步", "保存", "备注", "F2", "F3")
    ]
    assert places == sorted(places)
    assert "居民" in names[places[2] : places[3]]
