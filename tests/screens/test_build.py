"""Building the desktop shows no window but its own: whatever shows itself without a parent is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from gridworker.main import Desktop
from gridworker.profiles import open_profile
from gridworker.settings import Settings
from gridworker.ui.window import Window


class Watch(QObject):
    """Notes every widget that becomes a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.strays: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look, and let everything pass."""
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.strays += [] if isinstance(watched, Window) else [type(watched).__name__]
        return False


@pytest.fixture
def watch(qapp: QApplication) -> Iterator[Watch]:
    """A watch over the whole application."""
    watch = Watch()
    qapp.installEventFilter(watch)
    yield watch
    qapp.removeEventFilter(watch)


def test_nothing_flashes_up_while_the_window_is_built(watch: Watch, tmp_path: Path) -> None:
    desktop = Desktop(open_profile(tmp_path), Settings(tmp_path), tmp_path)
    desktop.window.show()
    for name in desktop.window.screen_names():
        desktop.window.screen_named(name)
    assert isinstance(desktop.quick_visit, QWidget)
    assert isinstance(desktop.case_report, QWidget)
    desktop.close()
    desktop.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert watch.strays == []
