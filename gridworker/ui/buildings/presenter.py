"""The buildings screen at work: which building is shown in which colours, and what is done at a door."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gridworker.actions.cases import CaseDraft
from gridworker.actions.moves import Root
from gridworker.actions.residents import ResidentDraft
from gridworker.db.matrix import BuildingLine, Door, building_lines, doors
from gridworker.db.reader import Reader
from gridworker.dictionaries import care_rules
from gridworker.domain.addresses import display, parse_address
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.cases import Case
from gridworker.domain.households import Household
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.i18n import _
from gridworker.ui.buildings.cells import Cell, cells_of
from gridworker.ui.buildings.heads import head_size
from gridworker.ui.buildings.layers import LAYERS, Context, layer_named
from gridworker.ui.buildings.measures import has_words
from gridworker.ui.buildings.plan import building_words, plan_of, units_of
from gridworker.ui.buildings.view import BuildingsScreen
from gridworker.ui.desk import Desk
from gridworker.ui.residents.words import joined
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import problem_words

_SHOWN = (Building, Estate, Room, Household, Resident, CareProfile, Visit, Case)


class Buildings:
    """State and behaviour of the screen."""

    def __init__(self, desk: Desk, view: BuildingsScreen) -> None:
        """Connect a view."""
        self.desk, self.view = desk, view
        self.layer = "due"
        self.building: RecordId | None = None
        self.unit: str | None = None
        self._doors: Sequence[Door] = ()
        self._loaded = self._unit_chosen = False
        self._wanted_room: RecordId | None = None
        view.people = self.people
        self._connect()

    # ------------------------------------------------------------------------------------------ reading

    def open(self) -> None:
        """The screen is shown: read the buildings if that was not yet done."""
        if not self._loaded:
            self.load()

    def refresh(self, touched: Touched) -> None:
        """Records changed."""
        if not touched.concerns(*_SHOWN):
            return
        if touched.concerns(Building, Estate, Room, Resident):
            self.load()
        elif self.building is not None:
            self._read_doors(self.building)

    def load(self) -> None:
        """Read the list of buildings, then the one that is shown."""
        self._loaded = True
        self.view.matrix.show_sentence(_("正在读取…"))
        self._read("list", building_lines, self._list_came)

    def show_building(self, id: RecordId) -> None:
        """Show a building by its id."""
        if id != self.building:
            self.building, self.unit, self._unit_chosen = id, None, False
        self.view.list.mark(id)
        if self._loaded:
            self._read_doors(id)
        else:
            self.load()

    def show_record(self, id: RecordId) -> None:
        """A building by its id, or the building of a room."""
        is_building = self.desk.look(lambda reader: reader.get(Building, id)) is not None
        if is_building:
            self.show_building(id)
        else:
            self.show_room(id)

    def show_room(self, id: RecordId) -> None:
        """Show the building of a room with the cursor on it."""
        room = self.desk.look(lambda reader: reader.get(Room, id))
        if room is None:
            self.view.say("warn", _("这间房的记录已经不在本机。"))
            return
        self._wanted_room = id
        self.unit, self._unit_chosen = None, False
        self.show_building(room.record.building_id)

    def _list_came(self, lines: list[BuildingLine]) -> None:
        self.view.list.show_buildings(lines)
        self.view.pages.setCurrentIndex(0 if lines else 1)
        if self.view.list.line(self.building) is None:
            first = self.view.list.first()
            self.building = first.id if first else None
        if self.building is not None:
            self.view.list.mark(self.building)
            self._read_doors(self.building)

    def _read_doors(self, id: RecordId) -> None:
        self._read("doors", lambda reader: (id, doors(reader, id)), self._doors_came)

    def _doors_came(self, found: tuple[RecordId, list[Door]]) -> None:
        id, self._doors = found
        if id == self.building:
            self._arrange()

    def _read(self, key: str, query: Callable[[Reader], Any], then: Callable[[Any], object]) -> None:
        read = partial(self.desk.look, query)
        self.desk.background.read(("buildings", key), read, then=then, failed=self._read_failed)

    def _read_failed(self, problem: Problem) -> None:
        self.view.matrix.show_sentence(problem_words(problem))
        self.desk.tell_problem(problem)

    # ------------------------------------------------------------------------------------------ showing

    def choose_layer(self, name: str) -> None:
        """Colour the doors by another question."""
        self.layer = name
        self.view.layers.set_active(name)
        self._paint()

    def choose_unit(self, unit: str | None) -> None:
        """Show one unit, or all of them."""
        self.unit, self._unit_chosen = unit, True
        self._paint()

    def _arrange(self) -> None:
        """Decide about unit tabs, then show the doors."""
        self._choose_units()
        self._paint()
        if self._wanted_room is not None:
            room, self._wanted_room = self._wanted_room, None
            self.view.matrix.go_to(room)
            self.view.matrix.setFocus()

    def _choose_units(self) -> None:
        """One unit a tab where not all columns have room for words."""
        units = units_of(self._doors)
        narrow = len(units) > 1 and not self._has_words(None) and self._has_words(units[0])
        if not narrow:
            self.unit = None
        elif not self._unit_chosen or self.unit not in (None, *units):
            wanted = next((d for d in self._doors if d.flat.room.id == self._wanted_room), None)
            self.unit = wanted.flat.room.record.unit if wanted else units[0]
        self.view.show_units(units if narrow else (), self.unit)

    def _has_words(self, unit: str | None) -> bool:
        """Whether the cells of a unit, or of all of them, are large enough for names."""
        plan, room = plan_of(self._doors, unit), self.view.matrix.size()
        wide, high = head_size()
        apart = theme().px(8) * len({column.unit for column in plan.columns})
        return has_words(
            len(plan.columns),
            len(plan.floors),
            width=room.width() - wide - apart,
            height=room.height() - high,
        )

    def _paint(self) -> None:
        context = Context(self.desk.today, care_rules())
        layer, plan = layer_named(self.layer), plan_of(self._doors, self.unit)
        cells = cells_of(plan, layer, context)
        self.view.matrix.show_sentence(_("这栋楼还没有登记房屋。"))
        self.view.matrix.show_plan(plan, cells)
        self.view.legend.show_counts(layer, cells.values())
        line = self.view.list.line(self.building)
        people = sum(len(door.people) for door in self._doors)
        counts = _("{rooms}间 {people}人").format(rooms=len(self._doors), people=people)
        self.view.tools.set_about(joined((self._place(line), counts)))

    def _place(self, line: BuildingLine | None) -> str:
        return joined((line.estate, building_words(line.building.record.number)), " ") if line else ""

    def _show_card(self, _room: object) -> None:
        cell = self.view.matrix.current_cell()
        if cell is None:
            self.view.card.show_nothing()
            return
        place = display(parse_address(cell.door.flat.room.record.place))
        self.view.card.show_room(place, cell, self.desk.today, masked=self.desk.settings.mask_by_default)
        self.view.update_actions()

    # ------------------------------------------------------------------------------------ what was asked

    def people(self) -> tuple[RecordId, ...]:
        """Whom a visit is about: those marked in the card, else the household of the head of this door."""
        marked, cell = self.view.card.selected_people(), self.view.matrix.current_cell()
        if marked or cell is None or cell.door.head is None:
            return marked
        home = cell.door.head.record.household_id
        return tuple(p.id for p in cell.door.people if home is None or p.record.household_id == home)

    def do(self, name: str) -> None:
        """Carry out an action by its name."""
        step = self.view.list.step
        run: dict[str, Callable[[], object]] = {
            "visit": self._visit,
            "case": self._case,
            "new": self._new,
            "move": self._move,
            "move_building": self._move_building,
            "next_layer": self._next_layer,
            "next_building": lambda: step(self.building, 1),
            "previous_building": lambda: step(self.building, -1),
        }
        run[name]()

    def _visit(self) -> None:
        people = self.people()
        if people:
            self.desk.asked.emit("visit", people)
        else:
            self.view.say("info", _("这间房没有登记居民。按 Ctrl+N 先新增。"))

    def _case(self) -> None:
        cell = self.view.matrix.current_cell()
        if cell is not None:
            room = cell.door.flat.room
            draft = CaseDraft(address=self._address(cell), place=room.record.place, room_id=room.id)
            self.desk.asked.emit("case", draft)

    def _new(self) -> None:
        cell = self.view.matrix.current_cell()
        if cell is not None:
            self.desk.asked.emit("resident", ResidentDraft(address=self._address(cell)))

    def _move(self) -> None:
        """The household of the head of this door; where nobody lives the house is meant."""
        cell = self.view.matrix.current_cell()
        head = cell.door.head if cell else None
        if head is not None and head.record.household_id:
            self.desk.asked.emit("move", Root(Household.kind, head.record.household_id))
        elif head is not None:
            self.desk.asked.emit("move", Root(Resident.kind, head.id))
        else:
            self._move_building()

    def _move_building(self) -> None:
        if self.building is not None:
            self.desk.asked.emit("move", Root(Building.kind, self.building))

    def _address(self, cell: Cell) -> str:
        line = self.view.list.line(self.building)
        return (line.estate if line else "") + display(parse_address(cell.door.flat.room.record.place))

    def _next_layer(self) -> None:
        names = [layer.name for layer in LAYERS]
        self.choose_layer(names[(names.index(self.layer) + 1) % len(names)])

    def _turn_unit(self, step: int) -> None:
        """The arrow went over the edge: show the unit beside."""
        units = units_of(self._doors)
        if self.unit in units:
            at = units.index(self.unit) + step
            if 0 <= at < len(units):
                self.unit, self._unit_chosen = units[at], True
                self.view.show_units(units, self.unit)
                self._paint()

    def _open_room(self, _room: object) -> None:
        self.view.panes.show_detail()
        table = self.view.card.members.table
        table.setFocus()
        if table.records.rowCount():
            table.select_key(table.records.key_at(0))

    def _connect(self) -> None:
        view = self.view
        view.screen_opened.connect(self.open)
        view.records_touched.connect(self.refresh)
        view.record_asked.connect(self.show_record)
        view.asked.connect(self.do)
        view.layer_chosen.connect(self.choose_layer)
        view.unit_chosen.connect(self.choose_unit)
        view.import_asked.connect(lambda: self.desk.asked.emit("import", None))
        view.resized.connect(self._resized)
        view.list.chosen.connect(self.show_building)
        view.matrix.current_changed.connect(self._show_card)
        view.matrix.room_opened.connect(self._open_room)
        view.matrix.edge_reached.connect(self._turn_unit)
        view.card.person_opened.connect(lambda id: self.desk.asked.emit("resident", id))

    def _resized(self) -> None:
        if self._doors:
            self._arrange()
