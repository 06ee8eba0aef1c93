"""The first start by keys, against a real centre: refusals keep what was typed, the fill leads on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gridworker.domain.residents import Resident
from gridworker.main import Desktop
from gridworker.ui import first_run
from gridworker.ui.first_run.view import FirstRun
from gridworker.ui.theme import theme
from tests.ui.cases.keyboard import focus_name, press
from tests.ui.cases.shell import Shell
from tests.ui.probes import clipped_texts, focus_jumps, nameless, weak_contrasts
from tests.ui.sync_centre.town import PASSWORD, Town, town_in
from tests.ui.visits.grid import Office, office_in


@pytest.fixture
def town(qtbot: QtBot, tmp_path: Path) -> Iterator[Town]:
    """A centre with the demo grids."""
    with town_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A laptop that belongs to nobody yet."""
    with office_in(tmp_path / "laptop") as opened:
        yield opened


@pytest.fixture
def shell(qtbot: QtBot, office: Office) -> Iterator[Shell]:
    """A window with the first start."""
    with Shell.over(qtbot, office, first_run.build(office.desk)) as opened:
        yield opened


@pytest.fixture
def screen(shell: Shell) -> FirstRun:
    """The first start, shown."""
    found = shell.show("first_run")
    assert isinstance(found, FirstRun)
    return found


def test_address_name_and_password_fill_the_laptop(
    qtbot: QtBot, shell: Shell, screen: FirstRun, office: Office, town: Town
) -> None:
    seat = town.seat("zhangxiao", "elsewhere")
    seat.add(*(Resident(name=f"住户{n}") for n in range(300)))
    seat.exchange()
    seat.close()
    assert focus_name() == "中心地址"
    said: list[str] = []
    office.desk.sync_moved.connect(lambda _progress: said.append(screen.progress._text.full_text()))
    with qtbot.waitSignal(office.desk.dressed, timeout=20_000):
        press(f"{town.url}↵zhangxiao↵{PASSWORD}↵")
    assert office.desk.author.user_name == "张晓"
    assert office.count(Resident) == 300
    assert said[-1] == "正在装入网格资料：已收 305 条"
    assert screen.password.edit.text() == ""
    shell.settle()


def test_what_was_recorded_before_goes_along(
    qtbot: QtBot, shell: Shell, screen: FirstRun, office: Office, town: Town
) -> None:
    office.add(Resident(name="王秀兰"))
    with qtbot.waitSignal(office.desk.dressed, timeout=20_000):
        press(f"{town.url}↵zhangxiao↵{PASSWORD}↵")
    shell.settle()
    counted = office.desk.standing()
    assert (counted.waiting, counted.accepted) == (0, 1)


def test_a_wrong_password_keeps_everything_and_goes_back_to_it(
    shell: Shell, screen: FirstRun, office: Office, town: Town
) -> None:
    press(f"{town.url}↵zhangxiao↵wrong↵")
    shell.settle()
    assert screen.wrong.words().startswith("账号或口令不正确")
    assert screen.login() == (town.url, "zhangxiao", "wrong")
    assert focus_name() == "口令"
    press(f"{PASSWORD}↵")
    shell.settle()
    assert office.desk.author.enrolled


def test_a_silent_centre_is_told_with_the_next_step(shell: Shell, screen: FirstRun, town: Town) -> None:
    town.shut()
    press(f"{town.url}↵zhangxiao↵{PASSWORD}↵")
    shell.settle()
    assert screen.wrong.words().startswith(f"连不上中心 {town.url}。")
    assert focus_name() == "中心地址"
    assert screen.enrol_button.isEnabled()


def test_something_else_at_the_address_is_told(shell: Shell, screen: FirstRun, town: Town) -> None:
    press(f"{town.url}/nothing↵zhangxiao↵{PASSWORD}↵")
    shell.settle()
    assert screen.wrong.words().startswith("中心没有接受这次请求")


