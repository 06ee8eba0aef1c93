"""The buildings screen: every door of a building at a glance, coloured by what one wants to know."""

from gridworker.ui.buildings.presenter import Buildings
from gridworker.ui.buildings.view import BuildingsScreen
from gridworker.ui.desk import Desk


def build(desk: Desk) -> BuildingsScreen:
    """The screen with its presenter, which lives as long as the screen."""
    screen = BuildingsScreen()
    screen.presenter = Buildings(desk, screen)
    return screen
