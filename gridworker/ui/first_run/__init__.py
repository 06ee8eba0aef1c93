"""The first start: whose laptop this is and which centre it belongs to, or work without one for now."""

from gridworker.ui.desk import Desk
from gridworker.ui.first_run.view import FirstRun
from gridworker.ui.screen import Screen


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""
    return FirstRun(desk)
