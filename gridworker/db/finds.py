"""Finding for the one search box: buildings and rooms by their place, cases by their words."""

from collections.abc import Sequence

import msgspec

from gridworker.db.reader import Reader
from gridworker.domain.addresses import Address, parse_address, parse_place_query
from gridworker.domain.buildings import Building, Room
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored

NEWEST_CASES = 2_000
"""How far back cases are looked through; older ones are found on their own screen."""
_BEYOND = "\U0010ffff"


class FoundRoom(msgspec.Struct, frozen=True):
    """A room with its estate and who heads it."""

    room: Stored[Room]
    estate: str
    head: str
    people: int


def rooms_found(reader: Reader, typed: str, limit: int = 6) -> list[FoundRoom]:
    """Rooms whose place begins with what was typed, in the estate that was named, if one was."""
    place = parse_place_query(typed)
    if not place:
        return []
    sql = (
        "SELECT r.id, coalesce(e.name, '') FROM room r LEFT JOIN building b ON b.id=r.building_id"
        " LEFT JOIN estate e ON e.id=b.estate_id WHERE r.place>=? AND r.place<?"
        " AND instr(coalesce(e.name, ''), ?) ORDER BY length(r.place), r.place, r.n LIMIT ?"
    )
    asked = (place, place + _BEYOND)
    rows = reader.rows_of(sql, (*asked, parse_address(typed).estate or "", limit))
    rows = rows or reader.rows_of(sql, (*asked, "", limit))
    estates = dict(rows)
    rooms = reader.get_many(Room, [RecordId(id) for id, _estate in rows])
    return [FoundRoom(room, estates[room.id], *_heads(reader, room.id)) for room in rooms]


def buildings_found(reader: Reader, typed: str, limit: int = 4) -> list[tuple[Stored[Building], str]]:
    """Buildings with the number that was typed (3栋, 三号楼), each with its estate."""
    address = parse_address(typed)
    if address.building is None or address != Address(address.estate, address.building):
        return []
    sql = (
        "SELECT b.id, coalesce(e.name, '') FROM building b LEFT JOIN estate e ON e.id=b.estate_id"
        " WHERE b.number=? AND instr(coalesce(e.name, ''), ?) ORDER BY e.name LIMIT ?"
    )
    estates = dict(reader.rows_of(sql, (address.building, address.estate or "", limit)))
    return [(building, estates[building.id]) for building in reader.get_many(Building, list(estates))]


def cases_found(reader: Reader, typed: str, limit: int = 6) -> list[Stored[Case]]:
    """The newest cases with these words, or with a number that holds what was typed."""
    text = typed.strip()
    if len(text) < 2:
        return []
    newest = "SELECT n, id, body FROM case_ ORDER BY found_ms DESC LIMIT ?"
    # Names of fields are ASCII, so only Chinese may be looked for in the whole document.
    number = "json_extract(body,'$.temp_no')||' '||coalesce(json_extract(body,'$.case_no'),'')"
    where = f"instr(upper({number}), upper(?))" if text.isascii() else "instr(body, ?)"
    rows = reader.rows_of(f"SELECT id FROM ({newest}) WHERE {where} LIMIT ?", (NEWEST_CASES, text, limit))
    return reader.get_many(Case, [RecordId(id) for (id,) in rows])


def _heads(reader: Reader, room_id: RecordId) -> tuple[str, int]:
    """The name of the head of a room, or of whoever comes first, and how many live there."""
    sql = (
        "SELECT name FROM resident WHERE room_id=? AND coalesce(status,'active') IN ('active','away')"
        " ORDER BY json_extract(body,'$.relation') IS NOT 'head', birth, n"
    )
    names: Sequence[tuple[str]] = reader.rows_of(sql, (room_id,))
    return (names[0][0], len(names)) if names else ("", 0)
