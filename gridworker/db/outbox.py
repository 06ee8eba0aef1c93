"""The outbox: operations in their order, each chained to the one before, kept until acknowledged."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import msgspec

from gridworker.wire.envelope import (
    MAX_GROUP,
    Envelope,
    Group,
    Operation,
    decode_envelope,
    decode_operation,
    encode_envelope,
    first_link,
    relink,
    seal,
)
from gridworker.wire.messages import Ack, Result

_AT_A_TIME = 1_000
_ARCHIVED = (
    "SELECT env FROM archive WHERE env<>x''"
    " AND op_id NOT IN (SELECT op_id FROM outbox WHERE again=0) ORDER BY n"
)
REMEMBER = "INSERT INTO meta(k,v) VALUES (?,?) ON CONFLICT(k) DO UPDATE SET v=excluded.v"
"""Remember one fact about the database."""


class _Grouped(msgspec.Struct):
    group: Group | None = None


class _Place(msgspec.Struct):
    """As much of an envelope as tells which operations belong together."""

    body: _Grouped


_place_of = msgspec.json.Decoder(_Place).decode


class Head(NamedTuple):
    """The end of this replica's chain: where the next operation is appended."""

    replica: str
    next_seq: int
    chain: str


def head_of(driver: Any) -> Head | None:
    """The head of the chain, or None before the laptop is enrolled."""
    known = dict(driver.execute("SELECT k, v FROM meta WHERE k IN ('replica','next_seq','chain')").fetchall())
    return Head(known["replica"], int(known["next_seq"]), known["chain"]) if known else None


def store_head(driver: Any, head: Head) -> None:
    """Remember the head of the chain."""
    facts = [("replica", head.replica), ("next_seq", str(head.next_seq)), ("chain", head.chain)]
    driver.executemany(REMEMBER, facts)


def start_replica(driver: Any, replica: str, *, again: bool = False) -> None:
    """Begin a new life of this database file, its queue renumbered from 1; nothing waiting is lost.

    With `again` the archive goes before it: what was acknowledged once, and its author's screen no longer
    shows as waiting.
    """
    waiting = driver.execute("SELECT env, again FROM outbox ORDER BY seq").fetchall()
    if again:
        kept = _whole_groups([env for (env,) in driver.execute(_ARCHIVED).fetchall()])
        waiting = [*((env, 1) for env in kept), *(row for row in waiting if not row[1])]
    driver.execute("DELETE FROM outbox")
    head = Head(replica, 1, first_link(replica))
    for start in range(0, len(waiting), _AT_A_TIME):
        moved: list[tuple[Envelope, Operation]] = []
        for env, _ in waiting[start : start + _AT_A_TIME]:
            old = decode_envelope(env)
            envelope = relink(old, replica=replica, seq=head.next_seq, prev=head.chain)
            moved.append((envelope, decode_operation(envelope)))
            head = Head(replica, head.next_seq + 1, envelope.link.hash)
        _insert(driver, moved, [flag for _, flag in waiting[start : start + _AT_A_TIME]])
    store_head(driver, head)


def _whole_groups(envs: Sequence[bytes]) -> list[bytes]:
    """Without what is left of groups of which a part was erased with a person: nobody takes half a group."""
    groups = [_place_of(env).body.group for env in envs]
    here = Counter(group.id for group in groups if group is not None)
    pairs = zip(envs, groups, strict=True)
    return [env for env, group in pairs if group is None or here[group.id] == group.size]


def append_operations(driver: Any, head: Head, operations: Sequence[Operation]) -> Head:
    """Seal operations as the next ones of the queue and give the new head."""
    sealed: list[tuple[Envelope, Operation]] = []
    replica, seq, chain = head
    for operation in operations:
        envelope = seal(operation, replica=replica, seq=seq, prev=chain)
        sealed.append((envelope, operation))
        seq, chain = seq + 1, envelope.link.hash
    _insert(driver, sealed)
    head = Head(replica, seq, chain)
    store_head(driver, head)
    return head


def _insert(
    driver: Any, sealed: Sequence[tuple[Envelope, Operation]], again: Iterable[int] | None = None
) -> None:
    flags = again if again is not None else repeat(0)
    driver.executemany(
        "INSERT INTO outbox(seq,op_id,kind,entity_id,env,created_ms,again) VALUES (?,?,?,?,?,?,?)",
        [
            (e.link.seq, o.op_id, o.kind, o.id, encode_envelope(e), o.wall_ms, flag)
            for (e, o), flag in zip(sealed, flags, strict=False)
        ],
    )


def waiting_after(driver: Any, seq: int, limit: int, max_bytes: int) -> list[Envelope]:
    """The next waiting envelopes after a number, at most `limit` and `max_bytes` of them, in whole groups.

    The centre refuses a group that comes in two requests: the first one is given whole, however large it is.
    """
    rows = driver.execute("SELECT env FROM outbox WHERE seq>? ORDER BY seq LIMIT ?", (seq, limit + MAX_GROUP))
    batch: list[Envelope] = []
    size = 0
    for group in _groups(env for (env,) in rows.fetchall()):
        size += sum(len(env) for env in group)
        if batch and (len(batch) + len(group) > limit or size > max_bytes):
            break
        batch += [decode_envelope(env) for env in group]
    return batch


