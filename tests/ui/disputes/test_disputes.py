"""Matters decided by keys: both values beside each other, one digit decides, every step can be taken back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gridworker.domain.records import RecordId, grid_scope
from gridworker.domain.residents import Resident
from gridworker.server.demo import GRID_2
from gridworker.ui.controls import FieldRow
from gridworker.ui.disputes.view import DisputesScreen, empty_words
from gridworker.ui.theme import theme
from tests.ui.cases.keyboard import chord, focus, press
from tests.ui.cases.shell import Shell
from tests.ui.disputes.conftest import screen_of
from tests.ui.disputes.scene import Scene, change, everybody_exchanges, play
from tests.ui.probes import clipped_texts, focus_jumps, nameless, visible, weak_contrasts
from tests.ui.sync_centre.town import Seat, Town

DAY_MS = 86_400_000


@pytest.fixture
def scene(worker: Seat, leader: Seat) -> Scene:
    """Everything there can be."""
    return play(worker, leader)


@pytest.fixture
def noted(worker: Seat, leader: Seat, screen: DisputesScreen, shell: Shell) -> RecordId:
    """One resident with two notes: the leader's is in use, the worker's waits."""
    (person,) = worker.add(Resident(name="王秀兰", note="一楼"))
    everybody_exchanges(worker, leader)
    change(leader, person, note="三楼")
    leader.exchange()
    change(worker, person, note="二楼")
    everybody_exchanges(worker, leader)
    look_again(shell, screen)
    return person


def look_again(shell: Shell, screen: DisputesScreen) -> None:
    """As after an exchange, with the keyboard in the list."""
    shell.look_again()
    shell.settle()
    shell.window.activateWindow()
    screen.table.setFocus()
    QApplication.processEvents()


def rows(screen: DisputesScreen) -> list[str]:
    """The list from top to bottom."""
    found = (screen.presenter.page([key])[0] for key in screen.model.keys)  # type: ignore[attr-defined]  # a presenter
    return [f"{row.tag[0]} {row.title}" for row in found if row is not None]


def steps(screen: DisputesScreen) -> list[str]:
    """What the card offers, with the digits."""
    sheet = screen.card.sheet
    return [f"{step.digit} {step.label}" for step in sheet.every_step] if sheet else []


def note_of(seat: Seat, person: RecordId) -> str:
    """What a laptop says."""
    found = seat.desk.look(lambda reader: reader.get(Resident, person))
    assert found is not None
    return found.record.note


def pressed(shell: Shell, keys: str) -> None:
    """Press keys and wait for what comes of them."""
    press(keys)
    shell.settle()


def test_an_empty_screen_teaches(screen: DisputesScreen) -> None:
    assert rows(screen) == []
    assert screen.table._empty == empty_words()
    assert screen.card.isHidden()


def test_both_values_stand_beside_each_other_with_who_and_when(
    screen: DisputesScreen, noted: RecordId
) -> None:
    assert rows(screen) == ["内容不一致 王秀兰 · 备注"]
    mine, theirs, before = screen.card.sheet.sides if screen.card.sheet else ()
    assert (mine.title, mine.facts[0].plain, mine.signed) == ("我填的", "二楼", "我 · 今天 14:02")
    assert (theirs.title, theirs.facts[0].plain, theirs.now) == ("王芳填的", "三楼", True)
    assert (before.title, before.facts[0].plain, before.now) == ("改之前", "一楼", False)
    assert steps(screen) == [
        "1 用我填的",
        "2 用王芳填的",
        "3 恢复原来的",
        "4 另填一个值…",
        "5 以后再说",
        "6 打开这条记录",
    ]


@pytest.mark.parametrize(("key", "note"), [("1", "二楼"), ("2", "三楼"), ("3", "一楼")])
def test_one_digit_decides_and_the_centre_carries_it_out(
    shell: Shell, screen: DisputesScreen, worker: Seat, leader: Seat, noted: RecordId, key: str, note: str
) -> None:
    pressed(shell, key)
    assert rows(screen) == []
    assert shell.said() == "已核定：王秀兰 · 备注。送到中心后生效。"
    everybody_exchanges(worker, leader)
    assert note_of(worker, noted) == note_of(leader, noted) == note


def test_ctrl_z_takes_a_decision_back_as_if_it_had_never_been_made(
    shell: Shell, screen: DisputesScreen, worker: Seat, leader: Seat, noted: RecordId
) -> None:
    waiting = worker.desk.standing().waiting
    pressed(shell, "1")
    assert worker.desk.standing().waiting == waiting + 1
    chord(Qt.Key.Key_Z)
    shell.settle()
    assert rows(screen) == ["内容不一致 王秀兰 · 备注"]
    assert worker.desk.standing().waiting == waiting


def test_a_decision_that_the_centre_has_carried_out_is_taken_back_from_the_list_of_decided_ones(
    shell: Shell, screen: DisputesScreen, worker: Seat, leader: Seat, noted: RecordId
) -> None:
    pressed(shell, "1")
    everybody_exchanges(worker, leader)
    look_again(shell, screen)
    chord(Qt.Key.Key_D)
    shell.settle()
    assert rows(screen) == ["已核定 王秀兰 · 备注"]
    sheet = screen.card.sheet
    assert sheet is not None
    assert sheet.says[0] == "我 今天 14:02 核定：用我填的"
    assert sheet.advice == ("中心已经照办：撤销会再送一次核定，改回原来的值，这一条重新待核对。",)
    pressed(shell, "1")
    everybody_exchanges(worker, leader)
    assert note_of(leader, noted) == "三楼"
    chord(Qt.Key.Key_D)
    look_again(shell, screen)
    assert rows(screen) == ["内容不一致 王秀兰 · 备注"]


def test_a_value_of_ones_own_is_typed(
    shell: Shell, screen: DisputesScreen, worker: Seat, leader: Seat, noted: RecordId
) -> None:
    pressed(shell, "4")
    assert focus() is screen.card.own.field.edit
    pressed(shell, "五楼西户↵")
    assert rows(screen) == []
    everybody_exchanges(worker, leader)
    assert note_of(leader, noted) == "五楼西户"


def test_a_value_of_a_few_is_chosen_and_never_taken_by_mistake(
    shell: Shell, screen: DisputesScreen, worker: Seat, leader: Seat, scene: Scene
) -> None:
    look_again(shell, screen)
    choose(screen, "李建国 · 与户主关系")
    pressed(shell, "4")
    assert focus() is screen.card.own.choice
    pressed(shell, "↵")
    assert any("李建国" in row for row in rows(screen))
    screen.card.own.choice.setCurrentText("兄弟姐妹")
    pressed(shell, "↵")
    assert not any("李建国" in row for row in rows(screen))
    everybody_exchanges(worker, leader)
    found = leader.desk.look(lambda reader: reader.get(Resident, scene.li))
    assert found is not None
    assert found.record.relation == "sibling"


def test_of_what_ages_fast_the_later_value_is_in_use_and_can_still_be_decided(
    shell: Shell, screen: DisputesScreen, worker: Seat, leader: Seat, town: Town
) -> None:
    (person,) = worker.add(Resident(name="王秀兰", address="一楼"))
    everybody_exchanges(worker, leader)
    change(worker, person, address="二楼")
    worker.exchange()
    town.now_ms = leader.now_ms = leader.now_ms + 60_000
    change(leader, person, address="三楼")
    everybody_exchanges(leader, worker)
    look_again(shell, screen)
    sheet = screen.card.sheet
    assert sheet is not None
    assert sheet.says[1] == "核定之前，先用较晚填的那个。"
    assert [(side.title, side.now) for side in sheet.sides] == [
        ("我填的", False),
        ("王芳填的", True),
        ("改之前", False),
    ]
    pressed(shell, "1")
    everybody_exchanges(worker, leader)
    found = leader.desk.look(lambda reader: reader.get(Resident, person))
    assert found is not None
    assert found.record.address == "二楼"


def test_esc_leaves_the_box_then_the_card_then_the_screen(
    shell: Shell, screen: DisputesScreen, worker: Seat, noted: RecordId
) -> None:
    pressed(shell, "4")
    pressed(shell, "⎋")
    assert screen.card.own.isHidden()
    assert focus() is screen.table
    pressed(shell, "↵")
    assert focus().accessibleName() == "用我填的"
    pressed(shell, "⎋")
    assert focus() is screen.table
    pressed(shell, "⎋")
    assert worker.asked[-1] == ("screen", "sync")


def test_deciding_later_keeps_it_and_reminds_tomorrow(
    shell: Shell, screen: DisputesScreen, worker: Seat, noted: RecordId
) -> None:
    pressed(shell, "5")
    assert rows(screen) == ["以后再说 王秀兰 · 备注"]
    assert steps(screen)[4] == "5 重新列入待核对"
    worker.now_ms += DAY_MS
    look_again(shell, screen)
    assert rows(screen) == ["内容不一致 王秀兰 · 备注"]
    pressed(shell, "5")
    pressed(shell, "5")
    assert rows(screen) == ["内容不一致 王秀兰 · 备注"]
    pressed(shell, "6")
    assert worker.asked[-1] == ("resident", noted)


def test_everything_a_worker_may_see_has_its_words(
    shell: Shell, screen: DisputesScreen, scene: Scene
) -> None:
    look_again(shell, screen)
    assert sorted(rows(screen)) == sorted(
        [
            "内容不一致 王秀兰 · 联系电话",
            "内容不一致 王秀兰 · 备注",
            "内容不一致 李建国 · 与户主关系",
            "未采纳的修改 已删除的居民 · 修改",
            "待网格长 路灯不亮 · 办理",
            "待网格长 赵桂瑛 · 姓名",
            "待网格长 赵桂瑛 · 出生日期",
            "疑似重复 周玫 · 新增",
        ]
    )
    for key in list(screen.model.keys):
        screen.table.select_key(key)
        QApplication.processEvents()
        sheet = screen.card.sheet
        assert sheet is not None
        assert all(text and "{" not in text for text in (sheet.title, *sheet.says, *sheet.advice))
        assert clipped_texts(screen) == []
        assert nameless(screen) == []


def test_edits_that_followed_each_other_are_told_in_their_order(
    shell: Shell, screen: DisputesScreen, scene: Scene
) -> None:
    look_again(shell, screen)
    assert choose(screen, "王秀兰 · 备注") is not None
    assert "我先后填过：左腿不便 → 行动不便，需轮椅" in screen.card.texts()


def test_phones_are_masked_until_the_eye_is_pressed(
    shell: Shell, screen: DisputesScreen, scene: Scene
) -> None:
    look_again(shell, screen)
    choose(screen, "王秀兰 · 联系电话")
    shown = [row.accessibleName() for row in visible(screen.card, FieldRow)]
    assert shown[1:] == [" 139****9000", " 138****8000"]
    assert "13800138000" not in " ".join(screen.card.texts())
    row = next(visible(screen.card, FieldRow))
    row.reveal_asked.emit()
    assert "13800138000" in row.accessibleName()


def test_a_worker_withdraws_what_was_held(
    shell: Shell, screen: DisputesScreen, worker: Seat, leader: Seat, scene: Scene
) -> None:
    look_again(shell, screen)
    choose(screen, "已删除的居民 · 修改")
    assert steps(screen) == ["1 撤回我的修改", "5 以后再说"]
    pressed(shell, "1")
    everybody_exchanges(worker, leader)
    look_again(shell, screen)
    assert not any("已删除" in row for row in rows(screen))


def test_a_leader_agrees_to_several_changes_at_once_and_only_to_harmless_ones(
    desk_of_leader: Shell, scene: Scene
) -> None:
    screen = screen_of(desk_of_leader)
    look_again(desk_of_leader, screen)
    notices = [row for row in rows(screen) if row.startswith("重要信息变更")]
    assert len(notices) == 2
    first = rows(screen).index(notices[0])
    screen.table.select_key(screen.model.keys[first])
    chord("↓", Qt.KeyboardModifier.ShiftModifier)
    desk_of_leader.settle()
    assert steps(screen) == ["1 全部同意（2 条）", "5 以后再说"]
    pressed(desk_of_leader, "1")
    assert not any(row.startswith("重要信息变更") for row in rows(screen))
    chord(Qt.Key.Key_Z)
    desk_of_leader.settle()
    assert sum(row.startswith("重要信息变更") for row in rows(screen)) == 2
    screen.table.selectAll()
    desk_of_leader.settle()
    assert steps(screen) == ["5 以后再说"]


def test_a_leader_joins_two_records_offline_and_takes_it_back(desk_of_leader: Shell, scene: Scene) -> None:
    screen = screen_of(desk_of_leader)
    look_again(desk_of_leader, screen)
    choose(screen, "周梅 / 周玫")
    assert steps(screen) == ["1 合并，留左边这条", "2 合并，留右边这条", "3 不是同一个人", "5 以后再说"]
    pressed(desk_of_leader, "1")
    assert not any("周梅" in row for row in rows(screen))
    chord(Qt.Key.Key_Z)
    desk_of_leader.settle()
    assert any("周梅" in row for row in rows(screen))


def test_a_leader_reads_what_a_worker_proposed_from_his_own_point_of_view(
    desk_of_leader: Shell, worker: Seat, leader: Seat
) -> None:
    (person,) = worker.add(Resident(name="王秀兰"))
    everybody_exchanges(worker, leader)
    target = grid_scope(GRID_2)
    worker.database.write(lambda tx: tx.move_to(Resident, person, target, why="搬家"))
    everybody_exchanges(worker, leader)
    screen = screen_of(desk_of_leader)
    look_again(desk_of_leader, screen)
    sheet = screen.card.sheet
    assert sheet is not None
    assert sheet.says == ("张晓的“移交”没有生效：提交人的角色不能这样修改。",)
    assert [(fact.label, fact.plain) for fact in sheet.facts] == [("移交到", "第二网格"), ("原因", "搬家")]
    assert sheet.advice == ("采纳，就照提交人写的办；不采纳，就保持现在这样。他写的都会留着。",)
    assert steps(screen)[:2] == ["1 采纳", "2 不采纳"]


def test_a_leader_filters_by_grid(desk_of_leader: Shell, scene: Scene) -> None:
    screen = screen_of(desk_of_leader)
    look_again(desk_of_leader, screen)
    assert screen.grid.isVisible()
    titles = [screen.grid.itemText(at) for at in range(screen.grid.count())]
    assert set(titles) == {"全部网格", "第三网格", "第二网格"}
    screen.grid.setCurrentText("第二网格")
    desk_of_leader.settle()
    assert rows(screen) == []


@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 100), ("light", 150), ("dark", 200)])
def test_it_can_be_read(shell: Shell, screen: DisputesScreen, scene: Scene, mode: str, scale: int) -> None:
    theme().configure(mode=mode, text_scale=scale)
    look_again(shell, screen)
    choose(screen, "王秀兰 · 备注")
    shell.settle()
    assert clipped_texts(screen) == []
    assert nameless(screen) == []
    assert weak_contrasts(screen) == []
    assert focus_jumps(screen) == []


def choose(screen: DisputesScreen, title: str) -> str:
    """Put the cursor on the matter with this title."""
    key: str = next(k for k, row in zip(screen.model.keys, rows(screen), strict=True) if row.endswith(title))
    screen.table.select_key(key)
    screen.table.setFocus()
    for _turn in range(3):
        QApplication.processEvents()
    return key
