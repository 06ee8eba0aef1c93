"""A window around some screens of one office, wired as the desktop wires it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gridworker.domain.records import Touched
from gridworker.ui.desk import Notice
from gridworker.ui.messages import Step
from gridworker.ui.screen import Screen
from gridworker.ui.visits.words import china_time
from gridworker.ui.window import Window
from tests.ui.visits.grid import Office


class Shell:
    """The window; `show` shows a screen and waits until it has read what it shows."""

    def __init__(self, office: Office, *screens: Screen, size: tuple[int, int] = (1366, 768)) -> None:
        """With these screens."""
        self.office = office
        self.names = tuple(screen.name for screen in screens)
        self.window = Window(now=lambda: china_time(office.desk.now_ms).replace(tzinfo=None))
        for screen in screens:
            self.window.add_screen(screen)
        self.window.resize(*size)
        office.desk.touched.connect(self._refresh)
        office.desk.noticed.connect(self._tell)
        office.desk.asked.connect(self._open)
        self.window.asked.connect(self._ask)
        self.window.show()
        self.window.activateWindow()

    @classmethod
    @contextmanager
    def over(cls, qtbot: QtBot, office: Office, *screens: Screen) -> Iterator[Self]:
        """A window that is gone at the end, before its office is."""
        shell = cls(office, *screens)
        qtbot.waitExposed(shell.window)
        try:
            yield shell
        finally:
            shell.close()

    def show(self, name: str) -> Screen:
        """Show a screen, with everything read."""
        self.window.show_screen(name)
        self.look_again()
        return self.window.screen_named(name)

    def look_again(self) -> None:
        """Say that anything may have changed, as after an exchange."""
        self.office.background.announce(Touched(everything=True))
        QApplication.processEvents()
        self.settle()

    def settle(self) -> None:
        """Until every thread has answered and every event is through."""
        self.office.settle()
        QApplication.processEvents()
        self.office.settle()

    def said(self) -> str:
        """What the message strip says."""
        message = self.window.message()
        return message.text if message else ""

    def close(self) -> None:
        """Take the window away."""
        desk = self.office.desk
        for signal, slot in (
            (desk.touched, self._refresh),
            (desk.noticed, self._tell),
            (desk.asked, self._open),
        ):
            signal.disconnect(slot)
        self.window.close()
        self.settle()
        desk.blockSignals(True)
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def _refresh(self, touched: Touched) -> None:
        self.window.refresh(touched)

    def _tell(self, notice: Notice) -> None:
        if notice.kind == "ok":
            self.window.say_done(notice.text, undo=notice.action)
        else:
            step = Step(notice.action_text, notice.action) if notice.action else None
            self.window.say(notice.kind, notice.text, step)

    def _open(self, name: str, what: object) -> None:
        if name == "screen" and what in self.names:
            self.window.show_screen(str(what))

    def _ask(self, name: str) -> None:
        if name == "sync_now":
            self.office.desk.synchronise()
