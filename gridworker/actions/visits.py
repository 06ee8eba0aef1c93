"""What a worker does with visits: record one, add to a returned one, withdraw a slip of the finger."""

from collections.abc import Iterable, Sequence

import msgspec

from gridworker.actions.cases import MAX_TEXT, MAX_TITLE
from gridworker.actions.typed import tidy
from gridworker.db.care import day_of
from gridworker.db.cases import take_temp_no
from gridworker.db.drafts import drop_draft
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, ScopeId, Stored, Touched
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit

VISIT_DRAFT = "visit"
MAX_NOTE = 2000
"""Characters; longer notes belong into several visits or a case."""
HAZARD_AREA = "C05"
"""The area of the case dictionary that a hazard belongs to until somebody says more."""
_CLOCK_SLACK_MS = 60_000


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

    People of several grids get a visit in each, so that every grid sees its own. Raises Problem
    `nobody_chosen`, `person_gone`, `note_too_long`, `text_too_long`, `visit_in_future`, and stores nothing.
    """
    people = _people(tx, draft)
    visited_ms = draft.visited_ms if draft.visited_ms is not None else tx.now_ms
    _check(draft, visited_ms, tx.now_ms)
    visits = [
        (scope, tx.new_id(), _visit(tx, draft, there, visited_ms)) for scope, there in _by_scope(people)
    ]
    for scope, visit_id, visit in visits:
        tx.create(visit, scope=scope, id=visit_id)
    if tidy(draft.hazard):
        scope, visit_id, visit = visits[0]
        tx.create(_hazard_case(tx, visit, people[0], visit_id), scope=scope)
    drop_draft(tx, VISIT_DRAFT)
    return tx.touched


def withdraw_visit(tx: Transaction, visit_id: RecordId) -> Touched:
    """Take a visit back that was just recorded by mistake, with the case that its hazard made.

    Raises Problem `illegal_step` once a leader has read the visit; a case that others work on stays.
    """
    found = tx.get(Visit, visit_id)
    if found is not None and found.record.state != "recorded":
        raise Problem("illegal_step", source=found.record.state, target="")
    for case in tx.linked(Case, visit_id):
        if found is not None and _is_hazard_of(case.record, found.record):
            tx.delete(Case, case.id, why="撤销走访")
    tx.delete(Visit, visit_id, why="撤销走访")
    return tx.touched


def resubmit_visit(tx: Transaction, visit_id: RecordId, note: str) -> Touched:
    """Answer a returned visit: the addition is a linked visit of its own, the old one waits for review again.

    The addition repeats whom, when and what came of it, and nothing that would count twice.
    Raises Problem `record_gone`, `field_required`, `note_too_long`, `illegal_step`.
    """
    found = tx.get(Visit, visit_id)
    if found is None:
        raise Problem("record_gone", kind=Visit.kind)
    if not tidy(note):
        raise Problem("field_required", field="note")
    _check_note(note)
    tx.create(_addition(tx, found, tidy(note)), scope=found.scope)
    tx.move(Visit, visit_id, "recorded")
    return tx.touched


def _people(tx: Transaction, draft: VisitDraft) -> list[Stored[Resident]]:
    ids = tuple(dict.fromkeys(draft.resident_ids))
    if not ids:
        raise Problem("nobody_chosen")
    people = tx.get_many(Resident, ids)
    if len(people) != len(ids):
        raise Problem("person_gone")
    return people


def _check(draft: VisitDraft, visited_ms: int, now_ms: int) -> None:
    _check_note(draft.note)
    for text in (draft.hazard, draft.promise):
        if len(text) > MAX_TEXT:
            raise Problem("text_too_long", limit=MAX_TEXT, length=len(text))
    if visited_ms > now_ms + _CLOCK_SLACK_MS:
        raise Problem("visit_in_future")


def _check_note(note: str) -> None:
    if len(note) > MAX_NOTE:
        raise Problem("note_too_long", limit=MAX_NOTE, length=len(note))


def _by_scope(people: Iterable[Stored[Resident]]) -> list[tuple[ScopeId, list[Stored[Resident]]]]:
    scopes: dict[ScopeId, list[Stored[Resident]]] = {}
    for person in people:
        scopes.setdefault(person.scope, []).append(person)
    return list(scopes.items())


def _visit(tx: Transaction, draft: VisitDraft, people: Sequence[Stored[Resident]], visited_ms: int) -> Visit:
    """The visit of people of one grid; it is a room's only where all of them live in it."""
    rooms = {person.record.room_id for person in people}
    addresses = dict.fromkeys(person.record.address for person in people if person.record.address)
    return Visit(
        resident_ids=tuple(person.id for person in people),
        visited_ms=visited_ms,
        method=draft.method,
        outcome=draft.outcome,
        visit_type=draft.visit_type,
        condition=draft.condition,
        needs=draft.needs,
        hazard=tidy(draft.hazard),
        promise=tidy(draft.promise),
        promise_day=draft.promise_day,
        next_day=draft.next_day,
        note=tidy(draft.note),
        room_id=rooms.pop() if len(rooms) == 1 else None,
        who="、".join(person.record.name for person in people),
        address="、".join(addresses),
        worker_id=tx.me.user_id,
        worker_name=tx.me.user_name,
    )


def _hazard_case(tx: Transaction, visit: Visit, person: Stored[Resident], visit_id: RecordId) -> Case:
    return Case(
        title=visit.hazard[:MAX_TITLE],
        text=visit.hazard,
        category=HAZARD_AREA,
        found_ms=visit.visited_ms,
        temp_no=take_temp_no(tx, day_of(tx.now_ms).strftime("%Y%m%d")),
        address=person.record.address,
        place=person.record.place,
        room_id=person.record.room_id,
        visit_id=visit_id,
        source="visit",
        worker_id=tx.me.user_id,
        worker_name=tx.me.user_name,
    )


def _is_hazard_of(case: Case, visit: Visit) -> bool:
    made = case.source == "visit" and case.category == HAZARD_AREA and case.text == visit.hazard
    return made and case.state == "reported"


def _addition(tx: Transaction, found: Stored[Visit], note: str) -> Visit:
    old = found.record
    return Visit(
        resident_ids=old.resident_ids,
        visited_ms=old.visited_ms,
        method=old.method,
        outcome=old.outcome,
        visit_type=old.visit_type,
        condition=old.condition,
        note=note,
        room_id=old.room_id,
        who=old.who,
        address=old.address,
        worker_id=tx.me.user_id,
        worker_name=tx.me.user_name,
        corrects=found.id,
    )
