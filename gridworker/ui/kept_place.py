"""Where one is in a table, kept by key while its keys change: selection, cursor and scroll."""

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel
from PySide6.QtWidgets import QTableView

from gridworker.ui.paged_model import PagedModel

MAX_KEPT = 1_000
"""Selected rows that are selected again; beyond it the selection is lost rather than the time."""

_Choice = QItemSelectionModel.SelectionFlag


class KeptPlace:
    """The place in one table; `keep` before its model is reset, `restore` after."""

    def __init__(self, table: QTableView) -> None:
        """A table over a PagedModel."""
        self._table = table
        self._selected: Sequence[Any] = ()
        self._current: Any = None
        self._top: Any = None
        self._saw_current = False

    def keep(self, selected: Sequence[Any]) -> None:
        """Remember the selected keys, the key under the cursor and the key on top."""
        model, view = self._model(), self._table
        self._selected = selected
        self._current = model.key_at(view.currentIndex().row())
        self._top = model.key_at(view.rowAt(0))
        self._saw_current = view.viewport().rect().intersects(view.visualRect(view.currentIndex()))

    def restore(self) -> None:
        """Go back there as far as the keys still exist; a cursor that could be seen is seen again."""
        model, view = self._model(), self._table
        rows = [row for key in self._selected if (row := model.row_of(key)) is not None]
        view.selectionModel().select(self._ranges(rows), _Choice.ClearAndSelect | _Choice.Rows)
        top, current = (None if key is None else model.row_of(key) for key in (self._top, self._current))
        if top is not None:
            view.scrollTo(model.index(top, 0), QTableView.ScrollHint.PositionAtTop)
        if current is not None:
            view.selectionModel().setCurrentIndex(model.index(current, 0), _Choice.NoUpdate)
            if self._saw_current:
                view.scrollTo(model.index(current, 0))

    def _ranges(self, rows: Iterable[int]) -> QItemSelection:
        """These rows in as few ranges as there are gaps: thousands of single ones would take a second."""
        chosen, together, model = QItemSelection(), set(rows), self._model()
        starts = sorted(row for row in together if row - 1 not in together)
        ends = sorted(row for row in together if row + 1 not in together)
        for start, end in zip(starts, ends, strict=True):
            chosen.select(model.index(start, 0), model.index(end, model.columnCount() - 1))
        return chosen

    def _model(self) -> PagedModel[Any]:
        model = self._table.model()
        assert isinstance(model, PagedModel)
        return model