def _groups(envelopes: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut a queue into groups; a last one that goes on behind the end is left out."""
    group: list[bytes] = []
    for env in envelopes:
        group.append(env)
        place = _place_of(env).body.group
        if place is None or place.index == place.size - 1:
            yield group
            group = []


def pending_operations(driver: Any, entity_id: str) -> list[Operation]:
    """The waiting operations of one record, in order; what is only sent again is in its base already."""
    rows = driver.execute("SELECT env FROM outbox WHERE entity_id=? AND again=0 ORDER BY seq", (entity_id,))
    return [decode_operation(decode_envelope(env)) for (env,) in rows]


def thin_archive(driver: Any, before_ms: int) -> None:
    """Empty operations that were acknowledged before a moment (ms UTC); what became of them stays known.

    Those that people still have questions about, and the steps of cases, are kept whole.
    """
    driver.execute(
        "UPDATE archive SET env=x'' WHERE acked_ms<? AND env<>x'' AND kind<>'case'"
        " AND op_id NOT IN (SELECT op_id FROM inbox)",
        (before_ms,),
    )


def link_hash_at(driver: Any, seq: int) -> str | None:
    """The link of a waiting operation, or None where none of this number waits."""
    found = driver.execute("SELECT env FROM outbox WHERE seq=?", (seq,)).fetchone()
    return decode_envelope(found[0]).link.hash if found else None


def acknowledged(driver: Any, ack: Ack, replica: str) -> bool:
    """Whether the server's word about operation `ack.seq` is about this queue, by its hash."""
    if ack.seq == 0:
        return True
    waiting = link_hash_at(driver, ack.seq)
    if waiting is not None:
        return waiting == ack.hash
    known = driver.execute("SELECT v FROM meta WHERE k='acked'").fetchone()
    return bool(known) and known[0] == f"{replica}:{ack.seq}:{ack.hash}"


def retire(
    driver: Any, ack: Ack, results: Sequence[Result], *, replica: str, now_ms: int
) -> Iterator[tuple[str, str]]:
    """Move acknowledged operations to the archive and what people must look at to the inbox.

    Gives (kind, record id) of every retired operation.
    """
    by_op = {result.op_id: result for result in results}
    rows = driver.execute(
        "SELECT seq, op_id, kind, entity_id, env FROM outbox WHERE seq<=? ORDER BY seq", (ack.seq,)
    ).fetchall()
    _settle_again(driver, ack.seq, by_op)
    _archive(driver, rows, by_op, now_ms)
    driver.execute("DELETE FROM outbox WHERE seq<=?", (ack.seq,))
    driver.execute(REMEMBER, ("acked", f"{replica}:{ack.seq}:{ack.hash}"))
    return iter([(kind, entity) for _, _, kind, entity, _ in rows])


def _settle_again(driver: Any, seq: int, by_op: dict[str, Result]) -> None:
    """What was sent again and is well this time is no question any more."""
    rows = driver.execute("SELECT op_id FROM outbox WHERE seq<=? AND again=1", (seq,)).fetchall()
    well = [(op,) for (op,) in rows if op in by_op and by_op[op].code not in ("conflict", "held")]
    driver.executemany("DELETE FROM inbox WHERE op_id=?", well)


def _archive(driver: Any, rows: Sequence[Any], by_op: dict[str, Result], now_ms: int) -> None:
    """Keep every operation with what became of it; without a result it is only known to have arrived."""
    codes = [(row, by_op.get(row[1])) for row in rows]
    driver.executemany(
        "INSERT INTO archive(op_id,kind,entity_id,env,code,acked_ms) VALUES (?,?,?,?,?,?)"
        " ON CONFLICT(op_id) DO UPDATE SET code=excluded.code, acked_ms=excluded.acked_ms",
        [
            (op, kind, entity, env, result.code if result else "unknown", now_ms)
            for (_, op, kind, entity, env), result in codes
        ],
    )
    driver.executemany(
        "INSERT INTO inbox(op_id,seq,kind,entity_id,code,reason,conflicts,at_ms,seen)"
        " VALUES (?,?,?,?,?,?,?,?,0) ON CONFLICT(op_id) DO UPDATE SET code=excluded.code,"
        " reason=excluded.reason, conflicts=excluded.conflicts,"
        " seen=CASE WHEN code=excluded.code AND reason=excluded.reason THEN seen ELSE 0 END",
        [
            (op, seq, kind, entity, r.code, r.reason, msgspec.json.encode(r.conflicts).decode(), now_ms)
            for (seq, op, kind, entity, _), r in codes
            if r is not None and (r.code in ("conflict", "held") or r.reason == "duplicate_suspect")
        ],
    )
