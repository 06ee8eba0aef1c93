"""Making the items of the search box out of records, and out of what can be done."""

from collections.abc import Callable, Mapping
from functools import partial

from gridworker.db.finds import FoundRoom, buildings_found, cases_found, rooms_found
from gridworker.db.reader import Reader
from gridworker.db.resident_lines import LIVING, ResidentLine, resident_lines
from gridworker.db.residents import search_residents
from gridworker.dictionaries import case_dictionary
from gridworker.domain.addresses import Address, display, parse_address
from gridworker.domain.buildings import Building
from gridworker.domain.cases import Case
from gridworker.domain.names import PinyinTable, match_kind
from gridworker.domain.records import Stored
from gridworker.i18n import N_, _
from gridworker.ui.desk import Desk
from gridworker.ui.palette import PaletteItem, contains
from gridworker.ui.residents.words import joined, line_tags
from gridworker.ui.visits.words import age_words, choice_words, moment_of

PEOPLE = 12
"""People shown at most; more of them are found on their own screen."""

COMMANDS: Mapping[str, tuple[str, object, str]] = {
    N_("记走访"): ("visit", (), "visit"),
    N_("报事件"): ("case", None, "case"),
    N_("导入台账"): ("import", None, "import"),
    N_("今日"): ("screen", "today", "today"),
    N_("居民"): ("screen", "residents", "people"),
    N_("楼栋"): ("screen", "buildings", "building"),
    N_("走访"): ("screen", "visits", "visit"),
    N_("事件"): ("screen", "cases", "case"),
    N_("移交记录"): ("screen", "moves", "export"),
    N_("待核对"): ("screen", "disputes", "review"),
}
"""What can be asked for by its pinyin: what is emitted by `Desk.asked`, and an icon."""


def found(desk: Desk, query: str) -> list[PaletteItem]:
    """People, rooms, buildings, cases, then commands; where a place was typed, places come first."""
    if match_kind(query) == "empty":
        return []
    people, places, cases = desk.look(partial(_records, query=query))
    person_items = [_person_item(desk, line) for line in people]
    place_items = [_room_item(desk, room) for room in places[0]]
    place_items += [_building_item(desk, building, estate) for building, estate in places[1]]
    case_items = [_case_item(desk, case) for case in cases]
    return place_items + person_items + case_items + command_items(desk, query)


_Records = tuple[
    list[ResidentLine], tuple[list[FoundRoom], list[tuple[Stored[Building], str]]], list[Stored[Case]]
]


def _records(reader: Reader, query: str) -> _Records:
    """Everything from one snapshot; those who no longer live here come last."""
    keys = search_residents(reader, query, PEOPLE * 2)
    lines = [line for line in resident_lines(reader, keys) if line is not None]
    lines.sort(key=lambda line: line.resident.record.status not in LIVING)
    places = (rooms_found(reader, query), buildings_found(reader, query))
    return lines[:PEOPLE], places, cases_found(reader, query)


def command_items(desk: Desk, query: str) -> list[PaletteItem]:
    """Commands whose pinyin or initials begin so; by their words the palette finds them itself."""
    if match_kind(query) != "letters":
        return []
    typed, pinyin = query.lower(), desk.database.pinyin
    return [
        PaletteItem(_(text), _asking(desk, name, what), icon=icon)
        for text, (name, what, icon) in COMMANDS.items()
        if _sounds(pinyin, text, typed) and not contains(query, _(text))
    ]


def _sounds(pinyin: PinyinTable, text: str, typed: str) -> bool:
    spellings = (pinyin.spell(text), *pinyin.spell_initials(text))
    return len(typed) > 1 and any(spelling.startswith(typed) for spelling in spellings)


def _person_item(desk: Desk, line: ResidentLine) -> PaletteItem:
    record = line.resident.record
    tags = joined((word for word, _colour in line_tags(line)), " ")
    hint = joined((age_words(record, desk.today), record.address, tags))
    return PaletteItem(record.name, _asking(desk, "resident", line.id), hint, "person")


def _room_item(desk: Desk, each: FoundRoom) -> PaletteItem:
    record = each.room.record
    people = (
        _("{name}等{count}人").format(name=each.head, count=each.people) if each.people > 1 else each.head
    )
    hint = joined((each.estate, people or choice_words("house_use", record.use)))
    text = display(parse_address(record.place))
    return PaletteItem(text, _asking(desk, "building", each.room.id), hint, "home")


def _building_item(desk: Desk, building: Stored[Building], estate: str) -> PaletteItem:
    text = display(Address(building=building.record.number))
    return PaletteItem(text, _asking(desk, "building", building.id), estate, "building")


def _case_item(desk: Desk, case: Stored[Case]) -> PaletteItem:
    record = case.record
    category = case_dictionary().name_of(record.category)
    state = choice_words("case_state", record.state)
    hint = joined((state, category, record.address, moment_of(record.found_ms, desk.now_ms)))
    return PaletteItem(record.title, _asking(desk, "case_record", case.id), hint, "case")


def _asking(desk: Desk, name: str, what: object) -> Callable[[], object]:
    return partial(desk.asked.emit, name, what)
