"""The first start: where the centre is, who works here, and filling the laptop with its grid."""

from gridworker.ui.desk import Desk
from gridworker.ui.first_run.presenter import FirstRunPresenter
from gridworker.ui.first_run.view import FirstRun
from gridworker.ui.screen import Screen


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""
    screen = FirstRun()
    screen.presenter = FirstRunPresenter(desk, screen)
    return screen
