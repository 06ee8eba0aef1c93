"""Sticks in the sync centre: two buttons, what waits is told as saved, the centre's answer settles it."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from gridworker.domain.residents import Resident
from gridworker.server.bundles import import_sticks
from gridworker.ui import sync_centre
from gridworker.ui.sync_centre.stick import STICK_ACTIONS
from gridworker.ui.sync_centre.view import SyncCentre
from tests.ui.cases.shell import Shell
from tests.ui.probes import clipped_texts, focus_jumps, nameless
from tests.ui.sync_centre.town import Seat, Town
from tests.ui.visits.grid import office_in


@pytest.fixture
def stick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stick, which is what people choose when they are asked."""
    folder = tmp_path / "stick"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_arguments: str(folder))
    return folder


def press_button(shell: Shell, screen: SyncCentre, name: str) -> None:
    """Press a button of the tool row and wait for what comes of it."""
    (button,) = [each for action, each in screen._buttons if action.name == name]
    assert button.isEnabled()
    button.click()
    shell.settle()


def states(screen: SyncCentre) -> list[str]:
    """The first column."""
    return [screen.model.data(screen.model.index(row, 0)) for row in range(screen.model.rowCount())]


def test_work_goes_to_the_office_and_back(
    shell: Shell, worker: Seat, town: Town, screen: SyncCentre, stick: Path
) -> None:
    worker.exchange()
    worker.add(Resident(name="王秀兰"))
    shell.look_again()
    press_button(shell, screen, "save_to_stick")
    assert "1 条待送记录" in shell.said()
    worker.add(Resident(name="李大爷"))
    shell.look_again()
    assert states(screen) == ["已存U盘", "待送"]
    assert [one.code for one in import_sticks(town.server, [stick])] == ["taken"]
    press_button(shell, screen, "read_from_stick")
    assert "中心已确认 1 条" in shell.said()
    assert states(screen) == ["待送"]
    assert screen.sentence.text() == "本机记录 2 · 中心已收 1 · 待送 1"
    press_button(shell, screen, "read_from_stick")
    assert "都已经有了" in shell.said()


def test_before_the_first_exchange_one_is_told_what_to_do(
    shell: Shell, screen: SyncCentre, stick: Path
) -> None:
    press_button(shell, screen, "save_to_stick")
    assert "先连上网络同步一次" in shell.said()
    assert not list(stick.iterdir())
    press_button(shell, screen, "read_from_stick")
    assert "没有给这台电脑的数据包" in shell.said() or "打不开" in shell.said()


def test_without_an_enrolment_there_is_nothing_to_press(tmp_path: Path) -> None:
    with office_in(tmp_path / "new") as office:
        screen = sync_centre.build(office.desk)
        office.settle()
        assert isinstance(screen, SyncCentre)
        assert screen.stick is not None
        assert not screen.stick.free
        screen.deleteLater()


def test_whoever_changes_his_mind_has_chosen_nothing(
    shell: Shell, screen: SyncCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_arguments: "")
    for action in STICK_ACTIONS:
        press_button(shell, screen, action.name)
    assert shell.said() == ""


def test_progress_shows_while_it_goes_on(shell: Shell, worker: Seat, screen: SyncCentre, stick: Path) -> None:
    worker.exchange()
    worker.add(Resident(name="王秀兰"))
    assert screen.stick is not None
    screen.stick.save(stick)
    assert screen.stick.isVisible()
    assert not screen.stick.free
    assert screen.stick.progress._text.full_text() == "正在存到U盘，请不要拔出"
    assert (clipped_texts(screen), nameless(screen), focus_jumps(screen)) == ([], [], [])
    shell.settle()
    assert not screen.stick.isVisible()
    assert screen.stick.free
