"""The journal: what a push leaves behind beside records: log, slots, field history, waiting operations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, text

from gridworker.server.among import among, listed
from gridworker.server.intake import Arrival
from gridworker.server.outcomes import Outcome
from gridworker.server.shelf import Commit
from gridworker.server.store import write_many
from gridworker.server.tables import HISTORY, OP_LOG, SLOT, WAITING
from gridworker.wire.envelope import Operation
from gridworker.wire.messages import Conflict

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

    def __init__(self, tx: Connection, op_ids: Iterable[str]):
        self._tx = tx
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        rows = tx.execute(_LOGGED, {"ids": listed(op_ids)}).all()
        self._logged = {row[0]: Logged(row[1], row[2], row[3], row[4]) for row in rows}

    def logged(self, op_id: str) -> Logged | None:
        """What the centre already knows of an operation."""
        return self._logged.get(op_id)

    def log(self, arrival: Arrival, outcome: Outcome, conflicts: Sequence[Conflict]) -> Logged:
        """Note an operation and what came of it, whatever that is."""
        stub = arrival.stub
        entry = Logged(arrival.envelope.hash, outcome.code, outcome.reason, _text_of(conflicts))
        self._logged[stub.op_id] = entry
        self._rows["log"].append(
            {
                "op_id": stub.op_id,
                "actor": stub.actor,
                "kind": stub.kind,
                "entity_id": stub.id,
                "verb": stub.verb,
                "body": arrival.text,
                "body_hash": entry.body_hash,
                "code": entry.code,
                "reason": entry.reason,
                "conflicts": entry.conflicts,
            }
        )
        if outcome.reason == "missing":
            self._rows["waiting"].append({"entity_id": stub.id, "op_id": stub.op_id})
        return entry

    def relog(self, op_id: str, outcome: Outcome, conflicts: Sequence[Conflict]) -> None:
        """Note that an operation that had waited for its record has been decided after all."""
        self._rows["relog"].append(
            {
                "key": op_id,
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

    def remember(self, op: Operation, outcome: Outcome) -> None:
        """Note every field that took another value."""
        for change in outcome.changes:
            self._rows["history"].append(
                {
                    "entity_id": op.id,
                    "field": change.field,
                    "op_id": op.op_id,
                    "actor": op.actor,
                    "at_ms": op.wall_ms,
                    "old": _encode(change.old).decode(),
                    "new": _encode(change.new).decode(),
                }
            )

    def last_writer(self, entity_id: str, field: str) -> tuple[str, int] | None:
        """Who last changed a field and when by his clock (ms UTC); None where it is as it was created."""
        for row in reversed(self._rows["history"]):
            if (row["entity_id"], row["field"]) == (entity_id, field):
                return row["actor"], row["at_ms"]
        found = self._tx.execute(_LAST_WRITER, {"entity_id": entity_id, "field": field}).first()
        return (found[0], found[1]) if found else None

    def waiting_for(self, entity_ids: Sequence[str]) -> list[Operation]:
        """The held operations on records that have now arrived, in the order they came; they wait no more."""
        rows = self._tx.execute(_WAITING_FOR, {"ids": listed(entity_ids)}).scalars().all()
        if rows:
            self._tx.execute(_STOP_WAITING, {"ids": listed(entity_ids)})
        return [_operation.decode(body) for body in rows]

    def write(self, commit: Commit) -> None:
        """Store all rows under one commit number."""
        moment = {"commit_seq": commit.seq, "recv_ms": commit.at_ms}
        for name, statement in _STATEMENTS:
            rows = self._rows[name]
            write_many(self._tx, statement, [row | moment for row in rows] if name in _DATED else rows)


def advance_replica(tx: Connection, last: Arrival, now_ms: int) -> None:
    """Move a replica to its last received operation."""
    link = last.envelope.link
    tx.execute(_ADVANCE, {"key": link.replica, "seq": link.seq, "chain": link.hash, "now": now_ms})


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
