"""Two estates with clearly fictitious people, for tests of residents, buildings and the search box."""

from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gridworker.db.transaction import Transaction
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile, Contact
from gridworker.domain.cases import Case
from gridworker.domain.households import Household
from gridworker.domain.id_numbers import check_digit
from gridworker.domain.records import Record, RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from tests.ui.visits.grid import DAY_MS, NOON, Office

TODAY = date(2026, 11, 23)
CTRL = Qt.KeyboardModifier.ControlModifier


def id_number(birth: str, *, female: bool) -> str:
    """A valid number of a region that does not exist."""
    first = "999101" + birth.replace("-", "") + "00" + ("2" if female else "1")
    return first + check_digit(first)


class Village:
    """幸福里 3栋 with two units and 阳光花园 3栋 with the same room numbers; ids by short names."""

    def __init__(self, office: Office) -> None:
        """Seven people in five flats, and one flat without anybody, all stored at once."""
        self._office = office
        self._homes: dict[tuple[RecordId, str], RecordId] = {}
        self._waiting: list[tuple[RecordId, Record]] | None = []
        happy, sunny = self.add(Estate(name="幸福里")), self.add(Estate(name="阳光花园"))
        self.block = self.add(Building(number="3", estate_id=happy, units=2, floors=6))
        self.other = self.add(Building(number="3", estate_id=sunny, units=2, floors=6))
        places = ("3-1-101", "3-2-302", "3-2-501", "3-2-502")
        self.rooms = {place: self.room(self.block, place) for place in places}
        self.empty = self.room(self.block, "3-1-201", use="vacant")
        self.twin_room = self.room(self.other, "3-2-501")
        self._settle_people()
        office.database.write(_store, self._waiting)
        self._waiting = None

    def _settle_people(self) -> None:
        self.wang = self.live(
            "王秀兰",
            "3-2-501",
            birth="1944-03-02",
            sex="female",
            id_number=id_number("1944-03-02", female=True),
            id_state="ok",
            phones=("13800138000", "0999-87654321"),
            lives_alone=True,
            note="上门前先打电话",
        )
        self.li = self.live(
            "李建国", "3-2-501", birth="1942-07-11", sex="male", relation="spouse", household="李"
        )
        self.shan = self.live("单雄信", "3-2-502", birth="1990-05-05", sex="male", phones=("13900139000",))
        self.zhao = self.live("赵桂英", "3-2-302", birth="1950-01-20", sex="female", lives_alone=True)
        self.qian = self.live("钱文", "3-1-101", birth="1985-05-05", sex="male", status="moved_out")
        self.wang2 = self.live("王小兰", "3-1-101", birth=None, sex="female", status="away")
        self.sun = self.live("孙福", "3-2-501", birth="1939-12-01", sex="male", estate="阳光花园")
        son = Contact("王强", "儿子", "13700137000")
        self.profile = self.care(self.wang, "elder80_alone", since="2026-01-05", contacts=(son,))

    def add(self, record: Record) -> RecordId:
        """Store a record, with all others while the village is founded."""
        if self._waiting is None:
            return self._office.add(record)[0]
        id = RecordId(self._office.database.ports.new_id())
        self._waiting.append((id, record))
        return id

    def room(self, building: RecordId, place: str, **fields: object) -> RecordId:
        """A flat."""
        _number, unit, number = place.split("-")
        values = {"unit": unit, "number": number, "floor": int(number[:-2]), "use": "self", **fields}
        return self.add(Room(building_id=building, place=place, **values))  # type: ignore[arg-type]  # a test says which fields

    def live(
        self, name: str, place: str, *, estate: str = "幸福里", household: str = "", **fields: object
    ) -> RecordId:
        """Somebody in a flat, in its household or in another one there."""
        here = estate == "幸福里"
        room = self.rooms[place] if here else self.twin_room
        if (room, household) not in self._homes:
            self._homes[room, household] = self.add(Household(room_id=room, place=place))
        values = {
            "relation": "head",
            "place": place,
            "address": f"{estate}{place.replace('-', '栋', 1).replace('-', '单元', 1)}",
            "building_id": self.block if here else self.other,
            "room_id": room,
            "household_id": self._homes[room, household],
            **fields,
        }
        return self.add(Resident(name=name, **values))  # type: ignore[arg-type]  # as above

    def care(self, resident: RecordId, *groups: str, **fields: object) -> RecordId:
        """A care profile."""
        return self.add(CareProfile(resident_id=resident, groups=groups, **fields))  # type: ignore[arg-type]  # as above

    def visit(self, resident: RecordId, *, days_ago: int, **fields: object) -> RecordId:
        """A visit some days ago."""
        values = {"method": "home", "outcome": "met", "worker_name": "张晓", **fields}
        visited_ms = NOON - days_ago * DAY_MS
        return self.add(Visit(resident_ids=(resident,), visited_ms=visited_ms, **values))  # type: ignore[arg-type]  # as above

    def case(self, title: str, *, days_ago: int = 0, **fields: object) -> RecordId:
        """A case."""
        values = {"category": "C0201", **fields}
        return self.add(Case(title=title, found_ms=NOON - days_ago * DAY_MS, **values))  # type: ignore[arg-type]  # as above

    def resident(self, id: RecordId) -> Resident:
        """What the database holds of somebody now."""
        stored = self._office.desk.look(lambda reader: reader.get(Resident, id))
        assert stored is not None
        return stored.record


def _store(tx: Transaction, records: list[tuple[RecordId, Record]]) -> None:
    tx.create_many(records)


class Hands:
    """Keys pressed and Chinese committed where the focus is; then everything asked for is answered."""

    def __init__(self, qtbot: QtBot, office: Office) -> None:
        """The hands of the person at the desk."""
        self._qtbot, self._office = qtbot, office

    def press(self, *keys: Qt.Key | tuple[Qt.Key, Qt.KeyboardModifier]) -> None:
        """One key after another, each with its modifier if it has one."""
        for key in keys:
            if isinstance(key, tuple):
                self._qtbot.keyClick(self.focus(), key[0], key[1])
            else:
                self._qtbot.keyClick(self.focus(), key)
            self.settle()

    def type(self, text: str) -> None:
        """Type ASCII by keys, Chinese as an input method commits it."""
        for char in text:
            if char.isascii():
                self._qtbot.keyClicks(self.focus(), char)
            else:
                commit = QInputMethodEvent()
                commit.setCommitString(char)
                QApplication.sendEvent(self.focus(), commit)
        self.settle()

    def settle(self) -> None:
        """Until threads and timers of the next turn are done."""
        for _turn in range(3):
            QApplication.processEvents()
            self._qtbot.waitUntil(lambda: not self._office.background.waiting, timeout=10_000)

    def focus(self) -> QWidget:
        """The widget with the focus."""
        focus = QApplication.focusWidget()
        assert isinstance(focus, QWidget)
        return focus
