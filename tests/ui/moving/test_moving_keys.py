"""Where a move begins: F9 on a person, on a door and for a whole house, the menu, the command palette."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from gridworker.actions.moves import Root
from gridworker.ui import buildings, residents
from gridworker.ui.buildings.view import BuildingsScreen
from gridworker.ui.menu import fill_menu
from gridworker.ui.palette import action_items
from gridworker.ui.residents.view import ResidentsScreen
from gridworker.ui.screen import Screen
from tests.ui.residents.village import Hands, Village
from tests.ui.visits.grid import Office, office_in

SHIFT = Qt.KeyboardModifier.ShiftModifier


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


def shown(qtbot: QtBot, hands: Hands, screen: Screen) -> None:
    """Show a screen and wait until it has read what it shows."""
    qtbot.addWidget(screen)
    screen.resize(1230, 640)
    screen.show()
    qtbot.waitExposed(screen)
    screen.activateWindow()
    screen.opened()
    hands.settle()


def test_f9_on_a_resident(qtbot: QtBot, office: Office, village: Village, hands: Hands) -> None:
    screen = residents.build(office.desk)
    assert isinstance(screen, ResidentsScreen)
    shown(qtbot, hands, screen)
    hands.type("秀兰")
    hands.press(Qt.Key.Key_F9)
    assert office.asked[-1] == ("move", Root("resident", village.wang))
    assert "移交到其他网格…" in [item.text for item in action_items(screen.screen_actions, screen)]
    menu = QMenu(screen)
    fill_menu(menu, screen.screen_actions, screen, where="menu")
    assert "移交到其他网格…\tF9" in [entry.text() for entry in menu.actions()]


def test_f9_at_a_door_means_the_home_and_with_shift_the_house(
    qtbot: QtBot, office: Office, village: Village, hands: Hands
) -> None:
    screen = buildings.build(office.desk)
    assert isinstance(screen, BuildingsScreen)
    shown(qtbot, hands, screen)
    screen.show_record(village.rooms["3-2-502"])
    hands.settle()
    hands.press(Qt.Key.Key_F9)
    assert office.asked[-1] == ("move", Root("household", village.resident(village.shan).household_id or ""))  # type: ignore[arg-type]  # he has one
    hands.press((Qt.Key.Key_F9, SHIFT))
    assert office.asked[-1] == ("move", Root("building", village.block))
    screen.show_record(village.empty)
    hands.settle()
    hands.press(Qt.Key.Key_F9)
    assert office.asked[-1] == ("move", Root("building", village.block))
