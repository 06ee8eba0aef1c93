"""The intake: what of a push is new, in its place in the chain, and genuine."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from gridworker.domain.problems import Problem
from gridworker.server.refusals import Refused
from gridworker.server.replicas import Replica, are_names
from gridworker.server.statements import read_rows
from gridworker.server.tables import OP_LOG, SLOT
from gridworker.wire.envelope import MAX_GROUP, Envelope, Group, Operation, open_envelope
from gridworker.wire.messages import Conflict, Result

_MAX_MS = 1 << 53
_results = msgspec.json.Decoder(list[Conflict])


class Stub(msgspec.Struct, frozen=True, kw_only=True):
    """The least that can be read of an operation of a newer program."""

    op_id: str
    actor: str
    kind: str
    id: str
    verb: str
    group: Group | None = None
    """Also those that can be read in part only stand or fall with the others."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A new operation and its author's text; `op` is None where only a newer program can read it."""

    envelope: Envelope
    text: str
    stub: Stub | Operation
    op: Operation | None

    @property
    def seq(self) -> int:
        """Its place in the replica's queue."""
        return self.envelope.link.seq


class Intake(msgspec.Struct, frozen=True):
    """A push taken apart: results of what was here before, and new operations in whole groups."""

    seen: list[Result]
    groups: list[list[Arrival]]


def take_in(tx: Connection, replica: Replica, envelopes: Sequence[Envelope]) -> Intake:
    """Sort a push out up to the first envelope that does not fit; raises Refused if that is the first one."""
    if any(envelope.link.seq < 1 for envelope in envelopes):
        raise Refused("bad_envelope")
    slots = _read_slots(tx, replica, envelopes)
    seen: list[Result] = []
    fresh: list[Arrival] = []
    chain = replica.chain
    stopped: Refused | None = None
    try:
        for envelope in envelopes:
            if envelope.link.seq <= replica.last_seq:
                seen.append(_seen_before(slots, envelope))
            else:
                expect = replica.last_seq + 1 + len(fresh)
                fresh.append(_admit(envelope, replica.id, expect=expect, chain=chain))
                chain = envelope.link.hash
    except Refused as refused:
        stopped = refused
    groups = list(_whole_groups(fresh))
    if groups or seen or not envelopes:
        return Intake(seen, groups)
    raise stopped or Refused("bad_envelope", seq=fresh[0].seq)


def result_of(seq: int, op_id: str, stored: tuple[str, str, str]) -> Result:
    """The stored result (code, reason, conflicts) of an operation, under the number it has in this queue."""
    code, reason, conflicts = stored
    found = _results.decode(conflicts) if conflicts else []
    return Result(seq=seq, op_id=op_id, code=code, reason=reason, conflicts=found)


def quarantined(seq: int, op_id: str) -> Result:
    """The result of an operation that only people can judge."""
    return Result(seq=seq, op_id=op_id, code="held", reason="quarantine")


def read_results(tx: Connection, replica: str, *, after: int, upto: int) -> list[Result]:
    """What became of a replica's operations after one number and up to another."""
    rows = read_rows(tx, _SLOTS, {"replica": replica, "low": after + 1, "high": upto})
    return [_slot_result(row) for row in rows]


def _slot_result(row: Any) -> Result:
    seq, _, body_hash, op_id, logged_hash, code, reason, conflicts = row
    if body_hash != logged_hash:
        return quarantined(seq, op_id)
    return result_of(seq, op_id, (code, reason, conflicts))


_SLOTS = (
    select(
        SLOT.c.seq,
        SLOT.c.hash,
        SLOT.c.body_hash,
        SLOT.c.op_id,
        OP_LOG.c.body_hash,
        OP_LOG.c.code,
        OP_LOG.c.reason,
        OP_LOG.c.conflicts,
    )
    .join(OP_LOG, OP_LOG.c.op_id == SLOT.c.op_id)
    .where(SLOT.c.replica == bindparam("replica"), SLOT.c.seq.between(bindparam("low"), bindparam("high")))
    .order_by(SLOT.c.seq)
)


def _read_slots(
    tx: Connection, replica: Replica, envelopes: Sequence[Envelope]
) -> Mapping[int, tuple[str, Result]]:
    old = [one.link.seq for one in envelopes if one.link.seq <= replica.last_seq]
    if not old:
        return {}
    rows = read_rows(tx, _SLOTS, {"replica": replica.id, "low": min(old), "high": max(old)})
    return {row[0]: (row[1], _slot_result(row)) for row in rows}


def _seen_before(slots: Mapping[int, tuple[str, Result]], envelope: Envelope) -> Result:
    digest, result = slots.get(envelope.link.seq, (None, None))
    if result is None or digest != envelope.link.hash:
        raise Refused("fork", seq=envelope.link.seq)
    return result


def _admit(envelope: Envelope, replica: str, *, expect: int, chain: str) -> Arrival:
    link = envelope.link
    if link.replica != replica:
        raise Refused("bad_envelope", seq=link.seq)
    if link.seq != expect:
        raise Refused("gap", expect=expect)
    if link.prev != chain:
        raise Refused("fork", seq=link.seq)
    return _open(envelope)


def _open(envelope: Envelope) -> Arrival:
    seq, body = envelope.link.seq, bytes(envelope.body)
    op: Operation | None
    stub: Stub | Operation
    try:
        stub = op = open_envelope(envelope)
    except Problem as problem:
        op, stub = None, _read_stub(body, seq, problem)
    # Scopes may have any name, they are only compared; a clock may be wrong, but within what can be stored.
    named = are_names(stub.op_id, stub.actor, stub.kind, stub.id, stub.verb)
    if not named or (op is not None and abs(op.wall_ms) >= _MAX_MS):
        raise Refused("bad_envelope", seq=seq)
    return Arrival(envelope=envelope, text=_read_text(body, seq), stub=stub, op=op)


def _read_stub(body: bytes, seq: int, problem: Problem) -> Stub:
    """A shape that we cannot read may be a newer program's: it is held and does not block the queue."""
    if problem.values.get("why") != "shape":
        raise Refused("bad_envelope", seq=seq) from problem
    try:
        return msgspec.json.decode(body, type=Stub)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("bad_envelope", seq=seq) from error


def _read_text(body: bytes, seq: int) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Refused("bad_envelope", seq=seq) from error


def _whole_groups(fresh: Sequence[Arrival]) -> Iterator[list[Arrival]]:
    """Cut into groups, stopping at the first that is torn: a group is never split between requests."""
    start = 0
    while start < len(fresh):
        group = fresh[start].stub.group
        size = group.size if group else 1
        members = list(fresh[start : start + size])
        if not 0 < size <= MAX_GROUP or len(members) < size or not _belong_together(members):
            return
        yield members
        start += size


def _belong_together(members: Sequence[Arrival]) -> bool:
    groups = [one.stub.group for one in members]
    first = groups[0]
    if first is None:
        return True  # an operation without a group is alone
    return all(
        one is not None and (one.id, one.index, one.size) == (first.id, index, first.size)
        for index, one in enumerate(groups)
    )
