"""The style sheet of controls, made from the tokens; item views are never named here, they would be slow."""

from collections.abc import Callable
from string import Template
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from gridworker.ui.theme import Tokens

# A rule on QWidget, QFrame, QAbstractItemView or "*" would reach the tables: name controls or roles only.
_SHEET = Template("""
QPushButton, QToolButton[role="button"] {
  background: $surface; color: $text; border: 1px solid $border_strong; border-radius: 4px;
  padding: ${p3}px ${p10}px; min-height: ${p20}px;
}
QPushButton:hover, QToolButton[role="button"]:hover { background: $sunken; }
QPushButton:pressed, QToolButton[role="button"]:pressed { background: $border; }
QPushButton:focus, QToolButton[role="button"]:focus { border: 2px solid $accent; padding: ${p2}px ${p9}px; }
QPushButton:disabled, QToolButton[role="button"]:disabled {
  color: $disabled; border-color: $border; background: $surface2;
}
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:pressed { background: $accent_press; }
QPushButton[role="primary"]:focus { border: 2px solid $text; }
QPushButton[role="primary"]:disabled { background: $sunken; color: $disabled; border-color: $border; }
QPushButton[role="danger"] { color: $danger; border-color: $danger; }
QPushButton[role="danger"]:hover { background: $danger_weak; }
QPushButton[role="quiet"], QToolButton[role="quiet"] {
  background: transparent; color: $accent; border: 1px solid transparent; border-radius: 4px;
  padding: ${p3}px ${p6}px; min-height: ${p20}px;
}
QToolButton[role="quiet"] { color: $text2; }
QPushButton[role="quiet"]:hover, QToolButton[role="quiet"]:hover { background: $accent_weak; }
QPushButton[role="quiet"]:pressed, QToolButton[role="quiet"]:pressed { background: $sel; }
QPushButton[role="quiet"]:focus, QToolButton[role="quiet"]:focus {
  border: 2px solid $accent; padding: ${p2}px ${p5}px;
}
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton[role="tight"] {
  background: transparent; border: 2px solid transparent; border-radius: 4px; padding: 0 ${p3}px;
}
QToolButton[role="tight"]:hover { background: $accent_weak; }
QToolButton[role="tight"]:focus { border-color: $accent; }
QToolButton[role="fact"] {
  background: transparent; border: none; border-radius: 4px; color: $text2; padding: ${p2}px ${p5}px;
}
QToolButton[role="fact"]:hover { background: $sunken; }
QToolButton[role="door"] {
  background: $sunken; color: $text2; border: 1px solid $border_strong; border-radius: 4px;
  padding: ${p3}px ${p12}px ${p3}px ${p8}px; min-height: ${p20}px;
}
QToolButton[role="door"]:hover { background: $surface; }
QToolButton[role="door"]:focus { border: 2px solid $accent; }
QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QSpinBox, QDateEdit, QTimeEdit, QDateTimeEdit {
  background: $surface; color: $text; border: 1px solid $border_strong; border-radius: 4px;
  padding: ${p3}px ${p6}px; selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit, QComboBox, QSpinBox, QDateEdit, QTimeEdit, QDateTimeEdit { min-height: ${p20}px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QSpinBox:focus, QDateEdit:focus,
QTimeEdit:focus, QDateTimeEdit:focus { border: 2px solid $accent; padding: ${p2}px ${p5}px; }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QComboBox:disabled {
  color: $disabled; background: $surface2; border-color: $border;
}
QLineEdit:read-only { background: $surface2; border-color: $border; }
QLineEdit[wrong="true"] { border-color: $danger; }
QComboBox::drop-down, QDateEdit::drop-down, QDateTimeEdit::drop-down { border: none; width: ${p22}px; }
QComboBox::down-arrow, QDateEdit::down-arrow, QDateTimeEdit::down-arrow {
  image: url("$images-arrow.svg"); width: ${p14}px; height: ${p14}px;
}
QSpinBox::up-button, QSpinBox::down-button, QTimeEdit::up-button, QTimeEdit::down-button {
  border: none; background: transparent; width: ${p20}px; subcontrol-origin: border;
}
QSpinBox::up-button, QTimeEdit::up-button { subcontrol-position: top right; }
QSpinBox::down-button, QTimeEdit::down-button { subcontrol-position: bottom right; }
QSpinBox::up-arrow, QTimeEdit::up-arrow { image: url("$images-up.svg"); width: ${p12}px; height: ${p12}px; }
QSpinBox::down-arrow, QTimeEdit::down-arrow {
  image: url("$images-arrow.svg"); width: ${p12}px; height: ${p12}px;
}
QCheckBox, QRadioButton { spacing: ${p6}px; color: $text; min-height: ${p20}px; }
QCheckBox::indicator, QRadioButton::indicator {
  width: ${p14}px; height: ${p14}px; border: 1px solid $border_strong; background: $surface;
}
QCheckBox::indicator { border-radius: 3px; }
QRadioButton::indicator { border-radius: ${p8}px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$images-check.svg"); }
QRadioButton::indicator:checked { background: $accent; border-color: $accent; image: url("$images-dot.svg"); }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border: 2px solid $accent; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $border; }
QMenu { background: $surface; color: $text; border: 1px solid $border_strong; padding: 4px; }
QMenu::item { padding: ${p5}px ${p24}px ${p5}px ${p10}px; border-radius: 3px; }
QMenu::item:selected { background: $sel; color: $sel_text; }
QMenu::item:disabled { color: $disabled; }
QMenu::icon { padding-left: ${p8}px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 6px; }
QToolTip { background: $surface; color: $text; border: 1px solid $border_strong; padding: 4px 6px; }
QTabBar::tab {
  background: transparent; color: $text2; padding: ${p6}px ${p12}px; border: none;
  border-bottom: 2px solid transparent;
}
QTabBar::tab:hover { color: $accent; }
QTabBar::tab:selected { color: $accent; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { background: $accent_weak; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QProgressBar {
  background: $sunken; border: none; border-radius: 4px; min-height: 8px; max-height: 8px; color: transparent;
}
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $border_strong; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $text3; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
[role="card"] { background: $surface; border: 1px solid $border; border-radius: 6px; }
[role="bar"] { background: $surface; border: none; border-bottom: 1px solid $border; }
[role="foot"] { background: $surface; border: none; border-top: 1px solid $border; }
[role="side"] { background: $surface2; border: none; border-right: 1px solid $border; }
[role="page"] { background: $bg; }
[role="pane"] { background: $surface; }
[role="sheet"] { background: $surface; border: 1px solid $border_strong; border-radius: 6px; }
[role="caption"] { color: $text3; }
[role="second"] { color: $text2; }
[role="accent"] { color: $accent; }
[role="wrong"] { color: $danger; }
[strip="info"] { background: $accent_weak; border: none; border-bottom: 1px solid $accent; }
[strip="ok"] { background: $ok_weak; border: none; border-bottom: 1px solid $ok; }
[strip="warn"] { background: $warn_weak; border: none; border-bottom: 1px solid $warn; }
[strip="error"] { background: $danger_weak; border: none; border-bottom: 1px solid $danger; }
""")


def control_style(tokens: "Tokens", images: str, px: Callable[[float], int]) -> str:
    """The style sheet in these colours; `images` begins the path of its marks, `px` scales with the text."""
    lengths = {f"p{n}": px(n) for n in (2, 3, 5, 6, 8, 9, 10, 12, 14, 20, 22, 24)}
    colours = {
        name: value for name, value in msgspec.structs.asdict(tokens).items() if isinstance(value, str)
    }
    return _SHEET.substitute(colours, images=images, **lengths)
