"""What the benchmark of the start runs as processes: the whole desktop, and a bare window with one label."""

import os
import sys
from pathlib import Path

import psutil
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

REST_S = 1.0
_LOOK_MS = 2


class BareWindow(QMainWindow):
    """A window with a label that tells when it was painted first."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - a virtual method of Qt
        """The first one is what counts."""
        super().paintEvent(event)
        QTimer.singleShot(0, _tell)


def bare() -> None:
    """Show a bare window and tell when it is painted."""
    app = QApplication([])
    window = BareWindow()
    window.setCentralWidget(QLabel("网格通行"))
    window.resize(1366, 728)
    window.show()
    app.exec()


def desktop(profile: Path) -> None:
    """Open the desktop of a profile and tell when Today shows its lines and the keyboard works there."""
    from gridworker.main import Desktop, application, dress  # noqa: PLC0415 - its loading is what is measured
    from gridworker.profiles import open_profile  # noqa: PLC0415 - see above
    from gridworker.settings import Settings  # noqa: PLC0415 - see above
    from gridworker.ui.today.view import TodayScreen  # noqa: PLC0415 - see above

    app, settings = application(), Settings(profile)
    dress(app, settings)
    opened = Desktop(open_profile(profile), settings, profile)
    opened.show()
    today = opened.window.screen_named("today")
    assert isinstance(today, TodayScreen)
    opened.window.show_screen("today")

    def look() -> None:
        if today.list.model_of_lines.lines and today.list.isVisible():
            look_again.stop()
            QTimer.singleShot(0, _tell)

    look_again = QTimer(interval=_LOOK_MS)
    look_again.timeout.connect(look)
    look_again.start()
    app.exec()


def _tell() -> None:
    """Say that it is usable, rest, say how much memory it holds, and end."""
    print("usable", flush=True)
    QTimer.singleShot(round(REST_S * 1000), _tell_memory)


def _tell_memory() -> None:
    print(psutil.Process().memory_info().rss, flush=True)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1:]:
        desktop(Path(sys.argv[1]))
    else:
        bare()
