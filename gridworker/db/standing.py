"""Where the exchange stands: what waits, what the centre has, and what people must look at."""

import msgspec

from gridworker.db.outbox import decode_operation
from gridworker.db.reader import Reader
from gridworker.domain.records import RecordId
from gridworker.wire.envelope import Operation, decode_envelope
from gridworker.wire.messages import Conflict


class Standing(msgspec.Struct, frozen=True):
    """The two honest counters: operations recorded here, accepted there, and why not the others."""

    waiting: int
    accepted: int
    conflicts: int
    held: int
    last_saved_ms: int | None
    consistent_ms: int | None
    """Server time of the last exchange that ended."""

    @property
    def recorded(self) -> int:
        """Everything that was recorded on this laptop."""
        return self.waiting + self.accepted + self.conflicts + self.held


class Waiting(msgspec.Struct, frozen=True):
    """An operation that has not been acknowledged."""

    seq: int
    kind: str
    id: RecordId
    verb: str
    created_ms: int


class Question(msgspec.Struct, frozen=True):
    """An operation that ended as a conflict or was held: the words of its author and why it did not take effect."""

    op_id: str
    kind: str
    id: RecordId
    code: str
    reason: str
    conflicts: tuple[Conflict, ...]
    at_ms: int
    operation: Operation


class Exchanged(msgspec.Struct, frozen=True):
    """One line of the exchange log; the outcome is 'ok' or a problem code."""

    started_ms: int
    ended_ms: int
    outcome: str
    pushed: int
    pulled: int


def standing(reader: Reader) -> Standing:
    """The counters, all from one snapshot."""
    archived = dict(reader.rows_of("SELECT code, count(*) FROM archive GROUP BY code"))
    waiting, last_waiting = reader.rows_of("SELECT count(*), max(created_ms) FROM outbox")[0]
    consistent = reader.meta("consistent_ms")
    saved = reader.meta("last_saved_ms")
    known = [int(each) for each in (last_waiting, saved) if each is not None]
    return Standing(
        waiting=waiting,
        accepted=sum(n for code, n in archived.items() if code not in ("conflict", "held")),
        conflicts=archived.get("conflict", 0),
        held=archived.get("held", 0),
        last_saved_ms=max(known, default=None),
        consistent_ms=int(consistent) if consistent else None,
    )


def waiting_operations(reader: Reader, limit: int = 500) -> list[Waiting]:
    """What waits, oldest first."""
    rows = reader.rows_of("SELECT seq, kind, entity_id, env, created_ms FROM outbox ORDER BY seq LIMIT ?", (limit,))
    return [
        Waiting(seq, kind, RecordId(id), decode_operation(decode_envelope(env)).verb, at_ms)
        for seq, kind, id, env, at_ms in rows
    ]


def questions(reader: Reader) -> list[Question]:
    """What people must look at, newest first."""
    sql = (
        "SELECT i.op_id, i.kind, i.entity_id, i.code, i.reason, i.conflicts, i.at_ms, a.env"
        " FROM inbox i JOIN archive a ON a.op_id=i.op_id ORDER BY i.at_ms DESC, i.seq DESC"
    )
    return [
        Question(op, kind, RecordId(id), code, reason, tuple(msgspec.json.decode(found, type=list[Conflict])), at_ms,
                 decode_operation(decode_envelope(env)))
        for op, kind, id, code, reason, found, at_ms, env in reader.rows_of(sql)
    ]


def exchanges(reader: Reader, limit: int = 50) -> list[Exchanged]:
    """The last exchanges, newest first."""
    sql = "SELECT started_ms, ended_ms, outcome, pushed, pulled FROM exchange_log ORDER BY n DESC LIMIT ?"
    return [Exchanged(*row) for row in reader.rows_of(sql, (limit,))]
