"""The check: reads a centre's whole database and names every promise that does not hold."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gridworker.domain.disputes import Dispute
from gridworker.domain.fields import Merge
from gridworker.server.claims import claims_meant
from gridworker.server.journal import SHREDDED
from gridworker.server.lives import NOTHING, sums_of
from gridworker.server.members import key_of
from gridworker.server.purge import written_by
from gridworker.server.tables import (
    CONFLICT,
    ENTITY,
    HISTORY,
    IDENTITY_CLAIM,
    OP_LOG,
    REPLICA,
    SCOPE,
    SET_MEMBER,
    SLOT,
)
from gridworker.server.unions import ABSORBED, KIND
from gridworker.server.values import canonical, rule_of
from gridworker.wire.envelope import Operation, body_hash, first_link, link_hash


def check(tx: Connection) -> list[str]:
    """Every violation as one line without personal data; none in a healthy database."""
    return [line for one in CHECKS for line in one(tx)]


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
    counted = sums_of(tx)
    stored = {row.id: (row.n, row.acc) for row in tx.execute(select(SCOPE))}
    for scope in sorted(counted.keys() | stored.keys()):
        if stored.get(scope, NOTHING) != counted.get(scope, NOTHING):
            yield f"scope {scope}: its sum does not fit its records"


def _broken_log(tx: Connection) -> Iterator[str]:
    logged = set()
    shredded = written_by(tx, _purged(tx))
    columns = (OP_LOG.c.op_id, OP_LOG.c.body_hash, OP_LOG.c.body, OP_LOG.c.reason)
    for op_id, digest, body, reason in tx.execute(select(*columns)):
        logged.add(op_id)
        if body == SHREDDED and (op_id in shredded or reason == "purged"):
            continue  # its words were erased by law; that it came, and what became of it, stays
        if body_hash(body.encode()) != digest:
            yield f"operation {op_id}: its body is not what its author wrote"
        if body != SHREDDED and op_id in shredded:
            yield f"operation {op_id}: its words were to be erased"
    for op_id in tx.execute(select(SLOT.c.op_id)).scalars():
        if op_id not in logged:
            yield f"operation {op_id}: received and not in the log"


def _lost_values(tx: Connection) -> Iterator[str]:
    """Every value that was not held is current, was replaced knowingly, or is in a conflict."""
    kept, homes = _kept_values(tx), _homes(tx)
    rows = tx.execute(select(OP_LOG.c.op_id, OP_LOG.c.body).where(OP_LOG.c.code != "held"))
    for op_id, body in rows:
        try:
            op = msgspec.json.decode(body, type=Operation)
        except msgspec.DecodeError:
            continue  # shredded, or its hash is wrong as well, and that is named
        for field, value in _values(op):
            places = [one for home in homes(op) for one in kept[home, field] + kept[home, ""]]
            if not _is_kept(value, places, rule_of(op.kind, field).default):
                yield f"operation {op_id}: its value of {field} is nowhere"


def _homes(tx: Connection) -> Callable[[Operation], set[str]]:
    """Where an operation's values may stand: in its record, and in what that was merged into or is about."""
    leads: dict[str, set[str]] = defaultdict(set)
    for record_id, into in tx.execute(
        select(ENTITY.c.id, ENTITY.c.merged_into).where(ENTITY.c.merged_into != "")
    ):
        leads[record_id].add(into)
    for record_id, body in tx.execute(
        select(ENTITY.c.id, ENTITY.c.body).where(ENTITY.c.kind == Dispute.kind)
    ):
        leads[record_id].add(msgspec.json.decode(body).get("target_id", ""))
    for entity_id, via in tx.execute(select(HISTORY.c.entity_id, HISTORY.c.via).where(HISTORY.c.via != "")):
        leads[via].add(entity_id)

    def homes(op: Operation) -> set[str]:
        found: set[str] = set()
        waiting = [op.id, *filter(None, [op.target if op.verb == "merge" else ""])]
        while waiting:
            one = waiting.pop()
            waiting += leads.get(one, set()) - found - {one}
            found.add(one)
        return found

    return homes


_CHANGING = frozenset({"patch", "transition", "merge", "resolve"})


