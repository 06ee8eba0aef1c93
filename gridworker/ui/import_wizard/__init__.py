"""The import wizard: choose a register, look at what it would do, save it as one batch, take it back."""

from collections.abc import Sequence

from gridworker.ui.desk import Desk
from gridworker.ui.import_wizard.presenter import ImportPresenter
from gridworker.ui.import_wizard.preview_page import ListedRow
from gridworker.ui.import_wizard.view import ImportScreen
from gridworker.ui.screen import Screen


def build(desk: Desk) -> Screen:
    """The screen, working on a desk."""

    def page(keys: Sequence[int]) -> Sequence[ListedRow | None]:
        return presenter.page(keys)

    screen = ImportScreen(page, lambda: desk.now_ms)
    presenter = ImportPresenter(desk, screen)
    screen.presenter = presenter
    return screen
