"""Ctrl+Z in the search box: typing first, and where nothing was typed the last saved action."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gridworker.ui import residents
from gridworker.ui.residents.view import ResidentsScreen
from tests.ui.cases.shell import Shell
from tests.ui.residents.village import CTRL, Hands, Village
from tests.ui.visits.grid import Office

Key = Qt.Key
UNDO = (Key.Key_Z, CTRL)


@pytest.fixture
def shell(qtbot: QtBot, office: Office, village: Village) -> Iterator[Shell]:
    """A window with the residents."""
    with Shell.over(qtbot, office, residents.build(office.desk)) as opened:
        yield opened


@pytest.fixture
def screen(shell: Shell) -> ResidentsScreen:
    """The screen, shown: the keyboard is in the search box."""
    found = shell.show("residents")
    assert isinstance(found, ResidentsScreen)
    assert found.search.hasFocus()
    return found


@pytest.fixture
def undone(shell: Shell, screen: ResidentsScreen) -> list[str]:
    """What was taken back of the one thing that was saved."""
    taken: list[str] = []
    shell.window.say_done("已记录走访：王秀兰", undo=lambda: taken.append("visit"))
    return taken


def test_an_untouched_search_box_leaves_the_key_to_what_was_saved(undone: list[str], hands: Hands) -> None:
    hands.press(UNDO)
    assert undone == ["visit"]


def test_what_was_just_typed_is_taken_back_first(
    screen: ResidentsScreen, undone: list[str], hands: Hands
) -> None:
    hands.type("wxl")
    hands.press(UNDO)
    assert (screen.search.text(), undone) == ("", [])
    hands.press(UNDO)
    assert undone == ["visit"]


def test_what_was_typed_before_one_went_elsewhere_stays(
    screen: ResidentsScreen, undone: list[str], hands: Hands
) -> None:
    hands.type("wxl")
    screen.search.setCursorPosition(1)
    hands.press(Key.Key_Tab, Key.Key_Backtab)
    assert screen.search.hasFocus()
    hands.press(UNDO)
    assert (screen.search.text(), undone) == ("wxl", ["visit"])
