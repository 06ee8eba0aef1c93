"""Who went to another grid is named once, masked, with what became of one's own entries."""

from gridworker.db.handed_over import Entries, HandedOver
from gridworker.domain.records import RecordId, grid_scope
from gridworker.domain.residents import Resident
from gridworker.server.demo import GRID_2
from gridworker.server.moves import MOVED
from gridworker.server.regrid import move_aggregates
from gridworker.ui.sync_centre.handed_over import entry_words, lamp_of, line_of
from gridworker.ui.sync_centre.view import SyncCentre
from tests.ui.cases.shell import Shell
from tests.ui.probes import clipped_texts, nameless
from tests.ui.sync_centre.town import Seat, Town
from tests.ui.visits.grid import NOON


def test_a_line_says_who_why_and_what_became_of_the_entries() -> None:
    entries = Entries(waiting=1, taken=3, held=2, disputed=4)
    line = HandedOver(RecordId("r1"), "resident", "王*兰", "regrid", NOON, False, entries)
    assert line_of(line, NOON).endswith(
        "居民 王*兰 · 网格调整 · 已收下 3 · 待新网格处理 2 · 不一致 4 · 待送 1"
    )
    assert entry_words(Entries()) == []
    lamps = [lamp_of(each) for each in (entries, Entries(held=1), Entries(disputed=1), Entries(taken=1))]
    assert lamps == ["wait", "soon", "soon", "sent"]


def test_the_card_is_there_until_somebody_has_read_it(
    shell: Shell, worker: Seat, town: Town, screen: SyncCentre
) -> None:
    card = screen.handed_over
    assert card is not None
    assert not card.isVisible()
    worker.exchange()
    (person,) = worker.add(Resident(name="王秀兰"))
    worker.exchange()
    move_aggregates(town.server, [person], grid_scope(GRID_2), reason=MOVED)
    worker.exchange()
    shell.look_again()
    assert card.isVisible()
    (line,) = card.lines()
    assert line.endswith("居民 王*兰 · 转到其他网格 · 已收下 1")
    assert clipped_texts(card) == []
    assert nameless(card) == []
    card._put_aside()
    shell.settle()
    assert not card.isVisible()
