"""What an import would do: every person as new, changed or the same, against the database as it is now."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from gridworker.actions.imports.drafts import Doubt, Draft
from gridworker.actions.imports.matching import Change, Match, match_residents
from gridworker.actions.imports.places import Home, Places, PlannedHousehold, find_places
from gridworker.actions.imports.register import Progress, Register, no_progress
from gridworker.db.imports import care_profiles_of, households_by_id, households_in
from gridworker.db.reader import Reader
from gridworker.domain.ages import age_on
from gridworker.domain.care import CareProfile, groups_by_facts
from gridworker.domain.records import RecordId, ScopeId, Stored

RowVerb = Literal["new", "changed", "same"]


class PlannedCare(msgspec.Struct):
    """The care groups that follow for one draft, and the profile there is, if any."""

    index: int
    groups: tuple[str, ...]
    stored: Stored[CareProfile] | None = None


class Plan(msgspec.Struct):
    """The whole import before it is written; `drafts` and `matches` run in step."""

    register: Register
    scope: ScopeId
    today: date
    drafts: list[Draft]
    matches: list[Match]
    places: Places
    care: list[PlannedCare]

    def verb(self, index: int) -> RowVerb:
        """What happens to one person."""
        match = self.matches[index]
        return "new" if match.stored is None else "changed" if match.changes else "same"

    def doubts(self, index: int) -> tuple[Doubt, ...]:
        """Every reason to look at one person: of reading, of place, of finding."""
        return (*self.drafts[index].doubts, *self.matches[index].doubts)


def make_plan(
    register: Register,
    reader: Reader,
    *,
    today: date,
    scope: ScopeId | None = None,
    progress: Progress = no_progress,
) -> Plan:
    """Compare a register with the database; nothing is written."""
    home_scope = scope or reader.author.scope
    drafts = register.drafts
    progress("match", 0, len(drafts))
    places = find_places(drafts, reader, home_scope)
    matches = match_residents(drafts, places.home_of, reader, home_scope)
    _join_known_households(places, matches, reader)
    _compare_households(places, matches)
    _doubt_places(places, drafts, matches)
    progress("match", len(drafts), len(drafts))
    care = _plan_care(drafts, matches, reader, today)
    return Plan(register, home_scope, today, drafts, matches, places, care)


def _doubt_places(places: Places, drafts: Sequence[Draft], matches: Sequence[Match]) -> None:
    for index in places.unclear:
        matches[index].doubts += (Doubt("estate_unclear", "address", drafts[index].address),)
    for home in places.homes.values():
        for household in home.households if home.place else ():
            if len(household.members) > 1:
                for index in household.members:
                    if drafts[index].values.get("lives_alone"):
                        matches[index].doubts += (Doubt("alone_with_others", "lives_alone"),)


# ---------------------------------------------------------------------------------------------- households


def _join_known_households(places: Places, matches: Sequence[Match], reader: Reader) -> None:
    """Let each household of the file be the known one its members live in, or the only one of its room."""
    known = _KnownHouseholds(places, matches, reader)
    for home in places.homes.values():
        for household in home.households:
            household.id = known.of_members(household, home)
        if len(home.households) == 1 and home.households[0].id is None:
            home.households[0].id = known.only_one_in(home.room_id)
        for household in home.households:
            household.known_head = known.heads.get(household.id) if household.id else None


class _KnownHouseholds:
    """The households that the database has in the rooms of a register; each is taken by one of the file."""

    def __init__(self, places: Places, matches: Sequence[Match], reader: Reader) -> None:
        rooms = [home.room_id for home in places.homes.values() if home.room_id]
        self._household_ids = [
            match.stored.record.household_id if match.stored else None for match in matches
        ]
        known = dict.fromkeys(id for id in self._household_ids if id)
        self._room_of: dict[RecordId, RecordId | None] = {}
        self._in_room: dict[RecordId, list[RecordId]] = {}
        self._taken: set[RecordId] = set()
        self.heads: dict[RecordId, RecordId | None] = {}
        for id, room, head in (*households_in(reader, rooms), *households_by_id(reader, known)):
            if id not in self._room_of and room:
                self._in_room.setdefault(room, []).append(id)
            self._room_of[id], self.heads[id] = room, head

    def of_members(self, household: PlannedHousehold, home: Home) -> RecordId | None:
        """The first known household of a member that is in this very home and not yet taken."""
        for index in household.members:
            id = self._household_ids[index]
            if id in self._room_of and id not in self._taken and self._room_of[id] == home.room_id:
                self._taken.add(id)
                return id
        return None

    def only_one_in(self, room_id: RecordId | None) -> RecordId | None:
        """The household of a room that has just one left."""
        free = [id for id in self._in_room.get(room_id, ()) if id not in self._taken] if room_id else []
        if len(free) != 1:
            return None
        self._taken.add(free[0])
        return free[0]


def _compare_households(places: Places, matches: Sequence[Match]) -> None:
    """A known resident whose household is another one than the file says has changed."""
    for home in places.homes.values():
        for household in home.households:
            for index in household.members:
                stored = matches[index].stored
                if stored and (household.id is None or stored.record.household_id != household.id):
                    change = Change("household_id", stored.record.household_id, household.id)
                    matches[index].changes += (change,)


# ---------------------------------------------------------------------------------------------------- care


def _plan_care(
    drafts: Sequence[Draft], matches: Sequence[Match], reader: Reader, today: date
) -> list[PlannedCare]:
    """Care that follows from plain facts: an elder who lives alone is looked after."""
    wanted: list[PlannedCare] = []
    for index, draft in enumerate(drafts):
        if draft.values.get("lives_alone"):
            groups = groups_by_facts(lives_alone=True, age=age_on(_birth(draft, matches[index]), today))
            if groups:
                wanted.append(PlannedCare(index, groups))
    stored = {care.index: matches[care.index].stored for care in wanted}
    profiles = care_profiles_of(reader, [s.id for s in stored.values() if s])
    for care in wanted:
        resident = stored[care.index]
        care.stored = profiles.get(resident.id) if resident else None
    return [
        care
        for care in wanted
        if care.stored is None or not set(care.groups) <= set(care.stored.record.groups)
    ]


def _birth(draft: Draft, match: Match) -> str | None:
    birth: str | None = draft.values.get("birth")
    return birth or (match.stored.record.birth if match.stored else None)
