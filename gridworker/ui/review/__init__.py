"""Review: the leader's queues of visits and cases, decided with one key each, offline too."""

from collections.abc import Sequence

from gridworker.ui.desk import Desk
from gridworker.ui.review.presenter import ReviewPresenter, grids_of
from gridworker.ui.review.view import ReviewScreen
from gridworker.ui.review.words import Waits
from gridworker.ui.screen import Screen


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""

    def page(keys: Sequence[int]) -> Sequence[Waits | None]:
        return presenter.page(keys)

    screen = ReviewScreen(page, grids_of(desk), now_ms=lambda: desk.now_ms)
    presenter = ReviewPresenter(desk, screen)
    screen.presenter = presenter
    return screen
