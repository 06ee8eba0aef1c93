"""What waits for a person's word: disputes and held entries, side by side, decided by digit, offline too."""

from collections.abc import Sequence

from gridworker.ui.desk import Desk
from gridworker.ui.disputes.listing import Row, grid_words
from gridworker.ui.disputes.presenter import DisputesPresenter
from gridworker.ui.disputes.view import DisputesScreen
from gridworker.ui.screen import Screen


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""

    def page(keys: Sequence[str]) -> Sequence[Row | None]:
        return presenter.page(keys)

    titles = dict.fromkeys(grid_words(grant.title) for grant in desk.author.grants)
    screen = DisputesScreen(page, list(titles), now_ms=lambda: desk.now_ms)
    presenter = DisputesPresenter(desk, screen)
    screen.presenter = presenter
    return screen
