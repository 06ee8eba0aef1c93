"""The journal: what a push leaves behind beside records: log, slots, field history, waiting operations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, text

from gridworker.server.among import among, listed
from gridworker.server.clocks import Moment, moment_of
from gridworker.server.intake import Arrival
from gridworker.server.outcomes import Outcome
from gridworker.server.scene import Past
from gridworker.server.shelf import Commit
from gridworker.server.statements import read_rows, write_many
from gridworker.server.tables import HISTORY, OP_LOG, SLOT, WAITING
from gridworker.wire.envelope import Operation
from gridworker.wire.messages import Conflict

SHREDDED = ""
"""What stands in the log for the words of an operation that were erased; hash and result stay."""
_encode = msgspec.json.Encoder().encode
_operation = msgspec.json.Decoder(Operation)


class Logged(msgspec.Struct, frozen=True):
    """What the log says of one operation; `conflicts` is JSON, or empty."""

    body_hash: str
    code: str
    reason: str
    conflicts: str


class Journal:
    """The rows that one push adds; nothing is written before `write`."""

    def __init__(self, tx: Connection, op_ids: Iterable[str], now_ms: int):
        self._tx = tx
        self._now_ms = now_ms
        self._ops: dict[str, Operation | None] = {}
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._latest: dict[tuple[str, str], dict[str, Any]] = {}
        rows = read_rows(tx, _LOGGED, {"ids": listed(op_ids)})
        self._logged = {row[0]: Logged(*row[1:]) for row in rows}

    def logged(self, op_id: str) -> Logged | None:
        """What the centre already knows of an operation."""
        return self._logged.get(op_id)

    def log(self, arrival: Arrival, outcome: Outcome, conflicts: Sequence[Conflict]) -> Logged:
        """Note an operation and what came of it, whatever that is."""
        stub, moment = arrival.stub, moment_of(arrival.op, self._now_ms)
        self._ops[stub.op_id] = arrival.op
        entry = Logged(arrival.envelope.hash, outcome.code, outcome.reason, _text_of(conflicts))
        self._logged[stub.op_id] = entry
        self._rows["log"].append(
            {
                "op_id": stub.op_id,
                "actor": stub.actor,
                "kind": stub.kind,
                "entity_id": stub.id,
                "verb": stub.verb,
                "body": SHREDDED if outcome.reason == "purged" else arrival.text,
                "body_hash": entry.body_hash,
                "code": entry.code,
                "reason": entry.reason,
                "conflicts": entry.conflicts,
                "event_ms": moment.at_ms,
                "clock_good": moment.good,
            }
        )
        if outcome.reason == "missing":
            self._wait(stub.id, stub.op_id, outcome)
        return entry

    def _wait(self, entity_id: str, op_id: str, outcome: Outcome) -> None:
        self._rows["waiting"].append({"entity_id": outcome.waits_for or entity_id, "op_id": op_id})

    def relog(self, op: Operation, outcome: Outcome, conflicts: Sequence[Conflict]) -> None:
        """Note that an operation that had waited for its record has been decided after all."""
        if outcome.reason == "missing":
            self._wait(op.id, op.op_id, outcome)
        self._rows["relog"].append(
            {
                "key": op.op_id,
                "code": outcome.code,
                "reason": outcome.reason,
                "conflicts": _text_of(conflicts),
            }
        )

    def keep_twin(self, arrival: Arrival) -> None:
        """Keep an operation that came under the id of another one."""
        row = {"op_id": arrival.stub.op_id, "body_hash": arrival.envelope.hash, "body": arrival.text}
        self._rows["twin"].append(row)

    def take_slot(self, replica: str, arrival: Arrival) -> None:
        """Note under which number of which replica an operation came."""
        link = arrival.envelope.link
        self._rows["slot"].append(
            {
                "replica": replica,
                "seq": link.seq,
                "hash": link.hash,
                "body_hash": arrival.envelope.hash,
                "op_id": arrival.stub.op_id,
            }
        )

    def remember(self, op: Operation, outcome: Outcome, *, named: str) -> None:
        """Note every field that took another value; `named` is the record that the author meant."""
        for change in outcome.changes:
            entity_id = change.of or op.id
            row = self._latest[entity_id, change.field] = {
                "entity_id": entity_id,
                "via": change.via or (named if named != entity_id else ""),
                "field": change.field,
                "op_id": op.op_id,
                "actor": op.actor,
                "at_ms": op.wall_ms,
                "old": _encode(change.old).decode(),
                "new": _encode(change.new).decode(),
            }
            self._rows["history"].append(row)

    def last_writer(self, entity_id: str, field: str) -> tuple[str, int] | None:
        """Who last changed a field and when by his clock (ms UTC); None where it is as it was created."""
        row = self._latest.get((entity_id, field))
        if row is not None:
            return row["actor"], row["at_ms"]
        found = read_rows(self._tx, _LAST_WRITER, {"entity_id": entity_id, "field": field})
        return next(((actor, at_ms) for actor, at_ms in found), None)

    def written_at(self, entity_id: str, field: str) -> Moment | None:
        """When the present value of a field was meant; None where nobody ever changed it."""
        row = self._latest.get((entity_id, field))
        if row is not None:
            return moment_of(self.operation(row["op_id"]), self._now_ms)
        found = read_rows(self._tx, _LAST_MOMENT, {"entity_id": entity_id, "field": field})
        return next((Moment(at_ms, bool(good)) for at_ms, good in found), None)

    def operation(self, op_id: str) -> Operation | None:
        """An operation as it came; None where it was shredded or only a newer program can read it."""
        if op_id not in self._ops:
            bodies = read_rows(self._tx, _BODY, {"op_id": op_id})
            self._ops[op_id] = next((_readable(body) for (body,) in bodies), None)
        return self._ops[op_id]

    def past(self, entity_id: str) -> list[Past]:
        """Every field of a record that ever took another value, oldest first."""
        stored = read_rows(self._tx, _PAST, {"entity_id": entity_id})
        fresh = [_PAST_OF(row) for row in self._rows["history"] if row["entity_id"] == entity_id]
        return [
            Past(
                field=field,
                old=msgspec.json.decode(old),
                new=msgspec.json.decode(new),
                op_id=op_id,
                via=via,
            )
            for field, old, new, op_id, via in (*stored, *fresh)
        ]

    def waiting_for(self, entity_ids: Sequence[str]) -> list[Operation]:
        """The held operations on records that have now arrived, in the order they came; they wait no more."""
        rows = read_rows(self._tx, _WAITING_FOR, {"ids": listed(entity_ids)})
        if rows:
            write_many(self._tx, _STOP_WAITING, [{"ids": listed(entity_ids)}])
        return [_operation.decode(body) for (body,) in rows]

    def write(self, commit: Commit) -> None:
        """Store all rows under one commit number."""
        moment = {"commit_seq": commit.seq, "recv_ms": commit.at_ms}
        for name, statement in _STATEMENTS:
            rows = self._rows[name]
            if name in _DATED:
                for row in rows:
                    row.update(moment)
            write_many(self._tx, statement, rows)


def _readable(body: str) -> Operation | None:
    try:
        return _operation.decode(body)
    except msgspec.DecodeError:
        return None


def advance_replica(tx: Connection, last: Arrival, now_ms: int) -> None:
    """Move a replica to its last received operation."""
    link = last.envelope.link
    row = {"key": link.replica, "seq": link.seq, "chain": link.hash, "now": now_ms}
    write_many(tx, _ADVANCE, [row])


def _text_of(conflicts: Sequence[Conflict]) -> str:
    return _encode(conflicts).decode() if conflicts else ""


_LOGGED = select(
    OP_LOG.c.op_id, OP_LOG.c.body_hash, OP_LOG.c.code, OP_LOG.c.reason, OP_LOG.c.conflicts
).where(among(OP_LOG.c.op_id, "ids"))
_LAST_WRITER = (
    select(HISTORY.c.actor, HISTORY.c.at_ms)
    .where(HISTORY.c.entity_id == bindparam("entity_id"), HISTORY.c.field == bindparam("field"))
    .order_by(HISTORY.c.n.desc())
    .limit(1)
)
_LAST_MOMENT = (
    select(OP_LOG.c.event_ms, OP_LOG.c.clock_good)
    .join(HISTORY, HISTORY.c.op_id == OP_LOG.c.op_id)
    .where(HISTORY.c.entity_id == bindparam("entity_id"), HISTORY.c.field == bindparam("field"))
    .order_by(HISTORY.c.n.desc())
    .limit(1)
)
_BODY = select(OP_LOG.c.body).where(OP_LOG.c.op_id == bindparam("op_id"))
_PAST_PARTS = ("field", "old", "new", "op_id", "via")
_PAST_OF = itemgetter(*_PAST_PARTS)
_PAST = (
    select(*(HISTORY.c[name] for name in _PAST_PARTS))
    .where(HISTORY.c.entity_id == bindparam("entity_id"))
    .order_by(HISTORY.c.n)
)
_WAITING_FOR = (
    select(OP_LOG.c.body)
    .join(WAITING, WAITING.c.op_id == OP_LOG.c.op_id)
    .where(among(WAITING.c.entity_id, "ids"))
    .order_by(OP_LOG.c.n)
)
_STOP_WAITING = delete(WAITING).where(among(WAITING.c.entity_id, "ids"))
_ADVANCE = text("UPDATE replica SET last_seq = :seq, chain = :chain, last_seen_ms = :now WHERE id = :key")
_DATED = frozenset({"log", "history", "twin"})
_STATEMENTS = (
    ("log", insert(OP_LOG)),
    (
        "relog",
        text("UPDATE op_log SET code = :code, reason = :reason, conflicts = :conflicts WHERE op_id = :key"),
    ),
    ("slot", insert(SLOT)),
    ("history", insert(HISTORY)),
    ("waiting", insert(WAITING)),
    (
        "twin",
        text(
            "INSERT INTO twin (op_id, body_hash, body, recv_ms) VALUES (:op_id, :body_hash, :body, :recv_ms) "
            "ON CONFLICT (op_id, body_hash) DO NOTHING"
        ),
    ),
)
