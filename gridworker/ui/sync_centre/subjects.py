"""What a record is about, in a few words: whom, which building of which estate, which room."""

import msgspec

from gridworker.db.reader import Reader
from gridworker.domain.addresses import Address, display, parse_address
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.households import Household
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import R, Record, RecordId
from gridworker.domain.residents import Resident

NAMES = ("name", "who", "title", "place", "number")
"""The fields that tell what a record is about, the best first."""


def subject_of(reader: Reader, kind: str, id: RecordId) -> str:
    """The words for a record, or nothing where it is not here."""
    record = _record(reader, KINDS[kind], id) if kind in KINDS else None
    match record:
        case Building(number=number, estate_id=estate):
            return display(Address(estate=_estate_name(reader, estate), building=number))
        case Room(place=place, building_id=building):
            return _door(reader, place, building)
        case Household(place=place, room_id=room):
            found = _record(reader, Room, room)
            return _door(reader, place, found.building_id if found else None)
        case CareProfile(resident_id=resident):
            person = _record(reader, Resident, resident)
            return person.name if person else ""
    return _name_of(record)


def _door(reader: Reader, place: str, building_id: RecordId | None) -> str:
    """幸福里小区3栋2单元501."""
    building = _record(reader, Building, building_id)
    estate = _estate_name(reader, building.estate_id if building else None)
    address = parse_address(place)
    return display(msgspec.structs.replace(address, estate=address.estate or estate)) if place else ""


def _estate_name(reader: Reader, id: RecordId | None) -> str | None:
    estate = _record(reader, Estate, id)
    return estate.name if estate else None


def _record(reader: Reader, kind: type[R], id: RecordId | None) -> R | None:
    stored = reader.get(kind, id) if id else None
    return stored.record if stored else None


def _name_of(record: Record | None) -> str:
    names = (getattr(record, name, "") for name in NAMES)
    return next((str(words) for words in names if words), "")
