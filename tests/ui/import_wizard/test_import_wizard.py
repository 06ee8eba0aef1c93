"""The import wizard: a real register through its own process, preview, commit, and back again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from gridworker.domain.residents import Resident
from gridworker.ui import import_wizard
from gridworker.ui.import_wizard.view import ImportScreen
from tests.ui.cases.shell import Shell
from tests.ui.visits.grid import KEY, Office

REGISTER = Path(__file__).parents[2] / "data" / "registers" / "居民信息台账-a.xlsx"
WAIT_MS = 60_000
RESIDENTS = 644
"""How many people the register holds, counted by hand in tests/actions."""


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A laptop whose key its import process can find."""
    (tmp_path / "key").write_text(KEY.hex())
    office = Office(tmp_path)
    yield office
    office.close()


@pytest.fixture
def shell(qtbot: QtBot, office: Office) -> Iterator[Shell]:
    """A window with the wizard."""
    with Shell.over(qtbot, office, import_wizard.build(office.desk)) as opened:
        yield opened


@pytest.fixture
def wizard(shell: Shell) -> Iterator[ImportScreen]:
    """The wizard, shown; a job that is left over is ended."""
    found = shell.show("import")
    assert isinstance(found, ImportScreen)
    yield found
    found.cancel()


def preview(qtbot: QtBot, wizard: ImportScreen, file: Path = REGISTER) -> None:
    """Read a file up to its preview."""
    wizard.start(file)
    qtbot.waitUntil(lambda: wizard.ready is not None, timeout=WAIT_MS)


def save(qtbot: QtBot, wizard: ImportScreen) -> None:
    """Write what the preview shows."""
    wizard.save()
    qtbot.waitUntil(lambda: wizard.report is not None, timeout=WAIT_MS)


def test_nothing_is_written_before_it_is_asked_for(
    qtbot: QtBot, office: Office, wizard: ImportScreen
) -> None:
    preview(qtbot, wizard)
    assert wizard.ready is not None
    assert wizard.ready.report.residents == RESIDENTS
    assert {dropped.heading for dropped in wizard.ready.report.dropped_columns} == {"民族", "政治面貌"}
    assert office.count(Resident) == 0
    wizard.cancel()
    assert office.count(Resident) == 0


def test_a_register_is_saved_and_taken_back_as_a_whole(
    qtbot: QtBot, office: Office, wizard: ImportScreen
) -> None:
    preview(qtbot, wizard)
    save(qtbot, wizard)
    assert office.count(Resident) == RESIDENTS
    assert "撤销" in office.notices[-1].action_text
    wizard.undo()
    qtbot.waitUntil(lambda: office.count(Resident) == 0, timeout=WAIT_MS)
    office.settle()


def test_a_file_that_is_no_workbook_is_said_and_another_can_be_chosen(
    qtbot: QtBot, office: Office, wizard: ImportScreen, tmp_path: Path
) -> None:
    wrong = tmp_path / "letter.xlsx"
    wrong.write_text("Dear all")
    wizard.start(wrong)
    qtbot.waitUntil(lambda: not wizard.busy, timeout=WAIT_MS)
    assert wizard.fault()
    preview(qtbot, wizard)
    assert not wizard.fault()


def test_the_window_lives_while_a_register_is_read(qtbot: QtBot, wizard: ImportScreen) -> None:
    beats = []
    heart = QTimer(wizard, interval=10)
    heart.timeout.connect(lambda: beats.append(1))
    heart.start()
    preview(qtbot, wizard)
    assert len(beats) > 10
