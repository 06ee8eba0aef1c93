"""Ctrl+K: one box for people, rooms and everything that can be done."""

from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gridworker.ui.palette import MAX_ITEMS, Palette, PaletteItem


class Room:
    """A window with an edit and a palette, and what was done."""

    def __init__(self, qtbot: QtBot) -> None:
        """Shown, with the focus in the edit."""
        self.done: list[str] = []
        self.asked: list[str] = []
        self.window = QWidget()
        qtbot.addWidget(self.window)
        other, self.edit = QLineEdit(), QLineEdit()
        column = QVBoxLayout(self.window)
        column.addWidget(other)
        column.addWidget(self.edit)
        self.palette = Palette(self.window, self.commands)
        self.palette.set_provider(self.people)
        self.window.resize(900, 600)
        self.window.show()
        self.window.activateWindow()
        self.edit.setFocus()
        qtbot.waitUntil(self.edit.hasFocus)

    def item(self, text: str, hint: str = "") -> PaletteItem:
        """Something that notes that it was done."""
        return PaletteItem(text, lambda: self.done.append(text), hint)

    def commands(self) -> Sequence[PaletteItem]:
        """Two things to do."""
        return [self.item("记走访"), self.item("报事件")]

    def people(self, query: str) -> Sequence[PaletteItem]:
        """Two people whose initials are wxl."""
        self.asked.append(query)
        return [self.item("王秀兰", "82 女"), self.item("王小丽")] if "wxl".startswith(query) else []


@pytest.fixture
def room(qtbot: QtBot) -> Room:
    """A fresh window."""
    return Room(qtbot)


def texts(room: Room) -> list[str]:
    """What is found now."""
    return [item.text for item in room.palette.items()]


def test_it_opens_with_everything_that_can_be_done(room: Room) -> None:
    room.palette.open_palette()
    assert texts(room) == ["记走访", "报事件"]
    assert room.asked == []


def test_people_are_found_and_enter_opens_the_first(room: Room, qtbot: QtBot) -> None:
    room.palette.open_palette()
    qtbot.keyClicks(room.palette.edit, "wxl")
    qtbot.waitUntil(lambda: texts(room) == ["王秀兰", "王小丽"])
    qtbot.keyClick(room.palette.edit, Qt.Key.Key_Return)
    assert room.done == ["王秀兰"]
    assert not room.palette.isVisible()


def test_what_is_found_comes_before_what_can_be_done(room: Room, qtbot: QtBot) -> None:
    room.palette.set_provider(lambda _query: [room.item("记者站")])
    room.palette.open_palette()
    room.palette.edit.setText("记")
    qtbot.waitUntil(lambda: texts(room) == ["记者站", "记走访"])


def test_arrows_choose_and_the_box_keeps_the_focus(room: Room, qtbot: QtBot) -> None:
    room.palette.open_palette()
    qtbot.keyClick(room.palette.edit, Qt.Key.Key_Down)
    assert room.palette.edit.hasFocus()
    qtbot.keyClick(room.palette.edit, Qt.Key.Key_Enter)
    assert room.done == ["报事件"]


def test_commands_are_found_by_part_of_their_words(room: Room, qtbot: QtBot) -> None:
    room.palette.open_palette()
    room.palette.edit.setText("事件")
    qtbot.waitUntil(lambda: texts(room) == ["报事件"])


def test_finding_nothing_is_said_and_enter_does_nothing(room: Room, qtbot: QtBot) -> None:
    room.palette.open_palette()
    room.palette.edit.setText("查无此人")
    qtbot.waitUntil(lambda: texts(room) == [])
    qtbot.keyClick(room.palette.edit, Qt.Key.Key_Return)
    assert room.done == []
    assert room.palette.isVisible()


def test_esc_empties_then_closes_and_gives_the_focus_back(room: Room, qtbot: QtBot) -> None:
    room.palette.open_palette()
    qtbot.keyClicks(room.palette.edit, "w")
    qtbot.keyClick(room.palette.edit, Qt.Key.Key_Escape)
    assert room.palette.isVisible()
    qtbot.keyClick(room.palette.edit, Qt.Key.Key_Escape)
    assert not room.palette.isVisible()
    assert room.edit.hasFocus()


def test_a_click_does_it_too(room: Room, qtbot: QtBot) -> None:
    room.palette.open_palette()
    view = room.palette._list
    place = view.visualRect(view.model().index(1, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert room.done == ["报事件"]


def test_no_more_is_shown_than_anybody_reads(room: Room, qtbot: QtBot) -> None:
    room.palette.set_provider(lambda _query: [room.item(str(n)) for n in range(500)])
    room.palette.open_palette()
    room.palette.edit.setText("w")
    qtbot.waitUntil(lambda: len(texts(room)) == MAX_ITEMS)
