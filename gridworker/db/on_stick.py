"""What of the queue and of photos is on sticks: told to people, no acknowledgement; it goes on waiting."""

from collections.abc import Mapping

import msgspec

from gridworker.db.blobs import to_send
from gridworker.db.outbox import head_of
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction

_FACT, _CHUNKS = "on_stick", "chunks_on_sticks"


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


def chunks_on_sticks(reader: Reader) -> dict[str, int]:
    """Of which unsent photos which chunks are on sticks or have arrived, as bitmaps by their SHA-256."""
    known = reader.meta(_CHUNKS)
    return msgspec.json.decode(known, type=dict[str, int]) if known else {}


def mark_chunks(tx: Transaction, chunks: Mapping[str, int], *, instead: bool = False) -> None:
    """Remember more chunks, or what is so instead of what was known; photos that need not be sent go."""
    known = chunks_on_sticks(tx)
    for sha, bits in chunks.items():
        known[sha] = bits if instead else known.get(sha, 0) | bits
    waiting = {blob.sha for blob in to_send(tx)}
    tx.set_meta(_CHUNKS, msgspec.json.encode({s: bits for s, bits in known.items() if s in waiting}).decode())


def _store(tx: Transaction, mark: OnStick) -> None:
    tx.set_meta(_FACT, msgspec.json.encode(mark).decode())
