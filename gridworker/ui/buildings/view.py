"""The buildings screen: buildings at the left, the matrix in the middle, the chosen door at the right."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from gridworker.domain.records import RecordId, Touched
from gridworker.i18n import N_, _
from gridworker.ui.buildings.building_list import BuildingList
from gridworker.ui.buildings.layers import LAYERS
from gridworker.ui.buildings.legend import Legend
from gridworker.ui.buildings.matrix import Matrix
from gridworker.ui.buildings.plan import unit_words
from gridworker.ui.buildings.room_card import RoomCard
from gridworker.ui.controls import Card, EmptyState
from gridworker.ui.filters import FilterRow
from gridworker.ui.menu import Action, asking, fill_menu
from gridworker.ui.residents.panes import Panes
from gridworker.ui.residents.person_keys import PersonKeys
from gridworker.ui.theme import theme

LIST_WIDE, LIST_FROM = 176, 1000
"""Pixels at 100 %: the list of buildings, and how wide the screen must be to show it."""
SIZE_TEXTS = (("", N_("自动")), ("large", N_("大")), ("medium", N_("中")), ("small", N_("小")))


def _chosen(screen: "BuildingsScreen") -> bool:
    return screen.can_ask()


ACTIONS: tuple[Action[Any], ...] = (
    Action("visit", N_("给这户记走访"), asking("visit"), (), "visit", ("menu",), _chosen),
    Action("case", N_("为这间房报事件"), asking("case"), (), "case", ("menu",), _chosen),
    Action("new", N_("在这间房新增居民"), asking("new"), ("Ctrl+N",), "plus", ("menu", "palette"), _chosen),
    Action(
        "move", N_("把这户移交到其他网格…"), asking("move"), ("F9",), "export", ("menu", "palette"), _chosen
    ),
    Action(
        "move_building",
        N_("把整栋楼移交到其他网格…"),
        asking("move_building"),
        ("Shift+F9",),
        "export",
        ("menu", "palette"),
    ),
    Action("next_layer", N_("换一种颜色"), asking("next_layer"), ("F6",), "filter", ("palette",)),
    Action("next_building", N_("下一栋"), asking("next_building"), ("Ctrl+PgDown",), "arrow-right"),
    Action("previous_building", N_("上一栋"), asking("previous_building"), ("Ctrl+PgUp",), "arrow-left"),
)


class BuildingsScreen(PersonKeys):
    """Every door of a building; it only says what was done and shows what it is given."""

    name = "buildings"
    title = N_("楼栋")
    icon = "building"
    screen_actions = ACTIONS
    help_keys = (
        ("F2", N_("给选中的这户记走访")),
        ("F3", N_("为选中的房屋报事件")),
        ("← ↑ → ↓", N_("在房屋之间移动；到边上会换单元")),
        ("0 … 9", N_("键入房号，如 501 或 2-501，跳到那一间")),
        ("Enter", N_("看这间房的住户")),
    )

    asked = Signal(str)
    record_asked = Signal(object)
    """The id of a building, or of a room in it."""
    screen_opened = Signal()
    records_touched = Signal(object)
    layer_chosen = Signal(str)
    unit_chosen = Signal(object)
    """The unit whose tab was chosen, or None for all of them."""
    import_asked = Signal()
    resized = Signal()

    def __init__(self) -> None:
        """Everything is built; nothing is shown yet."""
        super().__init__()
        self.presenter: object = None
        self.people: Callable[[], tuple[RecordId, ...]] = tuple
        self.list, self.matrix, self.legend, self.card = BuildingList(), Matrix(), Legend(), RoomCard()
        layers = [(layer.name, _(layer.title)) for layer in LAYERS]
        self.layers = FilterRow(_("颜色表示什么"), layers, exclusive=True)
        self.sizes = FilterRow(_("格子大小"), [(name, _(text)) for name, text in SIZE_TEXTS], exclusive=True)
        self.units = QTabBar()
        self._unit_names: list[str | None] = []
        self.pages = QStackedWidget()
        self._build()
        self._connect()

    def chosen_people(self) -> tuple[RecordId, ...]:
        """Whom F2 is about: the people marked in the card, else the household of the door."""
        return self.people() if self.can_ask() else ()

    def show_record(self, what: object) -> None:
        """Show a building by its id, or by the id of a room that the cursor goes to."""
        self.record_asked.emit(what)

    def can_ask(self) -> bool:
        """Whether a door is chosen."""
        return self.matrix.current_cell() is not None

    def ask(self, name: str) -> None:
        """Pass on what was asked for."""
        self.asked.emit(name)

    def opened(self) -> None:
        """Tell the presenter; the arrows work at once."""
        self.screen_opened.emit()
        self.matrix.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self, touched: Touched) -> None:
        """Tell the presenter."""
        self.records_touched.emit(touched)

    def back(self) -> bool:
        """Esc: from the card back to the matrix."""
        if self.panes.show_list() or self.card.isAncestorOf(self.focusWidget() or self):
            self.matrix.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return False

    def show_units(self, units: Sequence[str], chosen: str | None) -> None:
        """Tabs for the units, where not all of them have room at once; none for fewer than two."""
        self._unit_names = [None, *units] if units else []
        self.units.blockSignals(True)
        while self.units.count():
            self.units.removeTab(0)
        for unit in self._unit_names:
            self.units.addTab(_("全部") if unit is None else unit_words(unit))
        self.units.setCurrentIndex(self._unit_names.index(chosen) if chosen in self._unit_names else 0)
        self.units.blockSignals(False)
        self.units.setVisible(bool(units))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The list of buildings goes where there is no room for it."""
        super().resizeEvent(event)
        self._find_room()

    def _find_room(self) -> None:
        roomy = self.width() >= theme().px(LIST_FROM)
        self.list.setVisible(roomy)
        self.list.setFixedWidth(theme().px(LIST_WIDE))
        self.list.box.setVisible(not roomy)
        self.resized.emit()

    def _build(self) -> None:
        self.tools.add(self.list.box)
        self.add_action_buttons()
        self.units.setExpanding(False)
        self.units.setDrawBase(False)
        self.units.setAccessibleName(_("单元"))
        self.layers.set_active("due")
        self.sizes.set_active("")
        self.panes = Panes(self._left(), self.card, right_width=330, least=760)
        self.pages.addWidget(self.panes)
        hint = _("导入居民台账后，楼栋、单元和房屋会从地址里自动建好，一户一格显示在这里。")
        step = _("导入台账")
        self.pages.addWidget(
            EmptyState("building", _("还没有楼栋"), hint=hint, step=step, run=self.import_asked.emit)
        )
        self.body.addWidget(self.pages)

    def _left(self) -> QWidget:
        left = QWidget()
        row = QHBoxLayout(left)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.list)
        column = QVBoxLayout()
        column.setSpacing(6)
        tools = QHBoxLayout()
        tools.addWidget(self.layers, 1)
        tools.addWidget(self.sizes)
        column.addLayout(tools)
        frame = Card()
        frame.body.setContentsMargins(1, 1, 1, 1)
        frame.body.setSpacing(0)
        frame.body.addWidget(self.units)
        frame.body.addWidget(self.matrix, 1)
        column.addWidget(frame, 1)
        column.addWidget(self.legend)
        row.addLayout(column, 1)
        return left

    def _connect(self) -> None:
        self.layers.changed.connect(lambda names: self.layer_chosen.emit(names[0] if names else "due"))
        self.sizes.changed.connect(self._resize_cells)
        self.units.currentChanged.connect(self._choose_unit)
        self.matrix.menu_asked.connect(self._open_menu)
        self.card.asked.connect(self.asked)
        theme().changed.connect(self._find_room)

    def _resize_cells(self, names: tuple[str, ...]) -> None:
        name = names[0] if names else ""
        self.sizes.set_active(name)
        self.matrix.set_size(name)

    def _choose_unit(self, at: int) -> None:
        if 0 <= at < len(self._unit_names):
            self.unit_chosen.emit(self._unit_names[at])

    def _open_menu(self, at: QPoint) -> None:
        if self.can_ask():
            self._menu().popup(at)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_menu(menu, self.screen_actions, self, where="menu")
        return menu
