"""Finding residents: by name, given name, pinyin, initials, phone tail, id number and place, by B-trees."""

import re
import unicodedata
from collections.abc import Iterator

from gridworker.db.reader import Reader
from gridworker.domain.addresses import parse_address, parse_place_query
from gridworker.domain.names import spelling_queries
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident

ORDERS = {
    "name": "pinyin, n",
    "address": "walk, n",
    "age": "birth NULLS LAST, n",
    "newest": "+n DESC",
}
"""What a list of residents can be sorted by, and its SQL, answered by an index; "+n" reads no rows."""

SEARCH_LIMIT = 500
_LONGEST_QUERY = 100
"""Characters; what is typed or pasted beyond them finds nothing more."""
_BEYOND = "\U0010ffff"
_SEPARATORS = re.compile(r"[\s'’]")
_HALF = re.compile("[\ud800-\udfff]")
_LATIN = re.compile(r"[a-zü:]+")
_DIGITS = re.compile(r"[0-9]{3,18}X?")
_PHONE = re.compile(r"[0-9]+(-[0-9]+)+")
_LONG_NUMBER = 8


def resident_keys(
    reader: Reader, *, order: str = "address", status: str = "", alone: bool = False
) -> list[int]:
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
    for keys in _ways(reader, typed[:_LONGEST_QUERY], limit):
        found.update(dict.fromkeys(keys))
        if len(found) >= limit:
            break
    return list(found)[:limit]


def normalise(typed: str) -> str:
    """What people type in a search box: full-width folded, spaces and apostrophes out, small letters."""
    return _plain(typed).lower()


def _plain(typed: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", _HALF.sub("", typed)))


def _ways(reader: Reader, typed: str, limit: int) -> Iterator[list[int]]:
    """What each reading of the text finds; a later one is only asked while there is room."""
    text = _plain(typed)
    for column, prefix in _readings(text):
        yield _beginning(reader, column, prefix, limit)
    place = parse_place_query(_HALF.sub("", typed))
    if place:
        yield _at_place(reader, parse_address(text).estate or "", place, limit)
    if len(text) > 1 and not text.isascii():
        yield _in_estate(reader, text, limit)


def _readings(text: str) -> Iterator[tuple[str, str]]:
    """Each column and prefix that the text may mean."""
    small, number = text.lower(), text.upper()
    if _PHONE.fullmatch(number) and len(number.replace("-", "")) >= _LONG_NUMBER:
        number = number.replace("-", "")
    if _LATIN.fullmatch(small):
        yield "initials", small
        yield "initials_2", small
        yield from (("pinyin", spelling) for spelling in spelling_queries(small) if spelling)
    elif _DIGITS.fullmatch(number):
        yield from ((column, number[::-1]) for column in ("phone_tail", "phone_tail_2", "id_tail"))
        yield "id_number", number
    elif not text.isascii():
        yield from (("name", text), ("given", text))


def _beginning(reader: Reader, column: str, prefix: str, limit: int) -> list[int]:
    sql = f"SELECT n FROM resident WHERE {column}>=? AND {column}<? ORDER BY {column}, n LIMIT ?"
    return [n for (n,) in reader.rows_of(sql, (prefix, prefix + _BEYOND, limit))]


def _at_place(reader: Reader, estate: str, place: str, limit: int) -> list[int]:
    """Residents whose place begins so; of the estate that was named, where somebody lives there."""
    sql = (
        "SELECT r.n FROM resident r JOIN building b ON r.building_id=b.id JOIN estate e ON b.estate_id=e.id"
        " WHERE instr(e.name, ?) AND r.place>=? AND r.place<? ORDER BY r.walk, r.n LIMIT ?"
    )
    there = reader.rows_of(sql, (estate, place, place + _BEYOND, limit)) if estate else []
    return [n for (n,) in there] or _beginning(reader, "place", place, limit)


def _in_estate(reader: Reader, text: str, limit: int) -> list[int]:
    """Residents of the estates whose name holds these words, building by building until there are enough."""
    sql = (
        "SELECT b.id FROM estate e JOIN building b ON b.estate_id=e.id WHERE instr(e.name, ?)"
        " ORDER BY e.name, length(b.number), b.number"
    )
    found: list[int] = []
    for (building,) in reader.rows_of(sql, (text,)):
        rows = reader.rows_of("SELECT n FROM resident WHERE building_id=? ORDER BY walk, n", (building,))
        found += [n for (n,) in rows]
        if len(found) >= limit:
            break
    return found


def residents_of_household(reader: Reader, household_id: RecordId) -> list[Stored[Resident]]:
    """The members of a household, head first, then by birth."""
    members = reader.where(Resident, "household_id=? ORDER BY birth NULLS LAST, n", (household_id,))
    return sorted(members, key=lambda each: each.record.relation != "head")


def residents_of_room(reader: Reader, room_id: RecordId) -> list[Stored[Resident]]:
    """Everybody who lives in a room."""
    return reader.where(Resident, "room_id=? ORDER BY household_id, birth NULLS LAST, n", (room_id,))
