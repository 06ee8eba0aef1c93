"""The stage of the tour: the desktops, the keyboard, the cable and the camera; it waits and it looks."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from gridworker.db.reader import Reader
from gridworker.db.standing import Standing, standing
from gridworker.domain.records import Record
from gridworker.main import Desktop, dress
from gridworker.profiles import WindowLock, open_profile
from gridworker.settings import Settings
from gridworker.tour.cable import Cable
from gridworker.tour.hands import Hands, look_away, wait_active
from gridworker.ui.window import Window

SIZE = (1366, 768)
WAIT_S = 60.0
_LOOK_MS = 5

T = TypeVar("T")


class NotSeen(Exception):
    """What should have appeared did not: the tour ends here, with these words."""


class Station:
    """One desktop on its own profile, as a person has it in front of him."""

    def __init__(self, profile: Path, app: QApplication) -> None:
        """Open it and give it the keyboard."""
        self.profile = profile
        self.settings = Settings(profile)
        dress(app, self.settings)
        self._lock = WindowLock(profile)
        self.desktop = Desktop(open_profile(profile), self.settings, profile)
        self.window.resize(*SIZE)
        self.sit_down()

    @property
    def window(self) -> Window:
        """The window as it is now; a change of language builds another."""
        return self.desktop.window

    def sit_down(self) -> None:
        """Show the window and give it the keyboard."""
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        if not wait_active(self.window.windowHandle()):
            raise NotSeen("a window that has the keyboard")

    def get_up(self) -> None:
        """Hide the window; the desktop stays."""
        self.window.hide()

    def screen(self) -> str:
        """The name of the screen that is shown."""
        shown = self.window.current_screen()
        return shown.name if shown else ""

    def current_row(self) -> int:
        """The row of the cursor in the list that has the keyboard."""
        focus = self.window.focusWidget()
        if not isinstance(focus, QAbstractItemView):
            raise NotSeen("a list that has the keyboard")
        return focus.currentIndex().row()

    def said(self) -> str:
        """What the message strip says."""
        message = self.window.message()
        return message.text if message else ""

    def look(self, query: Callable[[Reader], T]) -> T:
        """What a query finds in its database."""
        return self.desktop.desk.look(query)

    def count(self, kind: type[Record]) -> int:
        """How many records of a kind it holds."""
        return self.look(lambda reader: reader.count(kind))

    def standing(self) -> Standing:
        """The counters of its exchange."""
        return self.look(standing)

    def is_busy(self) -> bool:
        """Whether something is being read, written or exchanged."""
        return bool(self.desktop.background.waiting) or self.desktop.desk.syncing

    def close(self) -> None:
        """End the desktop."""
        self.desktop.close()
        self.window.deleteLater()
        self._lock.release()


class Stage:
    """Everything that a step of the tour may use."""

    def __init__(self, app: QApplication, home: Path, cable: Cable, out: Path) -> None:
        """Nobody sits anywhere yet."""
        self.home, self.cable = home, cable
        self.hands = Hands()
        self._app, self._out = app, out
        self._stations: dict[str, Station] = {}
        self._picture = 0

    def station(self, role: str) -> Station:
        """The desktop of a role; it is opened when it is first asked for."""
        if role not in self._stations:
            for other in self._stations.values():
                other.get_up()
            self._stations[role] = Station(self.home / role, self._app)
            self.settle()
        return self._stations[role]

    def turn_to(self, role: str) -> Station:
        """Sit down at the desktop of a role."""
        station = self.station(role)
        for name, other in self._stations.items():
            if name != role:
                other.get_up()
        station.sit_down()
        return station

    def stay_with(self, role: str) -> Station:
        """Close every other desktop and sit down at that of a role."""
        for other in self._stations.keys() - {role}:
            self._stations.pop(other).close()
        return self.turn_to(role)

    def dress(self, station: Station, **settings: str | int | bool) -> None:
        """Change settings of the looks and wait for the window that has them."""
        old = station.window
        station.settings.change(**settings)
        station.desktop.desk.dressed.emit()
        self.see("a window in its new dress", lambda: station.window is not old)
        station.sit_down()

    def settle(self) -> None:
        """Wait until nothing is under way any more."""
        self.see("an end of the work", lambda: not any(s.is_busy() for s in self._stations.values()), calm=3)

    def see(self, what: str, is_there: Callable[[], bool], *, calm: int = 1) -> None:
        """Wait until something is there, several looks in a row with `calm`; raises NotSeen."""
        end, seen = time.monotonic() + WAIT_S, 0
        while seen < calm:
            look_away(_LOOK_MS)
            seen = seen + 1 if is_there() else 0
            if time.monotonic() > end:
                raise NotSeen(what)

    def take_picture(self, name: str, widget: QWidget | None = None) -> Path:
        """A PNG of the window that is shown, or of one widget."""
        self._picture += 1
        self.settle()
        shown = widget or next(s.window for s in self._stations.values() if s.window.isVisible())
        path = self._out / f"{self._picture:02d}-{name}.png"
        if not shown.grab().save(str(path)):
            raise NotSeen(f"a picture at {path}")
        return path

    def take_last_picture(self) -> None:
        """What is shown at the moment, finished or not."""
        for station in self._stations.values():
            if station.window.isVisible():
                station.window.grab().save(str(self._out / "99-stopped.png"))

    def answer_file_dialog(self, file: Path) -> None:
        """Type a file name into the dialog that the next key opens; the dialog has a loop of its own."""

        def answer() -> None:
            dialog, focus = QApplication.activeModalWidget(), QApplication.focusWidget()
            if dialog is None or focus is None or not dialog.isAncestorOf(focus):
                QTimer.singleShot(_LOOK_MS, answer)
                return
            self.hands.compose(str(file))
            self.hands.press("Return")

        QTimer.singleShot(_LOOK_MS, answer)

    def close(self) -> None:
        """Close every desktop and the cable."""
        for station in self._stations.values():
            station.close()
        look_away(_LOOK_MS)
        self.cable.pull()
