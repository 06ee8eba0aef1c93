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

PAGES: list[tuple[str, list[Key | tuple[Key, Qt.KeyboardModifier]], bool]] = [
    ("card", [], False),
    ("visits", [(Key.Key_PageDown, CTRL)], False),
    ("household", [(Key.Key_PageDown, CTRL), (Key.Key_PageDown, CTRL)], False),
    ("form", [Key.Key_F4], True),
    ("care", [(Key.Key_G, CTRL)], True),
    ("absence", [Key.Key_F7], True),
]
"""Each page, the keys that lead to it, and whether it is left by Esc."""


@pytest.mark.parametrize(("mode", "scale", "language"), LOOKS)
def test_every_page_of_the_card_can_be_read(
    village: Village, opened: Opened, hands: Hands, look: Theme, mode: str, scale: int, language: Language
) -> None:
    use_language(language)
    look.configure(mode=mode, text_scale=scale)
    village.visit(village.wang, days_ago=3, note="血压偏高，已约社区医院", needs=("meals", "repair"))
    screen = opened()
    seen = {"list": faults(screen)}
    hands.type("秀兰")
    hands.press(Key.Key_Return)
    for page, keys, back in PAGES:
        hands.press(*keys)
        seen[page] = faults(screen)
        assert not back or screen.back()
    assert {page: wrong for page, wrong in seen.items() if wrong} == {}


def test_no_key_of_the_screen_belongs_to_somebody_else() -> None:
    assert key_faults(ResidentsScreen.screen_actions, SHELL) == []
