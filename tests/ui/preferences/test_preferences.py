"""The settings screen: every declared setting has a control, what is chosen is saved and applied at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox
from pytestqt.qtbot import QtBot

from gridworker.settings import Settings, declared
from gridworker.ui import preferences
from gridworker.ui.preferences.view import GROUPS, Preferences
from tests.ui.cases.shell import Shell
from tests.ui.visits.grid import Office

ELSEWHERE = {"server_url"}
"""Settings that have their place on another page: the centre's address is part of enrolment."""


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A laptop of its own."""
    office = Office(tmp_path)
    yield office
    office.close()


@pytest.fixture
def shell(qtbot: QtBot, office: Office) -> Iterator[Shell]:
    """A window with the settings."""
    with Shell.over(qtbot, office, preferences.build(office.desk)) as opened:
        yield opened


@pytest.fixture
def page(shell: Shell) -> Preferences:
    """The settings, shown."""
    found = shell.show("settings")
    assert isinstance(found, Preferences)
    return found


def saved(tmp_path: Path, name: str) -> object:
    """What the file holds now."""
    return Settings(tmp_path).value_of(name)


def test_every_setting_has_a_control() -> None:
    shown = {name for _title, names in GROUPS for name in names}
    assert shown | ELSEWHERE == set(declared())


def test_a_choice_is_saved_and_the_window_dressed_anew(
    qtbot: QtBot, tmp_path: Path, shell: Shell, page: Preferences
) -> None:
    combo = page.controls["theme"]
    assert isinstance(combo, QComboBox)
    combo.setFocus()
    with qtbot.waitSignal(shell.office.desk.dressed):
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert saved(tmp_path, "theme") == combo.currentData() == "light"


def test_a_number_is_saved_without_dressing(
    qtbot: QtBot, tmp_path: Path, shell: Shell, page: Preferences
) -> None:
    spin = page.controls["care_capacity_home"]
    assert isinstance(spin, QSpinBox)
    spin.setFocus()
    with qtbot.assertNotEmitted(shell.office.desk.dressed):
        qtbot.keyClick(spin, Qt.Key.Key_Up)
    assert saved(tmp_path, "care_capacity_home") == 9


def test_masks_are_on_and_can_be_switched(qtbot: QtBot, tmp_path: Path, page: Preferences) -> None:
    box = page.controls["mask_by_default"]
    assert isinstance(box, QCheckBox)
    assert box.isChecked()
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert saved(tmp_path, "mask_by_default") is False


def test_a_disk_that_refuses_is_said(qtbot: QtBot, tmp_path: Path, shell: Shell, page: Preferences) -> None:
    (tmp_path / Settings.FILE).mkdir()
    spin = page.controls["care_capacity_home"]
    qtbot.keyClick(spin, Qt.Key.Key_Up)
    assert shell.office.notices[-1].kind == "error"


def test_every_control_has_a_name(page: Preferences) -> None:
    assert all(control.accessibleName() for control in page.controls.values())
