"""Choosing a grid: a search box over the directory of grids, by words, pinyin or initials."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridworker.actions.moves import Grid
from gridworker.domain.names import PinyinTable
from gridworker.domain.records import ScopeId
from gridworker.i18n import N_, _
from gridworker.ui.cases.pieces import column_of
from gridworker.ui.inputs import SearchEdit
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.table import RecordTable, TableFrame
from gridworker.ui.theme import theme

LOW = 96
"""The list is at least as high as this (pixels at 100 %)."""
_COLUMNS: tuple[TableColumn[Grid], ...] = (
    TableColumn(N_("网格"), lambda grid: grid.name, 110, stretch=True, bold=True),
    TableColumn(N_("社区"), lambda grid: grid.community, 116),
    TableColumn("", lambda grid: _("本人也管") if grid.mine else "", 76),
)


class GridPicker(QWidget):
    """The box and the list below it; the grid under the cursor is the one that is meant."""

    chosen = Signal(object)
    """The Grid under the cursor, or None."""
    confirmed = Signal()
    """Enter was pressed on it."""

    def __init__(self, pinyin: PinyinTable) -> None:
        """Without grids."""
        super().__init__()
        self._pinyin = pinyin
        self._grids: dict[ScopeId, Grid] = {}
        self.edit = SearchEdit(_("网格或社区的名称、拼音首字母"))
        self._model: PagedModel[Grid] = PagedModel(_COLUMNS, self._page, parent=self)
        self.table = RecordTable(self._model, name=_("可移交的网格"), empty="")
        self.edit.drive(self.table)
        self.edit.changed.connect(lambda _query: self._find())
        self.table.current_changed.connect(lambda _key: self.chosen.emit(self.grid()))
        self.table.row_opened.connect(lambda _key: self.confirmed.emit())
        self.table.setMinimumHeight(theme().px(LOW))
        column = column_of(self, spacing=6)
        column.addWidget(self.edit)
        column.addWidget(TableFrame(self.table), 1)

    def show_grids(self, grids: Sequence[Grid]) -> None:
        """Offer these; nothing is chosen until somebody chooses."""
        self._grids = {grid.scope: grid for grid in grids}
        self.edit.clear()
        self._model.set_keys([])
        self._find()

    def grid(self) -> Grid | None:
        """The grid that is meant, or None."""
        return self._grids.get(self.table.current_key())

    def _find(self) -> None:
        query = self.edit.query().casefold()
        fitting = [scope for scope, grid in self._grids.items() if self._fits(query, grid)]
        self.table.set_empty(_nothing(query, known=bool(self._grids)))
        self._model.set_keys(fitting)
        if query and fitting and self.table.current_key() is None:
            self.table.select_key(fitting[0])
        self.chosen.emit(self.grid())

    def _fits(self, query: str, grid: Grid) -> bool:
        if not query or query in grid.title.casefold():
            return True
        spellings = [self._pinyin.spell(grid.title), *self._pinyin.spell_initials(grid.title)]
        spellings += [self._pinyin.spell(grid.name), *self._pinyin.spell_initials(grid.name)]
        return any(query in spelling for spelling in spellings)

    def _page(self, keys: Sequence[ScopeId]) -> list[Grid | None]:
        return [self._grids.get(key) for key in keys]


def _nothing(query: str, *, known: bool) -> str:
    if query:
        return _("没有找到“{query}”。").format(query=query)
    if known:
        return ""
    return _("网格名册还没有到本机：先同步一次。仍没有别的网格，请联系街道网格中心。")
