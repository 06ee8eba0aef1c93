"""A canary for the Qt binding: a version that loses references to None aborts after some hours."""

import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

ROUNDS = 3_000
NOISE = 300


class _Sender(QObject):
    sent = Signal()


def test_void_calls_and_signals_do_not_eat_references_to_none_and_true(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    sender = _Sender()
    heard: list[int] = []
    sender.sent.connect(lambda: heard.append(1))
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _round in range(ROUNDS):
        widget.update()
        widget.setEnabled(True)
        sender.sent.emit()
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert len(heard) == ROUNDS
    assert [abs(b - a) < NOISE for a, b in zip(before, after, strict=True)] == [True, True]
