"""When the next exchange begins: a click resets the back-off, not the centre's wish; the screen says when."""

import pytest
from PySide6.QtCore import QTimer

from gridworker.server.refusals import Refused
from gridworker.sync import pace
from gridworker.ui.desk import Notice
from gridworker.ui.sync_centre.view import SyncCentre
from tests.ui.cases.shell import Shell
from tests.ui.sync_centre.town import Seat, Town
from tests.ui.visits.grid import NOON

MINUTE_MS = 60_000


def be_busy(town: Town, monkeypatch: pytest.MonkeyPatch, retry_ms: int) -> list[str]:
    """Let the centre send everybody away; the paths that were asked for."""
    asked: list[str] = []

    def call(path: str, _token: str, _request: object) -> object:
        asked.append(path)
        raise Refused("pace", retry_after_ms=retry_ms)

    monkeypatch.setattr(town.server, "call", call)
    return asked


def notices(seat: Seat) -> list[Notice]:
    """What the desk says from now on."""
    told: list[Notice] = []
    seat.desk.noticed.connect(told.append)
    return told


def ahead_ms(seat: Seat) -> int:
    """How far ahead the next exchange is."""
    assert seat.desk.next_exchange_ms is not None
    return seat.desk.next_exchange_ms - seat.desk.now_ms


def test_a_click_does_not_overrule_a_centre_that_asked_to_wait(
    shell: Shell, worker: Seat, town: Town, screen: SyncCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, told = be_busy(town, monkeypatch, 5 * MINUTE_MS), notices(worker)
    worker.exchange()
    problem = worker.desk.sync_problem
    assert problem is not None
    assert (problem.code, len(asked)) == ("server_busy", 1)
    assert screen.state.accessibleName() == "中心现在很忙，请本机稍后再来。"
    assert "下次自动同步：今天 14:0" in screen.advice.text()
    told.clear()
    for _ in range(3):
        worker.exchange()
    assert len(asked) == 1
    assert [notice.text[:11] for notice in told] == ["中心请本机稍等，今天 "] * 3
    assert 5 * MINUTE_MS - 1_000 <= ahead_ms(worker) <= 5 * MINUTE_MS + 2_000


def test_what_waited_goes_up_by_itself_when_the_time_has_come(
    shell: Shell, worker: Seat, town: Town, screen: SyncCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.desk.settings.change(auto_sync_minutes=0)
    with monkeypatch.context() as busy:
        be_busy(town, busy, 5 * MINUTE_MS)
        worker.exchange()
    assert worker.desk.next_exchange_ms is None, "who exchanges by hand only is asked for nothing"
    worker.desk.synchronise()
    assert 5 * MINUTE_MS - 1_000 <= ahead_ms(worker) <= 5 * MINUTE_MS + 2_000
    timer = worker.desk.findChild(QTimer)
    assert timer is not None
    timer.timeout.emit()
    shell.settle()
    assert worker.desk.sync_problem is None
    assert "下次自动同步" not in screen.advice.text()


def test_an_order_to_wait_ends(
    shell: Shell, worker: Seat, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = be_busy(town, monkeypatch, 5 * MINUTE_MS)
    worker.exchange()
    worker.now_ms = NOON + 5 * MINUTE_MS
    worker.exchange()
    assert len(asked) == 2


def test_a_click_resets_the_back_off_of_a_line_that_was_down(shell: Shell, worker: Seat, town: Town) -> None:
    town.shut()
    for _ in range(3):
        worker.exchange()
    assert worker.desk._rhythm.failures == 1, "each was asked for by a person"
    assert ahead_ms(worker) <= pace.FIRST_S * 1000
    town.open()
    worker.exchange()
    assert worker.desk._rhythm.failures == 0


def test_after_a_good_exchange_the_next_one_is_in_the_place_of_this_laptop(
    shell: Shell, worker: Seat, screen: SyncCentre
) -> None:
    worker.exchange()
    place = worker.desk._rhythm.place_ms
    assert place is not None
    ahead = ahead_ms(worker)
    assert 15 * MINUTE_MS - 1_000 <= ahead < 20 * MINUTE_MS
    assert abs((worker.desk.now_ms + ahead - place + 2_000) % (5 * MINUTE_MS) - 2_000) < 2_000
    assert "下次自动同步" not in screen.advice.text(), "who is in order need not know"


def test_stopping_an_exchange_is_no_reason_to_begin_it_again_at_once(
    shell: Shell, worker: Seat, town: Town
) -> None:
    town.server.gate.clear()
    worker.desk.synchronise()
    worker.desk.stop_synchronising()
    town.server.gate.set()
    worker.settle()
    problem = worker.desk.sync_problem
    assert problem is None or problem.code == "sync_stopped"
    assert ahead_ms(worker) >= 15 * MINUTE_MS - 1_000


def test_another_address_is_another_centre_and_its_wish_is_not_known(
    shell: Shell, worker: Seat, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as busy:
        be_busy(town, busy, 5 * MINUTE_MS)
        worker.exchange()
    worker.desk.change_server(town.url)
    worker.settle()
    assert worker.desk.sync_problem is None
