"""The import wizard: choose a register, look at what it would do, save it as one batch, take it back."""

from gridworker.ui.desk import Desk
from gridworker.ui.import_wizard.view import ImportScreen
from gridworker.ui.screen import Screen


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""
    return ImportScreen(desk)
