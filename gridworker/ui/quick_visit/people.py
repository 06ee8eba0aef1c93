"""What the quick form reads: candidates for what is typed, and everything worth knowing before one knocks."""

from datetime import date, timedelta

import msgspec

from gridworker.db.care import profile_of
from gridworker.db.promises import Promise, promises_of
from gridworker.db.reader import Reader
from gridworker.db.residents import residents_of_household, residents_of_room, search_residents
from gridworker.db.visits import last_visit
from gridworker.dictionaries import care_rules
from gridworker.domain.care import EFFECTIVE_OUTCOMES, CareProfile, CareRule, rule_for
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.ui.visits.words import DAY_MS

CANDIDATES = 8
PROMISES_DAYS = 180
"""How far back promises are looked for."""


class Candidate(msgspec.Struct, frozen=True):
    """One person who fits what was typed, with the care he receives."""

    person: Stored[Resident]
    care: tuple[CareRule, ...]


class Context(msgspec.Struct, frozen=True):
    """One person before a visit: care, last visit, open promises, and who else lives there."""

    person: Stored[Resident]
    care: tuple[CareRule, ...]
    profile: CareProfile | None
    last: Stored[Visit] | None
    promises: tuple[Promise, ...]
    family: tuple[Stored[Resident], ...]

    def next_day(self, visited: date, outcome: str) -> date | None:
        """When the rules ask for the next visit after one with this outcome; None where they ask for none."""
        rule = rule_for((rule.group for rule in self.care), care_rules())
        if rule is None or outcome not in EFFECTIVE_OUTCOMES:
            return None
        return visited + timedelta(days=rule.interval_days)


def candidates(reader: Reader, typed: str) -> list[Candidate]:
    """The first people who fit, the likeliest first; those who have left come last."""
    people = reader.rows(Resident, search_residents(reader, typed, CANDIDATES))
    people.sort(key=lambda person: person.record.status not in ("active", "away"))
    return [Candidate(person, _care(profile_of(reader, person.id))) for person in people]


def context_of(reader: Reader, resident_id: RecordId, *, now_ms: int) -> Context | None:
    """Everything about one person that helps at the door; None if he is gone."""
    person = reader.get(Resident, resident_id)
    if person is None:
        return None
    profile = profile_of(reader, resident_id)
    return Context(
        person=person,
        care=_care(profile),
        profile=profile.record if profile else None,
        last=last_visit(reader, resident_id),
        promises=tuple(promises_of(reader, resident_id, since_ms=now_ms - PROMISES_DAYS * DAY_MS)),
        family=tuple(other for other in _home(reader, person.record) if other.id != resident_id),
    )


def _home(reader: Reader, resident: Resident) -> list[Stored[Resident]]:
    """Who shares the household, or the room where households are not known."""
    if resident.household_id:
        people = residents_of_household(reader, resident.household_id)
    elif resident.room_id:
        people = residents_of_room(reader, resident.room_id)
    else:
        people = []
    return [person for person in people if person.record.status in ("active", "away")]


def _care(profile: Stored[CareProfile] | None) -> tuple[CareRule, ...]:
    known = care_rules()
    found = [known[group] for group in profile.record.groups if group in known] if profile else []
    return tuple(sorted(found, key=lambda rule: (rule.interval_days, rule.id)))
