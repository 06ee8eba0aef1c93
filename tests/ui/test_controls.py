"""Shared controls, by keys: choices, search with an input method, numbers, masked fields, filters."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QStringListModel, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QInputMethodEvent, QKeyEvent, QPixmap
from PySide6.QtWidgets import QApplication, QLineEdit, QListView, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gridworker.domain.choices import CHOICES
from gridworker.ui.choices import ChoiceRow
from gridworker.ui.controls import (
    Button,
    Card,
    ElidedLabel,
    EmptyState,
    FieldRow,
    Lamp,
    ProgressStrip,
    TagLabel,
)
from gridworker.ui.filters import FilterRow
from gridworker.ui.inputs import DigitKeys, LineField, NumberEdit, SearchEdit
from gridworker.ui.lamps import LAMPS
from gridworker.ui.theme import Theme
from tests.ui.probes import clipped_texts, focus_order, nameless, spoken_name, weak_contrasts

Stage = Callable[..., QWidget]


@pytest.fixture
def shown(qtbot: QtBot) -> Stage:
    """Shows a column of widgets with the focus on the first, and keeps it until the test is over."""
    kept: list[QWidget] = []

    def show(*widgets: QWidget, width: int = 500) -> QWidget:
        outer = QWidget()
        kept.append(outer)
        qtbot.addWidget(outer)
        column = QVBoxLayout(outer)
        for widget in widgets:
            column.addWidget(widget)
        column.addStretch(1)
        outer.resize(width, max(400, column.heightForWidth(width)))
        outer.show()
        outer.activateWindow()
        widgets[0].setFocus()
        qtbot.waitUntil(widgets[0].hasFocus)
        return outer

    return show


def rows() -> tuple[ChoiceRow, ChoiceRow]:
    """How the visit was made and what came of it."""
    return (
        ChoiceRow("方式", CHOICES["visit_method"], value="home"),
        ChoiceRow("结果", CHOICES["visit_outcome"]),
    )


def test_a_digit_chooses_and_moves_on_to_the_next_row(qtbot: QtBot, shown: Stage) -> None:
    method, outcome = rows()
    shown(method, outcome)
    qtbot.keyClick(method, Qt.Key.Key_2)
    assert method.value() == "phone"
    assert outcome.hasFocus()
    qtbot.keyClick(outcome, Qt.Key.Key_3, Qt.KeyboardModifier.KeypadModifier)
    assert outcome.value() == CHOICES["visit_outcome"][2].code


def test_a_digit_without_a_choice_changes_nothing(qtbot: QtBot, shown: Stage) -> None:
    method, outcome = rows()
    shown(method, outcome)
    qtbot.keyClick(method, Qt.Key.Key_9)
    assert method.value() == "home"
    assert method.hasFocus()


def test_arrows_move_the_choice_and_stop_at_the_ends(qtbot: QtBot, shown: Stage) -> None:
    method, outcome = rows()
    shown(method, outcome)
    for _press in range(20):
        qtbot.keyClick(method, Qt.Key.Key_Right)
    assert method.value() == CHOICES["visit_method"][-1].code
    qtbot.keyClick(method, Qt.Key.Key_Left)
    assert method.value() == CHOICES["visit_method"][-2].code


def test_several_needs_are_switched_by_digit_and_space_and_the_focus_stays(
    qtbot: QtBot, shown: Stage
) -> None:
    needs = ChoiceRow("需求", CHOICES["need"], multiple=True)
    shown(needs)
    heard: list[str] = []
    needs.chosen.connect(heard.append)
    codes = [choice.code for choice in CHOICES["need"]]
    qtbot.keyClick(needs, Qt.Key.Key_1)
    qtbot.keyClick(needs, Qt.Key.Key_Right)
    qtbot.keyClick(needs, Qt.Key.Key_Space)
    assert needs.values() == (codes[0], codes[1])
    qtbot.keyClick(needs, Qt.Key.Key_1)
    assert needs.values() == (codes[1],)
    assert heard == [codes[0], codes[1], codes[0]]
    assert needs.hasFocus()


def test_enter_and_letters_are_left_to_the_form(shown: Stage) -> None:
    method, outcome = rows()
    shown(method, outcome)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_A, Qt.Key.Key_Escape):
        press = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        method.keyPressEvent(press)
        assert not press.isAccepted()


def test_a_click_chooses_too(qtbot: QtBot, shown: Stage) -> None:
    method, outcome = rows()
    shown(method, outcome)
    pill = method._chips[2]
    qtbot.mouseClick(pill, Qt.MouseButton.LeftButton)
    assert method.value() == CHOICES["visit_method"][2].code
    qtbot.mouseClick(pill, Qt.MouseButton.LeftButton)
    assert method.value() == CHOICES["visit_method"][2].code


def test_a_screen_reader_hears_the_row_and_what_is_chosen(qtbot: QtBot, shown: Stage) -> None:
    method, outcome = rows()
    shown(method, outcome)
    assert spoken_name(method) == "方式"
    assert CHOICES["visit_method"][0].label in method.accessibleDescription()
    assert outcome.accessibleDescription() == "未选"


def test_a_row_of_choices_is_one_tab_stop(qtbot: QtBot, shown: Stage) -> None:
    method, outcome = rows()
    outer = shown(method, outcome)
    assert focus_order(outer) == [method, outcome]


def compose(edit: QLineEdit, preedit: str, commit: str = "") -> None:
    """What an input method sends while one types."""
    event = QInputMethodEvent(preedit, [])
    event.setCommitString(commit)
    QApplication.sendEvent(edit, event)


def test_search_reads_what_the_input_method_has_not_yet_committed(qtbot: QtBot, shown: Stage) -> None:
    edit = SearchEdit("找人")
    shown(edit)
    heard: list[str] = []
    edit.changed.connect(heard.append)
    compose(edit, "wang'xl")
    qtbot.waitUntil(lambda: heard == ["wangxl"])
    compose(edit, "", commit="王秀兰")
    qtbot.waitUntil(lambda: heard[-1] == "王秀兰")


def test_search_asks_once_for_many_keys_and_only_the_latest(qtbot: QtBot, shown: Stage) -> None:
    edit = SearchEdit("找人")
    shown(edit)
    heard: list[str] = []
    edit.changed.connect(heard.append)
    for letters in ("w", "wx", "w x l"):
        edit.setText(letters)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == ["wxl"]
    edit.setText("wxl ")
    qtbot.wait(5)
    assert heard == ["wxl"]


def test_full_width_letters_are_searched_as_plain_ones(qtbot: QtBot) -> None:
    edit = SearchEdit("找人")
    qtbot.addWidget(edit)
    edit.setText("３＃２　５０１")
    assert edit.query() == "3#2501"


def test_arrows_in_the_search_box_move_in_the_list(qtbot: QtBot, shown: Stage) -> None:
    edit, view = SearchEdit("找人"), QListView()
    model = QStringListModel(["一", "二", "三"])
    view.setModel(model)
    edit.drive(view)
    shown(edit, view)
    qtbot.keyClick(edit, Qt.Key.Key_Down)
    qtbot.keyClick(edit, Qt.Key.Key_Down)
    assert view.currentIndex().row() == 1
    assert edit.hasFocus()


def test_esc_empties_the_search_box(qtbot: QtBot, shown: Stage) -> None:
    edit = SearchEdit("找人")
    shown(edit)
    qtbot.keyClicks(edit, "wxl")
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert edit.text() == ""


@pytest.mark.parametrize(
    ("what", "pasted", "kept"),
    [
        ("phone", "１３８ 0013-8000", "13800138000"),
        ("phone", "+86 138 0013 8000", "+8613800138000"),
        ("id", " 99900119500101001x ", "99900119500101001X"),
        ("number", "第 12 层", "12"),
    ],
)
def test_numbers_are_kept_plain_however_they_are_pasted(
    qtbot: QtBot, shown: Stage, what: str, pasted: str, kept: str
) -> None:
    edit = NumberEdit(what, name="电话")  # type: ignore[arg-type]  # parametrize gives plain texts
    shown(edit)
    QGuiApplication.clipboard().setText(pasted)
    qtbot.keyClick(edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert edit.text() == edit.number() == kept


def test_numbers_switch_the_input_method_off(qtbot: QtBot) -> None:
    edit = NumberEdit("id")
    qtbot.addWidget(edit)
    assert not edit.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def test_a_wrong_field_says_so_beside_itself(qtbot: QtBot, shown: Stage) -> None:
    field = LineField("联系电话", NumberEdit("phone"))
    outer = shown(field)
    field.set_error("手机号应为 11 位，现在是 10 位")
    assert field.edit.accessibleDescription().startswith("手机号")
    assert clipped_texts(outer) == []
    field.set_error("")
    assert field.edit.accessibleDescription() == ""


def test_a_masked_value_is_asked_for_and_hides_itself_again(
    qtbot: QtBot, shown: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FieldRow, "REVEALED_MS", 30)
    row = FieldRow("电话", "138****8000", masked=True)
    shown(row)
    row.reveal_asked.connect(lambda: row.reveal("13800138000"))
    eye = focus_order(row)[-1]
    assert spoken_name(eye) == "显示电话"
    with qtbot.waitSignal(row.hidden_again):
        qtbot.keyClick(eye, Qt.Key.Key_Space)
        assert row.value() == "13800138000"
        assert spoken_name(eye) == "隐藏电话"
    assert row.value() == "138****8000"


def test_the_eye_hides_at_once_when_pressed_again(qtbot: QtBot, shown: Stage) -> None:
    row = FieldRow("电话", "138****8000", masked=True)
    shown(row)
    row.reveal("13800138000")
    qtbot.keyClick(focus_order(row)[-1], Qt.Key.Key_Space)
    assert row.value() == "138****8000"


def test_another_value_is_masked_at_once_and_the_time_of_the_last_one_is_over(
    qtbot: QtBot, shown: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FieldRow, "REVEALED_MS", 20)
    row = FieldRow("电话", "138****8000", masked=True)
    shown(row)
    row.reveal("13800138000")
    row.set_value("139****9000", masked=True)
    assert row.value() == "139****9000"
    with qtbot.assertNotEmitted(row.hidden_again, wait=80):
        pass
    row.reveal("13900139000")
    row.set_value("空挂户")
    qtbot.wait(80)
    assert focus_order(row) == []
    assert row.value() == "空挂户"


def test_a_value_revealed_twice_hides_once(
    qtbot: QtBot, shown: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FieldRow, "REVEALED_MS", 40)
    row = FieldRow("电话", "138****8000", masked=True)
    shown(row)
    heard: list[str] = []
    row.hidden_again.connect(lambda: heard.append(row.value()))
    row.reveal("13800138000")
    row.reveal("13800138000")
    qtbot.wait(150)
    assert heard == ["138****8000"]


def test_a_button_gets_its_icon_once_for_each_look(
    qtbot: QtBot, shown: Stage, look: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []

    class Watched(Button):
        def setIcon(self, icon: QIcon | QPixmap) -> None:
            given.append(self.text())
            super().setIcon(icon)

    button = Watched("保存", icon_name="check")
    shown(button)
    assert len(given) == 1
    before = button.icon().pixmap(16).toImage()
    look.configure(mode="dark")
    qtbot.wait(1)
    assert len(given) == 2
    assert button.icon().pixmap(16).toImage() != before
    look.configure(mode="light")
    qtbot.wait(1)
    assert (len(given), button.icon().pixmap(16).toImage()) == (3, before)


def test_a_lamp_always_has_a_word(qtbot: QtBot) -> None:
    for name in LAMPS:
        lamp = Lamp(name)
        qtbot.addWidget(lamp)
        assert lamp.accessibleName()
    assert Lamp("late", "超期 3 天").accessibleName() == "超期 3 天"


def test_filters_are_switched_by_keys(qtbot: QtBot, shown: Stage) -> None:
    row = FilterRow("筛选", [("due", "今天应访"), ("late", "超期"), ("alone", "独居")])
    heard: list[tuple[str, ...]] = []
    row.changed.connect(heard.append)
    outer = shown(Button("前"), row)
    due, late, _alone = focus_order(row)
    due.setFocus()
    qtbot.keyClick(due, Qt.Key.Key_Space)
    qtbot.keyClick(due, Qt.Key.Key_Right)
    qtbot.keyClick(late, Qt.Key.Key_Space)
    assert heard == [("due",), ("due", "late")]
    row.set_count("late", 1203)
    assert spoken_name(late) == "超期 1,203"
    assert nameless(outer) == []


def test_of_exclusive_filters_one_is_on(qtbot: QtBot, shown: Stage) -> None:
    row = FilterRow("筛选", [("a", "甲"), ("b", "乙")], exclusive=True)
    shown(Button("前"), row)
    for chip in focus_order(row):
        qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert row.active() == ("b",)
    qtbot.keyClick(focus_order(row)[1], Qt.Key.Key_Space)
    assert row.active() == ()


def test_digits_in_a_list_decide_and_letters_do_not(qtbot: QtBot, shown: Stage) -> None:
    view = QListView()
    digits = DigitKeys(view)
    heard: list[int] = []
    digits.pressed.connect(heard.append)
    shown(view)
    for key in (Qt.Key.Key_1, Qt.Key.Key_A, Qt.Key.Key_4):
        qtbot.keyClick(view, key)
    qtbot.keyClick(view, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert heard == [1, 4]


def test_progress_is_shown_until_it_is_over_and_can_be_stopped(qtbot: QtBot, shown: Stage) -> None:
    strip = ProgressStrip()
    outer = shown(Button("前"), strip)
    assert not strip.isVisible()
    strip.show_progress("正在导入 1 / 3", 1, 3)
    stop = focus_order(strip)[0]
    with qtbot.waitSignal(strip.cancelled):
        qtbot.keyClick(stop, Qt.Key.Key_Space)
    assert clipped_texts(outer) == []
    strip.finish()
    assert not strip.isVisible()


@pytest.mark.parametrize("scale", [100, 150, 200])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_controls_can_be_read_at_every_size_in_both_themes(
    qtbot: QtBot, shown: Stage, look: Theme, mode: str, scale: int
) -> None:
    look.configure(mode=mode, text_scale=scale)
    card = Card("王秀兰")
    for widget in (
        TagLabel("独居老人", "orange"),
        Lamp("late", "超期 3 天"),
        FieldRow("住址", "3栋2单元501"),
    ):
        card.body.addWidget(widget)
    buttons = [Button("保存", kind="primary"), Button("删除", kind="danger"), Button("更多", kind="quiet")]
    empty = EmptyState("today", "今天没有要走访的人", hint="约定都已处理", step="看一周")
    outer = shown(*buttons, card, *rows(), empty, width=700)
    assert clipped_texts(outer) == []
    assert weak_contrasts(outer) == []


def test_a_long_line_ends_in_dots_and_keeps_the_whole_as_tool_tip(qtbot: QtBot) -> None:
    label = ElidedLabel("幸福里社区第三网格二十四号楼")
    qtbot.addWidget(label)
    label.show()
    label.resize(60, 20)
    assert label.text().endswith("…")
    assert label.toolTip() == label.full_text() == "幸福里社区第三网格二十四号楼"
