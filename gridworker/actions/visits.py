"""What a worker does with visits: record one, add to a returned one, withdraw a slip of the finger."""

import msgspec

from gridworker.db.drafts import drop_draft
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored, Touched
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit

VISIT_DRAFT = "visit"
MAX_NOTE = 2000
"""Characters; longer notes belong into several visits or a case."""


class VisitDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the quick form holds; only whom, how and outcome are required."""

    resident_ids: tuple[RecordId, ...] = ()
    method: str = "home"
    outcome: str = "met"
    condition: str = "normal"
    visit_type: str = "routine"
    needs: tuple[str, ...] = ()
    hazard: str = ""
    promise: str = ""
    promise_day: str | None = None
    next_day: str | None = None
    note: str = ""
    visited_ms: int | None = None
    """When it took place; None means now."""


def record_visit(tx: Transaction, draft: VisitDraft) -> Touched:
    """Store a visit for everybody who was met; a hazard becomes a case of its own, linked to it.

    Raises Problem `nobody_chosen`, `person_gone`, `note_too_long`, `visit_in_future`; nothing is stored then.
    """
    people = _people(tx, draft)
    visited_ms = draft.visited_ms if draft.visited_ms is not None else tx.now_ms
    _check(draft, visited_ms, tx.now_ms)
    visit = _visit(tx, draft, people, visited_ms)
    visit_id = tx.new_id()
    records: list[tuple[RecordId, Visit | Case]] = [(visit_id, visit)]
    if draft.hazard.strip():
        records.append((tx.new_id(), _hazard_case(tx, draft, people[0], visit_id, visited_ms)))
    tx.create_many(records, scope=people[0].scope)
    drop_draft(tx, VISIT_DRAFT)
    return tx.touched


def withdraw_visit(tx: Transaction, visit_id: RecordId) -> Touched:
    """Take a visit back that was just recorded by mistake, with the case that its hazard made."""
    for case in tx.linked(Case, visit_id):
        tx.delete(Case, case.id, why="撤销走访")
    tx.delete(Visit, visit_id, why="撤销走访")
    return tx.touched


def resubmit_visit(tx: Transaction, visit_id: RecordId, note: str) -> Touched:
    """Answer a returned visit: the addition is a linked visit of its own, the old one goes back into the queue."""
    found = tx.get(Visit, visit_id)
    if found is None:
        raise Problem("record_gone", kind=Visit.kind)
    addition = msgspec.structs.replace(
        found.record, note=note, corrects=visit_id, state="recorded", review_remark="", reviewer_name="", reviewed_ms=None
    )
    tx.create(addition, scope=found.scope)
    tx.move(Visit, visit_id, "recorded")
    return tx.touched


def _people(tx: Transaction, draft: VisitDraft) -> list[Stored[Resident]]:
    if not draft.resident_ids:
        raise Problem("nobody_chosen")
    people = tx.get_many(Resident, draft.resident_ids)
    if len(people) != len(set(draft.resident_ids)):
        raise Problem("person_gone")
    return people


def _check(draft: VisitDraft, visited_ms: int, now_ms: int) -> None:
    if len(draft.note) > MAX_NOTE:
        raise Problem("note_too_long", limit=MAX_NOTE, length=len(draft.note))
    if visited_ms > now_ms + 60_000:
        raise Problem("visit_in_future")


def _visit(tx: Transaction, draft: VisitDraft, people: list[Stored[Resident]], visited_ms: int) -> Visit:
    first = people[0].record
    return Visit(
        resident_ids=draft.resident_ids,
        visited_ms=visited_ms,
        method=draft.method,
        outcome=draft.outcome,
        visit_type=draft.visit_type,
        condition=draft.condition,
        needs=draft.needs,
        hazard=draft.hazard.strip(),
        promise=draft.promise.strip(),
        promise_day=draft.promise_day,
        next_day=draft.next_day,
        note=draft.note.strip(),
        room_id=first.room_id,
        who="、".join(person.record.name for person in people),
        address=first.address,
        worker_id=tx.me.user_id,
        worker_name=tx.me.user_name,
    )


def _hazard_case(
    tx: Transaction, draft: VisitDraft, person: Stored[Resident], visit_id: RecordId, visited_ms: int
) -> Case:
    return Case(
        title=draft.hazard.strip()[:60],
        text=draft.hazard.strip(),
        category="C05",
        found_ms=visited_ms,
        address=person.record.address,
        place=person.record.place,
        room_id=person.record.room_id,
        visit_id=visit_id,
        source="visit",
        worker_id=tx.me.user_id,
        worker_name=tx.me.user_name,
    )
