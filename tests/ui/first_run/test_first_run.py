"""The first start: a laptop becomes somebody's, and every refusal leaves what was typed as it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gridworker.db.standing import standing
from gridworker.domain.areas import Area
from gridworker.domain.residents import Resident
from gridworker.ui import first_run
from gridworker.ui.first_run.view import FirstRun
from tests.ui.cases.shell import Shell
from tests.ui.sync_centre.town import PASSWORD, Town, town_in
from tests.ui.visits.grid import Office


@pytest.fixture
def town(qtbot: QtBot, tmp_path: Path) -> Iterator[Town]:
    """A centre with the demo grids."""
    with town_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A laptop that belongs to nobody yet."""
    office = Office(tmp_path / "laptop")
    yield office
    office.close()


@pytest.fixture
def shell(qtbot: QtBot, office: Office) -> Iterator[Shell]:
    """A window with the first page."""
    with Shell.over(qtbot, office, first_run.build(office.desk)) as opened:
        yield opened


@pytest.fixture
def page(shell: Shell) -> FirstRun:
    """The first page, shown."""
    found = shell.show("first_run")
    assert isinstance(found, FirstRun)
    return found


def type_in(qtbot: QtBot, page: FirstRun, url: str, user: str, password: str) -> None:
    """Fill the page by keys, field after field, and press Enter."""
    for field, words in ((page.address, url), (page.user, user), (page.password, password)):
        field.edit.setFocus()
        field.edit.selectAll()
        qtbot.keyClicks(field.edit, words)
    qtbot.keyClick(page.password.edit, Qt.Key.Key_Return)


def wrong_words(page: FirstRun) -> str:
    """What the page says is wrong."""
    return page.wrong.text() if page.wrong.isVisible() else ""


def test_a_laptop_is_enrolled_and_filled(qtbot: QtBot, town: Town, shell: Shell, page: FirstRun) -> None:
    with qtbot.waitSignal(shell.office.desk.dressed, timeout=10_000):
        type_in(qtbot, page, town.url, "zhangxiao", PASSWORD)
    author = shell.office.desk.author
    assert (author.user_name, author.enrolled) == ("张晓", True)
    assert shell.office.desk.look(lambda reader: reader.count(Area)) == 5


def test_what_was_recorded_before_goes_along(qtbot: QtBot, town: Town, shell: Shell, page: FirstRun) -> None:
    shell.office.database.write(lambda tx: tx.create(Resident(name="王秀兰")))
    with qtbot.waitSignal(shell.office.desk.dressed, timeout=10_000):
        type_in(qtbot, page, town.url, "zhangxiao", PASSWORD)
    counted = shell.office.desk.look(standing)
    assert (counted.waiting, counted.accepted) == (0, 1)


def test_a_wrong_password_is_said_and_the_fields_stay(
    qtbot: QtBot, town: Town, shell: Shell, page: FirstRun
) -> None:
    type_in(qtbot, page, town.url, "zhangxiao", "wrong")
    qtbot.waitUntil(lambda: bool(wrong_words(page)), timeout=10_000)
    assert (page.address.text(), page.user.text(), page.password.text()) == (town.url, "zhangxiao", "wrong")
    assert not shell.office.desk.author.enrolled
    assert page.enrol_button.isEnabled()


def test_a_centre_that_is_down_is_said_with_what_to_do(
    qtbot: QtBot, town: Town, shell: Shell, page: FirstRun
) -> None:
    town.shut()
    type_in(qtbot, page, town.url, "zhangxiao", PASSWORD)
    qtbot.waitUntil(lambda: bool(wrong_words(page)), timeout=10_000)
    assert "\n" in wrong_words(page)
    assert not shell.office.desk.author.enrolled


def test_an_address_that_is_none_is_said_at_its_field(qtbot: QtBot, shell: Shell, page: FirstRun) -> None:
    type_in(qtbot, page, "centre", "zhangxiao", PASSWORD)
    shell.settle()
    assert page.address.edit.accessibleDescription()
    assert QApplication.focusWidget() is page.address.edit


def test_one_may_begin_without_a_centre(qtbot: QtBot, shell: Shell, page: FirstRun) -> None:
    with qtbot.waitSignal(shell.office.desk.asked) as asked:
        page.without_button.click()
    assert asked.args == ["import", None]
