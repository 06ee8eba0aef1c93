"""Second thoughts before the centre has heard: a decision that starts where one's waiting one will end."""

from typing import Any

import msgspec

from gridworker.db.clock import clock_reading
from gridworker.db.layers import lay_out, said_of
from gridworker.db.outbox import append_operations, head_of, pending_operations
from gridworker.db.reader import FILLING, Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.disputes import Dispute
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.wire.envelope import Operation


def waiting_decision(reader: Reader, id: RecordId) -> Operation | None:
    """One's own last decision about a dispute, while the centre has not confirmed it."""
    decisions = [each for each in pending_operations(reader.driver, id) if each.verb == "resolve"]
    return decisions[-1] if decisions else None


def decide_again(tx: Transaction, waiting: Operation, choice: str, *, value: Any, why: str) -> None:
    """Decide otherwise about values, after a decision that still waits; `value` is what the field shall say.

    The centre carries both out, one after the other: the second must expect what the first has made of
    the record, not what the record says here. Raises Problem `still_filling`.
    """
    if tx.meta(FILLING) is not None:
        raise Problem("still_filling")
    head = head_of(tx.driver)
    if head is None:
        raise RuntimeError("an enrolled laptop has a replica")
    append_operations(tx.driver, head, [_following(tx, waiting, choice, value=value, why=why)])
    tx.set_meta("last_saved_ms", str(tx.now_ms))
    said = said_of(tx.driver, Dispute.kind, waiting.id)
    if said is not None:
        lay_out(tx.driver, Dispute.kind, said, tx.pinyin)
    tx.touch(Dispute.kind, RecordId(waiting.id))


def _following(tx: Transaction, waiting: Operation, choice: str, *, value: Any, why: str) -> Operation:
    chosen = msgspec.to_builtins(value)
    return msgspec.structs.replace(
        waiting,
        op_id=tx.new_id(),
        group=None,
        actor=tx.me.user_id,
        device=tx.me.device_id,
        wall_ms=tx.now_ms,
        clock=clock_reading(tx, tx.now_ms),
        source=waiting.target,
        target=choice,
        set={field: (made, chosen) for field, (_, made) in waiting.set.items()},
        values={"value": chosen} if choice == "value" else {},
        why=why,
    )
