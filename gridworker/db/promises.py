"""Reading promises: what was agreed at visits and is still to be kept."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from gridworker.db.reader import Reader
from gridworker.domain.care import EFFECTIVE_OUTCOMES
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.visits import Visit

FOLLOW_UP = "followup"
"""The visit type that keeps what was promised before (回访)."""
_CHUNK = 400
_MADE = "coalesce(json_extract(body,'$.promise'),'')<>'' OR coalesce(json_extract(body,'$.next_day'),'')<>''"


class Promise(msgspec.Struct, frozen=True):
    """Something a visit left to be done; without words it is an agreed next visit."""

    visit_id: RecordId
    resident_ids: tuple[RecordId, ...]
    words: str
    day: date | None
    made_ms: int
    who: str
    address: str


class _Later(msgspec.Struct, frozen=True):
    at_ms: int
    follow_up: bool
    effective: bool


def open_promises(reader: Reader, *, since_ms: int) -> list[Promise]:
    """Promises of visits since a moment that nobody has kept, by day; those without a day come last."""
    return _unkept(reader, reader.where(Visit, f"visited_ms>=? AND ({_MADE})", (since_ms,)))


def promises_of(reader: Reader, resident_id: RecordId, *, since_ms: int) -> list[Promise]:
    """The same of one person."""
    made = [v for v in reader.linked(Visit, resident_id) if v.record.visited_ms >= since_ms]
    return _unkept(reader, [v for v in made if v.record.promise or v.record.next_day])


def _unkept(reader: Reader, made: Sequence[Stored[Visit]]) -> list[Promise]:
    """What no later visit has kept: a follow-up keeps everything, any effective visit an agreed next one.

    Additions to a returned visit repeat its promise and are passed over.
    """
    promises = [part for visit in made if not visit.record.corrects for part in _promises(visit)]
    later = _visits_of(reader, {id for promise in promises for id in promise.resident_ids})
    left = [promise for promise in promises if not _kept(promise, later)]
    return sorted(left, key=lambda promise: (promise.day or date.max, promise.made_ms))


def _promises(visit: Stored[Visit]) -> Iterable[Promise]:
    record = visit.record
    if record.promise:
        yield _promise(visit, record.promise, record.promise_day)
    if record.next_day:
        yield _promise(visit, "", record.next_day)


def _promise(visit: Stored[Visit], words: str, day: str | None) -> Promise:
    record, parsed = visit.record, date.fromisoformat(day) if day else None
    return Promise(
        visit.id, record.resident_ids, words, parsed, record.visited_ms, record.who, record.address
    )


def _kept(promise: Promise, later: dict[str, list[_Later]]) -> bool:
    after = [v for id in promise.resident_ids for v in later.get(id, ()) if v.at_ms > promise.made_ms]
    return any(visit.follow_up or (visit.effective and not promise.words) for visit in after)


def _visits_of(reader: Reader, ids: set[RecordId]) -> dict[str, list[_Later]]:
    """Every visit of these people, as far as it may keep a promise."""
    found: dict[str, list[_Later]] = {}
    asked = sorted(ids)
    for start in range(0, len(asked), _CHUNK):
        part = asked[start : start + _CHUNK]
        sql = (
            "SELECT l.target, v.visited_ms, json_extract(v.body,'$.visit_type'), v.outcome FROM link l"
            f" JOIN visit v ON v.id=l.id WHERE l.kind='visit' AND l.target IN ({','.join('?' * len(part))})"
        )
        for target, at_ms, visit_type, outcome in reader.rows_of(sql, part):
            visit = _Later(at_ms, visit_type == FOLLOW_UP, outcome in EFFECTIVE_OUTCOMES)
            found.setdefault(target, []).append(visit)
    return found
