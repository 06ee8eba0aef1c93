"""Visits (走访): every visit by state, what came back on top with the leader's remark."""

from gridworker.ui.desk import Desk
from gridworker.ui.screen import Screen
from gridworker.ui.visits.listing import read_page
from gridworker.ui.visits.presenter import VisitsPresenter
from gridworker.ui.visits.view import VisitsScreen


def build(desk: Desk) -> Screen:
    """The screen of visits on this desk."""
    screen = VisitsScreen(
        lambda keys: desk.look(read_page, keys),
        now_ms=lambda: desk.now_ms,
        has_centre=lambda: desk.author.enrolled,
    )
    screen.presenter = VisitsPresenter(desk, screen)
    return screen
