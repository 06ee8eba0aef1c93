"""Handing over by keys: from the first key to what became of it on both laptops."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt

from gridworker.domain.records import RecordId, grid_scope
from gridworker.domain.residents import Resident
from gridworker.server.demo import GRID_1, GRID_2
from gridworker.ui import moving
from tests.ui.cases.keyboard import chord, focus
from tests.ui.moving.handover import Handover
from tests.ui.sync_centre.town import Seat

Sit = Callable[[Seat], Handover]
People = dict[str, RecordId]


def facts(desk: Handover) -> list[str]:
    """What the form says it would do."""
    return desk.mover.view.facts.texts()


def handed(desk: Handover, keys: str = "er↓↵1") -> None:
    """Find a grid, choose a reason, press the button."""
    desk.press(keys)
    chord("↵")
    desk.shell.settle()


# ---------------------------------------------------------------------------------------------- the form


def test_a_leader_hands_a_person_over_with_seven_keys_and_undoes_it(
    people: People, leader: Seat, at: Sit
) -> None:
    desk = at(leader)
    desk.start("resident", people["p00"])
    assert desk.mover.view.title() == "移交到其他网格：王秀兰"
    assert focus() is desk.mover.view.picker.edit
    handed(desk, "dier↵1")
    assert not desk.mover.view.isVisible()
    assert desk.waiting() == [("resident", grid_scope(GRID_2), "搬家")]
    assert desk.shell.said() == "已登记移交：王秀兰 → 幸福里社区第二网格，下次同步送出"
    chord(Qt.Key.Key_Z)
    desk.shell.settle()
    assert desk.waiting() == []
    assert desk.shell.said() == "已撤销移交，什么也没有送出"
    leader.exchange()
    stored = leader.desk.look(lambda reader: reader.get(Resident, people["p00"]))
    assert stored is not None
    assert not stored.pending


def test_the_form_says_what_goes_and_who_will_see_it(people: People, leader: Seat, at: Sit) -> None:
    desk = at(leader)
    leader.database.write(lambda tx: tx.change(Resident, people["p00"], note="新"))
    desk.start("resident", people["p00"])
    assert facts(desk) == [
        "一起移交，共 3 条",
        "居民 1 名",
        "关爱档案 1 份",
        "走访 1 次",
        "要留意",
        "本机还有 1 条相关记录没有送出：先送这些，再办移交。",
        "移交以后",
        "先选移交到哪个网格。",
    ]
    desk.press("↓")
    assert facts(desk)[-3:] == [
        "移交以后",
        "看得到 幸福里社区第二网格的网格员和网格长",
        "本人 两个网格都有权限，仍看得到",
    ]
    desk.press("↓")
    assert facts(desk)[-1] == "看不到 幸福里社区第三网格的人，包括本人；本机的这些记录会清掉"


def test_a_digit_takes_the_home_or_the_house_along(people: People, leader: Seat, at: Sit) -> None:
    desk = at(leader)
    desk.start("resident", people["p00"])
    assert desk.mover.view._extents is not None
    desk.mover.view._extents.setFocus()
    desk.press("2")
    assert desk.mover.view.title() == "移交到其他网格：户 幸福里小区3栋1单元101"
    assert facts(desk)[:3] == ["一起移交，共 5 条", "居民 2 名", "户 1 户"]
    desk.mover.view._extents.setFocus()
    desk.press("3")
    assert facts(desk)[:5] == ["一起移交，共 13 条", "居民 4 名", "户 2 户", "房屋 2 间", "楼栋 1 栋"]
    handed(desk, "diyi↵2")
    assert desk.waiting() == [("building", grid_scope(GRID_1), "网格范围调整")]
    leader.exchange()
    assert desk.names() == []
    assert "已移交" in desk.lines()[0]


def test_what_is_missing_is_said_and_nothing_is_written(people: People, leader: Seat, at: Sit) -> None:
    desk = at(leader)
    desk.start("resident", people["p00"])
    chord("↵")
    assert desk.mover.view.fault() == "先选移交到哪个网格。"
    desk.press("↓")
    assert desk.mover.view.fault() == ""
    chord("↵")
    assert "写一句原因" in desk.mover.view.reason.edit.accessibleDescription()
    assert focus() is desk.mover.view.reason.edit
    assert desk.waiting() == []
    desk.press("跟女儿住1")
    assert desk.mover.view.reason.text() == "跟女儿住1"
    desk.press("⎋")
    assert not desk.mover.view.isVisible()


def test_the_grids_are_found_by_words_and_by_pinyin(people: People, leader: Seat, at: Sit) -> None:
    desk = at(leader)
    desk.start("resident", people["p00"])
    picker = desk.mover.view.picker
    for typed, found in (("第一", 1), ("", 2), ("xflsqdy", 1), ("", 2), ("没有", 0)):
        picker.edit.clear()
        desk.press(typed)
        assert picker.table.records.rowCount() == found, typed


def test_what_waits_is_told_and_can_be_taken_back_in_the_form(people: People, leader: Seat, at: Sit) -> None:
    desk = at(leader)
    desk.start("resident", people["p00"])
    handed(desk, "dier↵1")
    desk.start("resident", people["p00"])
    assert desk.mover.view.notice() == "今天 14:02已登记移交到幸福里社区第二网格，还没有送出。"
    assert not desk.mover.view._go.isEnabled()
    desk.mover.view._step.setFocus()
    desk.press("␣")
    assert desk.mover.view.notice() == ""
    assert desk.mover.view._go.isEnabled()
    assert desk.waiting() == []


def test_what_was_sent_is_not_undone_and_the_reason_is_told(people: People, leader: Seat, at: Sit) -> None:
    desk = at(leader)
    desk.start("resident", people["p00"])
    handed(desk, "dier↵1")
    leader.exchange()
    chord(Qt.Key.Key_Z)
    desk.shell.settle()
    assert desk.shell.said().startswith("这一步已经交出去了")


def test_a_large_house_shows_its_progress_and_goes_on_where_it_was_stopped(
    people: People, leader: Seat, at: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridworker.actions.moves.AT_ONCE", 6)
    monkeypatch.setattr("gridworker.actions.moves.TOGETHER", 1)
    desk = at(leader)
    desk.start("building", people["house"])
    assert "内容较多，分 3 步登记；中途停下，下次接着办。" in facts(desk)
    seen: list[int] = []
    real = desk.mover.view.progress.show_progress

    def stop_after_two(words: str, done: int = 0, total: int = 0) -> None:
        real(words, done, total)
        seen.append(done)
        if done == 1:
            desk.mover.view.progress.cancelled.emit()

    monkeypatch.setattr(desk.mover.view.progress, "show_progress", stop_after_two)
    handed(desk, "dier↵1")
    assert seen == [0, 1]
    assert len(desk.waiting()) == 2
    monkeypatch.setattr(desk.mover.view.progress, "show_progress", real)
    desk.start("building", people["house"])
    assert "已登记 2/3 步移交到幸福里社区第二网格；接着办完，或者撤销。" in desk.mover.view.notice()
    assert desk.mover.view.reason.text() == "搬家"
    chord("↵")
    desk.shell.settle()
    assert [kind for kind, _, _ in desk.waiting()] == ["household", "household", "building"]
    leader.exchange()
    assert desk.waiting() == []
    stored = leader.desk.look(lambda reader: reader.get(Resident, people["p11"]))
    assert stored is not None
    assert stored.scope == grid_scope(GRID_2)


# ---------------------------------------------------------------------------- proposals, on both sides


def proposed(people: People, worker: Seat, leader: Seat, at: Sit) -> tuple[Handover, Handover]:
    """A worker proposes to hand a person over, and the leader's laptop has heard of it."""
    mine, theirs = at(worker), at(leader)
    mine.shell.window.activateWindow()
    mine.start("resident", people["p00"])
    assert "先提请网格长；网格长同意后才移交，退回会写明原因。" not in facts(mine)
    mine.press("dier")
    assert "先提请网格长；网格长同意后才移交，退回会写明原因。" in facts(mine)
    handed(mine, "↵1")
    assert mine.shell.said() == "已提请移交：王秀兰 → 幸福里社区第二网格，下次同步送给网格长"
    worker.exchange()
    leader.exchange()
    theirs.shell.window.activateWindow()
    return mine, theirs


