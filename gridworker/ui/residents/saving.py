"""Saving the form of a person: only what differs, and the home only where the address was changed."""

from typing import Any

import msgspec

from gridworker.actions.residents import ResidentDraft
from gridworker.db.buildings import room_at
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.addresses import Address, display, parse_address, place_key
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.households import Household
from gridworker.domain.id_numbers import parse_id_number
from gridworker.domain.names import clean_name
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored, Touched
from gridworker.domain.residents import Resident
from gridworker.i18n import N_


def add_person(tx: Transaction, id: RecordId, draft: ResidentDraft) -> Touched:
    """Store a new person under this id, in the room that the address names. Raises Problem `name_missing`."""
    tx.create(Resident(**_facts(draft), **_home(tx, draft.address, None)), id=id)
    return tx.touched


def correct_person(tx: Transaction, id: RecordId, draft: ResidentDraft) -> Touched:
    """Change what differs; whose address stays keeps room and household, also an ambiguous one.

    Raises Problem `record_gone` or `name_missing`.
    """
    stored = tx.get(Resident, id)
    if stored is None:
        raise Problem("record_gone", kind=Resident.kind)
    moved = draft.address.strip() != stored.record.address
    home = _home(tx, draft.address, stored.record) if moved else {}
    tx.change(Resident, id, why=N_("信息更正"), **_facts(draft), **home)
    return tx.touched


def take_back_correction(tx: Transaction, before: Stored[Resident]) -> Touched:
    """Write the values from before a correction again."""
    tx.change(Resident, before.id, why=N_("撤销更正"), **msgspec.structs.asdict(before.record))
    return tx.touched


def take_back_new(tx: Transaction, id: RecordId) -> Touched:
    """Remove a person who was just added by mistake."""
    tx.delete(Resident, id, why=N_("撤销新增"))
    return tx.touched


def rooms_meant(reader: Reader, address: Address) -> list[Stored[Room]]:
    """The rooms that an address may mean: those of its place, in its estate where it names a known one."""
    place = place_key(address)
    rooms = room_at(reader, place) if place else []
    if len(rooms) < 2 or not address.estate:
        return rooms
    here = [room for room in rooms if _estate_of(reader, room) == address.estate]
    return here or rooms


def _facts(draft: ResidentDraft) -> dict[str, Any]:
    name = clean_name(draft.name)
    if not name:
        raise Problem("name_missing")
    number = parse_id_number(draft.id_number)
    return {
        "name": name,
        "sex": number.sex if number.sex and draft.sex == "unknown" else draft.sex,
        "birth": draft.birth or number.birth,
        "id_number": number.text,
        "id_state": number.state,
        "phones": draft.phones,
        "relation": draft.relation,
        "status": draft.status,
        "lives_alone": draft.lives_alone,
        "note": draft.note.strip(),
    }


def _home(reader: Reader, text: str, before: Resident | None) -> dict[str, Any]:
    address = parse_address(text)
    place = place_key(address)
    rooms = rooms_meant(reader, address)
    room = rooms[0] if len(rooms) == 1 else None
    return {
        "address": display(address) if place else text.strip(),
        "place": place,
        "room_id": room.id if room else None,
        "building_id": room.record.building_id if room else None,
        "household_id": _household(reader, room, before) if room else None,
    }


def _household(reader: Reader, room: Stored[Room], before: Resident | None) -> RecordId | None:
    """The household in a room: his own where he stays in it, else the only one."""
    if before is not None and before.room_id == room.id:
        return before.household_id
    households = reader.where(Household, "room_id=?", (room.id,))
    return households[0].id if len(households) == 1 else None


def _estate_of(reader: Reader, room: Stored[Room]) -> str:
    building = reader.get(Building, room.record.building_id)
    estate = reader.get(Estate, building.record.estate_id) if building and building.record.estate_id else None
    return estate.record.name if estate else ""
