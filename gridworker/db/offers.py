"""Offers: how far the queue was ever given away, and taking operations back that nobody can have seen."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec

from gridworker.db.database import Database
from gridworker.db.layers import lay_out, said_of
from gridworker.db.on_stick import on_stick
from gridworker.db.outbox import Head, head_of, store_head
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.wire.envelope import decode_envelope, decode_operation, encode_envelope, relink

_FACT = "offered"


class Offer(msgspec.Struct, frozen=True):
    """The last number of a replica that was ever on its way, whether it arrived or not."""

    replica: str
    seq: int


class _Waiting(NamedTuple):
    seq: int
    op_id: str
    kind: str
    entity_id: str
    env: bytes
    again: int


def offer_queue(database: Database) -> int:
    """Note that all that waits is about to be given away, before it is; gives the last number of it."""
    with database.read() as reader:
        head, known = head_of(reader.driver), _offer(reader)
    last = head.next_seq - 1 if head is not None else 0
    if head is None or last == 0 or known == Offer(head.replica, last):
        return last
    return database.write(_note_offer)


def may_withdraw(reader: Reader, op_ids: Collection[str]) -> bool:
    """Whether these operations wait here and were never given away, neither by a line nor on a stick."""
    found = [one for one in _waiting(reader) if one.op_id in op_ids and not one.again]
    return bool(found) and len(found) == len(set(op_ids))


def withdraw(tx: Transaction, op_ids: Collection[str]) -> Touched:
    """Take operations back as if they had never been meant; those behind them move up in the queue.

    Raises Problem `already_sent` where one of them may have been given away, or waits here no longer.
    """
    if not may_withdraw(tx, op_ids):
        raise Problem("already_sent")
    waiting = _waiting(tx)
    first = next(at for at, one in enumerate(waiting) if one.op_id in op_ids)
    tail = waiting[first:]
    _require_whole_groups(tail, op_ids)
    _relink(tx, tail, op_ids)
    for kind, id in {(one.kind, one.entity_id) for one in tail if one.op_id in op_ids}:
        said = said_of(tx.driver, kind, id)
        if said is not None:
            lay_out(tx.driver, kind, said, tx.pinyin)
        tx.touch_all(kind, (id,))
    return tx.touched


def _note_offer(tx: Transaction) -> int:
    head = head_of(tx.driver)
    if head is None:
        return 0
    tx.set_meta(_FACT, msgspec.json.encode(Offer(head.replica, head.next_seq - 1)).decode())
    return head.next_seq - 1


def _offer(reader: Reader) -> Offer | None:
    known = reader.meta(_FACT)
    return msgspec.json.decode(known, type=Offer) if known else None


def _given(reader: Reader) -> int:
    """The last number that may be known elsewhere; of a queue that began anew, all of it may be."""
    head, offer, stick = head_of(reader.driver), _offer(reader), on_stick(reader)
    if head is None or (offer is not None and offer.replica != head.replica):
        return head.next_seq if head else 0
    return max(offer.seq if offer else 0, stick.seq if stick else 0)


def _waiting(reader: Reader) -> Sequence[_Waiting]:
    """What waits and was never given away."""
    sql = "SELECT seq, op_id, kind, entity_id, env, again FROM outbox WHERE seq>? ORDER BY seq"
    return [_Waiting(*row) for row in reader.rows_of(sql, (_given(reader),))]


def _require_whole_groups(tail: Sequence[_Waiting], op_ids: Collection[str]) -> None:
    """What was meant as one is taken back as one."""
    groups: dict[str, set[bool]] = {}
    for one in tail:
        group = decode_operation(decode_envelope(one.env)).group
        if group is not None:
            groups.setdefault(group.id, set()).add(one.op_id in op_ids)
    if any(len(taken) > 1 for taken in groups.values()):
        raise Problem("already_sent")


def _relink(tx: Transaction, tail: Sequence[_Waiting], op_ids: Collection[str]) -> None:
    """Close the gap: what stays gets its place in the chain anew, its words and its name as they were."""
    old = decode_envelope(tail[0].env).link
    head = Head(old.replica, tail[0].seq, old.prev)
    tx.driver.execute("DELETE FROM outbox WHERE seq>=?", (head.next_seq,))
    for one in tail:
        if one.op_id not in op_ids:
            head = _append(tx.driver, head, one)
    store_head(tx.driver, head)


def _append(driver: Any, head: Head, one: _Waiting) -> Head:
    envelope = relink(decode_envelope(one.env), replica=head.replica, seq=head.next_seq, prev=head.chain)
    at_ms = decode_operation(envelope).wall_ms
    driver.execute(
        "INSERT INTO outbox(seq,op_id,kind,entity_id,env,created_ms,again) VALUES (?,?,?,?,?,?,?)",
        (head.next_seq, one.op_id, one.kind, one.entity_id, encode_envelope(envelope), at_ms, one.again),
    )
    return Head(head.replica, head.next_seq + 1, envelope.link.hash)
