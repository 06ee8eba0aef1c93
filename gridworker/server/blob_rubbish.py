"""The centre's rubbish: bytes that nothing names any more, unended uploads, and what was erased for good."""

from collections.abc import Iterable, Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, text, update

from gridworker.domain.attachments import Attachment
from gridworker.server.among import among, listed
from gridworker.server.blob_folder import BlobShelf
from gridworker.server.blobs import drop_upload
from gridworker.server.store import Store
from gridworker.server.tables import BLOB, BLOB_CLAIM, BLOB_SHRED, BLOB_UPLOAD

KEEP_MS = 30 * 86_400_000
_SHA_OF = {"sqlite": "json_extract(e.body, '$.sha256')", "postgresql": "(e.body::json ->> 'sha256')"}


class Collected(msgspec.Struct, frozen=True):
    """What a collection came to: contents removed and their bytes, those that wait, uploads given up."""

    removed: int
    freed: int
    waiting: int
    given_up: int


def collect_blobs(tx: Connection, shelf: BlobShelf, now_ms: int) -> Collected:
    """Remove what nothing has named for 30 days; what a review may still bring back stays.

    A record that comes back later, by an undelete, has lost its original and keeps its thumbnail.
    """
    named = set(tx.execute(text(_NAMED.format(sha=_SHA_OF[tx.dialect.name]))).scalars())
    blobs = tx.execute(select(BLOB.c.sha, BLOB.c.size, BLOB.c.orphan_ms)).all()
    orphans = [blob for blob in blobs if blob.sha not in named]
    due = [blob for blob in orphans if blob.orphan_ms is not None and blob.orphan_ms <= now_ms - KEEP_MS]
    _mark(tx, [blob.sha for blob in blobs if blob.sha in named and blob.orphan_ms is not None], None)
    _mark(tx, [blob.sha for blob in orphans if blob.orphan_ms is None], now_ms)
    _remove(tx, shelf, [blob.sha for blob in due])
    given_up = _give_up(tx, shelf, now_ms - KEEP_MS)
    freed = sum(blob.size for blob in due)
    return Collected(removed=len(due), freed=freed, waiting=len(orphans) - len(due), given_up=given_up)


def shred_blobs(tx: Connection, entity_ids: Iterable[str]) -> int:
    """The records are erased for good: nobody gets bytes any more that no other record names; how many.

    Their files go after the commit, by `finish_shredding`, which may be called again after a crash.
    """
    ids = {"ids": listed(entity_ids)}
    shas = set(tx.execute(_OF_ENTITIES, ids).scalars())
    tx.execute(delete(BLOB_CLAIM).where(among(BLOB_CLAIM.c.entity_id, "ids")), ids)
    named = set(tx.execute(text(_NAMED.format(sha=_SHA_OF[tx.dialect.name]))).scalars())
    doomed = sorted(shas - named)
    if doomed:
        tx.execute(delete(BLOB_UPLOAD).where(among(BLOB_UPLOAD.c.sha, "shas")), {"shas": listed(doomed)})
        _forget(tx, doomed)
        tx.execute(_DOOM, [{"sha": sha} for sha in doomed])
    return len(doomed)


def finish_shredding(store: Store, shelf: BlobShelf) -> int:
    """Overwrite and remove the files of what was erased for good; how many contents there were.

    Called after a purge and whenever the centre starts.
    """
    doomed = store.read(lambda tx: tx.execute(select(BLOB_SHRED.c.sha)).scalars().all())
    return sum(store.write(partial(_shred, shelf, sha)) for sha in doomed)


def _shred(shelf: BlobShelf, sha: str, tx: Connection) -> bool:
    # Whoever stores the same bytes again takes this row away first, or waits for it.
    if not tx.execute(delete(BLOB_SHRED).where(BLOB_SHRED.c.sha == sha)).rowcount:
        return False
    shelf.shred(sha)
    return True


def _mark(tx: Connection, shas: list[str], at_ms: int | None) -> None:
    if shas:
        tx.execute(_ORPHANED, {"shas": listed(shas), "at": at_ms})


def _remove(tx: Connection, shelf: BlobShelf, shas: list[str]) -> None:
    """Rows and files together: the lock on a row holds back whoever stores the same bytes again."""
    if shas:
        _forget(tx, shas)
    for sha in shas:
        shelf.remove(sha)


def _forget(tx: Connection, shas: Sequence[str]) -> None:
    tx.execute(delete(BLOB).where(among(BLOB.c.sha, "shas")), {"shas": listed(shas)})
    tx.execute(_UNPROVE, {"shas": listed(shas)})


def _give_up(tx: Connection, shelf: BlobShelf, before_ms: int) -> int:
    """Forget uploads that began long ago; those that ended only counted for a quota."""
    rows = tx.execute(_OLD, {"before": before_ms}).all()
    for row in rows:
        drop_upload(tx, shelf, row.sha, row.device_id)
    return sum(not row.done for row in rows)


_NAMED = (
    "SELECT DISTINCT c.sha FROM blob_claim c LEFT JOIN entity e ON e.id = c.entity_id "
    f"WHERE e.id IS NULL OR (e.kind = '{Attachment.kind}' AND NOT e.deleted AND {{sha}} = c.sha)"
)
"""Bytes of living records, and of operations whose record a review may still let in."""
_OF_ENTITIES = select(BLOB_CLAIM.c.sha).where(among(BLOB_CLAIM.c.entity_id, "ids"))
_ORPHANED = update(BLOB).where(among(BLOB.c.sha, "shas")).values(orphan_ms=bindparam("at"))
_DOOM = text("INSERT INTO blob_shred (sha) VALUES (:sha) ON CONFLICT (sha) DO NOTHING")
_UNPROVE = update(BLOB_CLAIM).where(among(BLOB_CLAIM.c.sha, "shas")).values(proved=False)
_OLD = select(BLOB_UPLOAD.c.sha, BLOB_UPLOAD.c.device_id, BLOB_UPLOAD.c.done).where(
    BLOB_UPLOAD.c.begun_ms < bindparam("before")
)
