"""Reading who is to be visited: care profiles, their people and their last effective visits in one pass."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.unions import COPIES, survivors_of
from gridworker.db.visits import last_effective_visits
from gridworker.domain.care import CareProfile, CareRule, Due, next_due
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident, walk_order

_LIVING = ("active", "away")
CHINA = timezone(timedelta(hours=8), "CST")
"""China has one time zone and no summer time (GB/T 7408 local time)."""


class DueVisit(msgspec.Struct, frozen=True):
    """One line of today's list: the person and why he is on it."""

    resident: Stored[Resident]
    due: Due


def day_of(at_ms: int) -> date:
    """The calendar day in China of an instant."""
    return datetime.fromtimestamp(at_ms / 1000, CHINA).date()


def due_visits(
    reader: Reader, rules: Mapping[str, CareRule], today: date, *, horizon_days: int = 0
) -> list[DueVisit]:
    """Everybody due by today (or within the horizon), in walking order: building, unit, top floor first."""
    last = last_effective_visits(reader)
    dues: dict[RecordId, Due] = {}
    survivors = survivors_of(reader)
    for profile in reader.all(CareProfile):
        person = survivors.get(profile.record.resident_id, profile.record.resident_id)
        record = msgspec.structs.replace(profile.record, resident_id=person)
        due = due_of(record, last.get(person), rules=rules, today=today)
        if due is not None and due.overdue_days >= -horizon_days:
            other = dues.get(due.resident_id, due)
            dues[due.resident_id] = min(due, other, key=lambda each: each.due_day)
    return [DueVisit(person, dues[person.id]) for person in _in_walking_order(reader, list(dues))]


def due_of(
    profile: CareProfile, last_ms: int | None, *, rules: Mapping[str, CareRule], today: date
) -> Due | None:
    """When somebody is due; days that nobody can read, or still to come, never make him forgotten."""
    if profile.since and profile.since > today.isoformat():
        profile = msgspec.structs.replace(profile, since=None)
    try:
        last_day = min(day_of(last_ms), today) if last_ms is not None else None
        return next_due(profile, last_day, rules=rules, today=today)
    except (ValueError, OverflowError):
        plain = msgspec.structs.replace(profile, since=None, away_from=None, away_to=None)
        return next_due(plain, None, rules=rules, today=today)


def profile_of(reader: Reader, resident_id: RecordId) -> Stored[CareProfile] | None:
    """The care profile of a person."""
    found = reader.where(CareProfile, f"resident_id IN ({COPIES})", (resident_id, resident_id))
    return min(found, key=lambda each: each.record.resident_id != resident_id, default=None)


def _in_walking_order(reader: Reader, ids: list[RecordId]) -> list[Stored[Resident]]:
    """Those who live here; a person without a place comes last."""
    living = [person for person in reader.get_many(Resident, ids) if person.record.status in _LIVING]
    return sorted(living, key=lambda person: (walk_order(person.record.place), person.id))
