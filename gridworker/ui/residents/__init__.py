"""The residents screen: everybody of the grid in one table, and a card for one person."""

from gridworker.ui.desk import Desk
from gridworker.ui.residents.presenter import Residents
from gridworker.ui.residents.view import ResidentsScreen


def build(desk: Desk) -> ResidentsScreen:
    """The screen with its presenter, which lives as long as the screen."""
    screen = ResidentsScreen()
    screen.presenter = Residents(desk, screen)
    return screen
