"""What the one search box finds: people, rooms, buildings, cases, and things to do by their pinyin."""

from functools import partial

from gridworker.ui.desk import Desk
from gridworker.ui.palette import PaletteItem, Provider
from gridworker.ui.search.found import found


def search(desk: Desk, query: str) -> list[PaletteItem]:
    """Everything that fits a query, the likeliest first; answers within milliseconds, on the main thread."""
    return found(desk, query)


def provider(desk: Desk) -> Provider:
    """The same for the palette of a window."""
    return partial(search, desk)
