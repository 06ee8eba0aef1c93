"""Cases: the list with its card, and the form that reports one from anywhere (F3)."""

from gridworker.ui.cases.listing import read_page
from gridworker.ui.cases.presenter import CasePresenter
from gridworker.ui.cases.report import CaseReport
from gridworker.ui.cases.view import CaseScreen
from gridworker.ui.desk import Desk
from gridworker.ui.screen import Screen

__all__ = ["CaseReport", "build"]


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""
    screen = CaseScreen(lambda keys: desk.look(read_page, keys), now_ms=lambda: desk.now_ms)
    screen.presenter = CasePresenter(desk, screen)
    return screen
