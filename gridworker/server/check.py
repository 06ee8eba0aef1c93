"""The check: reads a centre's whole database and names every promise that does not hold."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gridworker.server.store import read_head
from gridworker.server.sums import EMPTY, revision, shift, term
from gridworker.server.tables import CONFLICT, ENTITY, HISTORY, OP_LOG, REPLICA, SCOPE, SCOPE_ENTRY, SLOT
from gridworker.server.values import canonical, rule_of
from gridworker.wire.envelope import Operation, body_hash, first_link, link_hash


def check(tx: Connection) -> list[str]:
    """Every violation as one line without personal data; none in a healthy database."""
    return [*_broken_chains(tx), *_wrong_sums(tx), *_broken_log(tx), *_lost_values(tx)]


def _broken_chains(tx: Connection) -> Iterator[str]:
    replicas = {row.id: row for row in tx.execute(select(REPLICA))}
    ends = {replica: (0, first_link(replica)) for replica in replicas}
    for row in tx.execute(select(SLOT).order_by(SLOT.c.replica, SLOT.c.seq)):
        seq, prev = ends[row.replica]
        if row.seq != seq + 1:
            yield f"replica {row.replica}: number {row.seq} follows {seq}"
        if link_hash(prev, row.replica, row.seq, row.body_hash) != row.hash:
            yield f"replica {row.replica}: link {row.seq} is broken"
        ends[row.replica] = (row.seq, row.hash)
    for replica, end in ends.items():
        if end != (replicas[replica].last_seq, replicas[replica].chain):
            yield f"replica {replica}: its end is not its last link"


def _wrong_sums(tx: Connection) -> Iterator[str]:
    epoch = read_head(tx).epoch
    counts: dict[str, int] = defaultdict(int)
    sums: dict[str, str] = defaultdict(lambda: EMPTY)
    rows = tx.execute(
        select(SCOPE_ENTRY.c.scope, ENTITY.c.id, ENTITY.c.rev_seq, ENTITY.c.body)
        .join(ENTITY, ENTITY.c.id == SCOPE_ENTRY.c.entity_id)
        .where(SCOPE_ENTRY.c.present)
    )
    for scope, record_id, seq, body in rows:
        counts[scope] += 1
        sums[scope] = shift(sums[scope], term(scope, record_id, revision(epoch, seq), body.encode()))
    stored = {row.id: (row.n, row.acc) for row in tx.execute(select(SCOPE))}
    for scope in sorted(counts.keys() | stored.keys()):
        if stored.get(scope, (0, EMPTY)) != (counts[scope], sums[scope]):
            yield f"scope {scope}: its sum does not fit its records"


def _broken_log(tx: Connection) -> Iterator[str]:
    logged = set()
    for op_id, digest, body in tx.execute(select(OP_LOG.c.op_id, OP_LOG.c.body_hash, OP_LOG.c.body)):
        logged.add(op_id)
        if body_hash(body.encode()) != digest:
            yield f"operation {op_id}: its body is not what its author wrote"
    for op_id in tx.execute(select(SLOT.c.op_id)).scalars():
        if op_id not in logged:
            yield f"operation {op_id}: received and not in the log"


def _lost_values(tx: Connection) -> Iterator[str]:
    """Every value that was not held is current, was replaced knowingly, or is in a conflict."""
    kept = _kept_values(tx)
    rows = tx.execute(select(OP_LOG.c.op_id, OP_LOG.c.body).where(OP_LOG.c.code != "held"))
    for op_id, body in rows:
        try:
            op = msgspec.json.decode(body, type=Operation)
        except msgspec.DecodeError:
            continue  # its hash is wrong as well, and that is named
        for field, value in _values(op):
            if not _is_kept(value, kept[op.id, field], rule_of(op.kind, field).default):
                yield f"operation {op_id}: its value of {field} is nowhere"


def _values(op: Operation) -> Iterator[tuple[str, Any]]:
    yield from op.values.items()
    for field, (_, new) in op.set.items():
        yield field, new


def _is_kept(value: Any, kept: list[Any], default: Any) -> bool:
    wanted = canonical(value, default)
    if wanted is None or any(canonical(one, default) == wanted for one in kept):
        return True
    # A set keeps its members: those of one author beside those of another.
    members = {repr(item) for one in kept if isinstance(one, list) for item in one}
    return isinstance(value, list) and all(repr(item) in members for item in value)


def _kept_values(tx: Connection) -> defaultdict[tuple[str, str], list[Any]]:
    kept: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for record_id, body in tx.execute(select(ENTITY.c.id, ENTITY.c.body)):
        for field, value in msgspec.json.decode(body).items():
            kept[record_id, field].append(value)
    for row in tx.execute(select(HISTORY)):
        kept[row.entity_id, row.field] += [msgspec.json.decode(row.old), msgspec.json.decode(row.new)]
    for row in tx.execute(select(CONFLICT)):
        values = [msgspec.json.decode(getattr(row, name)) for name in ("base", "server", "incoming")]
        kept[row.entity_id, row.field] += [*values, *msgspec.json.decode(row.trail)]
    return kept
