"""What a leader decides, also offline: accept or return a visit, accept, return or refuse a case."""

from gridworker.actions.typed import tidy
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.records import Record, RecordId, Touched
from gridworker.domain.visits import Visit


def accept_visit(tx: Transaction, visit_id: RecordId, remark: str = "") -> Touched:
    """The leader has read the visit and is content."""
    return _decide(tx, Visit, visit_id, "accepted", review_remark=tidy(remark))


def return_visit(tx: Transaction, visit_id: RecordId, remark: str) -> Touched:
    """The worker is asked to add something; the remark says what. His own words stay as they are."""
    return _decide(tx, Visit, visit_id, "returned", review_remark=tidy(remark))


def decide_case(tx: Transaction, case_id: RecordId, target: str, remark: str = "") -> Touched:
    """Take one of the legal steps of a case: accepted, sent_back, refused, closed."""
    return _decide(tx, Case, case_id, target, remark=tidy(remark))


def _decide(tx: Transaction, kind: type[Record], id: RecordId, target: str, **remark: str) -> Touched:
    tx.move(kind, id, target, reviewer_name=tx.me.user_name, reviewed_ms=tx.now_ms, **remark)
    return tx.touched
