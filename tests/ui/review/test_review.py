"""Review by keys: one key a decision, nothing lost on a busy disk, several at once, reasons by digit."""

import threading
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from gridworker.domain.records import Touched
from gridworker.domain.visits import Visit
from gridworker.ui.review.view import ReviewScreen
from gridworker.ui.theme import theme
from tests.ui.cases.keyboard import chord, focus_name, press
from tests.ui.cases.shell import Shell
from tests.ui.probes import clipped_texts, focus_jumps, nameless, visible, weak_contrasts
from tests.ui.review.conftest import LeadersDesk
from tests.ui.visits.grid import Office

SHIFT = Qt.KeyboardModifier.ShiftModifier


def rows(screen: ReviewScreen) -> list[str]:
    """Whom or what the list shows, from top to bottom."""
    return [screen.model.data(screen.model.index(row, 0)) for row in range(screen.model.rowCount())]


def buttons(screen: ReviewScreen) -> list[str]:
    """The steps that the card offers."""
    return [button.text() for button in visible(screen.card, QPushButton)]


def test_one_accepts_and_the_next_is_chosen_at_once(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk
) -> None:
    first = leader.visit("王秀兰", hours=9)
    leader.visit("孙福", hours=5)
    leader.visit("钱文", hours=1)
    shell.show("review")
    assert rows(screen) == ["王秀兰", "孙福", "钱文"]
    times = []
    for left in (["孙福", "钱文"], ["钱文"], []):
        start = time.perf_counter()
        press("1")
        times.append((time.perf_counter() - start) * 1000)
        assert rows(screen) == left
    shell.settle()
    assert leader.visit_of(first).state == "accepted"
    assert leader.visit_of(first).reviewer_name == "王芳"
    assert rows(screen) == []
    assert shell.said() == "已通过：钱文"
    print("ms per decision: " + ", ".join(f"{ms:.1f}" for ms in times))
    assert max(times) < 100


def test_decisions_made_while_the_disk_is_busy_are_all_kept(
    qtbot: QtBot, shell: Shell, screen: ReviewScreen, leader: LeadersDesk, office: Office
) -> None:
    ids = [leader.visit(f"住户{n}", hours=20 - n) for n in range(6)]
    shell.show("review")
    release = threading.Event()
    office.background.write(release.wait, 10.0)
    press("111")
    assert rows(screen) == ["住户3", "住户4", "住户5"]
    fresh = leader.visit("新来的", hours=30)
    office.background.announce(Touched(kinds=frozenset({Visit.kind})))
    qtbot.waitUntil(lambda: "新来的" in rows(screen))
    assert rows(screen) == ["新来的", "住户3", "住户4", "住户5"]
    press("1")
    release.set()
    shell.settle()
    states = [leader.visit_of(id).state for id in (*ids, fresh)]
    assert states.count("accepted") == 4
    assert states[:3] == ["accepted"] * 3


def test_two_asks_for_a_reason_that_a_digit_picks(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk
) -> None:
    id = leader.visit("王秀兰", hours=9)
    leader.visit("孙福", hours=5)
    shell.show("review")
    press("2")
    assert focus_name() == "写给网格员的话"
    press("24")
    assert screen.reason.field.text() == "请联系家属后再记"
    press("↵")
    assert rows(screen) == ["孙福"]
    assert screen.table.hasFocus()
    shell.settle()
    assert (leader.visit_of(id).state, leader.visit_of(id).review_remark) == ("returned", "请联系家属后再记")


def test_digits_in_ones_own_words_are_digits(shell: Shell, screen: ReviewScreen, leader: LeadersDesk) -> None:
    id = leader.visit("王秀兰")
    shell.show("review")
    press("2请在25日前补充")
    assert screen.reason.field.text() == "请在25日前补充"
    press("↵")
    shell.settle()
    assert leader.visit_of(id).review_remark == "请在25日前补充"


