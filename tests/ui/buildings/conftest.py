"""The buildings screen in a window, with a village behind it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gridworker.ui import buildings
from gridworker.ui.buildings.view import BuildingsScreen
from tests.ui.residents.village import Hands, Village
from tests.ui.visits.grid import Office, office_in


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A desk on a real database."""
    with office_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def village(office: Office) -> Village:
    """Who lives there."""
    return Village(office)


@pytest.fixture
def hands(qtbot: QtBot, office: Office) -> Hands:
    """Keys."""
    return Hands(qtbot, office)


@pytest.fixture
def opened(qtbot: QtBot, office: Office, hands: Hands) -> Callable[[], BuildingsScreen]:
    """Call it once everything is in the database: the screen, shown and read."""

    def show() -> BuildingsScreen:
        screen = buildings.build(office.desk)
        qtbot.addWidget(screen)
        office.desk.touched.connect(screen.refresh)
        screen.resize(1230, 640)
        screen.show()
        qtbot.waitExposed(screen)
        screen.activateWindow()
        screen.opened()
        hands.settle()
        return screen

    return show
