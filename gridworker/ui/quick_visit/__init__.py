"""The quick visit (记走访): a whole visit in nine keys, from anywhere."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QApplication, QWidget

from gridworker.domain.records import RecordId
from gridworker.ui.desk import Desk
from gridworker.ui.quick_visit.presenter import QuickVisitPresenter
from gridworker.ui.quick_visit.sheet import QuickSheet
from gridworker.ui.visits.words import china_time


class QuickVisit(QuickSheet):
    """The sheet with its mind: `start` shows it over its parent, `closed` says that it went."""

    closed = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        """Hidden until `start`."""
        super().__init__(lambda: china_time(desk.now_ms), parent)
        self._before: QWidget | None = None
        self._asked_for: tuple[RecordId, ...] = ()
        self._presenter = QuickVisitPresenter(desk, self, self._go)

    def start(self, resident_ids: Sequence[RecordId] = ()) -> None:
        """Begin a visit to these people; an open one goes on where it is the same or nobody is named."""
        asked_for = tuple(resident_ids)
        if self.isVisible() and asked_for in ((), self._asked_for):
            self.form.who.setFocus()
            return
        if self.isVisible():
            self._presenter.keep()
        else:
            self._before = QApplication.focusWidget()
        self._asked_for = asked_for
        self.show()
        self.raise_()
        self._presenter.start(asked_for)
        self.place()

    def hideEvent(self, event: QHideEvent) -> None:
        """Whatever takes the sheet away, even the end of the program: what is entered goes to the disk."""
        super().hideEvent(event)
        self._presenter.keep()

    def _go(self) -> None:
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self._before = None
        self.closed.emit()


def build(desk: Desk, parent: QWidget | None = None) -> QuickVisit:
    """The quick visit over `parent`."""
    return QuickVisit(desk, parent)