def test_another_centre_than_the_laptops_own_is_refused(
    shell: Shell, screen: FirstRun, office: Office, town: Town
) -> None:
    office.database.write(lambda tx: tx.set_meta("epoch", "another life"))
    press(f"{town.url}↵zhangxiao↵{PASSWORD}↵")
    shell.settle()
    assert screen.wrong.words().startswith("这不是本机登记过的那个中心")
    assert not office.desk.author.enrolled


def test_what_is_missing_is_said_at_its_field(shell: Shell, screen: FirstRun) -> None:
    screen.enrol_button.click()
    for field, words in ((screen.address, "填写中心地址"), (screen.user, "填写用户名")):
        assert field.edit.accessibleDescription().startswith(words)
    assert focus_name() == "中心地址"


def test_an_address_that_is_none_is_said_before_anybody_is_called(
    shell: Shell, screen: FirstRun, office: Office
) -> None:
    press(f"https://↵zhangxiao↵{PASSWORD}↵")
    shell.settle()
    assert screen.wrong.words().startswith("中心地址“https:”不正确")
    assert focus_name() == "中心地址"


def test_an_address_without_a_scheme_is_a_safe_one(screen: FirstRun) -> None:
    press("centre.example/")
    assert screen.login().url == "https://centre.example"


def test_a_fill_that_was_interrupted_goes_on(
    qtbot: QtBot, shell: Shell, screen: FirstRun, office: Office, town: Town
) -> None:
    town.server.gate.clear()
    press(f"{town.url}↵zhangxiao↵{PASSWORD}↵")
    qtbot.waitUntil(lambda: screen.progress.isVisible() and office.desk.syncing, timeout=20_000)
    screen.progress.cancelled.emit()
    town.server.gate.set()
    shell.settle()
    assert office.desk.author.enrolled
    assert screen.wrong.words().startswith("同步已按要求停止。")
    assert screen.enrol_button.text() == "继续装入资料"
    assert not screen.password.isVisible()
    with qtbot.waitSignal(office.desk.dressed, timeout=20_000):
        press("␣")
    shell.settle()


def test_one_may_begin_without_a_centre(shell: Shell, screen: FirstRun, office: Office) -> None:
    screen.without_button.setFocus()
    press("␣")
    assert office.asked[-1] == ("import", None)


def test_the_desktop_goes_on_to_the_work(qtbot: QtBot, office: Office, town: Town, tmp_path: Path) -> None:
    desktop = Desktop(office.database, office.desk.settings, tmp_path)
    desktop.window.show()
    qtbot.waitExposed(desktop.window)
    desktop.window.activateWindow()
    shown = desktop.window.current_screen()
    assert isinstance(shown, FirstRun)
    shown.opened()
    qtbot.waitUntil(lambda: focus_name() == "中心地址")
    press(f"{town.url}↵wangfang↵{PASSWORD}↵")
    former = desktop.window
    qtbot.waitUntil(lambda: desktop.window is not former, timeout=20_000)
    desktop.background.drain()
    begun = desktop.window.current_screen()
    assert begun is not None
    assert begun.name == "review"
    desktop.window.close()
    desktop.background.shutdown()
    qtbot.wait(50)
    desktop.window.deleteLater()


@pytest.mark.parametrize(("mode", "scale"), [("light", 100), ("dark", 100), ("light", 150), ("dark", 200)])
def test_it_can_be_read(shell: Shell, screen: FirstRun, mode: str, scale: int) -> None:
    theme().configure(mode=mode, text_scale=scale)
    screen.enrol()
    screen.wrong.say("连不上中心 https://centre.example。 请检查网络；记录都保存在本机，连上后会自动补送。")
    QApplication.processEvents()
    assert clipped_texts(screen) == []
    assert nameless(screen) == []
    assert weak_contrasts(screen) == []
    assert focus_jumps(screen) == []
