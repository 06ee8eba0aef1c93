"""Today (今日): the list that plans itself, in walking order, each line with its reason."""

from gridworker.ui.desk import Desk
from gridworker.ui.screen import Screen
from gridworker.ui.today.presenter import TodayPresenter
from gridworker.ui.today.view import TodayScreen


def build(desk: Desk) -> Screen:
    """Today's screen on this desk."""
    screen = TodayScreen()
    screen.presenter = TodayPresenter(desk, screen)
    return screen
