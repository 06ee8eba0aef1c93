"""How the residents screen looks in both themes, larger and in longer words: nothing clipped or pale."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt

from gridworker.i18n import Language, use_language
from gridworker.ui.menu import SHELL, key_faults
from gridworker.ui.residents.view import ResidentsScreen
from gridworker.ui.theme import Theme
from tests.ui.residents.looks import faults
from tests.ui.residents.village import CTRL, Hands, Village

Opened = Callable[[], ResidentsScreen]
Key = Qt.Key
LOOKS: list[tuple[str, int, Language]] = [
    ("light", 100, "zh"),
    ("dark", 100, "zh"),
    ("light", 150, "zh"),
    ("dark", 200, "zh"),
    ("light", 100, "pseudo"),
]


@pytest.mark.parametrize(("mode", "scale", "language"), LOOKS)
@pytest.mark.parametrize("page", ["card", "visits", "household", "form", "care", "absence"])
def test_every_page_of_the_card_can_be_read(
    village: Village,
    opened: Opened,
    hands: Hands,
    look: Theme,
    mode: str,
    scale: int,
    language: Language,
    page: str,
) -> None:
    use_language(language)
    look.configure(mode=mode, text_scale=scale)
    village.visit(village.wang, days_ago=3, note="血压偏高，已约社区医院", needs=("meals", "repair"))
    screen = opened()
    hands.type("秀兰")
    hands.press(Key.Key_Return)
    {
        "card": lambda: None,
        "visits": lambda: hands.press((Key.Key_PageDown, CTRL)),
        "household": lambda: hands.press((Key.Key_PageUp, CTRL)),
        "form": lambda: hands.press(Key.Key_F4),
        "care": lambda: hands.press((Key.Key_G, CTRL)),
        "absence": lambda: hands.press(Key.Key_F7),
    }[page]()
    hands.settle()
    assert faults(screen) == []


def test_no_key_of_the_screen_belongs_to_somebody_else() -> None:
    assert key_faults(ResidentsScreen.screen_actions, SHELL) == []
