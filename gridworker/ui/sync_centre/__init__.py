"""The sync centre: what waits, what the centre has, what people must look at, and the last exchanges."""

from gridworker.ui.desk import Desk
from gridworker.ui.screen import Screen
from gridworker.ui.sync_centre.brake_card import BrakeCard
from gridworker.ui.sync_centre.handed_over import HandedOverCard
from gridworker.ui.sync_centre.news_card import NewsCard
from gridworker.ui.sync_centre.presenter import SyncPresenter
from gridworker.ui.sync_centre.stick import StickStrip
from gridworker.ui.sync_centre.view import SyncCentre


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""
    screen = SyncCentre(lambda: desk.now_ms)
    screen.add_stick(StickStrip(desk))
    screen.add_handed_over(HandedOverCard(desk))
    screen.add_brake(BrakeCard(desk))
    screen.add_news(NewsCard(desk))
    screen.presenter = SyncPresenter(desk, screen)
    return screen
