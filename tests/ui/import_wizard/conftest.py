"""The import wizard over a window, with an empty encrypted database and the real import process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gridworker.actions.imports.messages import Start
from gridworker.actions.imports.process import ImportJob
from gridworker.ui import import_wizard
from gridworker.ui.import_wizard.view import ImportScreen
from tests.actions.import_files import open_database
from tests.ui.cases.shell import Shell
from tests.ui.visits.grid import KEY, Office, office_in

WAIT_MS = 60_000


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A desk whose imports open the same database in their own process."""
    with office_in(tmp_path) as opened:
        path, today = str(opened.database.path), opened.desk.today
        opened.desk.start_import = lambda file: ImportJob(Start(str(file), path, KEY, today), open_database)
        yield opened


@pytest.fixture
def shell(qtbot: QtBot, office: Office) -> Iterator[Shell]:
    """A window with the import wizard."""
    with Shell.over(qtbot, office, import_wizard.build(office.desk)) as opened:
        yield opened


@pytest.fixture
def screen(shell: Shell) -> ImportScreen:
    """The wizard, shown."""
    found = shell.show("import")
    assert isinstance(found, ImportScreen)
    return found


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Decide what the file dialog will answer: it belongs to the system and cannot be opened here."""

    def answer(file: Path) -> None:
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(file), ""))

    return answer
