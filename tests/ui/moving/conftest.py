"""A centre on loopback with three grids, a worker's and a leader's laptop, their forms and lists of moves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gridworker.domain.records import RecordId
from gridworker.ui import moving
from gridworker.ui.moving.view import MovesScreen
from tests.ui.moving.handover import Handover, settle_people
from tests.ui.sync_centre.town import Seat, Town, town_in


@pytest.fixture
def town(qtbot: QtBot, tmp_path: Path) -> Iterator[Town]:
    """A centre with the demo grids."""
    with town_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def worker(town: Town) -> Iterator[Seat]:
    """The worker of grid 3."""
    seat = town.seat("zhangxiao")
    yield seat
    seat.close()


@pytest.fixture
def leader(town: Town) -> Iterator[Seat]:
    """The leader of grids 2 and 3."""
    seat = town.seat("wangfang")
    yield seat
    seat.close()


@pytest.fixture
def people(worker: Seat, leader: Seat) -> dict[str, RecordId]:
    """A house with two homes of grid 3, known to everybody there; ids by short names."""
    found = settle_people(worker)
    worker.exchange()
    leader.exchange()
    return found


@pytest.fixture
def at(qtbot: QtBot) -> Iterator[Callable[[Seat], Handover]]:
    """Sit down at somebody's laptop: a window with the list of moves and the form over it."""
    opened: list[Handover] = []

    def sit(seat: Seat) -> Handover:
        screen = moving.build(seat.desk)
        assert isinstance(screen, MovesScreen)
        handover = Handover(seat, screen)
        qtbot.waitExposed(handover.shell.window)
        opened.append(handover)
        return handover

    yield sit
    for each in reversed(opened):
        each.shell.close()
