"""What a worker does with cases: report one, add to one that came back, solve it on the spot, withdraw it."""

import msgspec

from gridworker.db.cases import next_temp_no
from gridworker.db.drafts import drop_draft
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched

CASE_DRAFT = "case"
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
    case = Case(
        **{name: getattr(draft, name) for name in draft.__struct_fields__ if name not in ("solved", "found_ms", "title")},
        title=draft.title.strip(),
        found_ms=draft.found_ms if draft.found_ms is not None else tx.now_ms,
        temp_no=next_temp_no(tx, tx.me.device_id, day),
        worker_id=tx.me.user_id,
        worker_name=tx.me.user_name,
    )
    case_id = tx.create(case)
    if draft.solved.strip():
        tx.move(Case, case_id, "self_solved", result=draft.solved.strip(), handling="solved_on_spot")
    drop_draft(tx, CASE_DRAFT)
    return tx.touched


def solve_case(tx: Transaction, case_id: RecordId, result: str) -> Touched:
    """Close a case by oneself (自办自结), with what was done."""
    tx.move(Case, case_id, "self_solved", result=result.strip(), handling="solved_on_spot")
    return tx.touched


def resubmit_case(tx: Transaction, case_id: RecordId, text: str) -> Touched:
    """Send a returned case in again with its completed text."""
    if len(text) > MAX_TEXT:
        raise Problem("text_too_long", limit=MAX_TEXT, length=len(text))
    tx.move(Case, case_id, "reported", text=text.strip())
    return tx.touched


def cancel_case(tx: Transaction, case_id: RecordId, why: str) -> Touched:
    """Withdraw a case; it stays on the list of withdrawn ones."""
    tx.move(Case, case_id, "cancelled", why=why)
    return tx.touched


def _check(draft: CaseDraft) -> None:
    if not draft.title.strip():
        raise Problem("case_title_missing")
    if not draft.category:
        raise Problem("case_category_missing")
    if len(draft.text) > MAX_TEXT:
        raise Problem("text_too_long", limit=MAX_TEXT, length=len(draft.text))
