"""What today's screen reads in one snapshot: who is due, what came back, what was promised, what is done."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time

import msgspec

from gridworker.db.care import CHINA, DueVisit, due_visits
from gridworker.db.cases import case_keys
from gridworker.db.promises import Promise, open_promises
from gridworker.db.reader import Reader
from gridworker.db.visited import count_doors_since
from gridworker.db.visits import visit_keys
from gridworker.dictionaries import care_rules
from gridworker.domain.buildings import Building, Estate
from gridworker.domain.care import CareProfile
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.ui.quick_visit.people import PROMISES_DAYS
from gridworker.ui.visits.words import DAY_MS

AHEAD_DAYS = 7
"""Promises are shown a week ahead, so that a day can be kept free for them."""


class Work(msgspec.Struct, frozen=True):
    """Everything there is to do today; `homes_done` and the property `homes_left` count households."""

    today: date
    residents: int
    due: tuple[DueVisit, ...]
    away_until: Mapping[RecordId, date]
    """Those whose notice of being away sets the day, and its last day."""
    estates: Mapping[str, str]
    """The estate's name of each building."""
    returned: tuple[Stored[Visit], ...]
    sent_back: tuple[Stored[Case], ...]
    promises: tuple[Promise, ...]
    people: Mapping[RecordId, Stored[Resident]]
    """Whoever is named by a promise or by what came back."""
    homes_done: int

    @property
    def homes_left(self) -> int:
        """Households with somebody due."""
        return len({home_of(visit.resident) for visit in self.due})

    @property
    def homes_late(self) -> int:
        """Households with somebody overdue."""
        return len({home_of(visit.resident) for visit in self.due if visit.due.overdue_days > 0})


def home_of(person: Stored[Resident]) -> str:
    """What tells households apart: the household, else the room, else the person alone."""
    return person.record.household_id or person.record.room_id or person.id


def read_work(reader: Reader, today: date, *, me: str) -> Work:
    """Read it all; `me` is the user id of who works here."""
    due = tuple(due_visits(reader, care_rules(), today))
    returned = tuple(
        v for v in reader.rows(Visit, visit_keys(reader, state="returned")) if v.record.worker_id == me
    )
    sent_back = tuple(
        case
        for case in reader.rows(Case, case_keys(reader, states=("sent_back",)))
        if case.record.worker_id == me
    )
    midnight = _midnight_ms(today)
    promises = tuple(
        promise
        for promise in open_promises(reader, since_ms=midnight - PROMISES_DAYS * DAY_MS)
        if promise.day is None or (promise.day - today).days <= AHEAD_DAYS
    )
    named = [id for v in returned for id in v.record.resident_ids] + [
        id for p in promises for id in p.resident_ids
    ]
    return Work(
        today=today,
        residents=reader.count(Resident),
        due=due,
        away_until=_away_until(reader, due),
        estates=_estates(reader),
        returned=returned,
        sent_back=sent_back,
        promises=promises,
        people={person.id: person for person in reader.get_many(Resident, list(dict.fromkeys(named)))},
        homes_done=count_doors_since(reader, midnight),
    )


def _away_until(reader: Reader, due: Iterable[DueVisit]) -> dict[RecordId, date]:
    days = {visit.due.resident_id: visit.due.due_day for visit in due}
    profiles = (profile.record for profile in reader.all(CareProfile) if profile.record.away_to)
    ends = {
        p.resident_id: date.fromisoformat(p.away_to) for p in profiles if p.away_to and p.resident_id in days
    }
    return {id: end for id, end in ends.items() if (days[id] - end).days == 1}


def _estates(reader: Reader) -> dict[str, str]:
    names = {estate.id: estate.record.name for estate in reader.all(Estate)}
    return {b.id: names.get(b.record.estate_id or RecordId(""), "") for b in reader.all(Building)}


def _midnight_ms(today: date) -> int:
    return int(datetime.combine(today, time(), CHINA).timestamp() * 1000)