def test_an_empty_reason_is_asked_for_and_esc_gives_up(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk
) -> None:
    id = leader.visit("王秀兰")
    shell.show("review")
    press("2↵")
    assert screen.reason.field.edit.accessibleDescription().startswith("写一句原因")
    press("⎋")
    assert screen.reason.isHidden()
    assert screen.table.hasFocus()
    press("1")
    shell.settle()
    assert leader.visit_of(id).state == "accepted"


def test_several_are_summed_up_and_accepted_after_a_second_press(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk
) -> None:
    ids = [leader.visit(f"住户{n}", hours=20 - n, outcome="met" if n else "not_home") for n in range(5)]
    worrying = leader.visit("孙福", hours=30, condition="urgent", hazard="燃气软管老化")
    shell.show("review")
    chord(Qt.Key.Key_A)
    shell.settle()
    assert buttons(screen) == ["1  通过 6 条", "2  退回 6 条"]
    press("1")
    shell.settle()
    assert "再按一次 1" in shell.said()
    assert leader.visit_of(ids[0]).state == "recorded"
    press("1")
    assert rows(screen) == []
    shell.settle()
    assert {leader.visit_of(id).state for id in (*ids, worrying)} == {"accepted"}
    assert shell.said() == "已通过：6 条"


def test_the_summary_names_what_to_look_at(shell: Shell, screen: ReviewScreen, leader: LeadersDesk) -> None:
    leader.visit("王秀兰", hours=9)
    leader.visit("孙福", hours=5, condition="urgent", hazard="燃气软管老化", worker_name="李敏")
    shell.show("review")
    chord(Qt.Key.Key_Down, SHIFT)
    assert screen.card.facts.facts() == [
        ("要细看", "紧急 1、隐患 1"),
        ("结果", "见到本人 2"),
        ("网格员", "张晓 1、李敏 1"),
        ("最早", "今天 05:02"),
    ]


def test_a_decision_that_can_be_taken_back_offers_it(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk
) -> None:
    id = leader.visit("王秀兰", state="returned", review_remark="请补充近况")
    shell.show("review")
    screen.queues.select_key("returned")
    shell.settle()
    screen.table.setFocus()
    press("1")
    shell.settle()
    assert leader.visit_of(id).state == "accepted"
    chord(Qt.Key.Key_Z)
    shell.settle()
    assert (leader.visit_of(id).state, leader.visit_of(id).review_remark) == ("returned", "请补充近况")
    assert rows(screen) == ["王秀兰"]


def test_a_decision_that_cannot_be_taken_back_says_nothing_of_it(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk
) -> None:
    id = leader.visit("王秀兰")
    shell.show("review")
    press("1")
    shell.settle()
    chord(Qt.Key.Key_Z)
    shell.settle()
    assert shell.said() == "没有可以撤销的操作"
    assert leader.visit_of(id).state == "accepted"
    screen.queues.select_key("decided")
    shell.settle()
    screen.table.setFocus()
    press("21↵")
    shell.settle()
    assert leader.visit_of(id).state == "returned"


def test_cases_are_accepted_returned_and_refused(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk
) -> None:
    accepted = leader.case("漏水", hours=9)
    back = leader.case("噪声", hours=8)
    refused = leader.case("快递柜", hours=7)
    solved = leader.case("井盖", hours=6, state="self_solved", result="已固定")
    shell.show("review")
    screen.queues.select_key("cases")
    shell.settle()
    assert rows(screen) == ["漏水", "噪声", "快递柜"]
    screen.table.setFocus()
    press("121↵35↵")
    shell.settle()
    assert leader.case_of(accepted).state == "accepted"
    assert (leader.case_of(back).state, leader.case_of(back).remark) == ("sent_back", "地点不清楚，请补充")
    assert leader.case_of(refused).state == "refused"
    screen.queues.select_key("solved")
    shell.settle()
    screen.table.setFocus()
    press("1")
    shell.settle()
    assert leader.case_of(solved).state == "closed"


