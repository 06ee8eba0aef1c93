"""The screen and the sheet of cases over a window, with a small grid behind them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gridworker.ui import cases
from gridworker.ui.cases import CaseReport
from gridworker.ui.cases.view import CaseScreen
from tests.ui.cases.shell import Shell
from tests.ui.visits.grid import Office, office_in


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A desk on a real database."""
    with office_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def shell(qtbot: QtBot, office: Office) -> Iterator[Shell]:
    """A window with the screen of cases."""
    with Shell.over(qtbot, office, cases.build(office.desk)) as opened:
        yield opened


@pytest.fixture
def screen(shell: Shell) -> CaseScreen:
    """The screen of cases, shown."""
    found = shell.show("cases")
    assert isinstance(found, CaseScreen)
    return found


@pytest.fixture
def report(shell: Shell) -> CaseReport:
    """The sheet over the window."""
    return CaseReport(shell.office.desk, shell.window)
