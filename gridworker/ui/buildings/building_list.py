"""The list of buildings beside the matrix, and the same as a drop-down where there is no room for it."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from gridworker.db.matrix import BuildingLine
from gridworker.domain.records import RecordId
from gridworker.i18n import N_, _
from gridworker.ui.buildings.plan import building_words
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.residents.words import joined
from gridworker.ui.table import RecordTable, TableFrame

_COLUMNS: tuple[TableColumn[BuildingLine], ...] = (
    TableColumn(
        N_("楼栋"),
        lambda line: building_words(line.building.record.number),
        70,
        stretch=True,
        second=lambda line: joined((line.estate, _("{count}间").format(count=line.rooms))),
        bold=True,
    ),
)


class BuildingList(QWidget):
    """Buildings by estate and number; the cursor chooses."""

    chosen = Signal(object)
    """The id of a building."""

    def __init__(self) -> None:
        """Empty until `show_buildings`."""
        super().__init__()
        self._lines: Sequence[BuildingLine] = ()
        self.model = PagedModel[BuildingLine](_COLUMNS, self._page, parent=self)
        self.table = RecordTable(self.model, name=_("楼栋列表"), lines=2)
        self.table.horizontalHeader().hide()
        self.table.setSelectionMode(RecordTable.SelectionMode.SingleSelection)
        self.box = QComboBox()
        self.box.setAccessibleName(_("楼栋"))
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(12)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(TableFrame(self.table))
        self.table.current_changed.connect(self._choose)
        self.box.activated.connect(lambda at: self._choose(self.box.itemData(at)))

    def show_buildings(self, lines: Sequence[BuildingLine]) -> None:
        """Show these buildings."""
        self._lines = lines
        self.model.set_keys([line.id for line in lines])
        self.box.clear()
        for line in lines:
            self.box.addItem(joined((line.estate, building_words(line.building.record.number)), " "), line.id)

    def mark(self, id: RecordId) -> None:
        """Put the cursor on a building, without choosing it again."""
        self.box.setCurrentIndex(self.box.findData(id))
        if self.table.current_key() != id:
            self.table.blockSignals(True)
            self.table.select_key(id)
            self.table.blockSignals(False)

    def step(self, current: RecordId | None, by: int) -> None:
        """Choose the next or the previous building."""
        ids = [line.id for line in self._lines]
        if ids:
            at = ids.index(current) + by if current in ids else 0
            self._choose(ids[max(0, min(len(ids) - 1, at))])

    def line(self, id: RecordId | None) -> BuildingLine | None:
        """A building of the list."""
        return next((line for line in self._lines if line.id == id), None)

    def first(self) -> BuildingLine | None:
        """The first building with rooms, else the first."""
        return next((line for line in self._lines if line.rooms), self._lines[0] if self._lines else None)

    def _choose(self, id: RecordId | None) -> None:
        if id is not None:
            self.chosen.emit(id)

    def _page(self, keys: Sequence[RecordId]) -> list[BuildingLine | None]:
        by_id = {line.id: line for line in self._lines}
        return [by_id.get(key) for key in keys]
