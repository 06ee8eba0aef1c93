"""Moves that were written down here and that the centre has not acknowledged, as the queue holds them."""

import msgspec

from gridworker.db.outbox import pending_operations
from gridworker.db.reader import Reader
from gridworker.domain.records import RecordId
from gridworker.wire.envelope import Operation, decode_envelope, decode_operation

MOVE_MARK = b'"verb":"move"'
"""What the bytes of a move hold and no other operation's do: in words of people the quotes are escaped."""


class Waiting(msgspec.Struct, frozen=True):
    """One move that waits."""

    op_id: str
    kind: str
    id: RecordId
    source: str
    target: str
    why: str
    at_ms: int


def waiting_moves(reader: Reader) -> list[Waiting]:
    """Moves that the centre has not acknowledged, oldest first."""
    sql = "SELECT env FROM outbox WHERE again=0 AND instr(env, ?) ORDER BY seq"
    found = [decode_operation(decode_envelope(env)) for (env,) in reader.rows_of(sql, (MOVE_MARK,))]
    return [_waiting(each) for each in found if each.verb == "move"]


def waiting_decisions(reader: Reader, dispute: RecordId) -> list[str]:
    """The operations, by name, that decide about a dispute and have not been acknowledged."""
    pending = pending_operations(reader.driver, dispute)
    return [each.op_id for each in pending if each.verb == "resolve"]


def waiting_entries(reader: Reader, ids: list[RecordId]) -> int:
    """How many operations about these records wait, moves left out."""
    sql = (
        "SELECT count(*) FROM outbox WHERE again=0 AND NOT instr(env, ?)"
        " AND entity_id IN (SELECT value FROM json_each(?))"
    )
    listed = msgspec.json.encode(ids).decode()
    return int(reader.rows_of(sql, (MOVE_MARK, listed))[0][0])


def _waiting(op: Operation) -> Waiting:
    source, target = op.source or "", op.target or ""
    return Waiting(op.op_id, op.kind, RecordId(op.id), source, target, op.why, op.wall_ms)
