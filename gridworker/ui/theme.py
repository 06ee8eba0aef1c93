"""The look of the program: colour tokens, type and row heights, for light and dark and 100 to 200 % text."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

import msgspec
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from gridworker.settings import resource_path
from gridworker.ui.control_style import control_style

MODES = ("system", "light", "dark")
TypeRole = Literal["caption", "body", "subtitle", "title", "display"]


class Tag(msgspec.Struct, frozen=True):
    """The two colours of a tag."""

    ground: str
    text: str


class Tokens(msgspec.Struct, frozen=True):
    """Every colour of one theme, as #RRGGBB."""

    bg: str
    surface: str
    surface2: str
    sunken: str
    border: str
    border_strong: str
    text: str
    text2: str
    text3: str
    disabled: str
    accent: str
    accent_hover: str
    accent_press: str
    accent_weak: str
    on_accent: str
    sel: str
    sel_text: str
    danger: str
    danger_weak: str
    warn: str
    warn_weak: str
    ok: str
    ok_weak: str
    row_alt: str
    tags: Mapping[str, Tag]


class Measures(msgspec.Struct, frozen=True):
    """Type sizes in points and row heights in pixels, both at 100 %."""

    type: Mapping[str, int]
    rows: Mapping[str, int]


class Look(msgspec.Struct, frozen=True):
    """The whole of resources/themes/tokens.toml."""

    light: Tokens
    dark: Tokens
    measures: Measures
    fonts: Mapping[str, tuple[str, ...]]


@cache
def look() -> Look:
    """The tokens of both themes, read once."""
    return msgspec.convert(tomllib.loads(resource_path("themes/tokens.toml").read_text("utf-8")), Look)


class Theme(QObject):
    """What everything is painted with; `changed` follows any change of colours, text size or density."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        """A light theme at 100 % with normal rows, until `configure` is called."""
        super().__init__(parent)
        self.mode = "light"
        self.density = "normal"
        self.text_scale = 100
        self.tokens = look().light
        self.family = choose_family(QFontDatabase.families())
        self._colours: dict[str, QColor] = {}
        self._fonts: dict[tuple[str, bool], QFont] = {}

    @property
    def dark(self) -> bool:
        """Whether the dark tokens are in use."""
        return self.tokens is look().dark

    @property
    def row_height(self) -> int:
        """The height of a table row in pixels."""
        return self.px(look().measures.rows[self.density])

    def configure(
        self, *, mode: str | None = None, density: str | None = None, text_scale: int | None = None
    ) -> None:
        """Take over what the settings say and repaint the application."""
        self.mode = _one_of(MODES, mode or self.mode)
        self.density = _one_of(tuple(look().measures.rows), density or self.density)
        self.text_scale = min(200, max(100, text_scale or self.text_scale))
        self.apply()

    def apply(self) -> None:
        """Give palette, font and control style to the application and announce the change."""
        self.tokens = look().dark if self._wants_dark() else look().light
        self._colours.clear()
        self._fonts.clear()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(palette_of(self.tokens))
            app.setFont(self.font("body"))
            marks = resource_path("themes/dark" if self.dark else "themes/light").as_posix()
            app.setStyleSheet(control_style(self.tokens, marks, self.px))
        self.changed.emit()

    def px(self, pixels: float) -> int:
        """A length that grows with the text, in pixels."""
        return round(pixels * self.text_scale / 100)

    def color(self, token: str) -> QColor:
        """The colour of a token such as "accent"."""
        if token not in self._colours:
            self._colours[token] = QColor(getattr(self.tokens, token))
        return self._colours[token]

    def tag(self, colour: str) -> tuple[QColor, QColor]:
        """Ground and text of a tag; a colour that the theme lacks is grey."""
        tag = self.tokens.tags.get(colour) or self.tokens.tags["grey"]
        return QColor(tag.ground), QColor(tag.text)

    def font(self, role: TypeRole = "body", *, bold: bool = False) -> QFont:
        """The font of a role; a copy, so it may be changed."""
        key = (role, bold)
        if key not in self._fonts:
            self._fonts[key] = self._make_font(role, bold=bold)
        return QFont(self._fonts[key])

    def follow_system(self) -> None:
        """The system switched between light and dark: repaint if the user wants to follow it."""
        if self.mode == "system":
            self.apply()

    def _make_font(self, role: TypeRole, *, bold: bool) -> QFont:
        font = QFont(self.family or QFont().family())
        font.setPointSizeF(look().measures.type[role] * self.text_scale / 100)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def _wants_dark(self) -> bool:
        if self.mode == "system":
            return system_is_dark()
        return self.mode == "dark"


def _one_of(allowed: tuple[str, ...], value: str) -> str:
    if value not in allowed:
        raise ValueError(f"no {value!r} here; there are {', '.join(allowed)}")
    return value


def system_is_dark() -> bool:
    """What the desktop of this computer asks programs to look like."""
    return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark


_installed: list[Theme] = []


def theme() -> Theme:
    """The theme of this application; a plain light one until `install_theme` was called."""
    if not _installed:
        _installed.append(Theme())
    return _installed[0]


def install_theme(
    app: QApplication, *, mode: str = "system", density: str = "normal", text_scale: int = 100
) -> Theme:
    """Dress the application: Fusion style, tokens, font; follows the system's theme where `mode` says so."""
    app.setStyle(QStyleFactory.create("Fusion"))
    installed = theme()
    hints = QGuiApplication.styleHints()
    hints.colorSchemeChanged.connect(installed.follow_system, Qt.ConnectionType.UniqueConnection)
    installed.configure(mode=mode, density=density, text_scale=text_scale)
    return installed


