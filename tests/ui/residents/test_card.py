"""The card of one person: facts behind masks, care, a timeline, the household, and ways to other screens."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from gridworker.ui.controls import FieldRow
from gridworker.ui.residents.view import PERSON, ResidentsScreen
from tests.ui.probes import visible
from tests.ui.residents.village import CTRL, Hands, Village
from tests.ui.visits.grid import Office

Opened = Callable[[], ResidentsScreen]
Key = Qt.Key


@pytest.fixture
def card(village: Village, opened: Opened, hands: Hands) -> Callable[[str], ResidentsScreen]:
    """Call it with a name: the screen with that person's card open."""

    def show(typed: str) -> ResidentsScreen:
        screen = opened()
        hands.type(typed)
        hands.press(Key.Key_Return)
        return screen

    return show


Shown = Callable[[str], ResidentsScreen]


def facts(screen: ResidentsScreen) -> dict[str, str]:
    """What the rows of the card say now, by their labels."""
    rows = visible(screen.pane.overview, FieldRow)
    return {row.accessibleName().partition(" ")[0]: row.accessibleName().partition(" ")[2] for row in rows}


def test_enter_opens_the_card_with_masked_numbers(village: Village, card: Shown) -> None:
    screen = card("秀兰")
    assert screen.card.currentIndex() == PERSON
    shown = facts(screen)
    assert shown["出生日期"] == "1944-03-02 · 82岁"
    assert shown["身份证号"].startswith("999***")
    assert "1944" not in shown["身份证号"]
    assert shown["联系电话"] == "0999-****4321"
    assert shown["紧急联系人"] == "王强 · 儿子 · 137****7000"
    assert shown["走访要求"] == "每7天走访一次（80岁以上独居老人）"


def test_the_eye_shows_a_number_and_it_hides_again_by_itself(
    village: Village, card: Shown, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FieldRow, "REVEALED_MS", 40)
    screen = card("秀兰")
    number = village.resident(village.wang).id_number
    screen.pane.overview.reveal_asked.emit("id_number", 0)
    assert facts(screen)["身份证号"] == number
    qtbot.waitUntil(lambda: facts(screen)["身份证号"] != number, timeout=2_000)


def test_a_revealed_number_never_stays_for_the_next_person(
    village: Village, card: Shown, hands: Hands
) -> None:
    screen = card("秀兰")
    screen.pane.overview.reveal_asked.emit("id_number", 0)
    screen.presenter.show_resident(village.shan)  # type: ignore[attr-defined]  # kept as a plain object
    assert facts(screen)["身份证号"] == ""
    screen.presenter.show_resident(village.wang)  # type: ignore[attr-defined]  # as above
    assert "*" in facts(screen)["身份证号"]


def test_the_time_of_one_reveal_does_not_run_on_for_the_next_person(
    village: Village, card: Shown, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FieldRow, "REVEALED_MS", 60)
    screen = card("秀兰")
    screen.pane.overview.reveal_asked.emit("id_number", 0)
    screen.presenter.show_resident(village.shan)  # type: ignore[attr-defined]  # kept as a plain object
    qtbot.wait(150)
    assert not screen.pane.overview._id._eye.isVisible()


def test_the_phone_of_a_contact_is_revealed_too(village: Village, card: Shown) -> None:
    screen = card("秀兰")
    screen.pane.overview.reveal_asked.emit("contact", 0)
    assert "13700137000" in facts(screen)["紧急联系人"]


def test_visits_and_cases_are_told_newest_first(village: Village, office: Office, card: Shown) -> None:
    village.visit(village.wang, days_ago=9, note="血压偏高", needs=("meals",), promise="送药")
    village.visit(village.wang, days_ago=2, method="phone", outcome="phone_ok")
    village.case("楼道堆物", days_ago=5, room_id=village.rooms["3-2-501"])
    screen = card("秀兰")
    pane = screen.pane
    assert pane.tabs.tabText(1) == "走访 2"
    assert pane.tabs.tabText(2) == "事件 1"
    visits = [pane.visits.model.index(row, 1).data() for row in range(pane.visits.model.rowCount())]
    assert visits == ["电话 · 日常走访", "上门 · 日常走访"]
    latest = [happening.title for happening in screen.presenter.person.happenings]  # type: ignore[attr-defined]  # as above
    assert latest == ["电话 · 日常走访", "楼道堆物", "上门 · 日常走访"]


