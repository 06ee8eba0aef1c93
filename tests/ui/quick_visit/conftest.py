"""The quick visit over a window, with a small grid behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gridworker.ui.quick_visit import QuickVisit
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
def sheet(qtbot: QtBot, office: Office, people: People) -> Iterator[QuickVisit]:
    """The sheet over a window of the smallest usual screen."""
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1366, 700)
    made = QuickVisit(office.desk, window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    yield made
    window.close()