def palette_of(tokens: Tokens) -> QPalette:
    """The Qt palette of a theme, which tables, lists and anything without a style of its own follow."""
    palette = QPalette()
    for role, token in _PALETTE:
        palette.setColor(role, QColor(getattr(tokens, token)))
    for role, token in _DISABLED:
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(getattr(tokens, token)))
    return palette


_Role = QPalette.ColorRole
_PALETTE = (
    (_Role.Window, "bg"),
    (_Role.WindowText, "text"),
    (_Role.Base, "surface"),
    (_Role.AlternateBase, "row_alt"),
    (_Role.Text, "text"),
    (_Role.Button, "surface2"),
    (_Role.ButtonText, "text"),
    (_Role.BrightText, "danger"),
    (_Role.ToolTipBase, "surface"),
    (_Role.ToolTipText, "text"),
    (_Role.PlaceholderText, "text3"),
    (_Role.Highlight, "sel"),
    (_Role.HighlightedText, "sel_text"),
    (_Role.Accent, "accent"),
    (_Role.Link, "accent"),
    (_Role.LinkVisited, "accent"),
    (_Role.Light, "surface"),
    (_Role.Midlight, "surface2"),
    (_Role.Mid, "border"),
    (_Role.Dark, "border_strong"),
    (_Role.Shadow, "border"),
)
_DISABLED = (
    (_Role.WindowText, "disabled"),
    (_Role.Text, "disabled"),
    (_Role.ButtonText, "disabled"),
    (_Role.HighlightedText, "disabled"),
)


def choose_family(available: Iterable[str]) -> str | None:
    """The best Chinese font family of those the computer has, or None."""
    have = set(available)
    return next((family for family in look().fonts["families"] if family in have), None)


def missing_font_notice() -> str | None:
    """What to say where no Chinese font is installed, in plain ASCII because nothing else could be shown."""
    if choose_family(QFontDatabase.families()):
        return None
    if QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese):
        return None
    return (
        "No Chinese font was found on this computer, so texts appear as boxes. Install one and start again: "
        "Debian, Ubuntu, UOS, Kylin: sudo apt install fonts-noto-cjk; "
        "Windows: Settings > Optional features > Chinese (Simplified) supplemental fonts."
    )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(QColor(one)), _luminance(QColor(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
