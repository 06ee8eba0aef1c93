"""Where each door of a building is drawn: floors from the top, stairs and the rooms of each side by side."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from gridworker.db.matrix import Door
from gridworker.domain.addresses import Address, display
from gridworker.domain.records import RecordId

_DIGITS = re.compile(r"[0-9]+")
_STACK = re.compile(r"[0-9]{2}[A-Z]?$|[A-Z]$")

Spot = tuple[int, int]
"""Row from the top and column from the left."""


class Column(msgspec.Struct, frozen=True):
    """One stack of rooms: its unit, and what its numbers end with."""

    unit: str
    stack: str


class Plan(msgspec.Struct, frozen=True):
    """The doors of a building, or of one unit of it, each at its spot."""

    columns: tuple[Column, ...] = ()
    floors: tuple[int, ...] = ()
    doors: Mapping[Spot, Door] = {}

    def spot_of(self, room_id: RecordId) -> Spot | None:
        """Where a room is drawn."""
        return next((spot for spot, door in self.doors.items() if door.flat.room.id == room_id), None)

    def first(self) -> Spot | None:
        """The door that comes first as one walks: the top of the first stairs."""
        return min(self.doors, key=lambda spot: (self.columns[spot[1]].unit, spot), default=None)

    def move(self, spot: Spot, down: int, right: int) -> Spot:
        """The next door in a direction; over gaps, and the same spot at the edge."""
        row, column = spot[0] + down, spot[1] + right
        while 0 <= row < len(self.floors) and 0 <= column < len(self.columns):
            if (row, column) in self.doors:
                return row, column
            row, column = row + down, column + right
        return self._nearest(spot, down, right)

    def find(self, typed: str, near: Spot | None) -> Spot | None:
        """The door whose number begins with what was typed (501, or 2-501 with its unit), own unit first."""
        unit, _dash, number = typed.rpartition("-")
        own = self.columns[near[1]].unit if near else ""
        hits = [
            (
                door.flat.room.record.number != number,
                self.columns[spot[1]].unit != own,
                -spot[0],
                spot[1],
                spot,
            )
            for spot, door in self.doors.items()
            if door.flat.room.record.number.startswith(number) and unit in ("", self.columns[spot[1]].unit)
        ]
        return min(hits)[-1] if hits else None

    def _nearest(self, spot: Spot, down: int, right: int) -> Spot:
        """Where the row or column ends early: the closest door of the rows or columns further on."""
        beyond = [
            other
            for other in self.doors
            if (other[0] - spot[0]) * down > 0 or (other[1] - spot[1]) * right > 0
        ]
        return min(beyond, key=lambda o: (abs(o[0] - spot[0]) + abs(o[1] - spot[1]), o), default=spot)


def plan_of(doors: Sequence[Door], unit: str | None = None) -> Plan:
    """The plan of a building, or of one unit; rooms whose floor nobody knows are drawn at the bottom."""
    shown = [door for door in doors if unit is None or door.flat.room.record.unit == unit]
    stacks = _stacks(shown)
    columns = sorted(set(stacks.values()), key=lambda column: (_natural(column.unit), _natural(column.stack)))
    floors = sorted({door.flat.room.record.floor for door in shown}, key=lambda floor: (floor == 0, -floor))
    at_column = {column: at for at, column in enumerate(columns)}
    at_floor = {floor: at for at, floor in enumerate(floors)}
    spots = {
        (at_floor[door.flat.room.record.floor], at_column[stacks[door.flat.room.id]]): door for door in shown
    }
    return Plan(tuple(columns), tuple(floors), spots)


def units_of(doors: Iterable[Door]) -> list[str]:
    """The units of a building in their order."""
    return sorted({door.flat.room.record.unit for door in doors}, key=_natural)


def unit_words(unit: str) -> str:
    """2单元; nothing where the building has no units."""
    return display(Address(unit=unit)) if unit else ""


def building_words(number: str) -> str:
    """3栋."""
    return display(Address(building=number))


def room_words(door: Door) -> str:
    """2单元501."""
    record = door.flat.room.record
    return f"{unit_words(record.unit)}{record.number}"


def _stacks(doors: Sequence[Door]) -> dict[RecordId, Column]:
    """The column of each room; two rooms of one floor that would share a column get columns of their own."""
    columns: dict[RecordId, Column] = {}
    taken: set[tuple[int, Column]] = set()
    for door in doors:
        record = door.flat.room.record
        column = Column(record.unit, _stack(record.number))
        if (record.floor, column) in taken:
            column = Column(record.unit, record.number)
        while (record.floor, column) in taken:
            column = Column(record.unit, f"{column.stack}'")
        taken.add((record.floor, column))
        columns[door.flat.room.id] = column
    return columns


def _stack(number: str) -> str:
    found = _STACK.search(number)
    return found[0] if found and len(number) > 1 else number


def _natural(text: str) -> str:
    return _DIGITS.sub(lambda found: found[0].zfill(6), text)
