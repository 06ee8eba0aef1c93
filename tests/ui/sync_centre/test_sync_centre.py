"""The sync centre against a real centre: true counters, both values of a conflict, faults with a way on."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from gridworker.actions.cases import CaseDraft, report_case, solve_case
from gridworker.actions.reviews import decide_case
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.households import Household
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.sync.exchange import Progress
from gridworker.ui import sync_centre
from gridworker.ui.controls import FieldRow
from gridworker.ui.sync_centre.situations import progress_words
from gridworker.ui.sync_centre.view import SyncCentre
from gridworker.ui.theme import theme
from tests.ui.cases.keyboard import chord, press
from tests.ui.cases.shell import Shell
from tests.ui.probes import clipped_texts, focus_jumps, nameless, visible, weak_contrasts
from tests.ui.sync_centre.town import Seat, Town
from tests.ui.visits.grid import NOON, office_in


def add_person(seat: Seat, name: str = "王秀兰") -> RecordId:
    """A resident of the worker's grid."""
    return seat.add(Resident(name=name))[0]


def change(seat: Seat, person: RecordId, **fields: object) -> None:
    """Somebody corrects a resident."""
    seat.database.write(lambda tx: tx.change(Resident, person, why="", **fields))


def disputed(worker: Seat, leader: Seat, **values: tuple[object, object]) -> RecordId:
    """A resident of whom leader and worker wrote different things, the leader first."""
    person = add_person(worker)
    worker.exchange()
    leader.exchange()
    change(leader, person, **{name: theirs for name, (theirs, _mine) in values.items()})
    leader.exchange()
    change(worker, person, **{name: mine for name, (_theirs, mine) in values.items()})
    worker.exchange()
    return person


def states(screen: SyncCentre) -> list[str]:
    """The list from top to bottom: state, what and whom."""
    rows = range(screen.model.rowCount())
    return [" ".join(screen.model.data(screen.model.index(row, at)) for at in range(3)) for row in rows]


def buttons(screen: SyncCentre) -> list[str]:
    """What the card offers."""
    return [button.text() for button in visible(screen.card, QPushButton)]


def test_what_waits_is_listed_and_f5_sends_it(shell: Shell, worker: Seat, screen: SyncCentre) -> None:
    add_person(worker)
    worker.add(Visit(resident_ids=(), visited_ms=NOON, method="home", outcome="met", who="王秀兰"))
    shell.look_again()
    assert screen.sentence.text() == "本机记录 2 · 中心已收 0 · 待送 2"
    assert states(screen) == ["待送 新增居民 王秀兰", "待送 记录走访 王秀兰"]
    screen.table.setFocus()
    chord(Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier)
    shell.settle()
    assert screen.sentence.text() == "本机记录 2 · 中心已收 2 · 待送 0"
    assert (screen.state.lamp, screen.state.accessibleName()) == ("sent", "上次与中心一致：今天 14:02")
    assert states(screen) == []
    assert screen.log.lines() == ["今天 14:02 · 送 2 条 · 收 7 条 · 0.0 秒"]


def test_a_line_tells_which_building_room_or_person_it_is_about(
    shell: Shell, worker: Seat, screen: SyncCentre
) -> None:
    (estate,) = worker.add(Estate(name="幸福里小区"))
    (building,) = worker.add(Building(number="1", estate_id=estate))
    worker.add(Building(number="甲"))
    (room,) = worker.add(Room(building_id=building, place="1-2-501", unit="2", number="501"))
    worker.add(Household(room_id=room, place="1-2-501"))
    person = add_person(worker)
    worker.add(CareProfile(resident_id=person, groups=("elder_alone",)))
    shell.look_again()
    assert states(screen) == [
        "待送 新增小区 幸福里小区",
        "待送 新增楼栋 幸福里小区1栋",
        "待送 新增楼栋 甲座",
        "待送 新增房屋 幸福里小区1栋2单元501",
        "待送 新增户 幸福里小区1栋2单元501",
        "待送 新增居民 王秀兰",
        "待送 新增关爱档案 王秀兰",
    ]


