"""Actions as data: keys, conflicts, menus, help."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gridworker.ui.icons import icon_names
from gridworker.ui.key_sheet import key_lines
from gridworker.ui.menu import FORBIDDEN_KEYS, SHELL, Action, fill_menu, install_keys, key_faults, key_map


class Target:
    """Something that actions are done to."""

    def __init__(self) -> None:
        """Nothing done yet."""
        self.done: list[str] = []
        self.ready = True


def action(name: str, *keys: str) -> Action[Target]:
    """An action that notes its name, while the target is ready."""
    return Action(
        name, "记走访", lambda t: t.done.append(name), keys, "visit", ("menu", "palette"), lambda t: t.ready
    )


def test_the_keys_of_the_window_do_not_contradict_each_other() -> None:
    assert key_faults(SHELL) == []
    assert set(key_map(SHELL)) >= {"F1", "F2", "F3", "Ctrl+K", "Ctrl+Z"}


def test_every_action_of_the_window_has_an_icon_and_a_name_of_its_own() -> None:
    assert {a.icon for a in SHELL} <= set(icon_names())
    assert len({a.name for a in SHELL}) == len(SHELL)


@pytest.mark.parametrize("keys", FORBIDDEN_KEYS)
def test_keys_of_input_methods_are_refused(keys: str) -> None:
    assert "input methods" in " ".join(key_faults([action("one", keys)]))


@pytest.mark.parametrize("keys", ["A", "z", "Shift+Q"])
def test_bare_letters_are_refused_because_the_input_method_eats_them(keys: str) -> None:
    assert "bare letter" in " ".join(key_faults([action("one", keys)]))


@pytest.mark.parametrize("keys", ["1", "F6", "Ctrl+D", "Ctrl+Shift+D", "Return", "Alt+Left"])
def test_digits_function_keys_and_chords_are_fine(keys: str) -> None:
    assert key_faults([action("one", keys)]) == []


def test_a_key_given_twice_is_named_with_both_actions() -> None:
    assert key_faults([action("one", "Ctrl+E"), action("two", "ctrl+e")]) == ["ctrl+e of two is taken by one"]
    assert key_faults([action("mine", "F2")], SHELL) == ["F2 of mine is taken by quick_visit"]
    with pytest.raises(ValueError, match="one"):
        key_map([action("one", "Ctrl+E"), action("two", "Ctrl+E")])


def test_what_is_no_key_is_named() -> None:
    assert key_faults([action("one", "Ctrl+Nonsense")]) == ["Ctrl+Nonsense of one is no key"]


@pytest.fixture
def form(qtbot: QtBot) -> QWidget:
    """A widget with an edit inside, shown."""
    widget = QWidget()
    qtbot.addWidget(widget)
    QVBoxLayout(widget).addWidget(QLineEdit())
    widget.show()
    widget.activateWindow()
    return widget


def test_a_key_works_wherever_the_focus_is_inside(form: QWidget, qtbot: QtBot) -> None:
    target = Target()
    install_keys([action("one", "F6"), action("two", "1")], form, target)
    edit = form.findChild(QLineEdit)
    assert edit is not None
    edit.setFocus()
    qtbot.waitUntil(edit.hasFocus)
    qtbot.keyClick(edit, Qt.Key.Key_F6)
    qtbot.keyClick(edit, Qt.Key.Key_1)
    assert target.done == ["one"]
    assert edit.text() == "1"  # who types in an edit types


def test_a_key_does_nothing_while_its_action_is_not_possible(form: QWidget, qtbot: QtBot) -> None:
    target = Target()
    target.ready = False
    install_keys([action("one", "F6")], form, target)
    form.setFocus()
    qtbot.keyClick(form, Qt.Key.Key_F6)
    assert target.done == []


def test_a_menu_shows_icons_keys_and_what_is_possible(qtbot: QtBot) -> None:
    target = Target()
    menu = QMenu()
    qtbot.addWidget(menu)
    fill_menu(menu, [action("one", "Ctrl+E"), *SHELL], target, where="menu")
    (entry,) = menu.actions()
    assert entry.text() == "记走访\tCtrl+E"
    assert not entry.icon().isNull()
    entry.trigger()
    assert target.done == ["one"]
    target.ready = False
    fill_menu(menu, [action("one")], target, where="menu")
    assert [e.isEnabled() for e in menu.actions()] == [False]


def test_help_lists_every_key_and_what_it_does() -> None:
    lines = key_lines([action("one", "F2", "Ctrl+E"), action("no key")], [("1…9", "选择")])
    assert lines == [("F2 / Ctrl+E", "记走访"), ("1…9", "选择")]
