"""The sync centre: what was counted here, what the centre has accepted, and why not the rest."""

from gridworker.ui.desk import Desk
from gridworker.ui.screen import Screen
from gridworker.ui.sync_centre.view import SyncCentre


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""
    return SyncCentre(desk)
