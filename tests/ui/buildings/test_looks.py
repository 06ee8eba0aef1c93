"""How the buildings screen looks in both themes, larger and in longer words, and how its cells contrast."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from gridworker.i18n import Language, use_language
from gridworker.ui.buildings.layers import LAYERS
from gridworker.ui.buildings.view import BuildingsScreen
from gridworker.ui.menu import SHELL, key_faults
from gridworker.ui.theme import Theme, contrast
from tests.ui.residents.looks import faults
from tests.ui.residents.village import Hands, Village

Opened = Callable[[], BuildingsScreen]
LOOKS: list[tuple[str, int, Language]] = [
    ("light", 100, "zh"),
    ("dark", 100, "zh"),
    ("light", 150, "zh"),
    ("dark", 200, "zh"),
    ("light", 100, "pseudo"),
]


@pytest.mark.parametrize(("mode", "scale", "language"), LOOKS)
def test_the_screen_can_be_read(
    village: Village, opened: Opened, hands: Hands, look: Theme, mode: str, scale: int, language: Language
) -> None:
    use_language(language)
    look.configure(mode=mode, text_scale=scale)
    village.case("水管渗漏", room_id=village.rooms["3-2-501"])
    screen = opened()
    hands.type("2-501")
    hands.press(Qt.Key.Key_Return)
    assert faults(screen) == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_words_stand_out_from_every_shade(look: Theme, mode: str) -> None:
    look.configure(mode=mode)
    for layer in LAYERS:
        for shade in layer.shades:
            plain = (look.color("surface"), look.color("text2"))
            ground, words = look.tag(shade.colour) if shade.colour else plain
            assert contrast(QColor(ground).name(), QColor(words).name()) >= 4.5, (layer.name, shade.code)


def test_a_change_of_theme_repaints_the_matrix(village: Village, opened: Opened, look: Theme) -> None:
    screen = opened()
    before = screen.matrix.viewport().grab().toImage()
    look.configure(mode="dark")
    assert screen.matrix.viewport().grab().toImage() != before


def test_no_key_of_the_screen_belongs_to_somebody_else() -> None:
    assert key_faults(BuildingsScreen.screen_actions, SHELL) == []
