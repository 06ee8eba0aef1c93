"""What a worker does with residents: add, correct, look after, note an absence."""

from datetime import date
from typing import Any

import msgspec

from gridworker.actions.typed import tidy
from gridworker.db.buildings import room_at
from gridworker.db.care import profile_of
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.addresses import Address, display, parse_address, place_key
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.households import Household
from gridworker.domain.id_numbers import parse_id_number
from gridworker.domain.names import clean_name
from gridworker.domain.phones import parse_phones
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored, Touched
from gridworker.domain.residents import Resident


class ResidentDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a person holds; only the name is required."""

    name: str = ""
    sex: str = "unknown"
    birth: str | None = None
    id_number: str = ""
    phones: tuple[str, ...] = ()
    address: str = ""
    relation: str = "other"
    status: str = "active"
    lives_alone: bool = False
    note: str = ""


def add_resident(tx: Transaction, draft: ResidentDraft, *, id: RecordId | None = None) -> Touched:
    """Store a new person, in the room the address names where it is known. Raises Problem `name_missing`."""
    fields = {**_facts(draft), **_home(tx, draft.address, None)}
    tx.create(msgspec.convert(fields, Resident), id=id)
    return tx.touched


def correct_resident(tx: Transaction, id: RecordId, draft: ResidentDraft) -> Touched:
    """Change what differs; every field is merged by itself at the centre.

    Whose address stays keeps room and household, also where the address is ambiguous. Raises Problem
    `record_gone` or `name_missing`.
    """
    before, facts = _person(tx, id).record, _facts(draft)
    home = _home(tx, draft.address, before) if tidy(draft.address) != before.address else {}
    tx.change(Resident, id, why="信息更正", **facts, **home)
    return tx.touched


def take_back_correction(tx: Transaction, before: Stored[Resident]) -> Touched:
    """Write the values from before a correction again."""
    tx.change(Resident, before.id, why="撤销更正", **msgspec.structs.asdict(before.record))
    return tx.touched


def take_back_new(tx: Transaction, id: RecordId) -> Touched:
    """Remove a person who was just added by mistake."""
    tx.delete(Resident, id, why="撤销新增")
    return tx.touched


def rooms_meant(reader: Reader, address: Address) -> list[Stored[Room]]:
    """The rooms that an address may mean: those of its place, in its estate where it names a known one."""
    place = place_key(address)
    rooms = room_at(reader, place) if place else []
    if len(rooms) < 2 or not address.estate:
        return rooms
    here = [room for room in rooms if _estate_of(reader, room) == address.estate]
    return here or rooms


def set_care(tx: Transaction, resident_id: RecordId, groups: tuple[str, ...], *, today: str) -> Touched:
    """Set the care groups of a person; an empty list ends the care but keeps the profile."""
    groups = tuple(dict.fromkeys(groups))
    profile = profile_of(tx, resident_id)
    if profile is None:
        person = _person(tx, resident_id)
        tx.create(CareProfile(resident_id=resident_id, groups=groups, since=today), scope=person.scope)
    else:
        tx.change(CareProfile, profile.id, groups=groups)
    return tx.touched


def note_absence(tx: Transaction, resident_id: RecordId, away_from: str, away_to: str) -> Touched:
    """Pause the duty to visit while somebody is away; an absence always has an end day.

    The days are ISO dates. Raises Problem `absence_order` where it would end before it begins, or never.
    """
    if not _is_day(away_from) or not _is_day(away_to) or away_to < away_from:
        raise Problem("absence_order")
    profile = profile_of(tx, resident_id)
    if profile is None:
        person = _person(tx, resident_id)
        absent = CareProfile(resident_id=resident_id, away_from=away_from, away_to=away_to)
        tx.create(absent, scope=person.scope)
    else:
        tx.change(CareProfile, profile.id, away_from=away_from, away_to=away_to)
    return tx.touched


def _person(tx: Transaction, id: RecordId) -> Stored[Resident]:
    found = tx.get(Resident, id)
    if found is None:
        raise Problem("record_gone", kind=Resident.kind)
    return found


def _is_day(text: str) -> bool:
    try:
        return len(text) == len("2025-01-31") and date.fromisoformat(text) < date.max
    except ValueError:
        return False


def _facts(draft: ResidentDraft) -> dict[str, Any]:
    name = clean_name(tidy(draft.name))
    if not name:
        raise Problem("name_missing")
    number = parse_id_number(draft.id_number)
    proven = number.state == "ok"
    return {
        "name": name,
        "sex": number.sex if proven and number.sex and draft.sex == "unknown" else draft.sex,
        "birth": draft.birth or (number.birth if proven else None),
        "id_number": number.text,
        "id_state": number.state,
        "phones": tuple(dict.fromkeys(number for phone in draft.phones for number in _numbers(phone))),
        "relation": draft.relation,
        "status": draft.status,
        "lives_alone": draft.lives_alone,
        "note": tidy(draft.note),
    }


def _numbers(phone: str) -> tuple[str, ...]:
    """The numbers of one entry; what is no number is kept as it was typed."""
    found = parse_phones(tidy(phone))
    return found.numbers + found.doubtful


def _home(reader: Reader, typed: str, before: Resident | None) -> dict[str, Any]:
    """The address, its short form, and the room, building and household where exactly one room is meant."""
    address = parse_address(typed)
    place = place_key(address)
    rooms = rooms_meant(reader, address)
    room = rooms[0] if len(rooms) == 1 else None
    return {
        "address": display(address) if place else tidy(typed),
        "place": place,
        "room_id": room.id if room else None,
        "building_id": room.record.building_id if room else None,
        "household_id": _household(reader, room, before) if room else None,
    }


def _household(reader: Reader, room: Stored[Room], before: Resident | None) -> RecordId | None:
    """The household in a room: a person's own where he stays in it, else the only one."""
    if before is not None and before.room_id == room.id:
        return before.household_id
    households = reader.where(Household, "room_id=?", (room.id,))
    return households[0].id if len(households) == 1 else None


def _estate_of(reader: Reader, room: Stored[Room]) -> str:
    building = reader.get(Building, room.record.building_id)
    estate = reader.get(Estate, building.record.estate_id) if building and building.record.estate_id else None
    return estate.record.name if estate else ""