def _values(op: Operation) -> Iterator[tuple[str, Any]]:
    """What an operation said; a member that its verb does not have says nothing (docs/protocol.md)."""
    if op.verb in ("create", "append"):
        yield from op.values.items()
    for field, (old, new) in op.set.items() if op.verb in _CHANGING else ():
        if rule_of(op.kind, field).merge is Merge.SET:
            new = [item for item in new or () if item not in (old or ())]
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
    for record_id, kind, body in tx.execute(select(ENTITY.c.id, ENTITY.c.kind, ENTITY.c.body)):
        document = msgspec.json.decode(body)
        for field, value in document.items():
            kept[record_id, field].append(value)
        if kind == Dispute.kind:
            kept[record_id, ""] += _said_in(document)
    for row in tx.execute(select(HISTORY)):
        kept[row.entity_id, row.field] += [msgspec.json.decode(row.old), msgspec.json.decode(row.new)]
    for row in tx.execute(select(CONFLICT)):
        values = [msgspec.json.decode(getattr(row, name)) for name in ("base", "server", "incoming")]
        kept[row.entity_id, row.field] += [*values, *msgspec.json.decode(row.trail)]
    return kept


def _said_in(document: dict[str, Any]) -> list[Any]:
    """What anybody wanted in one dispute, whatever the field."""
    sides = [document.get(name) for name in ("base", "server", "incoming", "decision")]
    return [*sides, *document.get("trail", ()), *(one.get("value") for one in document.get("opinions", ()))]


def _untold_conflicts(tx: Connection) -> Iterator[str]:
    """Every conflict has its record, and both say the same of how it stands."""
    known = {
        row.id: msgspec.json.decode(row.body).get("state")
        for row in tx.execute(select(ENTITY.c.id, ENTITY.c.body).where(ENTITY.c.kind == Dispute.kind))
    }
    purged = _purged(tx)
    for row in tx.execute(select(CONFLICT.c.id, CONFLICT.c.state, CONFLICT.c.entity_id)):
        if row.entity_id not in purged and known.get(row.id) != row.state:
            yield f"conflict {row.id}: its record says something else of it"


def _broken_unions(tx: Connection) -> Iterator[str]:
    """Who was merged is gone, and is named by a record that is there or was merged in its turn."""
    rows = {row.id: row for row in tx.execute(select(ENTITY).where(ENTITY.c.kind == KIND))}
    for row in rows.values():
        if row.merged_into:
            into = rows.get(row.merged_into)
            absorbed = msgspec.json.decode(into.body).get(ABSORBED, []) if into is not None else []
            if not row.deleted or into is None or not (into.purged or row.id in absorbed):
                yield f"record {row.id}: it was merged into one that does not know it"


def _wrong_claims(tx: Connection) -> Iterator[str]:
    """Each living person with a whole id number claims it, and nobody claims another one."""
    claimed = {row.entity_id: row.number for row in tx.execute(select(IDENTITY_CLAIM))}
    for record_id, number in claims_meant(tx):
        if claimed.pop(record_id, "") != number:
            yield f"record {record_id}: its id number is not claimed"
    for record_id in claimed:
        yield f"record {record_id}: it claims an id number that it does not have"


def _wrong_members(tx: Connection) -> Iterator[str]:
    """Whatever somebody put into a set is in it."""
    columns = (SET_MEMBER.c.entity_id, SET_MEMBER.c.field, SET_MEMBER.c.value, ENTITY.c.body)
    rows = tx.execute(select(*columns).join(ENTITY, ENTITY.c.id == SET_MEMBER.c.entity_id))
    for record_id, field, value, body in rows:
        if value not in {key_of(one) for one in msgspec.json.decode(body).get(field, ())}:
            yield f"record {record_id}: a member of {field} is not in it"


def _purged(tx: Connection) -> set[str]:
    return set(tx.execute(select(ENTITY.c.id).where(ENTITY.c.purged)).scalars())


CHECKS: tuple[Callable[[Connection], Iterable[str]], ...] = (
    _broken_chains,
    _wrong_sums,
    _broken_log,
    _lost_values,
    _untold_conflicts,
    _broken_unions,
    _wrong_claims,
    _wrong_members,
)
