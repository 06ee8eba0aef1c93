"""Settings: how the program looks, where the centre is, and how often it is asked."""

from gridworker.ui.desk import Desk
from gridworker.ui.preferences.view import Preferences
from gridworker.ui.screen import Screen


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""
    return Preferences(desk)
