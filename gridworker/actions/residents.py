"""What a worker does with residents: add, correct, look after, note an absence."""

import msgspec

from gridworker.db.care import profile_of
from gridworker.db.transaction import Transaction
from gridworker.domain.addresses import display, parse_address, place_key
from gridworker.domain.care import CareProfile
from gridworker.domain.id_numbers import parse_id_number
from gridworker.domain.names import clean_name
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
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
    tx.create(Resident(**_fields(tx, draft)))
    return tx.touched


def correct_resident(tx: Transaction, id: RecordId, draft: ResidentDraft) -> Touched:
    """Change what differs; every field is merged by itself at the centre."""
    tx.change(Resident, id, why="信息更正", **_fields(tx, draft))
    return tx.touched


def set_care(tx: Transaction, resident_id: RecordId, groups: tuple[str, ...], *, today: str) -> Touched:
    """Set the care groups of a person; an empty list ends the care but keeps the profile."""
    profile = profile_of(tx, resident_id)
    if profile is None:
        tx.create(CareProfile(resident_id=resident_id, groups=groups, since=today))
    else:
        tx.change(CareProfile, profile.id, groups=groups)
    return tx.touched


def note_absence(tx: Transaction, resident_id: RecordId, away_from: str, away_to: str) -> Touched:
    """Pause the duty to visit while somebody is away; an absence always has an end day.

    Raises Problem `absence_order` where it would end before it begins.
    """
    if away_to < away_from:
        raise Problem("absence_order")
    profile = profile_of(tx, resident_id)
    if profile is None:
        tx.create(CareProfile(resident_id=resident_id, away_from=away_from, away_to=away_to))
    else:
        tx.change(CareProfile, profile.id, away_from=away_from, away_to=away_to)
    return tx.touched


def _fields(tx: Transaction, draft: ResidentDraft) -> dict[str, object]:
    name = clean_name(draft.name)
    if not name:
        raise Problem("name_missing")
    number = parse_id_number(draft.id_number)
    address = parse_address(draft.address)
    place = place_key(address)
    return {
        "name": name,
        "sex": number.sex if number.sex and draft.sex == "unknown" else draft.sex,
        "birth": draft.birth or number.birth,
        "id_number": number.text,
        "id_state": number.state,
        "phones": draft.phones,
        "address": display(address) if place else draft.address.strip(),
        "relation": draft.relation,
        "status": draft.status,
        "lives_alone": draft.lives_alone,
        "note": draft.note.strip(),
        **_home(tx, place),
    }


def _home(tx: Transaction, place: str) -> dict[str, object]:
    """The room, building and household of a place, where exactly one room has it."""
    rooms = tx.rows_of("SELECT id, building_id FROM room WHERE place=?", (place,)) if place else []
    if len(rooms) != 1:
        return {"place": place, "room_id": None, "building_id": None, "household_id": None}
    room, building = rooms[0]
    households = tx.rows_of("SELECT id FROM household WHERE room_id=?", (room,))
    household = households[0][0] if len(households) == 1 else None
    return {"place": place, "room_id": room, "building_id": building, "household_id": household}
