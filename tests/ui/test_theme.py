"""The look: tokens, contrast, text size, density, fonts and icons."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QTableView
from pytestqt.qtbot import QtBot

from gridworker.settings import resource_path
from gridworker.ui.control_style import control_style
from gridworker.ui.icons import icon_names, pixmap
from gridworker.ui.lamps import LAMPS
from gridworker.ui.theme import (
    Theme,
    Tokens,
    choose_family,
    contrast,
    install_theme,
    look,
    missing_font_notice,
)

THEMES = {"light": look().light, "dark": look().dark}
GROUNDS = ("bg", "surface", "surface2", "row_alt")
WORDS = ("text", "text2", "text3", "accent", "danger", "warn", "ok")


@pytest.fixture(params=THEMES)
def tokens(request: pytest.FixtureRequest) -> Tokens:
    """Both themes in turn."""
    return THEMES[request.param]


def test_contrast_agrees_with_the_known_ratios() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_words_can_be_read_on_every_ground(tokens: Tokens) -> None:
    pairs = [(word, ground) for word in WORDS for ground in GROUNDS]
    pairs += [("sel_text", "sel"), ("on_accent", "accent"), ("on_accent", "accent_hover"), ("text", "sunken")]
    pairs += [
        ("text2", "sunken"),
        ("accent", "accent_weak"),
        ("text", "accent_weak"),
        ("text2", "accent_weak"),
    ]
    pairs += [(kind, f"{kind}_weak") for kind in ("danger", "warn", "ok")]
    pairs += [("text", f"{kind}_weak") for kind in ("danger", "warn", "ok")]
    weak = {(a, b): contrast(getattr(tokens, a), getattr(tokens, b)) for a, b in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_words_of_tags_can_be_read(tokens: Tokens) -> None:
    assert {n: r for n, t in tokens.tags.items() if (r := contrast(t.ground, t.text)) < 4.5} == {}


def test_borders_and_focus_stand_out(tokens: Tokens) -> None:
    for ground in GROUNDS:
        assert contrast(tokens.border_strong, getattr(tokens, ground)) >= 3
        assert contrast(tokens.accent, getattr(tokens, ground)) >= 3


def test_text_grows_to_twice_its_size_and_rows_with_it(look: Theme) -> None:
    look.configure(text_scale=200, density="compact")
    assert look.font("body").pointSizeF() == 20
    assert look.row_height == 48
    look.configure(text_scale=400)
    assert look.text_scale == 200


@pytest.mark.parametrize(("density", "height"), [("compact", 24), ("normal", 28), ("comfortable", 34)])
def test_density_decides_the_height_of_rows(look: Theme, density: str, height: int) -> None:
    look.configure(density=density)
    assert look.row_height == height


def test_an_unknown_theme_is_refused_by_name(look: Theme) -> None:
    with pytest.raises(ValueError, match="sepia"):
        look.configure(mode="sepia")


def test_the_application_wears_the_theme_and_says_when_it_changes(look: Theme, qapp: QApplication) -> None:
    heard = []
    look.changed.connect(lambda: heard.append(look.dark))
    look.configure(mode="dark")
    assert heard == [True]
    assert qapp.palette().color(QPalette.ColorRole.Base).name().upper() == THEMES["dark"].surface
    assert THEMES["dark"].accent in qapp.styleSheet()


def test_the_system_theme_is_followed_where_the_user_wants_it(
    look: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints = QGuiApplication.styleHints()
    look.configure(mode="system")
    assert not look.dark
    monkeypatch.setattr("gridworker.ui.theme.system_is_dark", lambda: True)
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert look.dark
    look.configure(mode="light")
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert not look.dark


def test_installing_the_theme_twice_changes_nothing(qapp: QApplication, look: Theme) -> None:
    before = qapp.styleSheet()
    assert install_theme(qapp, mode="light") is look
    assert qapp.styleSheet() == before


def test_no_style_rule_reaches_tables_and_lists(look: Theme, qtbot: QtBot) -> None:
    # A border or background in the sheet would switch off scroll blitting: 3.4 → 16 ms a wheel step.
    sheet = control_style(look.tokens, "x", look.px)
    selectors = re.findall(r"([^{}]+)\{", sheet)
    slow = re.compile(r"(^|[\s,])(\*|QWidget|QFrame|QAbstract\w+|QTableView|QTreeView|QListView)([\s,:]|$)")
    assert [s.strip() for s in selectors if slow.search(s)] == []
    table = QTableView()
    qtbot.addWidget(table)
    assert not table.property("role")


def test_the_first_installed_family_of_the_list_is_chosen() -> None:
    assert choose_family(["DejaVu Sans", "SimSun", "PingFang SC"]) == "PingFang SC"
    assert choose_family(["DejaVu Sans"]) is None


def test_a_missing_chinese_font_is_reported_in_letters_that_every_font_has(
    monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    assert missing_font_notice() is None
    monkeypatch.setattr("gridworker.ui.theme.QFontDatabase.families", lambda *_args: [])
    notice = missing_font_notice()
    assert notice is not None
    assert notice.isascii()
    assert "fonts-noto-cjk" in notice


def test_every_icon_is_drawn_in_the_colour_of_its_token(look: Theme) -> None:
    assert len(icon_names()) >= 30
    for name in icon_names():
        picture = pixmap(name, 24, "danger", ratio=2).toImage()
        assert picture.width() == 48
        solid = {
            picture.pixelColor(x, y).name().upper()
            for x in range(48)
            for y in range(48)
            if picture.pixelColor(x, y).alpha() == 255
        }
        assert solid == {look.tokens.danger}, name


def test_every_lamp_has_a_shape_of_its_own() -> None:
    assert len({sign.icon for sign in LAMPS.values()}) == len(LAMPS)
    assert all(sign.word for sign in LAMPS.values())


def test_an_unknown_icon_names_those_that_exist() -> None:
    with pytest.raises(ValueError, match="today"):
        pixmap("no-such-icon", 16)


def test_icons_use_only_strokes_and_the_current_colour() -> None:
    for path in resource_path("icons").glob("*.svg"):
        drawing = path.read_text("utf-8")
        assert "currentColor" in drawing, path.name
        assert 'viewBox="0 0 24 24"' in drawing, path.name
