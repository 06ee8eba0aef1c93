"""Attachments' bytes at the centre: who may send and who may fetch them, chunk by chunk.

To know the name of bytes is not to hold them. They are handed out only through a living record whose author,
or somebody who sees it, has sent them himself; nobody else learns that they are here.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from gridworker.domain.attachments import MAX_BLOB_BYTES, Attachment
from gridworker.server.accounts import grants_of, visible_scopes
from gridworker.server.among import among, listed
from gridworker.server.blob_folder import BlobShelf
from gridworker.server.ports import Caller
from gridworker.server.refusals import Refused
from gridworker.server.replicas import require_epoch
from gridworker.server.tables import BLOB, BLOB_CLAIM, BLOB_SHRED, BLOB_UPLOAD, ENTITY, SCOPE_ENTRY
from gridworker.wire.blobs import (
    CHUNK_BYTES,
    BlobBeginReply,
    BlobBeginRequest,
    BlobCommitReply,
    BlobCommitRequest,
    BlobGetReply,
    BlobGetRequest,
    BlobPutReply,
    BlobPutRequest,
    bitmap,
    blob_hash,
    chunk_count,
    chunk_size,
)
from gridworker.wire.envelope import Envelope, Operation

QUOTA_BYTES = 256 << 20
"""What one device may begin to send within QUOTA_MS."""
QUOTA_MS = 86_400_000
_SHA = re.compile(r"[0-9a-f]{64}")
_decode = msgspec.json.Decoder(Operation).decode


class Visit(msgspec.Struct, frozen=True):
    """One request for bytes: the transaction, who asks, when, and where the bytes lie."""

    tx: Connection
    caller: Caller
    shelf: BlobShelf
    now_ms: int


class Upload(msgspec.Struct, frozen=True):
    """What a device has said of the bytes that it sends."""

    size: int
    hashes: tuple[str, ...]
    done: bool

    @property
    def whole(self) -> int:
        """The bitmap of all its chunks."""
        return bitmap(range(len(self.hashes)))


def note_claims(tx: Connection, caller: Caller, envelopes: Iterable[Envelope], last_seq: int) -> None:
    """Remember which bytes the operations of a push name, up to the last one that was taken.

    What was erased for good stays so when its author sends his operation again.
    """
    rows: list[dict[str, Any]] = [
        {"sha": sha, "entity_id": op.id, "actor": op.actor, "proved": False}
        for envelope in envelopes
        if envelope.link.seq <= last_seq and b"attachment" in bytes(envelope.body)
        for op, sha in _named(envelope)
        if op.actor == caller.user_id
    ]
    if rows:
        erased = set(tx.execute(_ERASED, {"ids": listed(row["entity_id"] for row in rows)}).scalars())
        rows = [row for row in rows if row["entity_id"] not in erased]
    if rows:
        tx.execute(_CLAIM, rows)


def begin_blob(visit: Visit, request: BlobBeginRequest) -> BlobBeginReply:
    """Say which chunks are missing; nothing is missing only to whom the bytes could be handed out."""
    require_epoch(visit.tx, request.epoch)
    _check_begin(request)
    claims = _claims(visit.tx, request.sha)
    seen = _seen(visit, request.sha, claims)
    if not seen and not _wrote(visit.caller, claims):
        raise Refused("no_blob")
    if _has_proved(visit.caller, claims, seen) and _stored(visit, request.sha):
        _prove(visit, request.sha, seen)
        return BlobBeginReply(missing=0, stored=True)
    upload = _begin_upload(visit, request)
    return BlobBeginReply(missing=upload.whole & ~visit.shelf.parts(request.sha, visit.caller.device_id))


def put_blob(visit: Visit, request: BlobPutRequest) -> BlobPutReply:
    """Keep one chunk that has the hash that was said of it."""
    require_epoch(visit.tx, request.epoch)
    upload = _upload_of(visit, request.sha)
    if not 0 <= request.index < len(upload.hashes):
        raise Refused("bad_request")
    fits = len(request.data) == chunk_size(upload.size, request.index)
    if not fits or blob_hash(request.data) != upload.hashes[request.index]:
        raise Refused("blob_mismatch")
    sender = visit.caller.device_id
    visit.shelf.put_part(request.sha, sender, request.index, request.data)
    return BlobPutReply(missing=upload.whole & ~visit.shelf.parts(request.sha, sender))


def commit_blob(visit: Visit, request: BlobCommitRequest) -> BlobCommitReply:
    """Check the whole against its name and keep it; what lies about its name is thrown away."""
    require_epoch(visit.tx, request.epoch)
    upload, sender = _upload_of(visit, request.sha), visit.caller.device_id
    if upload.done and _stored(visit, request.sha):
        return BlobCommitReply(missing=0)
    missing = upload.whole & ~visit.shelf.parts(request.sha, sender)
    if missing:
        return BlobCommitReply(missing=missing)
    data = visit.shelf.join(request.sha, sender)
    if len(data) != upload.size or blob_hash(data) != request.sha:
        visit.shelf.drop_parts(request.sha, sender)
        raise Refused("blob_mismatch")
    # The row first: its lock keeps the collector of rubbish from the file that follows.
    visit.tx.execute(_STORE, {"sha": request.sha, "size": upload.size, "now": visit.now_ms})
    visit.tx.execute(delete(BLOB_SHRED).where(BLOB_SHRED.c.sha == request.sha))
    visit.shelf.store(request.sha, data)
    claims = _claims(visit.tx, request.sha)
    _prove(visit, request.sha, _seen(visit, request.sha, claims))
    visit.tx.execute(_END_UPLOAD, {"key_sha": request.sha, "key_device": sender})
    return BlobCommitReply(missing=0)


def get_blob(visit: Visit, request: BlobGetRequest) -> BlobGetReply:
    """One chunk, through a living record in a scope that the caller may see, and whose bytes were proved."""
    require_epoch(visit.tx, request.epoch)
    claims = _claims(visit.tx, request.sha)
    seen = _seen(visit, request.sha, claims)
    size = _stored(visit, request.sha)
    if not any(claim.proved and claim.entity_id in seen for claim in claims) or not size:
        raise Refused("no_blob")
    if not 0 <= request.index < chunk_count(size):
        raise Refused("bad_request")
    data = visit.shelf.read(request.sha, request.index)
    if data is None:
        raise Refused("no_blob")
    return BlobGetReply(size=size, hash=blob_hash(data), data=data)


def drop_upload(tx: Connection, shelf: BlobShelf, sha: str, sender: str) -> None:
    """Forget what a device said and sent of bytes."""
    tx.execute(delete(BLOB_UPLOAD).where(BLOB_UPLOAD.c.sha == sha, BLOB_UPLOAD.c.device_id == sender))
    shelf.drop_parts(sha, sender)


def _named(envelope: Envelope) -> list[tuple[Operation, str]]:
    """The operation and the bytes that it names, if it is one that brings an attachment."""
    try:
        op = _decode(envelope.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []  # it was set aside, and so are its bytes
    sha = op.values.get("sha256")
    brings = op.kind == Attachment.kind and op.verb in ("create", "append")
    return [(op, sha)] if brings and isinstance(sha, str) and _SHA.fullmatch(sha) else []


def _check_begin(request: BlobBeginRequest) -> None:
    if request.size > MAX_BLOB_BYTES:
        raise Refused("too_large")
    names = (request.sha, *request.chunk_hashes)
    count = chunk_count(request.size)
    well = request.size > 0 and request.chunk == CHUNK_BYTES and len(request.chunk_hashes) == count
    if not well or not all(_SHA.fullmatch(name) for name in names):
        raise Refused("bad_request")


def _claims(tx: Connection, sha: str) -> Sequence[Any]:
    return tx.execute(_CLAIMS, {"of": sha}).all()


def _wrote(caller: Caller, claims: Sequence[Any]) -> bool:
    return any(claim.actor == caller.user_id for claim in claims)


def _has_proved(caller: Caller, claims: Sequence[Any], seen: set[str]) -> bool:
    return any(
        claim.proved and (claim.actor == caller.user_id or claim.entity_id in seen) for claim in claims
    )


def _seen(visit: Visit, sha: str, claims: Sequence[Any]) -> set[str]:
    """Living records that name these bytes in scopes that the caller may see at this moment."""
    grants = grants_of(visit.tx, visit.caller.user_id, visit.now_ms)
    values = {
        "ids": listed({claim.entity_id for claim in claims}),
        "scopes": listed(visible_scopes(visit.caller.user_id, grants)),
    }
    return {row.id for row in visit.tx.execute(_LIVING, values) if _names(row.body, sha)}


def _names(body: str, sha: str) -> bool:
    document = msgspec.json.decode(body)
    return isinstance(document, dict) and document.get("sha256") == sha


def _prove(visit: Visit, sha: str, seen: set[str]) -> None:
    """The caller holds the bytes: what he wrote, and what he sees, may hand them out."""
    visit.tx.execute(_PROVE, {"key": sha, "me": visit.caller.user_id, "ids": listed(seen)})


def _stored(visit: Visit, sha: str) -> int:
    """How large the stored bytes are, or 0 where they are not here."""
    size = visit.tx.execute(_SIZE, {"of": sha}).scalar_one_or_none()
    return int(size) if size and visit.shelf.has(sha, size) else 0


def _begin_upload(visit: Visit, request: BlobBeginRequest) -> Upload:
    sender = visit.caller.device_id
    hashes = tuple(request.chunk_hashes)
    known = _find_upload(visit, request.sha)
    if known is not None and known.hashes == hashes and known.size == request.size:
        return known
    since = visit.now_ms - QUOTA_MS
    spent = visit.tx.execute(_SPENT, {"sender": sender, "since": since, "of": request.sha}).scalar_one()
    if int(spent or 0) + request.size > QUOTA_BYTES:
        raise Refused("quota")
    drop_upload(visit.tx, visit.shelf, request.sha, sender)
    row = {"sha": request.sha, "device_id": sender, "size": request.size, "begun_ms": visit.now_ms}
    visit.tx.execute(insert(BLOB_UPLOAD).values(**row, hashes=",".join(hashes), done=False))
    return Upload(request.size, hashes, False)


def _upload_of(visit: Visit, sha: str) -> Upload:
    found = _find_upload(visit, sha)
    if found is None:
        raise Refused("no_blob")
    return found


def _find_upload(visit: Visit, sha: str) -> Upload | None:
    row = visit.tx.execute(_UPLOAD, {"of": sha, "sender": visit.caller.device_id}).one_or_none()
    return Upload(row.size, tuple(row.hashes.split(",")), row.done) if row else None


_CLAIM = text(
    "INSERT INTO blob_claim (sha, entity_id, actor, proved) VALUES (:sha, :entity_id, :actor, :proved) "
    "ON CONFLICT (sha, entity_id, actor) DO NOTHING"
)
_ERASED = select(ENTITY.c.id).where(among(ENTITY.c.id, "ids"), ENTITY.c.purged)
_CLAIMS = select(BLOB_CLAIM.c.entity_id, BLOB_CLAIM.c.actor, BLOB_CLAIM.c.proved).where(
    BLOB_CLAIM.c.sha == bindparam("of")
)
_LIVING = (
    select(ENTITY.c.id, ENTITY.c.body)
    .join(SCOPE_ENTRY, SCOPE_ENTRY.c.entity_id == ENTITY.c.id)
    .where(
        among(ENTITY.c.id, "ids"),
        ENTITY.c.kind == Attachment.kind,
        ENTITY.c.deleted.is_(False),
        SCOPE_ENTRY.c.present,
        among(SCOPE_ENTRY.c.scope, "scopes"),
    )
    .distinct()
)
_PROVE = (
    update(BLOB_CLAIM)
    .where(
        BLOB_CLAIM.c.sha == bindparam("key"),
        (BLOB_CLAIM.c.actor == bindparam("me")) | among(BLOB_CLAIM.c.entity_id, "ids"),
    )
    .values(proved=True)
)
_SIZE = select(BLOB.c.size).where(BLOB.c.sha == bindparam("of"))
_STORE = text(
    "INSERT INTO blob (sha, size, stored_ms) VALUES (:sha, :size, :now) "
    "ON CONFLICT (sha) DO UPDATE SET size = excluded.size, orphan_ms = NULL"
)
_UPLOAD = select(BLOB_UPLOAD.c.size, BLOB_UPLOAD.c.hashes, BLOB_UPLOAD.c.done).where(
    BLOB_UPLOAD.c.sha == bindparam("of"), BLOB_UPLOAD.c.device_id == bindparam("sender")
)
_END_UPLOAD = (
    update(BLOB_UPLOAD)
    .where(BLOB_UPLOAD.c.sha == bindparam("key_sha"), BLOB_UPLOAD.c.device_id == bindparam("key_device"))
    .values(done=True)
)
_SPENT = select(func.sum(BLOB_UPLOAD.c.size)).where(
    BLOB_UPLOAD.c.device_id == bindparam("sender"),
    BLOB_UPLOAD.c.begun_ms > bindparam("since"),
    BLOB_UPLOAD.c.sha != bindparam("of"),
)
