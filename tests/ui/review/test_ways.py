"""The ways around the review screen: arrows among queues, reasons in view, signs that can be read whole."""

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from gridworker.domain.choices import CHOICES
from gridworker.i18n import Language, _, use_language
from gridworker.ui import review
from gridworker.ui.delegate import PADDING, pill_width
from gridworker.ui.review.reason_box import ReasonBox
from gridworker.ui.review.view import ReviewScreen
from gridworker.ui.theme import theme
from tests.ui.cases.keyboard import press
from tests.ui.cases.shell import Shell
from tests.ui.review.conftest import LeadersDesk
from tests.ui.visits.grid import Office


def test_arrows_stay_in_the_list_of_queues(shell: Shell, screen: ReviewScreen, leader: LeadersDesk) -> None:
    leader.case("漏水", state="self_solved")
    shell.show("review")
    screen.queues.setFocus()
    for queue in ("cases", "solved"):
        press("↓")
        shell.settle()
        assert (screen.queues.current_key(), screen.queues.hasFocus()) == (queue, True)
    assert screen.model.rowCount() == 1
    press("↑")
    shell.settle()
    assert (screen.queues.current_key(), screen.queues.hasFocus()) == ("cases", True)


@pytest.mark.parametrize("key", ["→", "⇥", "↵"])
def test_right_tab_and_enter_go_from_the_queues_to_their_rows(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk, key: str
) -> None:
    leader.visit("王秀兰")
    shell.show("review")
    screen.queues.setFocus()
    press(key)
    assert screen.table.hasFocus()
    press("←")
    assert screen.queues.hasFocus()


def test_another_queue_gives_up_the_question_and_keeps_the_keyboard(
    shell: Shell, screen: ReviewScreen, leader: LeadersDesk
) -> None:
    leader.visit("王秀兰")
    shell.show("review")
    press("2")
    screen.queues.setFocus()
    press("↓")
    shell.settle()
    assert screen.reason.isHidden()
    assert screen.queues.hasFocus()


def whole_reasons(box: ReasonBox) -> int:
    """How many of the usual reasons can be seen whole."""
    buttons: list[QPushButton] = list(box.findChildren(QPushButton))
    seen = (b for b in buttons if b.isVisible() and b.text()[:1].isdigit())
    return sum(b.visibleRegion().boundingRect().height() >= b.height() for b in seen)


@pytest.mark.parametrize(
    ("size", "scale", "language"),
    [
        ((1366, 768), 100, "zh"),
        ((1366, 768), 150, "zh"),
        ((1366, 768), 150, "en"),
        ((1366, 768), 200, "zh"),
        ((1024, 640), 100, "zh"),
    ],
)
def test_every_usual_reason_is_in_view(
    qtbot: QtBot,
    office: Office,
    leader: LeadersDesk,
    *,
    size: tuple[int, int],
    scale: int,
    language: Language,
) -> None:
    use_language(language)
    theme().configure(text_scale=scale)
    leader.visit("王秀兰", hours=9, note="身体不错，女儿每周回来。")
    leader.visit("孙福", note="软管发硬开裂" * 30)
    with Shell.over(qtbot, office, review.build(office.desk)) as shell:
        shell.window.resize(*size)
        screen = shell.show("review")
        assert isinstance(screen, ReviewScreen)
        screen.reason.sizeHint()  # whoever lays out asks before there is a reason in it
        for _visit in range(2):
            press("2")
            QApplication.processEvents()
            assert whole_reasons(screen.reason) == 5
            press("⎋↓")
            shell.settle()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("table", ["condition", "urgency"])
def test_one_sign_is_never_cut(
    qtbot: QtBot, office: Office, leader: LeadersDesk, *, language: Language, table: str
) -> None:
    use_language(language)
    with Shell.over(qtbot, office, review.build(office.desk)) as shell:
        screen = shell.show("review")
        assert isinstance(screen, ReviewScreen)
        room = screen.table.columnWidth(2) - 2 * PADDING
        metrics = QFontMetrics(theme().font("caption"))
        cut = [each.label for each in CHOICES[table] if pill_width(_(each.label), metrics) > room]
        assert cut == []
