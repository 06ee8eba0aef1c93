"""Everything the card of one person shows, read at once from one snapshot."""

from datetime import date

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.resident_lines import ResidentLine, line_of
from gridworker.db.residents import residents_of_household, residents_of_room
from gridworker.domain.buildings import Room
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.ui.residents.timeline import Happening, timeline

SHOWN = 200
"""The newest visits and cases a card shows of each."""


class PersonCard(msgspec.Struct, frozen=True):
    """One person with home, household and history."""

    key: int
    line: ResidentLine
    room: Stored[Room] | None
    household: tuple[Stored[Resident], ...]
    others: tuple[Stored[Resident], ...]
    """People of other households in the same room."""
    happenings: tuple[Happening, ...]

    @property
    def id(self) -> RecordId:
        """The person's id."""
        return self.line.id

    @property
    def record(self) -> Resident:
        """The person."""
        return self.line.resident.record


def read_person(reader: Reader, id: RecordId, today: date) -> PersonCard | None:
    """The card of a person, or None where he is gone."""
    found = line_of(reader, id)
    if found is None:
        return None
    key, line = found
    record = line.resident.record
    household = residents_of_household(reader, record.household_id) if record.household_id else []
    there = residents_of_room(reader, record.room_id) if record.room_id else []
    own = {person.id for person in household}
    cases = {case.id: case for case in reader.linked(Case, id, SHOWN)}
    if record.room_id:
        cases.update((case.id, case) for case in reader.linked(Case, record.room_id, SHOWN))
    return PersonCard(
        key=key,
        line=line,
        room=reader.get(Room, record.room_id) if record.room_id else None,
        household=tuple(household),
        others=tuple(person for person in there if person.id not in own and person.id != id),
        happenings=tuple(timeline(reader.linked(Visit, id, SHOWN), cases.values(), today)),
    )
