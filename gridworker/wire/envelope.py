"""Envelopes: the immutable record of one change, hashed and chained to the one before it.

The body is hashed as the bytes its author wrote, and travels as these bytes; nobody ever encodes it again
(docs/decisions/0002-hash-the-bytes.md). The link around it holds the place in one replica's queue.
"""

import hashlib
from typing import Any, Literal

import msgspec

from gridworker.domain.problems import Problem

SCHEMA = 1
"""The version of the record kinds that this program writes."""
MAX_OPERATION_BYTES = 64 * 1024
MAX_GROUP = 50

Verb = Literal[
    "create", "append", "patch", "transition", "delete", "undelete", "move", "merge", "unmerge", "resolve"
]


class Group(msgspec.Struct, frozen=True, array_like=True):
    """The place of an operation within operations that stand or fall together."""

    id: str
    index: int
    size: int


class ClockReading(msgspec.Struct, frozen=True, array_like=True):
    """What an author's laptop knows of its clock: the centre's time minus its own, and for how long (ms)."""

    offset_ms: int
    age_ms: int


class Operation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was meant: who changed which fields of which record, with the values seen before.

    `values` holds the whole document of a create or append; `set` maps a field to its old and new value, old
    being what the author saw on the screen. A transition moves the state field from `source` to `target`, a
    move the record from scope to scope; `merge` names in `target` the record that stays, and `resolve` the
    side that is right.
    """

    op_id: str
    actor: str
    device: str
    wall_ms: int
    kind: str
    id: str
    scope: str
    verb: Verb
    schema: int = 1
    """The author's SCHEMA; what does not name one was written under the first."""
    group: Group | None = None
    base_rev: str | None = None
    values: dict[str, Any] = {}
    set: dict[str, tuple[Any, Any]] = {}
    source: str | None = None
    target: str | None = None
    why: str = ""
    clock: ClockReading | None = None


class Link(msgspec.Struct, frozen=True):
    """Where an operation stands in the queue of one replica; renewed after a fork, unlike the body."""

    replica: str
    seq: int
    prev: str
    hash: str


class Envelope(msgspec.Struct, frozen=True):
    """An operation on its way: the author's bytes, their SHA-256 (hex), and the link."""

    body: msgspec.Raw
    hash: str
    link: Link


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Operation)


def body_hash(body: bytes | msgspec.Raw) -> str:
    """SHA-256 of the author's bytes, in hex."""
    return hashlib.sha256(memoryview(body)).hexdigest()


def first_link(replica: str) -> str:
    """What the first operation of a replica is chained to."""
    return hashlib.sha256(b"gs1" + replica.encode()).hexdigest()


def link_hash(prev: str, replica: str, seq: int, body: str) -> str:
    """The hash of one link: of the link before, the replica, the number and the body's hash."""
    return hashlib.sha256(f"{prev}|{replica}|{seq}|{body}".encode()).hexdigest()


def seal(operation: Operation, *, replica: str, seq: int, prev: str) -> Envelope:
    """Put an operation into its envelope as the next one of a replica's queue.

    Raises Problem `operation_too_large`: the centre would refuse it, and all behind it would wait for ever.
    """
    body = _encoder.encode(operation)
    if len(body) > MAX_OPERATION_BYTES:
        raise Problem("operation_too_large", kind=operation.kind, limit=MAX_OPERATION_BYTES, size=len(body))
    return _linked(msgspec.Raw(body), body_hash(body), replica=replica, seq=seq, prev=prev)


def relink(envelope: Envelope, *, replica: str, seq: int, prev: str) -> Envelope:
    """The same operation, byte for byte, at another place in another queue."""
    return _linked(envelope.body, envelope.hash, replica=replica, seq=seq, prev=prev)


def _linked(body: msgspec.Raw, digest: str, *, replica: str, seq: int, prev: str) -> Envelope:
    return Envelope(body, digest, Link(replica, seq, prev, link_hash(prev, replica, seq, digest)))


def open_envelope(envelope: Envelope) -> Operation:
    """The operation inside; raises Problem `bad_envelope` where hashes, size or shape are wrong."""
    link = envelope.link
    if len(memoryview(envelope.body)) > MAX_OPERATION_BYTES:
        raise Problem("bad_envelope", seq=link.seq, why="size")
    if body_hash(envelope.body) != envelope.hash:
        raise Problem("bad_envelope", seq=link.seq, why="body hash")
    if link_hash(link.prev, link.replica, link.seq, envelope.hash) != link.hash:
        raise Problem("bad_envelope", seq=link.seq, why="link hash")
    try:
        return _decoder.decode(envelope.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("bad_envelope", seq=link.seq, why="shape") from error


def encode_envelope(envelope: Envelope) -> bytes:
    """An envelope as it is kept in the outbox."""
    return _encoder.encode(envelope)


def decode_envelope(data: bytes) -> Envelope:
    """An envelope out of the outbox; raises msgspec.DecodeError on rubbish."""
    return msgspec.json.decode(data, type=Envelope)


def decode_operation(envelope: Envelope) -> Operation:
    """The operation of one's own, already verified envelope."""
    return _decoder.decode(envelope.body)
