"""Where the people of a register live: estates, buildings, rooms and households, known ones found again."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from gridworker.actions.imports.drafts import Draft
from gridworker.db.imports import buildings_of, estates_of, rooms_in
from gridworker.db.reader import Reader
from gridworker.domain.addresses import Address, display
from gridworker.domain.records import RecordId, ScopeId


class PlannedEstate(msgspec.Struct):
    """An estate of the file; without an id it is new."""

    name: str
    id: RecordId | None = None


class PlannedBuilding(msgspec.Struct):
    """A building of the file, with the highest unit and storey seen; without an id it is new."""

    number: str
    estate: PlannedEstate | None = None
    id: RecordId | None = None
    units: int = 0
    floors: int = 0


class PlannedHousehold(msgspec.Struct):
    """People of one home that belong together, by their positions in the drafts; the head is one of them."""

    members: list[int]
    head: int
    said: bool = False
    """Whether the file itself says who the head is."""
    id: RecordId | None = None
    known_head: RecordId | None = None


class Home(msgspec.Struct):
    """A room, or an address in which no room could be read, with the households in it."""

    at: Address
    place: str = ""
    address: str = ""
    building: PlannedBuilding | None = None
    room_id: RecordId | None = None
    use: str = ""
    households: list[PlannedHousehold] = []

    @property
    def building_id(self) -> RecordId | None:
        """The building, if it is already known."""
        return self.building.id if self.building else None


class Places(msgspec.Struct):
    """All places of a register; `home_of` has one entry per draft."""

    estates: dict[str, PlannedEstate]
    buildings: dict[tuple[str, str], PlannedBuilding]
    homes: dict[tuple[str, ...], Home]
    home_of: list[Home | None]
    unclear: set[int]
    """Positions of drafts whose estate is not said and could be one of several."""


def find_places(drafts: Sequence[Draft], reader: Reader, scope: ScopeId) -> Places:
    """Resolve every address to an estate, a building and a home."""
    resolver = _Resolver(drafts, reader, scope)
    for index, draft in enumerate(drafts):
        resolver.add(index, draft)
    _find_rooms(resolver.places, reader)
    _form_households(resolver.places, drafts)
    return resolver.places


def estate_key(name: str) -> str:
    """What makes two spellings of an estate one: 幸福里 and 幸福里小区 are the same."""
    return name.removesuffix("小区") or name


class _Resolver:
    def __init__(self, drafts: Sequence[Draft], reader: Reader, scope: ScopeId) -> None:
        self.places = Places({}, {}, {}, [], set())
        self._known_estates = {
            estate_key(name): (id, name) for id, name in reversed(estates_of(reader, scope))
        }
        self._known_buildings: dict[tuple[RecordId | None, str], RecordId] = {}
        names = {id: key for key, (id, _) in self._known_estates.items()}
        self._known_owners: dict[str, set[str]] = {}
        for id, estate_id, number in reversed(buildings_of(reader, scope)):
            self._known_buildings[(estate_id, number)] = id
            if estate_id in names:
                self._known_owners.setdefault(number, set()).add(names[estate_id])
        self._file_estates: dict[str, str] = {}
        self._file_owners: dict[str, set[str]] = {}
        for at in (draft.at for draft in drafts if draft.at.building and draft.at.estate):
            key = estate_key(at.estate or "")
            self._file_estates.setdefault(key, at.estate or "")
            self._file_owners.setdefault(at.building or "", set()).add(key)
        self._defaults: dict[str, str | None] = {}

    def add(self, index: int, draft: Draft) -> None:
        """Give a draft its home."""
        self.places.home_of.append(self._home(index, draft))

    def _home(self, index: int, draft: Draft) -> Home | None:
        if not draft.at.building:
            return self._kept(("address", draft.address), draft, None) if draft.address else None
        key = self._estate_of(index, draft.at)
        building = self._building(key, draft.at)
        where = (
            ("room", key, draft.at.building, draft.place) if draft.place else ("address", key, draft.address)
        )
        return self._kept(where, draft, building)

    def _kept(self, key: tuple[str, ...], draft: Draft, building: PlannedBuilding | None) -> Home:
        home = self.places.homes.get(key)
        if home is None:
            home = Home(draft.at, draft.place, shown_address(draft, building), building)
            self.places.homes[key] = home
        home.use = home.use or draft.use
        return home

    def _estate_of(self, index: int, at: Address) -> str:
        if at.estate:
            return estate_key(at.estate)
        number = at.building or ""
        if number not in self._defaults:
            self._defaults[number] = self._default_estate(number)
        default = self._defaults[number]
        if default is None:
            self.places.unclear.add(index)
        return default or ""

    def _default_estate(self, number: str) -> str | None:
        """The estate of addresses that name none: the only one there is; '' for none, None if unclear."""
        for candidates in (
            self._file_estates.keys(),
            self._file_owners.get(number, ()),
            self._known_owners.get(number, ()),
        ):
            if len(candidates) == 1:
                return next(iter(candidates))
        if not self._file_estates and len(self._known_estates) <= 1:
            return next(iter(self._known_estates), "")
        return None

    def _building(self, key: str, at: Address) -> PlannedBuilding:
        number = at.building or ""
        building = self.places.buildings.get((key, number))
        if building is None:
            estate = self._estate(key) if key else None
            building = PlannedBuilding(number, estate, self._known_building(estate, number))
            self.places.buildings[(key, number)] = building
        if at.unit and at.unit.isdecimal() and len(at.unit) < 3:
            building.units = max(building.units, int(at.unit))
        building.floors = max(building.floors, at.floor or 0)
        return building

    def _estate(self, key: str) -> PlannedEstate:
        if key not in self.places.estates:
            id, name = self._known_estates.get(key, (None, self._file_estates.get(key, key)))
            self.places.estates[key] = PlannedEstate(name, id)
        return self.places.estates[key]

    def _known_building(self, estate: PlannedEstate | None, number: str) -> RecordId | None:
        """The known building; one without estate is taken for the only building of this number."""
        if estate and estate.id and (estate.id, number) in self._known_buildings:
            return self._known_buildings[(estate.id, number)]
        if estate is None or len(self._file_owners.get(number, ())) <= 1:
            return self._known_buildings.get((None, number))
        return None


def shown_address(draft: Draft, building: PlannedBuilding | None) -> str:
    """The address of a draft as it is kept, with the estate that the file or the database knows."""
    if building is None or building.estate is None or draft.at.estate == building.estate.name:
        return draft.address
    return _display(draft.at, building.estate.name)


@lru_cache(maxsize=65_536)
def _display(at: Address, estate: str) -> str:
    return display(msgspec.structs.replace(at, estate=estate))


def _find_rooms(places: Places, reader: Reader) -> None:
    known = {
        (building, place): id for id, building, place in rooms_in(reader, _ids(places.buildings.values()))
    }
    for home in places.homes.values():
        if home.place and home.building_id:
            home.room_id = known.get((home.building_id, home.place))


def _ids(buildings: Iterable[PlannedBuilding]) -> list[RecordId]:
    return [building.id for building in buildings if building.id]


def _form_households(places: Places, drafts: Sequence[Draft]) -> None:
    """People of one home are one household; a second head of the family begins a second one."""
    for index, (draft, home) in enumerate(zip(drafts, places.home_of, strict=True)):
        if home is None:
            continue
        is_head = draft.values.get("relation") == "head"
        if not home.households or (is_head and home.households[-1].said):
            home.households = [*home.households, PlannedHousehold([], index)]
        household = home.households[-1]
        household.members.append(index)
        if is_head and not household.said:
            household.head, household.said = index, True
