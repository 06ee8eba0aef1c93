"""The quick visit by keys: nine of them make a visit, drafts survive, and nothing typed is lost."""

import time

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gridworker.ui.quick_visit import QuickVisit
from tests.ui.visits.grid import NOON, Office, People

KEYS = {
    "↵": Qt.Key.Key_Return,
    "⇥": Qt.Key.Key_Tab,
    "⎋": Qt.Key.Key_Escape,
    "↓": Qt.Key.Key_Down,
    "↑": Qt.Key.Key_Up,
    "␣": Qt.Key.Key_Space,
}


def press(qtbot: QtBot, keys: str) -> list[float]:
    """Press keys one after the other where the focus is, each with its events; gives ms per key."""
    times = []
    for key in keys:
        focus = QApplication.focusWidget()
        assert isinstance(focus, QWidget)
        start = time.perf_counter()
        if key in KEYS:
            qtbot.keyClick(focus, KEYS[key])
        else:
            qtbot.keyClicks(focus, key)
        QApplication.processEvents()
        times.append((time.perf_counter() - start) * 1000)
    return times


def focus_name() -> str:
    """What the focused widget is called."""
    focus = QApplication.focusWidget()
    return focus.accessibleName() if isinstance(focus, QWidget) else ""


def test_nine_keys_make_a_whole_visit(
    qtbot: QtBot, office: Office, sheet: QuickVisit, people: People
) -> None:
    sheet.start()
    keys = "wxl↵111↵"
    times = press(qtbot, keys)
    office.settle()
    assert not sheet.isVisible()
    (visit,) = office.visits()
    assert visit.resident_ids == (people.wang,)
    assert (visit.method, visit.outcome, visit.condition) == ("home", "met", "normal")
    assert (visit.who, visit.visited_ms, visit.visit_type) == ("王秀兰", NOON, "care")
    assert office.notices[-1].text == "已存本机：走访 王秀兰"
    print(f"{1 + len(keys)} keys with F2; ms per key {', '.join(f'{ms:.1f}' for ms in times)}")
    assert 1 + len(keys) <= 12
    assert max(times) < 100
