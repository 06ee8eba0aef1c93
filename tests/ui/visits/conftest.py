"""The screen of visits in a window, with a small grid behind it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gridworker.ui import visits
from gridworker.ui.visits.view import VisitsScreen
from tests.ui.visits.grid import Office, People, office_in


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A desk on a real database."""
    with office_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def people(office: Office) -> People:
    """Who lives in the grid."""
    return People(office)


@pytest.fixture
def opened(qtbot: QtBot, office: Office) -> Callable[[], VisitsScreen]:
    """Call it once everything is in the database: the screen, shown and read."""

    def show() -> VisitsScreen:
        screen = visits.build(office.desk)
        assert isinstance(screen, VisitsScreen)
        qtbot.addWidget(screen)
        screen.resize(1230, 640)
        screen.show()
        qtbot.waitExposed(screen)
        screen.activateWindow()
        screen.opened()
        office.settle()
        return screen

    return show
