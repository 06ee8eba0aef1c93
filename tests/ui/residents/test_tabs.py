"""The tabs of a person's card are all in view, whatever the words and their size."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabBar, QToolButton

from gridworker.i18n import Language, use_language
from gridworker.ui.residents.view import ResidentsScreen
from gridworker.ui.theme import Theme
from tests.ui.probes import visible
from tests.ui.residents.village import Hands, Village

Opened = Callable[[], ResidentsScreen]


def cut_tabs(tabs: QTabBar) -> list[str]:
    """Tabs whose words need more room than they have."""
    metrics = tabs.fontMetrics()
    words = ((tabs.tabText(at), tabs.tabRect(at)) for at in range(tabs.count()))
    return [text for text, place in words if metrics.horizontalAdvance(text) > place.width() - 8]


@pytest.mark.parametrize(
    ("scale", "language"), [(100, "zh"), (150, "zh"), (200, "zh"), (100, "en"), (150, "en"), (100, "pseudo")]
)
def test_every_tab_is_in_view(
    village: Village, opened: Opened, hands: Hands, look: Theme, *, scale: int, language: Language
) -> None:
    use_language(language)
    look.configure(text_scale=scale)
    for day in range(12):
        village.visit(village.wang, days_ago=day)
    village.case("楼道堆物", room_id=village.rooms["3-2-501"])
    screen = opened()
    hands.type("秀兰")
    hands.press(Qt.Key.Key_Return)
    tabs = screen.pane.tabs
    arrows = list(visible(tabs, QToolButton))
    assert (arrows, tabs.tabRect(3).right() < tabs.width() <= screen.pane.width()) == ([], True)
    assert language == "pseudo" or cut_tabs(tabs) == []
