"""Review: the leader's queue of visits and cases, decided with one key each, offline too."""

from gridworker.ui.desk import Desk
from gridworker.ui.review.view import ReviewScreen
from gridworker.ui.screen import Screen


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""
    return ReviewScreen(desk)
