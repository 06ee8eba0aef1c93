"""Where the exchange stands: what waits, what the centre has, and what people must look at."""

from collections.abc import Sequence

import msgspec

from gridworker.db.blobs import to_send
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.records import RecordId, Touched
from gridworker.wire.envelope import Operation, decode_envelope, decode_operation
from gridworker.wire.messages import Conflict


class Standing(msgspec.Struct, frozen=True):
    """The two honest counters: operations recorded here, accepted there, and why not the others."""

    waiting: int
    accepted: int
    conflicts: int
    held: int
    again: int
    """What the centre had accepted, lost by its restore from a backup, and will get again."""
    photos: int
    """Photos that the centre does not have yet."""
    last_saved_ms: int | None
    consistent_ms: int | None
    """Server time of the last exchange that ended."""

    @property
    def recorded(self) -> int:
        """Everything that was recorded on this laptop."""
        return self.waiting + self.accepted + self.conflicts + self.held


class Tally(msgspec.Struct, frozen=True):
    """The same counters for one record; what is `held` or in `conflict` says why not."""

    waiting: int
    accepted: int
    conflicts: int
    held: int

    @property
    def recorded(self) -> int:
        """Everything that was recorded on this laptop about it."""
        return self.waiting + self.accepted + self.conflicts + self.held


class Incident(msgspec.Struct, frozen=True):
    """What an audit found and mended: so many records of a scope were not what the centre has."""

    at_ms: int
    scope: str
    rows: int


class Waiting(msgspec.Struct, frozen=True):
    """An operation that has not been acknowledged."""

    seq: int
    kind: str
    id: RecordId
    verb: str
    created_ms: int


class Question(msgspec.Struct, frozen=True):
    """An operation that ended as a conflict or was held: its author's words and why it had no effect."""

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
    """The counters, all from one snapshot; the queue has no gaps, so its ends tell its length."""
    archived = dict(reader.rows_of("SELECT code, count(*) FROM archive GROUP BY code"))
    (first,), (last,), (again,) = reader.rows_of(_ENDS)
    consistent = reader.meta("consistent_ms")
    saved = reader.meta("last_saved_ms")
    return Standing(
        waiting=last - (again or first - 1) if first is not None else 0,
        again=again - first + 1 if again else 0,
        accepted=sum(n for code, n in archived.items() if code not in ("conflict", "held")),
        conflicts=archived.get("conflict", 0),
        held=archived.get("held", 0),
        photos=len(to_send(reader)),
        last_saved_ms=int(saved) if saved else None,
        consistent_ms=int(consistent) if consistent else None,
    )


_ENDS = (
    "SELECT min(seq) FROM outbox UNION ALL SELECT max(seq) FROM outbox"
    " UNION ALL SELECT max(seq) FROM outbox WHERE again=1"
)
"""What is sent again stands before everything else, and a small index knows it."""


def tally_of(reader: Reader, id: RecordId) -> Tally:
    """The counters of one record, out of the same tables as those of the whole laptop."""
    sql = "SELECT count(*) FROM outbox WHERE entity_id=? AND again=0"
    (waiting,) = reader.rows_of(sql, (id,))[0]
    sql = "SELECT code, count(*) FROM archive WHERE entity_id=? GROUP BY code"
    codes: dict[str, int] = dict(reader.rows_of(sql, (id,)))
    return Tally(
        waiting=waiting,
        accepted=sum(n for code, n in codes.items() if code not in ("conflict", "held")),
        conflicts=codes.get("conflict", 0),
        held=codes.get("held", 0),
    )


def incidents(reader: Reader, since_ms: int, limit: int = 20) -> list[Incident]:
    """What audits have found since a moment (ms UTC), newest first."""
    sql = "SELECT at_ms, scope, rows FROM incident WHERE at_ms>=? ORDER BY n DESC LIMIT ?"
    return [Incident(*row) for row in reader.rows_of(sql, (since_ms, limit))]


def wrong_sums(reader: Reader) -> list[str]:
    """The scopes of which the centre kept a wrong sum of right records, by the last audit."""
    known = reader.meta(_WRONG_SUMS)
    return msgspec.json.decode(known, type=list[str]) if known else []


def note_wrong_sums(tx: Transaction, scopes: Sequence[str]) -> None:
    """Remember what the last audit found at the centre, also that all is well; its operators must look."""
    if list(scopes) != wrong_sums(tx):
        tx.set_meta(_WRONG_SUMS, msgspec.json.encode(scopes).decode())


_WRONG_SUMS = "wrong_sums"


def waiting_operations(reader: Reader, limit: int = 500) -> list[Waiting]:
    """What waits, oldest first."""
    sql = "SELECT seq, kind, entity_id, env, created_ms FROM outbox WHERE again=0 ORDER BY seq LIMIT ?"
    return [
        Waiting(seq, kind, RecordId(id), _operation(env).verb, at_ms)
        for seq, kind, id, env, at_ms in reader.rows_of(sql, (limit,))
    ]


def questions(reader: Reader) -> list[Question]:
    """What people must look at, newest first."""
    sql = (
        "SELECT i.op_id, i.kind, i.entity_id, i.code, i.reason, i.conflicts, i.at_ms, a.env"
        " FROM inbox i JOIN archive a ON a.op_id=i.op_id ORDER BY i.at_ms DESC, i.seq DESC"
    )
    return [
        Question(op, kind, RecordId(id), code, reason, _conflicts(found), at_ms, _operation(env))
        for op, kind, id, code, reason, found, at_ms, env in reader.rows_of(sql)
    ]


def exchanges(reader: Reader, limit: int = 50) -> list[Exchanged]:
    """The last exchanges, newest first."""
    sql = "SELECT started_ms, ended_ms, outcome, pushed, pulled FROM exchange_log ORDER BY n DESC LIMIT ?"
    return [Exchanged(*row) for row in reader.rows_of(sql, (limit,))]


def _operation(env: bytes) -> Operation:
    return decode_operation(decode_envelope(env))


def _conflicts(found: str) -> tuple[Conflict, ...]:
    return msgspec.json.decode(found, type=tuple[Conflict, ...])


def seen_questions(reader: Reader) -> frozenset[str]:
    """The operations behind questions that a person here has looked at and put aside."""
    return frozenset(op for (op,) in reader.rows_of("SELECT op_id FROM inbox WHERE seen<>0"))


def mark_seen(tx: Transaction, op_id: str, *, seen: bool = True) -> Touched:
    """Put a question aside, or bring it back; it stays in the list either way."""
    tx.driver.execute("UPDATE inbox SET seen=? WHERE op_id=?", (int(seen), op_id))
    return Touched()


def name_of_author(reader: Reader, user_id: str) -> str:
    """The name of somebody who recorded something here, or nothing: the centre names others by id only."""
    for table in ("visit", "case_"):
        sql = f"SELECT json_extract(body,'$.worker_name') FROM {table} WHERE worker_id=? LIMIT 1"
        for (name,) in reader.rows_of(sql, (user_id,)):
            return str(name or "")
    return ""
