"""What a leader decides, also offline: accept or return a visit, accept, return or refuse a case."""

from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Touched
from gridworker.domain.visits import Visit


def accept_visit(tx: Transaction, visit_id: RecordId, remark: str = "") -> Touched:
    """The leader has read the visit and is content."""
    tx.move(Visit, visit_id, "accepted", review_remark=remark.strip(), **_signature(tx))
    return tx.touched


def return_visit(tx: Transaction, visit_id: RecordId, remark: str) -> Touched:
    """The worker is asked to add something; the remark says what. His own words stay as they are."""
    tx.move(Visit, visit_id, "returned", review_remark=remark.strip(), **_signature(tx))
    return tx.touched


def decide_case(tx: Transaction, case_id: RecordId, target: str, remark: str = "") -> Touched:
    """Take one of the legal steps of a case: accepted, sent_back, refused, closed."""
    tx.move(Case, case_id, target, remark=remark.strip(), **_signature(tx))
    return tx.touched


def _signature(tx: Transaction) -> dict[str, object]:
    return {"reviewer_name": tx.me.user_name, "reviewed_ms": tx.now_ms}