def test_a_leader_agrees_by_one_key_and_the_workers_tray_says_so(
    people: People, worker: Seat, leader: Seat, at: Sit
) -> None:
    mine, theirs = proposed(people, worker, leader, at)
    assert mine.lines() == ["等网格长决定 | 王秀兰 | 搬家 | 张晓"]
    theirs.shell.window.activateWindow()
    assert theirs.lines() == ["待决定 | 王秀兰 | 搬家 | 张晓"]
    assert "一起移交，共 3 条" in theirs.screen.card.facts.texts()
    assert theirs.screen.card.buttons() == ["1  同意移交", "2  退回"]
    theirs.screen.table.setFocus()
    theirs.press("1")
    assert theirs.shell.said() == "已同意移交：王秀兰"
    assert theirs.lines() == ["同意，待送 | 王秀兰 | 搬家 | 张晓"]
    leader.exchange()
    worker.exchange()
    assert theirs.lines() == ["已同意 | 王秀兰 | 搬家 | 张晓"]
    (line,) = mine.lines()
    assert line.startswith("已移交 | 王*兰 | 转到其他网格")
    assert "王秀兰" not in mine.names()


def test_a_decision_that_was_not_sent_is_undone(people: People, worker: Seat, leader: Seat, at: Sit) -> None:
    _, theirs = proposed(people, worker, leader, at)
    theirs.lines()
    theirs.screen.table.setFocus()
    theirs.press("1")
    theirs.press("3")
    assert theirs.lines() == ["待决定 | 王秀兰 | 搬家 | 张晓"]


