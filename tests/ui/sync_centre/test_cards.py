"""The cards of the sync centre: a stopped removal, news, repairs, the counters of a record."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gridworker.actions.brake import stopped_removal
from gridworker.actions.disputes import decide, open_disputes
from gridworker.db.blobs import BLOB_FAULT
from gridworker.db.standing import note_wrong_sums
from gridworker.db.transaction import Transaction
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.ui.controls import Button
from gridworker.ui.sync_centre.brake_card import BrakeCard
from gridworker.ui.sync_centre.news_card import NewsCard
from gridworker.ui.sync_centre.view import SyncCentre
from tests.ui.cases.keyboard import chord
from tests.ui.cases.shell import Shell
from tests.ui.disputes.scene import everybody_exchanges
from tests.ui.probes import clipped_texts, focus_jumps, nameless, visible
from tests.ui.sync_centre.test_sync_centre import add_person, change, disputed
from tests.ui.sync_centre.town import Seat

MANY = 40


def brake(screen: SyncCentre) -> BrakeCard:
    """The card of the brake."""
    assert screen.brake is not None
    return screen.brake


def news(screen: SyncCentre) -> NewsCard:
    """The card of the news."""
    assert screen.news is not None
    return screen.news


def stop_a_removal(worker: Seat, leader: Seat) -> list[RecordId]:
    """The leader deletes forty people by mistake; the worker's laptop does not believe it."""
    persons = [add_person(worker, f"居民{n}") for n in range(MANY)]
    everybody_exchanges(worker, leader)
    for person in persons:
        leader.database.write(remove, person)
    leader.exchange()
    worker.exchange()
    return persons


def remove(tx: Transaction, person: RecordId) -> None:
    """Delete one."""
    tx.delete(Resident, person, why="误录")


def press(shell: Shell, card: BrakeCard | NewsCard, words: str) -> None:
    """Press a button of a card, and wait for what comes of it."""
    next(each for each in visible(card, Button) if each.text() == words).click()
    shell.settle()
    shell.settle()


def people(seat: Seat) -> int:
    """How many are here."""
    return seat.count(Resident)


def test_a_stopped_removal_names_the_number_before_anything_goes(
    shell: Shell, worker: Seat, leader: Seat, screen: SyncCentre
) -> None:
    assert not brake(screen).isVisible()
    stop_a_removal(worker, leader)
    shell.look_again()
    card = brake(screen)
    assert card.isVisible()
    assert card.texts()[0] == "中心要撤下 40 条资料，没有说明原因"
    assert card.texts()[1].startswith("居民 40，约占 ")
    assert [each.text() for each in card.buttons()] == ["先留着，以后再问", "问清了，同意撤下…"]
    assert (clipped_texts(screen), nameless(screen), focus_jumps(screen)) == ([], [], [])
    press(shell, card, "问清了，同意撤下…")
    assert [each.text() for each in card.buttons()] == ["确定撤下 40 条", "先留着，以后再问"]
    assert QApplication.focusWidget() is card.buttons()[1], "the harmless one has the keyboard"
    assert people(worker) == MANY
    press(shell, card, "确定撤下 40 条")
    assert card.texts()[1].endswith("已同意：下一次同步时撤下。在那之前可以反悔。")
    worker.exchange()
    assert people(worker) == 0
    shell.look_again()
    assert not card.isVisible()


def test_who_keeps_is_asked_again_tomorrow_and_who_agreed_may_think_again(
    shell: Shell, worker: Seat, leader: Seat, screen: SyncCentre
) -> None:
    stop_a_removal(worker, leader)
    shell.look_again()
    card = brake(screen)
    press(shell, card, "先留着，以后再问")
    assert card.texts()[1] == "先留着，一条也没有撤下；明天再提醒。"
    worker.now_ms += 86_400_000
    shell.look_again()
    assert card.texts()[1].startswith("居民 40")
    press(shell, card, "问清了，同意撤下…")
    press(shell, card, "确定撤下 40 条")
    press(shell, card, "反悔，先留着")
    found = worker.desk.look(stopped_removal)
    assert found is not None
    assert found.agreed_ms is None
    worker.exchange()
    assert people(worker) == MANY


