"""Finding residents: by name, given name, pinyin, initials, phone tail, id tail and place, each from a B-tree."""

import re
import unicodedata

from gridworker.db.reader import Reader
from gridworker.domain.addresses import parse_place_query
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident

ORDERS = {
    "name": "pinyin, n",
    "address": "walk, n",
    "age": "birth IS NULL, birth, n",
    "newest": "n DESC",
}
"""What a list of residents can be sorted by, and the SQL that does it."""

SEARCH_LIMIT = 500
_BEYOND = "\U0010ffff"
_LATIN = re.compile(r"[a-zü]+")
_DIGITS = re.compile(r"[0-9]{3,18}x?")


def resident_keys(reader: Reader, *, order: str = "address", status: str = "", alone: bool = False) -> list[int]:
    """The row keys of the list of residents, filtered and sorted."""
    conditions, parameters = ["1"], []
    if status:
        conditions.append("coalesce(status, 'active')=?")
        parameters.append(status)
    if alone:
        conditions.append("json_extract(body, '$.lives_alone')")
    return reader.keys(Resident, order=ORDERS[order], where=" AND ".join(conditions), parameters=parameters)


def search_residents(reader: Reader, typed: str, limit: int = SEARCH_LIMIT) -> list[int]:
    """The row keys of residents that fit what was typed, the likeliest way of meaning it first."""
    found: dict[int, None] = {}
    for column, prefix in _readings(normalise(typed)):
        if len(found) >= limit:
            break
        sql = f"SELECT n FROM resident WHERE {column}>=? AND {column}<? ORDER BY {column}, n LIMIT ?"
        found.update(dict.fromkeys(row[0] for row in reader.rows_of(sql, (prefix, prefix + _BEYOND, limit))))
    if len(found) < limit:
        found.update(dict.fromkeys(_by_estate(reader, normalise(typed), limit)))
    return list(found)[:limit]


def normalise(typed: str) -> str:
    """What people type in a search box: full-width folded, spaces and apostrophes out, small letters."""
    return re.sub(r"[\s'’]", "", unicodedata.normalize("NFKC", typed)).lower()


def _readings(text: str) -> list[tuple[str, str]]:
    """Each column and prefix that the text may mean."""
    readings: list[tuple[str, str]] = []
    if not text:
        return readings
    place = parse_place_query(text)
    if _LATIN.fullmatch(text):
        readings += [("initials", text), ("initials_2", text), ("pinyin", text)]
    if _DIGITS.fullmatch(text):
        tail = text.upper()[::-1]
        readings += [("phone_tail", tail), ("phone_tail_2", tail), ("id_tail", tail), ("id_number", text.upper())]
    if not text.isascii():
        readings += [("name", text), ("given", text)]
    if place:
        readings.append(("place", place))
    return readings


def _by_estate(reader: Reader, text: str, limit: int) -> list[int]:
    """Residents of the estates whose name holds these words; estates are few, so a scan is quick."""
    if text.isascii() or len(text) < 2:
        return []
    sql = (
        "SELECT r.n FROM resident r JOIN building b ON r.building_id=b.id JOIN estate e ON b.estate_id=e.id"
        " WHERE instr(e.name, ?) ORDER BY r.walk LIMIT ?"
    )
    return [row[0] for row in reader.rows_of(sql, (text, limit))]


def residents_of_household(reader: Reader, household_id: RecordId) -> list[Stored[Resident]]:
    """The members of a household, head first, then by birth."""
    members = reader.where(Resident, "household_id=? ORDER BY birth", (household_id,))
    return sorted(members, key=lambda each: each.record.relation != "head")


def residents_of_room(reader: Reader, room_id: RecordId) -> list[Stored[Resident]]:
    """Everybody who lives in a room."""
    return reader.where(Resident, "room_id=? ORDER BY household_id, birth", (room_id,))
