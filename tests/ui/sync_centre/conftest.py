"""A centre on loopback, a worker's and a leader's laptop, and the sync centre of the worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gridworker.ui import sync_centre
from gridworker.ui.sync_centre.view import SyncCentre
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
    """A window with the worker's sync centre."""
    with Shell.over(qtbot, worker, sync_centre.build(worker.desk)) as opened:
        yield opened


@pytest.fixture
def screen(shell: Shell) -> SyncCentre:
    """The sync centre, shown."""
    found = shell.show("sync")
    assert isinstance(found, SyncCentre)
    return found
