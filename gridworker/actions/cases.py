"""What a worker does with cases: report one, add to one that came back, solve it on the spot, withdraw it."""

import msgspec

from gridworker.actions.typed import tidy
from gridworker.db.cases import take_temp_no
from gridworker.db.drafts import drop_draft
from gridworker.db.transaction import Transaction
from gridworker.domain.buildings import Room
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, ScopeId, Touched
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit

CASE_DRAFT = "case"
MAX_TITLE = 60
"""Characters of a title that is made from a longer text."""
MAX_TEXT = 800
"""Characters; the limit that centres use for a case's text (domain facts, cases)."""


class CaseDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the report form holds; required are a title and a category."""

    title: str = ""
    category: str = ""
    edition: str = ""
    text: str = ""
    address: str = ""
    place: str = ""
    room_id: RecordId | None = None
    resident_id: RecordId | None = None
    visit_id: RecordId | None = None
    source: str = "patrol"
    urgency: str = "normal"
    scale: str = "person"
    reporter_name: str = ""
    reporter_phone: str = ""
    solved: str = ""
    """How it was solved on the spot; empty: it is reported to the leader."""
    found_ms: int | None = None


def report_case(tx: Transaction, draft: CaseDraft, *, day: str) -> Touched:
    """Store a case with a temporary number of this laptop; `day` is today's date as yyyymmdd.

    Raises Problem `case_title_missing`, `case_category_missing` or `text_too_long`; nothing is stored then.
    """
    _check(draft)
    case_id = tx.create(_case(tx, draft, day), scope=_scope_of(tx, draft))
    if tidy(draft.solved):
        solve_case(tx, case_id, draft.solved)
    drop_draft(tx, CASE_DRAFT)
    return tx.touched


def solve_case(tx: Transaction, case_id: RecordId, result: str) -> Touched:
    """Close a case by oneself (自办自结), with what was done."""
    _check_length(result)
    tx.move(Case, case_id, "self_solved", result=tidy(result), handling="solved_on_spot")
    return tx.touched


def resubmit_case(tx: Transaction, case_id: RecordId, text: str) -> Touched:
    """Send a returned case in again with its completed text."""
    if not tidy(text):
        raise Problem("field_required", field="text")
    _check_length(text)
    tx.move(Case, case_id, "reported", text=tidy(text))
    return tx.touched


def cancel_case(tx: Transaction, case_id: RecordId, why: str) -> Touched:
    """Withdraw a case; it stays on the list of withdrawn ones."""
    _check_length(why)
    tx.move(Case, case_id, "cancelled", why=tidy(why))
    return tx.touched


def _case(tx: Transaction, draft: CaseDraft, day: str) -> Case:
    return Case(
        title=tidy(draft.title),
        category=draft.category,
        edition=draft.edition,
        text=tidy(draft.text),
        address=tidy(draft.address),
        place=draft.place,
        room_id=draft.room_id,
        resident_id=draft.resident_id,
        visit_id=draft.visit_id,
        source=draft.source,
        urgency=draft.urgency,
        scale=draft.scale,
        reporter_name=tidy(draft.reporter_name),
        reporter_phone=tidy(draft.reporter_phone),
        found_ms=draft.found_ms if draft.found_ms is not None else tx.now_ms,
        temp_no=take_temp_no(tx, day),
        worker_id=tx.me.user_id,
        worker_name=tx.me.user_name,
    )


def _scope_of(tx: Transaction, draft: CaseDraft) -> ScopeId | None:
    """The grid of what the case is about; None leaves it to the author's own."""
    about = ((Resident, draft.resident_id), (Room, draft.room_id), (Visit, draft.visit_id))
    for kind, id in about:
        found = tx.get(kind, id) if id else None
        if found is not None:
            return found.scope
    return None


def _check(draft: CaseDraft) -> None:
    if not tidy(draft.title):
        raise Problem("case_title_missing")
    if not draft.category:
        raise Problem("case_category_missing")
    for text in (draft.title, draft.text, draft.solved, draft.address):
        _check_length(text)


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise Problem("text_too_long", limit=MAX_TEXT, length=len(text))
