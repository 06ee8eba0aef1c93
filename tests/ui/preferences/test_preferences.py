"""The settings screen: a control for every declared setting; what is chosen is saved and applied."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gridworker.main import Desktop
from gridworker.settings import Settings
from gridworker.ui import preferences
from gridworker.ui.preferences.setting_rows import NumberSetting
from gridworker.ui.preferences.view import Preferences
from gridworker.ui.theme import theme
from tests.ui.cases.keyboard import chord, focus, focus_name, press
from tests.ui.cases.shell import Shell
from tests.ui.probes import clipped_texts, focus_jumps, nameless, weak_contrasts
from tests.ui.sync_centre.town import Seat, Town, town_in
from tests.ui.visits.grid import Office, office_in


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A desk on a real database."""
    with office_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def shell(qtbot: QtBot, office: Office) -> Iterator[Shell]:
    """A window with the settings."""
    with Shell.over(qtbot, office, preferences.build(office.desk)) as opened:
        yield opened


@pytest.fixture
def screen(shell: Shell) -> Preferences:
    """The settings, shown."""
    found = shell.show("settings")
    assert isinstance(found, Preferences)
    return found


def test_a_digit_changes_the_looks_and_asks_for_a_new_window(
    qtbot: QtBot, shell: Shell, screen: Preferences, office: Office
) -> None:
    assert focus_name() == "界面语言"
    press("⇥")
    assert focus_name() == "外观"
    with qtbot.waitSignal(office.desk.dressed):
        press("3")
    assert office.desk.settings.theme == "dark"
    assert Settings(office.database.path.parent).theme == "dark"
    assert office.desk.changed_setting == "theme"


def test_the_value_that_is_there_already_changes_nothing(
    qtbot: QtBot, shell: Shell, screen: Preferences, office: Office
) -> None:
    with qtbot.assertNotEmitted(office.desk.dressed):
        press("1")
    assert office.desk.settings.language == "zh"


def test_the_new_window_speaks_the_language_and_keeps_the_keyboard(qtbot: QtBot, tmp_path: Path) -> None:
    with office_in(tmp_path) as office:
        desktop = Desktop(office.database, office.desk.settings, tmp_path)
        desktop.window.show()
        qtbot.waitExposed(desktop.window)
        desktop.window.show_screen("settings")
        former = desktop.window
        former.activateWindow()
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
        press("2")
        qtbot.waitUntil(lambda: desktop.window is not former)
        desktop.window.activateWindow()
        desktop.background.drain()
        shown = desktop.window.current_screen()
        assert shown is not None
        assert shown.accessibleName() == "Settings"
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
        assert focus_name() == "Language"
        press("1")
        qtbot.waitUntil(lambda: focus_name() == "界面语言")
        desktop.background.drain()
        desktop.window.close()
        desktop.background.shutdown()
        qtbot.wait(50)
        desktop.window.deleteLater()


def test_a_number_is_saved_when_it_is_complete(shell: Shell, screen: Preferences, office: Office) -> None:
    control = screen.controls["auto_sync_minutes"]
    assert isinstance(control, NumberSetting)
    control.setFocus()
    control.spin.selectAll()
    press("30")
    assert office.desk.settings.auto_sync_minutes == 15
    press("⇥")
    shell.settle()
    assert office.desk.settings.auto_sync_minutes == 30


def test_a_wheel_that_rolls_by_changes_nothing(screen: Preferences, office: Office) -> None:
    control = screen.controls["care_capacity_home"]
    assert isinstance(control, NumberSetting)
    at = QPointF(5, 5)
    roll = QWheelEvent(
        at, at, QPoint(0, 0), QPoint(0, -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(control.spin, roll)
    assert control.spin.value() == office.desk.settings.care_capacity_home


def test_what_cannot_be_saved_is_said_and_the_control_goes_back(
    shell: Shell, screen: Preferences, office: Office
) -> None:
    folder = office.database.path.parent
    (folder / Settings.FILE).mkdir()
    screen.controls["mask_by_default"].setFocus()
    press("␣")
    shell.settle()
    assert shell.said().startswith("读不了设置文件")
    assert office.desk.settings.mask_by_default is True
    assert screen.controls["mask_by_default"].isChecked()  # type: ignore[attr-defined]  # it is a check box
    (folder / Settings.FILE).rmdir()
    press("␣")
    shell.settle()
    assert office.desk.settings.mask_by_default is False


def test_without_a_centre_it_shows_the_way_to_one(screen: Preferences, office: Office) -> None:
    assert screen.identity.facts.facts()[0] == ("使用人", "还没有登记到中心，记录只存在本机")
    assert screen.identity.address.isHidden()
    screen.identity._enrol.click()
    assert office.asked[-1] == ("screen", "first_run")


def test_licences_unfold(screen: Preferences) -> None:
    assert screen.about.licences.isHidden()
    screen.about._toggle.setFocus()
    press("␣")
    assert ("LGPL-3.0", "Qt 6, PySide6") in screen.about.licences.facts()
    assert screen.about.licences.isVisible()


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


def test_another_address_is_tried_at_once_and_can_be_taken_back(
    qtbot: QtBot, worker: Seat, town: Town
) -> None:
    with Shell.over(qtbot, worker, preferences.build(worker.desk)) as shell:
        screen = shell.show("settings")
        assert isinstance(screen, Preferences)
        card = screen.identity
        assert card.address.text() == town.url
        card.address.edit.setFocus()
        card.address.edit.selectAll()
        press("centre↵")
        assert card.address.edit.accessibleDescription().startswith("地址要以 https://")
        card.address.edit.selectAll()
        press("http://127.0.0.1:1↵")
        shell.settle()
        assert card.outcome().startswith("连不上中心 http://127.0.0.1:1。")
        assert card._back.text() == f"改回 {town.url}"
        card._back.click()
        shell.settle()
        assert card.outcome() == "已连上，地址已保存。"
        assert worker.desk.look(lambda reader: reader.meta("server_url")) == town.url
        assert card._back.isHidden()


@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 100), ("light", 150), ("dark", 200)])
def test_it_can_be_read(shell: Shell, screen: Preferences, mode: str, scale: int) -> None:
    theme().configure(mode=mode, text_scale=scale)
    again = preferences.build(shell.office.desk)
    assert isinstance(again, Preferences)
    again.resize(1200, 640)
    again.show()
    QApplication.processEvents()
    assert weak_contrasts(again) == []
    again.about.toggle_licences()
    QApplication.processEvents()
    for part in (again, *again.findChildren(type(again.about)), *again.findChildren(type(again.identity))):
        again._scrolled.ensureWidgetVisible(part)
        QApplication.processEvents()
        assert clipped_texts(again) == []
    assert nameless(again) == []
    assert focus_jumps(again) == []
    again.close()
    again.deleteLater()


def test_ctrl_and_tab_keys_do_not_leave_the_page(screen: Preferences) -> None:
    for _ in range(4):
        press("⇥")
    assert focus() is screen.controls["mask_by_default"]
    chord(Qt.Key.Key_Home)
