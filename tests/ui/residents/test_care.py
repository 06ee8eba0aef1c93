"""Care groups and absences, edited in the card."""

from collections.abc import Callable

from PySide6.QtCore import Qt

from gridworker.db.care import profile_of
from gridworker.domain.care import CareProfile
from gridworker.domain.records import RecordId
from gridworker.ui.residents.view import ABSENCE, CARE, PERSON, ResidentsScreen
from tests.ui.residents.village import CTRL, Hands, Village
from tests.ui.visits.grid import Office

Opened = Callable[[], ResidentsScreen]
Key = Qt.Key


def profile(office: Office, id: RecordId) -> CareProfile:
    """The care of somebody now."""
    stored = office.desk.look(profile_of, id)
    assert stored is not None
    return stored.record


def test_care_groups_are_ticked_and_say_how_often_that_means_a_visit(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("秀兰")
    hands.press((Key.Key_G, CTRL))
    assert screen.card.currentIndex() == CARE
    assert screen.care.groups() == ("elder80_alone",)
    hands.press(Key.Key_Space)
    assert screen.care._means.text() == "没有定期走访要求"
    hands.press(Key.Key_Tab, Key.Key_Space)
    assert screen.care._means.text() == "每7天走访一次（重病老人）"
    hands.press(Key.Key_Return)
    assert profile(office, village.wang).groups == ("elder_critical",)
    assert screen.card.currentIndex() == PERSON


def test_changed_care_groups_can_be_taken_back(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    opened()
    hands.type("秀兰")
    hands.press((Key.Key_G, CTRL), Key.Key_Space, Key.Key_Return)
    assert profile(office, village.wang).groups == ()
    undo = office.notices[-1].action
    assert undo is not None
    undo()
    hands.settle()
    assert profile(office, village.wang).groups == ("elder80_alone",)


def test_a_group_of_a_newer_table_survives(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    village.care(village.zhao, "elder_alone", "from_the_future")
    screen = opened()
    hands.type("桂英")
    hands.press((Key.Key_G, CTRL), Key.Key_Return)
    assert set(profile(office, village.zhao).groups) == {"elder_alone", "from_the_future"}
    assert screen.card.currentIndex() == PERSON


def test_an_absence_is_typed_as_people_say_it(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("秀兰")
    hands.press(Key.Key_F7)
    assert screen.card.currentIndex() == ABSENCE
    hands.type("12.5")
    assert screen.absence._end_field.remark_words() == "2026-12-05  12月5日"
    hands.press(Key.Key_Return)
    care = profile(office, village.wang)
    assert (care.away_from, care.away_to) == ("2026-11-23", "2026-12-05")
    assert screen.pane.overview._away.accessibleName() == "外出 外出至12月5日"


def test_an_absence_that_ends_before_it_begins_or_cannot_be_read_is_not_saved(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("秀兰")
    hands.press(Key.Key_F7, Key.Key_Return)
    assert "看不懂这个日期" in screen.absence._end_field.remark_words()
    hands.type("昨天")
    hands.press(Key.Key_Return)
    assert screen.absence._end_field.remark_words() == "回来的日子不能早于外出的日子"
    assert profile(office, village.wang).away_to is None


def test_somebody_who_is_back_early_is_due_again(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    village.care(
        village.zhao, "elder_alone", since="2026-01-01", away_from="2026-11-20", away_to="2026-12-02"
    )
    screen = opened()
    hands.type("桂英")
    hands.press(Key.Key_Return)
    assert screen.pane.overview._over.isVisible()
    screen.pane.overview.asked.emit("absence_over")
    hands.settle()
    care = profile(office, village.zhao)
    assert (care.away_from, care.away_to) == ("2026-11-20", "2026-11-22")
    assert not screen.pane.overview._over.isVisible()


def test_an_absence_of_today_only_can_be_ended_too(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    village.care(
        village.zhao, "elder_alone", since="2026-01-01", away_from="2026-11-23", away_to="2026-12-02"
    )
    screen = opened()
    hands.type("桂英")
    hands.press(Key.Key_Return)
    screen.pane.overview.asked.emit("absence_over")
    hands.settle()
    assert profile(office, village.zhao).away_to == "2026-11-22"


def test_a_saved_change_does_not_pull_the_cursor_back_later(
    village: Village, office: Office, opened: Opened, hands: Hands
) -> None:
    screen = opened()
    hands.type("秀兰")
    hands.press((Key.Key_G, CTRL), Key.Key_Space, Key.Key_Return)
    screen.search.clear()
    hands.settle()
    screen.table.select_key(screen.table.records.key_at(0))
    key = screen.table.current_key()
    village.live("周甲", "3-2-302")
    screen.presenter.load()  # type: ignore[attr-defined]  # kept as a plain object
    hands.settle()
    assert screen.table.current_key() == key