def test_the_words_of_a_chosen_visit_are_shown_in_full_and_enter_opens_it(
    village: Village, office: Office, card: Shown, hands: Hands
) -> None:
    visit = village.visit(village.wang, days_ago=9, note="血压偏高", needs=("meals",), promise="送药")
    screen = card("秀兰")
    hands.press((Key.Key_PageDown, CTRL))
    screen.pane.visits.table.setFocus()
    assert "血压偏高\n需求：助餐\n约定：送药" in screen.pane.visits._whole.text()
    hands.press(Key.Key_Return)
    assert office.asked == [("visit_record", visit)]


def test_a_visit_that_waits_for_the_centre_says_so(village: Village, card: Shown) -> None:
    village.visit(village.wang, days_ago=1)
    screen = card("秀兰")
    model = screen.pane.visits.model
    assert model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "待送中心"


def test_the_household_comes_first_and_others_of_the_room_are_marked(
    village: Village, card: Shown, hands: Hands
) -> None:
    screen = card("秀兰")
    model = screen.pane.home.model
    assert [model.index(row, 0).data() for row in range(2)] == ["王秀兰", "李建国"]
    assert [model.index(row, 1).data() for row in range(2)] == ["户主", "同住另一户"]
    screen.pane.home.opened.emit(village.li)
    hands.settle()
    assert screen.presenter.person.id == village.li  # type: ignore[attr-defined]  # as above
    assert screen.table.current_key() is not None


def test_the_card_leads_to_the_matrix(village: Village, office: Office, card: Shown, hands: Hands) -> None:
    card("秀兰")
    hands.press(Key.Key_F8)
    assert office.asked == [("building", village.rooms["3-2-501"])]


def test_f2_in_the_card_is_about_its_person(
    village: Village, office: Office, card: Shown, hands: Hands
) -> None:
    screen = card("秀兰")
    assert screen.pane.tabs.hasFocus()
    hands.press(Key.Key_F2)
    assert office.asked == [("visit", (village.wang,))]


def test_the_phone_is_copied_plain_for_the_dialler(village: Village, card: Shown, hands: Hands) -> None:
    card("秀兰")
    hands.press((Key.Key_C, CTRL | Qt.KeyboardModifier.ShiftModifier))
    assert QApplication.clipboard().text() == "13800138000"


def test_somebody_asked_for_from_elsewhere_is_shown_even_if_he_moved_out(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("sxx")
    screen.show_record(village.qian)
    hands.settle()
    assert screen.presenter.person.id == village.qian  # type: ignore[attr-defined]  # as above
    assert screen.filters.active() == ("all",)
    assert screen.search.text() == ""


def test_somebody_who_is_gone_is_said_to_be_gone(village: Village, opened: Opened, hands: Hands) -> None:
    screen = opened()
    said: list[str] = []
    screen.said.connect(lambda message: said.append(message.text))
    screen.show_record("nobody")
    assert said == ["这位居民的记录已经不在本机。"]


def test_in_a_narrow_window_enter_and_escape_go_between_list_and_card(
    village: Village, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    screen.resize(700, 600)
    hands.settle()
    assert screen.panes.narrow
    assert not screen.card.isVisible()
    hands.type("sxx")
    hands.press(Key.Key_Return)
    assert screen.card.isVisible()
    assert not screen.table.isVisible()
    assert screen.back()
    assert screen.table.isVisible()
    assert not screen.card.isVisible()


def test_buttons_of_the_card_name_their_keys(village: Village, card: Shown) -> None:
    screen = card("秀兰")
    tips = {button.text(): button.toolTip() for button in visible(screen.pane.head, QPushButton)}
    assert tips == {"记走访": "F2", "报事件": "F3", "修改信息": "F4"}
