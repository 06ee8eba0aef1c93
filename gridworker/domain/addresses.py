"""Addresses inside an estate: every way to write them, one place."""

import re

import msgspec

from gridworker.domain import address_forms as forms
from gridworker.domain.cells import cell_text
from gridworker.domain.numerals import digits_of

_DASHES = re.compile("[‐‑‒–—―−~_]")
_SPACES = re.compile(r"\s+")
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_DIGITS = re.compile(r"[0-9]+")
_NUMERAL = re.compile("[0-9A-Za-z〇○零一二两三四五六七八九十]")
_RUNS_ON = re.compile("[0-9A-Za-z甲乙丙丁]$")
_EDGES = " ,、;()[]-/:.。"
_BELOW = {"一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "地下室": "1"}
_LOWEST_FIRST = 500
"""Floors sort as this minus the floor, so that a walk begins on the top floor."""


class Address(msgspec.Struct, frozen=True):
    """A place by estate, building, unit, floor and room; `rest` is what was said beside it or not understood.

    A basement room is written B1-02 and lies on floor -1.
    """

    estate: str | None = None
    building: str | None = None
    unit: str | None = None
    floor: int | None = None
    room: str | None = None
    rest: str = ""

    @property
    def understood(self) -> bool:
        """Whether a place inside an estate was recognised."""
        return not (self.building is None and self.unit is None and self.room is None and self.floor is None)


# ------------------------------------------------------------------------------------------- reading


def parse_address(text: object) -> Address:
    """Read any written form; never raises, and leaves out region words (province … community)."""
    plain = _tidy(text)
    found = _find_building(plain)
    if found is None:
        return _read_alone(plain)
    building = _number(found["building"])
    unit, end = _read_unit(plain, found)
    return _read_inside(plain, start=found.start(), end=end, building=building, unit=unit)


def floor_of(room: str | None) -> int | None:
    """The floor a room number tells: 501 → 5, 1502 → 15, 5A → 5, B1-02 → -1; None if it tells none."""
    if room is None:
        return None
    below = forms.BASEMENT_ROOM.fullmatch(room)
    if below:
        return -int(below["level"])
    match = forms.STOREYED_ROOM.fullmatch(room)
    return int(match["floor"]) or None if match else None


def _tidy(text: object) -> str:
    return _SPACES.sub(" ", _DASHES.sub("-", cell_text(text)))


def _number(text: str) -> str:
    """12 for 十二, 3 for 03, A for a."""
    return _LEADING_ZEROS.sub("", digits_of(text) or text.upper())


def _find_building(plain: str) -> re.Match[str] | None:
    for form in forms.BUILDINGS:
        found = form.search(plain)
        if found:
            return found
    if forms.BASEMENT_ALONE.search(plain) or forms.UNIT_ALONE.search(plain):
        return None
    for form in forms.BARE_BUILDINGS:
        found = form.search(plain)
        if found:
            return found
    return None


def _read_unit(plain: str, found: re.Match[str]) -> tuple[str | None, int]:
    """The unit, in the match of the building or behind it, and where it ends."""
    given = found.groupdict().get("unit")
    if given and found.end("unit") <= found.end():  # else the match only looked ahead to it
        return _number(given), found.end()
    for form in forms.UNITS:
        match = form.match(plain, found.end())
        if match:
            return _number(match["unit"]), match.end()
    return None, found.end()


def _read_alone(plain: str) -> Address:
    """An address that names no building."""
    unit = forms.UNIT_ALONE.search(plain)
    if unit:
        return _read_inside(plain, start=unit.start(), end=unit.end(), unit=_number(unit["unit"]))
    room = forms.BASEMENT_ALONE.search(plain) or forms.ROOM_ALONE.search(plain)
    if room:
        return _read_inside(plain, start=room.start(), end=room.start())
    if forms.ESTATE_ALONE.fullmatch(plain):
        estate, road = _read_estate(plain)
        return Address(estate, rest=road)
    return Address(rest=plain)


def _read_inside(
    plain: str, *, start: int, end: int, building: str | None = None, unit: str | None = None
) -> Address:
    floor, room, end = _read_floor_and_room(plain, end)
    estate, road = _read_estate(plain[:start])
    rest = " ".join(part for part in (road, plain[end:].strip(_EDGES)) if part)
    return Address(estate, building, unit, floor, room, rest)


def _read_floor_and_room(plain: str, start: int) -> tuple[int | None, str | None, int]:
    for form in forms.BASEMENTS:
        match = form.match(plain, start)
        if match:
            level = _BELOW.get(match["level"], match["level"])
            room = f"B{level}-{match['room']:0>2}" if match["room"] else None
            return -int(level), room, match.end()
    floor, start = _read_floor(plain, start)
    match = forms.ROOM.match(plain, start)
    if not match:
        return floor, None, start
    room = _room(match["room"], floor)
    return floor or floor_of(room), room, match.end()


def _read_floor(plain: str, start: int) -> tuple[int | None, int]:
    match = forms.FLOOR.match(plain, start)
    if not match:
        return None, start
    return int(digits_of(match["floor"]) or 0) or None, match.end()


def _room(text: str, floor: int | None) -> str:
    room = digits_of(text) or text.upper()
    if floor and room.isdigit() and len(room) <= 2:
        return f"{floor}{room:0>2}"
    return room[1:] if len(room) == 4 and room[0] == "0" != room[1] else room


def _read_estate(head: str) -> tuple[str | None, str]:
    """The estate's name without region words, and the road that stood before it."""
    name = head.strip(_EDGES).removesuffix("第")
    for region in forms.REGIONS:
        name = region.sub("", name).strip(_EDGES)
    road = forms.ROAD.fullmatch(name)
    if road:
        return road["estate"].strip(_EDGES) or None, road["road"].strip(_EDGES)
    return name or None, ""


# ------------------------------------------------------------------------------------------- showing


def display(address: Address) -> str:
    """The one way we write it: 幸福里小区3栋2单元501; `parse_address` reads it back."""
    estate = address.estate or ""
    gap = " " if _RUNS_ON.search(estate) else ""
    parts = (
        _show_building(address.building),
        f"{address.unit}单元" if address.unit else "",
        _show_room(address),
    )
    place = "".join(parts)
    if not place:
        return " ".join(part for part in (estate, address.rest) if part)
    return f"{estate}{gap}{place}{_show_rest(address)}"


def _show_rest(address: Address) -> str:
    """3栋2单元楼道, but 3栋2单元501（东户）: brackets keep numbers apart."""
    if not address.rest or (address.room is None and not _NUMERAL.search(address.rest)):
        return address.rest
    return f"（{address.rest}）"


def _show_building(building: str | None) -> str:
    if not building:
        return ""
    return f"{building}座" if len(building) == 1 and building.isalpha() else f"{building}栋"


def _show_room(address: Address) -> str:
    floor, room = address.floor, address.room
    if room and forms.BASEMENT_ROOM.fullmatch(room):
        return f"地下室{room}"
    level = "" if floor is None or floor == floor_of(room) else f"{floor}层" if floor > 0 else f"负{-floor}层"
    if not room:
        return level
    alone = address.building is None and address.unit is None
    return f"{level}{room}室" if alone or len(_DIGITS.findall(room)[0]) < 3 else f"{level}{room}"


# ----------------------------------------------------------------------------------- keys and queries


def place_key(address: Address) -> str:
    """The short form for search within an estate: 3-2-501, 5-101 without a unit; empty if unknown."""
    if address.building is None and address.unit is None and address.room is None:
        return ""
    middle = (address.unit or "",) if address.unit or address.building is None else ()
    room = (address.room.replace("-", ""),) if address.room else ()
    return "-".join((address.building or "", *middle, *room))


def parse_place_query(text: str) -> str | None:
    """What the place key of an address that is still being typed begins with; None if it is no address."""
    plain = _tidy(text)
    named = forms.NAMED_BUILDING.search(plain)
    if named:
        return _query_inside(_number(named["building"]), plain[named.end() :])
    dashed = forms.QUERY_DASHED.fullmatch(plain) or forms.QUERY_SPACED.fullmatch(plain)
    return _query_inside(_number(dashed["building"]), dashed["tail"]) if dashed else None


def _query_inside(building: str, tail: str) -> str | None:
    unit = forms.QUERY_UNIT.match(tail)
    start = unit.end() if unit else 0
    room = forms.QUERY_ROOM.fullmatch(tail, start)
    if not room:
        return None
    found = _query_room(room)
    return "-".join((building, *((_number(unit["unit"] or unit["short"]),) if unit else ()), found))


def _query_room(match: re.Match[str]) -> str:
    if match["cellars"]:
        return "B"
    if match["below"]:
        return match["below"].upper() + match["cellar"]
    return digits_of(match["room"]) or match["room"].upper()


def walk_key(address: Address) -> str:
    """Sorts places as one walks: buildings, units, floors from the top down, rooms; unknown places last."""
    if not address.understood:
        return f"9{address.rest}"
    floor = 999 if address.floor is None else _LOWEST_FIRST - address.floor
    known = "2" if address.building is None else "1"
    building, unit, room = map(_sortable, (address.building, address.unit, address.room))
    return f"{known}{building}.{unit}.{floor:03d}.{room}"


def _sortable(text: str | None) -> str:
    """The text with its numbers padded, so that 3 comes before 12 and A after both."""
    return _DIGITS.sub(lambda number: number[0].zfill(5), text or "")
