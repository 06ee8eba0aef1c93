"""The ways to the matters: the status line, the search box in words and pinyin, and a matter by its name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from gridworker.demo import fill
from gridworker.main import Desktop
from gridworker.profiles import open_profile
from gridworker.settings import Settings
from gridworker.ui.disputes.view import DisputesScreen
from gridworker.ui.search.found import command_items
from tests.screens.test_screens import _enrol
from tests.ui.disputes.planted import plant


@pytest.fixture
def desktop(qtbot: QtBot, tmp_path: Path) -> Iterator[Desktop]:
    """A leader's whole desktop with something to decide."""
    database = open_profile(tmp_path)
    _enrol(database)
    fill(database)
    database.write(plant)
    database.close()
    settings = Settings(tmp_path)
    settings.change(auto_sync_minutes=0)
    made = Desktop(open_profile(tmp_path), settings, tmp_path)
    made.window.show()
    made.background.drain()
    yield made
    made.close()
    made.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def shown(desktop: Desktop) -> DisputesScreen:
    """The screen, which must be the one that is shown."""
    desktop.background.drain()
    QCoreApplication.processEvents()
    found = desktop.window.current_screen()
    assert isinstance(found, DisputesScreen)
    return found


@pytest.mark.timeout(120)
def test_every_way_leads_there(desktop: Desktop) -> None:
    window = desktop.window
    assert window.status.words()[-1] == "待核对 6 条"
    window.status._matters.click()
    assert len(shown(desktop).model.keys) == 6
    window.show_screen("sync")
    assert "待核对" in [item.text for item in window._commands()]
    (item,) = [each for each in command_items(desktop.desk, "dhd") if each.text == "待核对"]
    item.run()
    shown(desktop)
    window.show_screen("sync")
    desktop.desk.asked.emit("matter", "op-notice")
    screen = shown(desktop)
    desktop.background.drain()
    QCoreApplication.processEvents()
    assert screen.table.current_key() == "matter-2"
    screen.back()  # from wherever the keyboard is to the list, and from there to where it came from
    screen.table.setFocus()
    window.activateWindow()
    QCoreApplication.processEvents()
    screen.back()
    assert window.current_screen() is window.screen_named("sync")
