"""A table that leaves out columns which have no room, before it scrolls sideways."""

from PySide6.QtGui import QResizeEvent

from gridworker.ui.table import RecordTable
from gridworker.ui.theme import theme


class SparingTable(RecordTable):
    """A record table whose least important columns go where room ends, and come back with it."""

    spared: tuple[int, ...] = ()
    """Columns that may be left out, the first one first."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See what fits."""
        self._leave_out(self.viewport().width())
        super().resizeEvent(event)

    def _leave_out(self, room: int) -> None:
        widths = [theme().px(column.width) for column in self.records.columns]
        wanted = sum(widths)
        self._fitting = True  # what is left out here was not sized by hand
        for at in self.spared:
            self.setColumnHidden(at, wanted > room)
            wanted -= widths[at] if wanted > room else 0
        self._fitting = False
