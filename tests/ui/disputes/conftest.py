"""A centre on loopback, two desks full of matters, and the worker's screen of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gridworker.ui import disputes
from gridworker.ui.disputes.view import DisputesScreen
from tests.ui.cases.shell import Shell
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
def shell(qtbot: QtBot, worker: Seat) -> Iterator[Shell]:
    """A window with the worker's screen."""
    with Shell.over(qtbot, worker, disputes.build(worker.desk)) as opened:
        yield opened


@pytest.fixture
def screen(shell: Shell) -> DisputesScreen:
    """The worker's screen, shown."""
    return screen_of(shell)


@pytest.fixture
def desk_of_leader(qtbot: QtBot, leader: Seat) -> Iterator[Shell]:
    """A window with the leader's screen."""
    with Shell.over(qtbot, leader, disputes.build(leader.desk)) as opened:
        yield opened


def screen_of(shell: Shell) -> DisputesScreen:
    """The screen of a window, shown."""
    found = shell.show("disputes")
    assert isinstance(found, DisputesScreen)
    return found
