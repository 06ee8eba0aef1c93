"""What a worker does with residents: add, correct, look after, note an absence."""

from datetime import date
from typing import Any

import msgspec

from gridworker.actions.typed import tidy
from gridworker.db.care import profile_of
from gridworker.db.transaction import Transaction
from gridworker.domain.addresses import Address, display, parse_address, place_key
from gridworker.domain.care import CareProfile
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


def add_resident(tx: Transaction, draft: ResidentDraft) -> Touched:
    """Store a new person, in the room the address names where it is known. Raises Problem `name_missing`."""
    fields = {**_fields(draft), **_whereabouts(tx, draft.address)}
    tx.create(msgspec.convert(fields, Resident))
    return tx.touched


def correct_resident(tx: Transaction, id: RecordId, draft: ResidentDraft) -> Touched:
    """Change what differs; every field is merged by itself at the centre.

    Nobody moves whose address stays the same.
    """
    fields = _fields(draft)
    if tidy(draft.address) != _person(tx, id).record.address:
        fields |= _whereabouts(tx, draft.address)
    tx.change(Resident, id, why="信息更正", **fields)
    return tx.touched


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


def _fields(draft: ResidentDraft) -> dict[str, Any]:
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


def _whereabouts(tx: Transaction, typed: str) -> dict[str, Any]:
    """The address, its short form, and the room, building and household where exactly one room is meant."""
    address = parse_address(typed)
    place = place_key(address)
    shown = display(address) if place else tidy(typed)
    rooms = _rooms(tx, address, place)
    if len(rooms) != 1:
        return {"address": shown, "place": place, "room_id": None, "building_id": None, "household_id": None}
    room, building = rooms[0]
    households = tx.rows_of("SELECT id FROM household WHERE room_id=?", (room,))
    household = households[0][0] if len(households) == 1 else None
    return {
        "address": shown,
        "place": place,
        "room_id": room,
        "building_id": building,
        "household_id": household,
    }


def _rooms(tx: Transaction, address: Address, place: str) -> list[tuple[Any, ...]]:
    """Rooms of this short form; where the estate is named and known, only its own."""
    if not place:
        return []
    sql = (
        "SELECT r.id, r.building_id, e.name FROM room r LEFT JOIN building b ON r.building_id=b.id"
        " LEFT JOIN estate e ON b.estate_id=e.id WHERE r.place=?"
    )
    rooms = tx.rows_of(sql, (place,))
    named = [row for row in rooms if address.estate and row[2] == address.estate]
    return [row[:2] for row in named or rooms]
