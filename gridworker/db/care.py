"""Reading who is to be visited: care profiles, their people and their last effective visits in one pass."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.visits import last_effective_visits
from gridworker.domain.care import CareProfile, CareRule, Due, next_due
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident

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
    for profile in reader.all(CareProfile):
        at_ms = last.get(profile.record.resident_id)
        due = next_due(profile.record, day_of(at_ms) if at_ms else None, rules=rules, today=today)
        if due is not None and due.overdue_days >= -horizon_days:
            dues[due.resident_id] = due
    return [DueVisit(person, dues[person.id]) for person in _in_walking_order(reader, list(dues))]


def profile_of(reader: Reader, resident_id: RecordId) -> Stored[CareProfile] | None:
    """The care profile of a person."""
    found = reader.where(CareProfile, "resident_id=?", (resident_id,))
    return found[0] if found else None


def _in_walking_order(reader: Reader, ids: list[RecordId]) -> list[Stored[Resident]]:
    living = [p for p in reader.get_many(Resident, ids) if p.record.status in ("active", "away")]
    walk = dict(reader.rows_of("SELECT r.id, r.walk FROM resident r JOIN care_profile p ON p.resident_id=r.id"))
    return sorted(living, key=lambda person: (walk.get(person.id) or "~", person.id))
