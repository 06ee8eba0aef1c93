"""The form of a person: new ones and corrections by keys, twins shown while typing, nothing lost."""

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gridworker.actions.residents import ResidentDraft
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.ui.controls import Button
from gridworker.ui.residents.form_fields import MaskedEdit
from gridworker.ui.residents.view import FORM, PERSON, ResidentsScreen
from tests.ui.probes import visible
from tests.ui.residents.village import CTRL, Hands, Village, id_number
from tests.ui.visits.grid import Office

Opened = Callable[[], ResidentsScreen]
Key = Qt.Key


def remarks(screen: ResidentsScreen) -> dict[str, str]:
    """The remarks that are shown, by field."""
    fields = screen.form.fields.items()
    return {name: field.remark_words() for name, field in fields if field.remark_words()}


def newest(office: Office) -> Resident:
    """The person stored last."""
    (row,) = office.desk.look(
        lambda reader: reader.rows_of("SELECT id FROM resident ORDER BY n DESC LIMIT 1")
    )
    stored = office.desk.look(lambda reader: reader.get(Resident, RecordId(row[0])))
    assert stored is not None
    return stored.record


def test_somebody_new_by_keys_with_everything_filled_from_his_id_number(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.press((Key.Key_N, CTRL))
    assert screen.card.currentIndex() == FORM
    hands.type("周甲")
    hands.press(Key.Key_Tab, Key.Key_Tab)
    hands.type(id_number("1957-08-09", female=True))
    assert screen.form.birth.text() == "1957-08-09"
    assert screen.form.sex.code() == "female"
    assert remarks(screen)["id_number"] == "证件号有效"
    screen.form.phones.setFocus()
    hands.type("13900139111 09998765432")
    hands.press(Key.Key_Tab)
    hands.type("3-2-502")
    hands.press(Key.Key_Return)
    person = newest(office)
    assert (person.name, person.birth, person.sex, person.id_state) == ("周甲", "1957-08-09", "female", "ok")
    assert person.phones == ("13900139111", "0999-8765432")
    assert (person.place, person.room_id) == ("3-2-502", village.rooms["3-2-502"])
    assert screen.card.currentIndex() == PERSON
    assert [notice.text for notice in office.notices] == ["已新增 周甲"]
    line = screen.table.records.record(screen.table.currentIndex().row())
    assert line is not None
    assert line.resident.record.name == "周甲"


def test_a_new_person_can_be_taken_back(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    opened()
    before = office.count(Resident)
    hands.press((Key.Key_N, CTRL))
    hands.type("周甲")
    hands.press(Key.Key_Return)
    assert office.count(Resident) == before + 1
    undo = office.notices[0].action
    assert undo is not None
    undo()
    hands.settle()
    assert office.count(Resident) == before


def test_a_wrong_check_digit_is_said_and_saved_all_the_same(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    good = id_number("1957-08-09", female=True)
    wrong = good[:-1] + ("1" if good[-1] != "1" else "2")
    hands.press((Key.Key_N, CTRL))
    hands.type("周甲")
    screen.form.id_number.setFocus()
    QApplication.clipboard().setText(wrong)
    hands.press((Key.Key_V, CTRL))
    hands.press(Key.Key_Tab)
    assert remarks(screen)["id_number"] == "校验码不对，请核对；也可以先按原样保存"
    assert screen.form.birth.text() == "1957-08-09"
    hands.press(Key.Key_Return)
    assert (newest(office).id_number, newest(office).id_state) == (wrong, "check_bad")


def test_what_somebody_typed_is_not_overwritten_by_the_id_number(
    village: Village, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.press((Key.Key_N, CTRL))
    screen.form.birth.setFocus()
    hands.type("1957.8.10")
    screen.form.id_number.setFocus()
    hands.type(id_number("1957-08-09", female=True))
    hands.press(Key.Key_Tab)
    assert screen.form.birth.text() == "1957.8.10"
    assert remarks(screen)["birth"] == "与证件号里的 1957-08-09 不一致"


def test_a_missing_name_or_a_strange_date_is_shown_and_nothing_is_saved(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    before = office.count(Resident)
    hands.press((Key.Key_N, CTRL), Key.Key_Return)
    assert remarks(screen) == {"name": "请填姓名，其他都可以以后再补"}
    assert screen.form.name.hasFocus()
    hands.type("周甲")
    screen.form.birth.setFocus()
    hands.type("五月初五")
    hands.press(Key.Key_Return)
    assert "看不懂这个日期" in remarks(screen)["birth"]
    assert screen.form.birth.hasFocus()
    assert office.count(Resident) == before


def test_possible_twins_are_shown_while_the_name_is_typed(
    village: Village, opened: Opened, hands: Hands, qtbot: QtBot
) -> None:
    screen = opened()
    hands.press((Key.Key_N, CTRL))
    hands.type("王秀蓝")
    qtbot.waitUntil(lambda: screen.form._twins.isVisible(), timeout=2_000)
    twins = [button.text() for button in visible(screen.form._twins, Button)]
    assert twins == ["王秀兰 · 82岁 女 · 幸福里3栋2单元501"]
    screen.form.twin_opened.emit(village.wang)
    hands.settle()
    assert screen.presenter.person.id == village.wang  # type: ignore[attr-defined]  # kept as a plain object


def test_the_address_says_which_room_it_means(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    hands.press((Key.Key_N, CTRL))
    for typed, said in (
        ("3-2-502", "已对应到登记的房屋"),
        ("3-2-501", "有2个小区有这个房号，请在前面写上小区名"),
        ("阳光花园3-2-501", "已对应到登记的房屋"),
        ("3-2-901", "登记里没有这个房号，先按文字保存"),
        ("村东头", "没看出楼栋房号，将按原文保存；可写成 3-2-501 或 3栋2单元501"),
    ):
        screen.form.address.setFocus()
        screen.form.address.clear()
        hands.type(typed)
        hands.press(Key.Key_Tab)
        assert remarks(screen)["address"] == said


def test_a_correction_changes_only_what_differs_and_keeps_the_home(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    before = village.resident(village.wang)
    hands.type("秀兰")
    hands.press(Key.Key_F4)
    screen.form.note.setFocus()
    screen.form.note.setPlainText("耳背")
    hands.press((Key.Key_Return, CTRL))
    after = village.resident(village.wang)
    assert after.note == "耳背"
    assert after == msgspec.structs.replace(before, note="耳背")
    undo = office.notices[-1].action
    assert undo is not None
    undo()
    hands.settle()
    assert village.resident(village.wang) == before


def test_numbers_in_a_correction_are_masked_until_space_is_pressed(
    village: Village, opened: Opened, hands: Hands, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MaskedEdit, "HIDE_MS", 40)
    screen = opened()
    number = village.resident(village.wang).id_number
    hands.type("秀兰")
    hands.press(Key.Key_F4)
    edit = screen.form.id_number
    assert edit.text().startswith("999***")
    edit.setFocus()
    hands.type("1")
    assert edit.text().startswith("999***")
    hands.press(Key.Key_Space)
    assert edit.text() == number
    qtbot.waitUntil(lambda: edit.text() != number, timeout=2_000)
    assert edit.value() == number


def test_a_number_that_was_changed_does_not_hide_again(
    village: Village, opened: Opened, hands: Hands, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MaskedEdit, "HIDE_MS", 40)
    screen = opened()
    hands.type("秀兰")
    hands.press(Key.Key_F4)
    screen.form.phones.setFocus()
    hands.press(Key.Key_Space)
    screen.form.phones.setText("13900139222")
    qtbot.wait(120)
    assert screen.form.phones.text() == "13900139222"
    hands.press(Key.Key_Return)
    assert village.resident(village.wang).phones == ("13900139222",)


def test_escape_asks_once_before_it_throws_away_what_was_typed(
    village: Village, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    said: list[str] = []
    screen.said.connect(lambda message: said.append(message.text))
    hands.press((Key.Key_N, CTRL))
    assert screen.back()
    assert screen.card.currentIndex() != FORM
    hands.press((Key.Key_N, CTRL))
    hands.type("周甲")
    assert screen.back()
    assert screen.card.currentIndex() == FORM
    assert said == ["有内容还没保存。再按一次 Esc 放弃，按 Enter 保存。"]
    assert screen.back()
    assert screen.card.currentIndex() != FORM


def test_the_form_stays_while_records_change(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.press((Key.Key_N, CTRL))
    hands.type("周甲")
    office.desk.write(lambda tx: _note(tx, village.li))
    hands.settle()
    assert screen.card.currentIndex() == FORM
    assert screen.form.name.text() == "周甲"


def _note(tx, id):  # type: ignore[no-untyped-def]  # any change will do
    tx.change(Resident, id, note="x")
    return tx.touched


def test_a_full_disk_loses_nothing_that_was_typed(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.press((Key.Key_N, CTRL))
    hands.type("周甲")
    office.fill_disk()
    screen.form.note.setPlainText("很长的备注" * 1300)
    hands.press(Key.Key_Return)
    assert screen.card.currentIndex() == FORM
    assert screen.form.name.text() == "周甲"
    assert office.notices[-1].kind == "error"
    office.fill_disk(full=False)
    hands.press(Key.Key_Return)
    assert newest(office).name == "周甲"


def test_another_screen_can_begin_somebody_new_with_an_address(
    village: Village, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    screen.show_record(ResidentDraft(address="幸福里3栋1单元201"))
    hands.settle()
    assert screen.card.currentIndex() == FORM
    assert screen.form.address.text() == "幸福里3栋1单元201"
    assert not screen.form.modified
