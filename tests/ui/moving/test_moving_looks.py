"""The form and the list of moves in every look: nothing clipped, pale, nameless or out of order."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication

from gridworker.domain.records import RecordId
from gridworker.i18n import Language, use_language
from gridworker.ui.theme import install_theme
from tests.ui.moving.handover import Handover
from tests.ui.residents.looks import faults
from tests.ui.sync_centre.town import Seat

LOOKS: tuple[tuple[str, int, Language, tuple[int, int]], ...] = (
    ("light", 100, "zh", (1366, 768)),
    ("dark", 100, "pseudo", (1366, 768)),
    ("light", 150, "en", (1366, 768)),
    ("dark", 150, "pseudo", (1366, 768)),
    ("light", 200, "zh", (1366, 768)),
    ("light", 100, "en", (1024, 640)),
)


@pytest.fixture(params=LOOKS, ids=lambda look: "-".join(map(str, look[:3])))
def desk(
    request: pytest.FixtureRequest,
    qapp: QApplication,
    people: dict[str, RecordId],
    leader: Seat,
    at: Callable[[Seat], Handover],
) -> Handover:
    """A leader's window in one look."""
    theme, scale, language, size = request.param
    use_language(language)
    install_theme(qapp, mode=theme, text_scale=scale)
    desk = at(leader)
    desk.shell.window.resize(*size)
    desk.shell.settle()
    return desk


def test_the_form_can_be_read_and_named(desk: Handover, people: dict[str, RecordId]) -> None:
    desk.start("resident", people["p00"])
    desk.press("↓↵1")
    assert faults(desk.mover.view) == []
    desk.mover.view.show_notice("今天 14:02已登记移交到幸福里社区第二网格，还没有送出。", "撤销移交")
    desk.mover.view.show_fault("先选移交到哪个网格。")
    desk.shell.settle()
    assert faults(desk.mover.view) == []
    view, window = desk.mover.view.geometry(), desk.shell.window.rect()
    assert window.contains(view)


def test_the_list_can_be_read_and_named(desk: Handover, people: dict[str, RecordId]) -> None:
    desk.lines()
    assert faults(desk.screen) == []
    desk.start("resident", people["p00"])
    desk.press("↓↵1")
    desk.mover.view.go_asked.emit()
    desk.shell.settle()
    assert len(desk.lines()) == 1
    assert faults(desk.screen) == []
    desk.screen.ask_reason("退回：王秀兰", "退回", ("还没有搬，先不移交",))
    desk.shell.settle()
    assert faults(desk.screen) == []
    assert desk.screen.back()
