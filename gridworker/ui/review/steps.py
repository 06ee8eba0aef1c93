"""The leader's steps as actions: one step with many records, and the same records back where they were."""

from collections.abc import Sequence

import msgspec

from gridworker.actions.reviews import accept_visit, decide_case, return_visit
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Touched
from gridworker.domain.transitions import legal
from gridworker.ui.review.decisions import Reviewed
from gridworker.ui.review.queues import read_rows
from gridworker.ui.review.words import Waits


class Before(msgspec.Struct, frozen=True):
    """How a record stood before a decision."""

    id: RecordId
    state: str
    remark: str


def before_of(stored: Waits) -> Before:
    """How it stands now."""
    record = stored.record
    remark = record.remark if isinstance(record, Case) else record.review_remark
    return Before(stored.id, record.state, remark)


def decide(tx: Transaction, *, kind: Reviewed, keys: Sequence[int], target: str, words: str) -> Touched:
    """Take one step with each of these records; those that somebody has moved on meanwhile stay."""
    for stored in read_rows(tx, kind, keys):
        if legal(kind.kind, stored.record.state, target) is not None:
            _step(tx, kind, stored.id, target=target, words=words)
    return tx.touched


def take_back(tx: Transaction, *, kind: Reviewed, before: Sequence[Before]) -> Touched:
    """Move these records to where they stood; raises Problem `illegal_step` where somebody has gone on."""
    for each in before:
        _step(tx, kind, each.id, target=each.state, words=each.remark)
    return tx.touched


def _step(tx: Transaction, kind: Reviewed, id: RecordId, *, target: str, words: str) -> None:
    if kind is Case:
        decide_case(tx, id, target, words)
    elif target == "accepted":
        accept_visit(tx, id, words)
    elif target == "returned":
        return_visit(tx, id, words)
    else:
        tx.move(kind, id, target, review_remark=words)
