"""The probes themselves: each finds the fault that was planted, and nothing where there is none."""

from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.probes import clipped_texts, focus_jumps, focus_order, nameless, weak_contrasts


def page(qtbot: QtBot, *widgets: QWidget) -> QWidget:
    """A shown column of widgets."""
    outer = QWidget()
    qtbot.addWidget(outer)
    column = QVBoxLayout(outer)
    for widget in widgets:
        column.addWidget(widget)
    outer.resize(400, 300)
    outer.show()
    return outer


def test_words_that_do_not_fit_are_found(qtbot: QtBot) -> None:
    label, wrapped, button = (
        QLabel("幸福里社区第三网格"),
        QLabel("幸福里社区第三网格" * 9),
        QPushButton("保存并下一位"),
    )
    wrapped.setWordWrap(True)
    outer = page(qtbot, label, wrapped, button)
    assert clipped_texts(outer) == []
    label.setFixedWidth(40)
    wrapped.setFixedHeight(12)
    button.setFixedWidth(30)
    qtbot.wait(1)
    assert clipped_texts(outer) == [label.text(), wrapped.text(), button.text()]


def test_words_too_pale_to_read_are_found(qtbot: QtBot) -> None:
    good, pale, off = QLabel("看得清"), QLabel("看不清"), QLabel("不能用")
    pale.setStyleSheet("color: #A0A8B0")
    off.setStyleSheet("color: #A0A8B0")
    off.setEnabled(False)
    outer = page(qtbot, good, pale, off)
    assert [words.split()[0] for words in weak_contrasts(outer)] == ["看不清"]


def test_a_control_without_a_name_is_found(qtbot: QtBot) -> None:
    named, bare = QLineEdit(), QToolButton()
    named.setAccessibleName("备注")
    bare.setFocusPolicy(bare.focusPolicy().StrongFocus)
    assert nameless(page(qtbot, named, bare)) == ["QToolButton"]


def test_a_focus_that_jumps_back_is_found(qtbot: QtBot) -> None:
    first, second, third = QPushButton("一"), QPushButton("二"), QPushButton("三")
    outer = page(qtbot, first, second, third)
    assert focus_order(outer) == [first, second, third]
    assert focus_jumps(outer) == []
    QWidget.setTabOrder(third, second)
    assert focus_jumps(outer) == ["三 → 二"]