def test_ctrl_enter_synchronises_and_progress_can_be_stopped(
    qtbot: QtBot, shell: Shell, worker: Seat, town: Town, screen: SyncCentre
) -> None:
    for n in range(3):
        add_person(worker, f"住户{n}")
    shell.look_again()
    town.server.gate.clear()
    screen.table.setFocus()
    chord("↵")
    qtbot.waitUntil(
        lambda: screen.progress._text.full_text() == "正在送出本机的记录：3 / 3 条", timeout=20_000
    )
    assert screen.progress.isVisible()
    assert not screen.may_sync
    screen.progress.cancelled.emit()
    town.server.gate.set()
    shell.settle()
    assert not screen.progress.isVisible()
    assert worker.desk.sync_problem is not None
    assert worker.desk.sync_problem.code == "sync_stopped"
    assert screen.advice.text().startswith("已经送到的不会重复")
    chord("↵")
    shell.settle()
    assert worker.desk.sync_problem is None
    assert screen.sentence.text() == "本机记录 3 · 中心已收 3 · 待送 0"


def test_progress_is_told_in_numbers() -> None:
    assert progress_words(Progress("push", pushed=120), 300) == ("正在送出本机的记录：120 / 300 条", 120, 300)
    assert progress_words(Progress("pull", pulled=1248), 0) == ("正在取回中心的更新：已收 1,248 条", 0, 0)
    assert progress_words(Progress("hello"), 3) == ("正在与中心联系", 0, 0)


def test_a_conflict_shows_both_values_who_and_when(
    shell: Shell, worker: Seat, leader: Seat, screen: SyncCentre
) -> None:
    person = disputed(worker, leader, note=("左腿不便", "行动不便，需轮椅"))
    shell.look_again()
    assert states(screen) == ["不一致 修改居民 王秀兰"]
    texts = screen.card.texts()
    assert texts[:2] == ["两个人改了同一项", "备注"]
    assert texts[2:8] == [
        "本人填写 · 今天 14:02",
        " 行动不便，需轮椅",
        "中心现值 · 别人 · 今天 14:02",
        " 左腿不便",
        "修改前",
        " （空）",
    ]
    press("↵")
    assert worker.asked[-1] == ("resident", person)


def test_a_looked_at_question_goes_to_the_end_and_can_come_back(
    shell: Shell, worker: Seat, leader: Seat, screen: SyncCentre
) -> None:
    badges: list[int] = []
    screen.badge_changed.connect(badges.append)
    disputed(worker, leader, note=("左腿不便", "行动不便"))
    add_person(worker, "孙福")
    shell.look_again()
    assert badges[-1] == 1
    assert screen.sentence.text().endswith("待核对 1：1 条不一致，0 条待上级")
    next(b for b in visible(screen.card, QPushButton) if b.text() == "已核对").click()
    shell.settle()
    assert badges[-1] == 0
    assert states(screen) == ["待送 新增居民 孙福", "已核对 修改居民 王秀兰"]
    assert screen.sentence.text().endswith("已核对 1")
    next(b for b in visible(screen.card, QPushButton) if b.text() == "重新列入待核对").click()
    shell.settle()
    assert badges[-1] == 1


def test_phones_in_a_conflict_are_masked_until_the_eye_is_pressed(
    shell: Shell, worker: Seat, leader: Seat, screen: SyncCentre
) -> None:
    disputed(worker, leader, phones=(("13900139000",), ("13800138000",)))
    shell.look_again()
    mine, theirs, before = visible(screen.card, FieldRow)
    assert mine.accessibleName() == " 138****8000"
    assert theirs.accessibleName() == " 139****9000"
    assert before.accessibleName() == " （空）"
    mine.reveal_asked.emit()
    assert mine.accessibleName() == " 13800138000"


