"""What of the queue was put on a stick: told to people, but no acknowledgement; it goes on waiting."""

import msgspec

from gridworker.db.outbox import head_of
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction

_FACT = "on_stick"


class OnStick(msgspec.Struct, frozen=True):
    """How far the queue of a replica is on a stick, and since when (ms UTC)."""

    replica: str
    seq: int
    at_ms: int


def on_stick(reader: Reader) -> OnStick | None:
    """How far the present queue is on a stick; None where nothing of it ever was."""
    known = reader.meta(_FACT)
    mark = msgspec.json.decode(known, type=OnStick) if known else None
    head = head_of(reader.driver)
    return mark if mark and head and mark.replica == head.replica else None


def mark_on_stick(tx: Transaction, replica: str, seq: int) -> None:
    """Move the mark forward; an exchange may have begun another life of this queue meanwhile."""
    head, mark = head_of(tx.driver), on_stick(tx)
    if head is not None and head.replica == replica:
        _store(tx, OnStick(replica, max(seq, mark.seq if mark else 0), tx.now_ms))


def take_back_mark(tx: Transaction, seq: int) -> None:
    """What comes after this number never arrived by stick: a stick was lost."""
    mark = on_stick(tx)
    if mark is not None:
        _store(tx, OnStick(mark.replica, min(seq, mark.seq), tx.now_ms))


def _store(tx: Transaction, mark: OnStick) -> None:
    tx.set_meta(_FACT, msgspec.json.encode(mark).decode())