def test_a_record_that_somebody_moved_on_meanwhile_is_told_and_harms_nobody(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk, office: Office
) -> None:
    gone = leader.visit("王秀兰", hours=9)
    other = leader.visit("孙福", hours=5)
    shell.show("review")
    chord(Qt.Key.Key_A)
    press("1")
    office.database.write(lambda tx: tx.move(Visit, gone, "accepted"))
    press("1")
    shell.settle()
    assert shell.said() == "已通过：2 条；1 条已由别人办理"
    assert leader.visit_of(other).state == "accepted"


def test_a_full_disk_brings_the_row_back(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk, office: Office
) -> None:
    id = leader.visit("王秀兰", hours=9, note="长" * 600)
    shell.show("review")
    office.fill_disk()
    press("2" + "很长的原因" * 120 + "↵")
    shell.settle()
    assert shell.said().startswith("磁盘空间不足")
    assert rows(screen) == ["王秀兰"]
    office.fill_disk(full=False)
    press("1")
    shell.settle()
    assert leader.visit_of(id).state == "accepted"


def test_grids_are_counted_and_filtered(shell: Shell, screen: ReviewScreen, leader: LeadersDesk) -> None:
    leader.visit("王秀兰", hours=60)
    leader.visit("孙福", hours=5, grid=1)
    leader.case("漏水", hours=1, grid=1)
    leader.visit("旧事", hours=24 * 40, state="accepted")
    badges: list[int] = []
    screen.badge_changed.connect(badges.append)
    shell.show("review")
    assert badges[-1] == 3
    assert screen.queues.records.data(screen.queues.records.index(0, 1)) == "2"
    assert screen.queues.records.cell(0, 0).second == "最早的等了2天"  # type: ignore[union-attr]  # it is there
    assert screen.queues.records.data(screen.queues.records.index(4, 1)) == ""
    screen.grid.setCurrentIndex(2)
    shell.settle()
    assert rows(screen) == ["孙福"]


def test_an_addition_is_read_with_the_visit_it_adds_to(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk
) -> None:
    id = leader.visit("王秀兰", hours=9, review_remark="请补充近况", reviewer_name="王芳")
    leader.visit("王秀兰", hours=9, corrects=id, note="血压正常了")
    shell.show("review")
    assert rows(screen) == ["王秀兰"]
    assert screen.card.added.text() == "血压正常了"
    assert ("退回时", "王芳 请补充近况") in screen.card.facts.facts()


def test_who_told_is_masked(shell: Shell, screen: ReviewScreen, leader: LeadersDesk) -> None:
    leader.case("漏水", reporter_name="钱文文", reporter_phone="13800138000")
    shell.show("review")
    screen.queues.select_key("cases")
    shell.settle()
    assert screen.card.reporter.accessibleName() == "诉求人 钱*文 138****8000"
    screen.card.reporter.reveal_asked.emit()
    assert screen.card.reporter.accessibleName() == "诉求人 钱文文 13800138000"


def test_empty_queues_teach(shell: Shell, screen: ReviewScreen) -> None:
    shell.show("review")
    assert screen.table._empty.startswith("走访都审完了")
    assert buttons(screen) == []
    press("12")
    assert screen.reason.isHidden()


@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 100), ("light", 150), ("dark", 200)])
def test_it_can_be_read(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk, mode: str, scale: int
) -> None:
    theme().configure(mode=mode, text_scale=scale)
    leader.visit("王秀兰", hazard="燃气软管老化", condition="urgent", note="软管发硬开裂")
    shell.show("review")
    for _ in range(2):
        assert clipped_texts(screen) == []
        assert nameless(screen) == []
        assert weak_contrasts(screen) == []
        assert focus_jumps(screen) == []
        press("2")
        QApplication.processEvents()