def test_a_held_step_says_why_and_shows_what_was_written(
    shell: Shell, worker: Seat, leader: Seat, screen: SyncCentre
) -> None:
    draft = CaseDraft(title="路灯不亮", category="C0102")
    (case,) = worker.database.write(report_case, draft, day="20261123").ids
    worker.exchange()
    leader.exchange()
    leader.database.write(decide_case, case, "refused", "重复上报")
    leader.exchange()
    worker.database.write(solve_case, case, "已换灯泡")
    worker.exchange()
    shell.look_again()
    assert states(screen) == ["待上级 办理事件 路灯不亮"]
    texts = screen.card.texts()
    assert texts[:2] == ["这条记录已经办到别的步骤", "本人填写"]
    assert {"处理结果 已换灯泡", "状态 自办自结", "办理方式 自办自结"} <= set(texts)
    assert "请看这件事现在到了哪一步；写的话都存在中心，网格长采纳后会补上。" in texts
    assert texts[-1] == "关于这条记录：本机记录 2 · 中心已收 1 · 中心未采纳 1"


def test_a_silent_centre_is_told_with_the_next_step_and_nothing_is_lost(
    shell: Shell, worker: Seat, town: Town, screen: SyncCentre
) -> None:
    add_person(worker)
    town.shut()
    screen.table.setFocus()
    chord("↵")
    shell.settle()
    assert screen.state.lamp == "stop"
    assert screen.state.accessibleName() == f"连不上中心 {town.url}。"
    assert screen.advice.text().startswith("请检查网络；记录都保存在本机，连上后会自动补送。")
    assert screen.log.lines() == [f"今天 14:02 · 连不上中心 {town.url}。"]
    town.open()
    chord("↵")
    shell.settle()
    assert screen.state.lamp == "sent"
    assert screen.sentence.text() == "本机记录 1 · 中心已收 1 · 待送 0"


def test_the_same_fault_is_told_elsewhere_only_once(shell: Shell, worker: Seat, screen: SyncCentre) -> None:
    screen.hide()
    worker.desk.sync_ended.emit(Problem("server_unreachable", url="x"))
    worker.desk.sync_ended.emit(Problem("server_unreachable", url="x"))
    assert [notice.kind for notice in worker.notices] == ["error"]
    worker.desk.sync_ended.emit(None)
    worker.desk.sync_ended.emit(Problem("server_unreachable", url="x"))
    assert len(worker.notices) == 2
    shell.settle()


def test_a_refused_token_leads_to_the_login(shell: Shell, worker: Seat, screen: SyncCentre) -> None:
    worker.database.write(lambda tx: tx.set_meta("token", "rubbish"))
    screen.table.setFocus()
    chord("↵")
    shell.settle()
    assert screen.step.text() == "重新登记"
    screen.step.click()
    assert worker.asked[-1] == ("screen", "first_run")


def test_without_a_centre_it_shows_the_way_to_one(qtbot: QtBot, tmp_path: Path) -> None:
    with office_in(tmp_path) as office:
        office.add(Resident(name="王秀兰"))
        with Shell.over(qtbot, office, sync_centre.build(office.desk)) as shell:
            found = shell.show("sync")
            assert isinstance(found, SyncCentre)
            assert found.state.accessibleName() == "这台电脑还没有登记到中心"
            assert found.step.text() == "登记到中心"
            assert not found.may_sync


@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 100), ("light", 150), ("dark", 200)])
def test_it_can_be_read(
    shell: Shell, worker: Seat, leader: Seat, screen: SyncCentre, mode: str, scale: int
) -> None:
    theme().configure(mode=mode, text_scale=scale)
    disputed(worker, leader, note=("左腿不便", "行动不便，需轮椅"))
    shell.look_again()
    screen.show_progress("正在送出本机的记录：120 / 300 条", 120, 300)
    QApplication.processEvents()
    assert clipped_texts(screen) == []
    assert nameless(screen) == []
    assert weak_contrasts(screen) == []
    assert focus_jumps(screen) == []