def test_a_leader_returns_a_proposal_with_a_word_and_the_worker_reads_it(
    people: People, worker: Seat, leader: Seat, at: Sit
) -> None:
    mine, theirs = proposed(people, worker, leader, at)
    theirs.lines()
    theirs.screen.table.setFocus()
    theirs.press("2")
    assert theirs.screen.reason.isVisible()
    theirs.press("⎋")
    assert not theirs.screen.reason.isVisible()
    theirs.press("21↵")
    leader.exchange()
    worker.exchange()
    mine.shell.window.activateWindow()
    assert mine.lines() == ["已退回 | 王秀兰 | 搬家 | 张晓"]
    assert "结果 王芳 · 还没有搬，先不移交" in mine.screen.card.facts.texts()
    assert "王秀兰" in mine.names()


def test_a_worker_withdraws_his_own_proposal(people: People, worker: Seat, leader: Seat, at: Sit) -> None:
    mine, theirs = proposed(people, worker, leader, at)
    mine.shell.window.activateWindow()
    mine.start("resident", people["p00"])
    assert mine.mover.view.notice() == "已提请移交，等网格长决定。"
    assert not mine.mover.view._go.isEnabled()
    mine.press("⎋")
    mine.lines()
    mine.screen.table.setFocus()
    assert mine.screen.card.buttons() == ["3  撤回提请"]
    mine.press("13")
    worker.exchange()
    leader.exchange()
    assert theirs.lines() == ["已退回 | 王秀兰 | 搬家 | 张晓"]


def test_an_empty_list_teaches(worker: Seat, at: Sit) -> None:
    desk = at(worker)
    assert desk.lines() == []
    assert "F9" in desk.screen.table._empty
    assert desk.screen.card.facts.texts() == ["选中一条，这里显示移交的内容和结果。"]


def test_new_proposals_are_told_where_another_screen_is_shown(
    people: People, worker: Seat, leader: Seat, at: Sit
) -> None:
    screen = moving.build(leader.desk)
    leader.settle()
    mine = at(worker)
    mine.start("resident", people["p00"])
    handed(mine, "dier↵1")
    worker.exchange()
    leader.exchange()
    leader.settle()
    told = leader.notices[-1]
    assert (told.text, told.action_text) == ("有 1 件移交待决定", "去看")
    assert told.action is not None
    told.action()
    assert leader.asked[-1] == ("screen", "moves")
    screen.deleteLater()
