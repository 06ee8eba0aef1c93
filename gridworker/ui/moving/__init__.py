"""Moves: the sheet that hands people, homes and houses over, and the screen of what became of it."""

from gridworker.ui.desk import Desk
from gridworker.ui.moving.mover import Mover
from gridworker.ui.moving.presenter import MovesPresenter
from gridworker.ui.moving.view import MovesScreen
from gridworker.ui.screen import Screen

__all__ = ["Mover", "build"]


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""
    screen = MovesScreen(lambda: desk.now_ms)
    screen.presenter = MovesPresenter(desk, screen)
    return screen