def test_what_others_did_since_the_last_look_is_told_once(
    shell: Shell, worker: Seat, leader: Seat, screen: SyncCentre
) -> None:
    person = add_person(worker)
    everybody_exchanges(worker, leader)
    shell.show("sync")
    assert not news(screen).isVisible()
    change(leader, person, note="听力不好")
    everybody_exchanges(leader, worker)
    shell.show("sync")
    assert news(screen).isVisible()
    assert news(screen).says.text() == "上次看过（今天 14:02）之后：别人改了 1 条（居民 1）"
    (named,) = news(screen).buttons()
    assert named.text() == "居民 王秀兰"
    named.click()
    assert worker.asked[-1] == ("resident", person)
    press(shell, news(screen), "知道了")
    assert not news(screen).isVisible()


def test_repairs_a_wrong_sum_and_photos_that_did_not_go_are_told(
    shell: Shell, worker: Seat, screen: SyncCentre
) -> None:
    add_person(worker)
    worker.exchange()

    def plant(tx: Transaction) -> None:
        scope = tx.me.grants[0].scope
        tx.driver.execute("INSERT INTO incident(at_ms,scope,rows) VALUES (?,?,3)", (tx.now_ms, scope))
        tx.set_meta(BLOB_FAULT, "server_unreachable")
        note_wrong_sums(tx, [scope])

    worker.database.write(plant)
    shell.look_again()
    wrong, photos, repaired = screen.log.lines()[:3]
    assert wrong == "核对：幸福里社区第三网格的记录都对，但中心记的总数不对，请告诉街道技术人员"
    assert photos.startswith("照片没有送成：连不上中心")
    assert repaired == "今天 14:02 · 核对：有 3 条和中心不同，已按中心的补正"


def test_what_a_restored_centre_gets_again_is_told(shell: Shell, worker: Seat, screen: SyncCentre) -> None:
    add_person(worker)
    worker.database.write(lambda tx: tx.driver.execute("UPDATE outbox SET again=1"))
    shell.look_again()
    assert screen.log.lines()[0] == "中心恢复过备份：1 条以前送过的会再送一遍，不会重复"


def test_photos_that_wait_are_counted_with_the_rest(shell: Shell, worker: Seat, screen: SyncCentre) -> None:
    row = "INSERT INTO blob(sha256,size,file,key,state,done,changed_ms) VALUES ('a',1,'f',x'00','local',0,1)"
    worker.database.write(lambda tx: tx.driver.execute(row))
    shell.look_again()
    assert screen.sentence.text() == "本机记录 0 · 中心已收 0 · 待送 0 · 照片 1 张待送"
    assert worker.desk.standing().photos == 1


def test_a_record_has_its_own_two_counters(
    shell: Shell, worker: Seat, leader: Seat, screen: SyncCentre
) -> None:
    disputed(worker, leader, note=("左腿不便", "行动不便"))
    shell.look_again()
    assert screen.card.texts()[-1] == "关于这条记录：本机记录 2 · 中心已收 1 · 不一致 1"


def test_a_conflict_leads_to_where_it_is_decided_and_is_settled_there(
    shell: Shell, worker: Seat, leader: Seat, screen: SyncCentre
) -> None:
    disputed(worker, leader, note=("左腿不便", "行动不便"))
    shell.look_again()
    screen.table.setFocus()
    (matter,) = worker.desk.look(open_disputes)
    next(each for each in visible(screen.card, Button) if each.text() == "去核对").click()
    assert worker.asked[-1] == ("matter", matter.id)
    assert screen.matters.text() == "去核对 1 条"
    worker.database.write(decide, matter.id, "server")
    everybody_exchanges(worker, leader)
    shell.look_again()
    assert not screen.matters.isVisible()
    assert screen.model.data(screen.model.index(0, 0)) == "已核定"


def test_f6_leads_to_what_waits_for_a_word(shell: Shell, worker: Seat, screen: SyncCentre) -> None:
    shell.window.activateWindow()
    screen.table.setFocus()
    chord(Qt.Key.Key_F6, Qt.KeyboardModifier.NoModifier)
    assert worker.asked[-1] == ("screen", "disputes")
