"""Reading buildings: the rooms of a building with the people in them, for the matrix."""

from datetime import date

import msgspec

from gridworker.db.cases import OPEN_STATES
from gridworker.db.reader import Reader
from gridworker.db.states import in_states
from gridworker.domain.buildings import Building, Room
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident


class Flat(msgspec.Struct, frozen=True):
    """One cell of the matrix: the room, who lives there, and what there is to do."""

    room: Stored[Room]
    people: tuple[Stored[Resident], ...]
    open_cases: int = 0

    @property
    def head(self) -> Stored[Resident] | None:
        """The head of the household, or whoever comes first."""
        first = self.people[0] if self.people else None
        return next((person for person in self.people if person.record.relation == "head"), first)


def buildings(reader: Reader) -> list[Stored[Building]]:
    """All buildings in the order of their numbers, those with letters last."""
    return sorted(reader.all(Building), key=lambda each: (*_in_order(each.record.number), each.id))


def _in_order(number: str) -> tuple[bool, str]:
    return not number.isdecimal(), number.zfill(4)


def flats(reader: Reader, building_id: RecordId) -> list[Flat]:
    """Every room of a building with its people."""
    people: dict[str, list[Stored[Resident]]] = {}
    for person in reader.where(Resident, "building_id=? ORDER BY birth", (building_id,)):
        people.setdefault(person.record.room_id or "", []).append(person)
    cases = _open_cases(reader, building_id)
    rooms = reader.where(Room, "building_id=? ORDER BY place", (building_id,))
    return [Flat(room, tuple(people.get(room.id, ())), cases.get(room.id, 0)) for room in rooms]


def room_at(reader: Reader, place: str) -> list[Stored[Room]]:
    """Rooms with this short form; several estates may have the same."""
    return reader.where(Room, "place=?", (place,))


def last_met_by_room(reader: Reader, building_id: RecordId) -> dict[RecordId, int]:
    """When somebody of a room was last visited (ms UTC), whatever came of it."""
    sql = (
        "SELECT r.room_id, max(v.visited_ms) FROM resident r JOIN link l ON l.target=r.id AND l.kind='visit'"
        " JOIN visit v ON v.id=l.id WHERE r.building_id=? AND r.room_id IS NOT NULL GROUP BY r.room_id"
    )
    return {RecordId(room): at_ms for room, at_ms in reader.rows_of(sql, (building_id,))}


def elders(flat: Flat, today: date) -> int:
    """How many people of 60 and more live in a flat."""
    limit = f"{today.year - 60:04d}-{today.month:02d}-{today.day:02d}"
    return sum(1 for person in flat.people if person.record.birth and person.record.birth <= limit)


def _open_cases(reader: Reader, building_id: RecordId) -> dict[RecordId, int]:
    is_open, states = in_states(Case, OPEN_STATES)
    sql = (
        "SELECT r.id, count(*) FROM room r JOIN link l ON l.target=r.id AND l.kind='case'"
        f" JOIN case_ ON case_.id=l.id WHERE r.building_id=? AND {is_open} GROUP BY r.id"
    )
    return {RecordId(room): n for room, n in reader.rows_of(sql, (building_id, *states))}
