"""Attachments' bytes in the database: where each content stands, its file and its key; and the sweep.

States: local (to be sent) → uploading k/n → stored (the centre has it) → evicted (can be fetched again);
wanted is one that somebody waits for, dropped one whose record its author took away.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec

from gridworker.db.blob_files import BLOB_KEY_BYTES, NAME_BYTES, BlobFiles
from gridworker.db.database import Database
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.attachments import Attachment
from gridworker.domain.problems import Problem
from gridworker.wire.blobs import chunk_count
from gridworker.wire.envelope import decode_envelope, decode_operation

LOCAL, UPLOADING, STORED = "local", "uploading", "stored"
WANTED, EVICTED, DROPPED = "wanted", "evicted", "dropped"
KEEP_BYTES = 1 << 30
"""Of originals that the centre has as well; beyond that the longest unused ones go."""
KEEP_UNSENT_MS = 90 * 86_400_000
"""How long one's own photo waits to be sent after its record has left this laptop."""
BLOB_FAULT = "blob_fault"
"""The fact in `meta` of why the last exchange could not move photos; empty where it could."""
RandomBytes = Callable[[int], bytes]


class Blob(msgspec.Struct, frozen=True):
    """One content: `done` of its chunks are sent or fetched; without a file it can only be fetched."""

    sha: str
    size: int
    file: str
    key: bytes
    state: str
    done: int
    changed_ms: int


class Waiting(msgspec.Struct, frozen=True):
    """What still has to be sent: how many photos, how many chunks of them, how many of those are sent."""

    photos: int
    chunks: int
    done: int
    fault: str


def keep_blob(
    tx: Transaction, files: BlobFiles, sha: str, data: bytes, *, random_bytes: RandomBytes = os.urandom
) -> None:
    """Store new content of one's own, sealed, to be sent; what is here already is offered again.

    The file comes first: a crash leaves a file without a row, which the next sweep removes.
    """
    known = find_blob(tx, sha)
    if known is not None and files.has(known.file):
        set_blob(tx, msgspec.structs.replace(known, state=LOCAL, done=0))
        return
    name, key = random_bytes(NAME_BYTES).hex(), random_bytes(BLOB_KEY_BYTES)
    files.put(name, key, sha, data)
    set_blob(tx, Blob(sha, len(data), name, key, LOCAL, 0, tx.now_ms))


def want_blob(tx: Transaction, sha: str, size: int, *, random_bytes: RandomBytes = os.urandom) -> None:
    """Ask for content that is not here; the next exchange fetches it, after what was asked for before."""
    known = find_blob(tx, sha)
    if known is None or known.state in (EVICTED, STORED, DROPPED):
        name, key = random_bytes(NAME_BYTES).hex(), random_bytes(BLOB_KEY_BYTES)
        set_blob(tx, Blob(sha, size, name, key, WANTED, 0, tx.now_ms))


def set_blob(tx: Transaction, blob: Blob) -> None:
    """Store where a content stands."""
    tx.driver.execute(_PUT, msgspec.structs.astuple(blob))


def find_blob(reader: Reader, sha: str) -> Blob | None:
    """Where a content stands, or None where nobody here ever had or wanted it."""
    return next(iter(_select(reader, "sha256=?", sha)), None)


def to_send(reader: Reader) -> list[Blob]:
    """What the centre does not have, the newest first."""
    return _select(reader, f"state IN ('{LOCAL}','{UPLOADING}') ORDER BY changed_ms DESC, sha256")


def to_fetch(reader: Reader) -> list[Blob]:
    """What somebody waits for, the oldest wish first."""
    return _select(reader, f"state='{WANTED}' ORDER BY changed_ms, sha256")


def waiting_blobs(reader: Reader) -> Waiting:
    """What still has to be sent, for the screen."""
    blobs = to_send(reader)
    chunks = sum(chunk_count(blob.size) for blob in blobs)
    return Waiting(len(blobs), chunks, sum(blob.done for blob in blobs), reader.meta(BLOB_FAULT) or "")


def read_blob(reader: Reader, files: BlobFiles, sha: str) -> bytes | None:
    """The whole content, or None where it is not here; raises Problem `photo_damaged`, `photo_missing`."""
    blob = find_blob(reader, sha)
    if blob is None or not files.has(blob.file):
        return None
    chunks = range(chunk_count(blob.size))
    return b"".join(files.read(blob.file, blob.key, blob.sha, index) for index in chunks)


def drop_blob(tx: Transaction, sha: str) -> None:
    """The record that named it was taken away by its author: it need not be sent any more."""
    blob = find_blob(tx, sha)
    if blob is not None and not is_named(tx, sha):
        set_blob(tx, msgspec.structs.replace(blob, state=DROPPED))


def erase_blobs_of(tx: Transaction, ids: Iterable[str]) -> None:
    """Records were erased for good: so are the keys of their photos, also of those that were never sent.

    The files, of which nothing can be read without them, go with the next sweep.
    """
    shas = {sha for id in ids for (env,) in tx.rows_of(_SENT, (id, id)) for sha in _brought(env)}
    erase_rows(tx, [sha for sha in sorted(shas) if not is_named(tx, sha)])


def _brought(env: bytes) -> list[str]:
    sha = decode_operation(decode_envelope(env)).values.get("sha256")
    return [sha] if isinstance(sha, str) else []


def is_named(reader: Reader, sha: str) -> bool:
    """Whether a record that is shown names the content."""
    return reader.count(Attachment, "sha256=?", (sha,)) > 0


def evict_blob(tx: Transaction, sha: str) -> None:
    """Forget file and key of content that can be fetched again; the sweep removes the file."""
    tx.driver.execute(f"UPDATE blob SET state='{EVICTED}', file='', key=x'', done=0 WHERE sha256=?", (sha,))


def note_receipt(tx: Transaction, blob: Blob, *, missing: int) -> bool:
    """Believe the centre how many chunks it misses; True where it now has all of a photo still to be sent."""
    if blob.state not in (LOCAL, UPLOADING):
        return False
    done = chunk_count(blob.size) - missing
    state = UPLOADING if missing else STORED
    set_blob(tx, msgspec.structs.replace(blob, state=state if done else LOCAL, done=done))
    return not missing


def offer_again(tx: Transaction) -> None:
    """Another life of the centre: what it once had it may have lost."""
    tx.driver.execute(f"UPDATE blob SET state='{LOCAL}', done=0 WHERE state='{STORED}' AND file<>''")


# ------------------------------------------------------------------------------------------------ the sweep


def sweep_blobs(database: Database, *, keep_bytes: int = KEEP_BYTES) -> int:
    """Erase what no record names any more, key first, and files that have no row; how many files went.

    Called at the start and after each exchange. Nothing is written where nothing is to be erased.
    """
    files = BlobFiles(database.path)
    with database.read() as reader:
        forsaken = _forsaken(reader, database.ports.now_ms())
        due = forsaken or _has_orphans(reader, files) or _surplus(reader, keep_bytes)
    return database.write(_sweep, files, keep_bytes) if due else 0


def _sweep(tx: Transaction, files: BlobFiles, keep_bytes: int) -> int:
    """In a transaction nobody else writes, so a file without a row is nobody's who is just taking it in."""
    erase_rows(tx, _forsaken(tx, tx.now_ms))
    for sha in _surplus(tx, keep_bytes):
        evict_blob(tx, sha)
    orphans = files.names() - _named_files(tx)
    for name in orphans:
        with suppress(Problem):  # a file that somebody holds open goes with the next sweep; its key is gone
            files.erase(name)
    return len(orphans)


def erase_rows(tx: Transaction, shas: Iterable[str]) -> None:
    """Forget contents and their keys for good."""
    tx.driver.executemany("DELETE FROM blob WHERE sha256=?", [(sha,) for sha in shas])


def _has_orphans(reader: Reader, files: BlobFiles) -> bool:
    # The folder is read first, and again inside the transaction that erases.
    names = files.names()
    return bool(names) and bool(names - _named_files(reader))


def _named_files(reader: Reader) -> set[str]:
    return {name for (name,) in reader.rows_of("SELECT file FROM blob WHERE file<>''")}


def _forsaken(reader: Reader, now_ms: int) -> list[str]:
    """Contents that no record names; one's own that was not sent yet waits for that, but not for ever."""
    return [sha for (sha,) in reader.rows_of(_FORSAKEN, (now_ms - KEEP_UNSENT_MS,))]


def _surplus(reader: Reader, keep_bytes: int) -> list[str]:
    """The longest unused originals beyond what may be kept."""
    blobs = _select(reader, f"state='{STORED}' AND file<>'' ORDER BY changed_ms DESC, sha256")
    surplus: list[str] = []
    held = 0
    for blob in blobs:
        held += blob.size
        if held > keep_bytes:
            surplus.append(blob.sha)
    return surplus


def _select(reader: Reader, condition: str, *values: object) -> list[Blob]:
    rows = reader.rows_of(f"SELECT {_COLUMNS} FROM blob WHERE {condition}", values)
    return [Blob(*row) for row in rows]


_SENT = (
    "SELECT env FROM archive WHERE entity_id=? AND kind='attachment' AND env<>x'' UNION ALL "
    "SELECT env FROM outbox WHERE entity_id=? AND kind='attachment'"
)
_KEPT_ASIDE = (
    "SELECT CASE WHEN json_valid(body) THEN json_extract(body,'$.sha256') END AS sha256 FROM {} "
    "WHERE kind='attachment'"
)
_FORSAKEN = (
    f"SELECT sha256 FROM blob WHERE NOT (state IN ('{LOCAL}','{UPLOADING}') AND changed_ms > ?) "
    "AND sha256 NOT IN (SELECT sha256 FROM attachment WHERE sha256 IS NOT NULL) AND sha256 NOT IN "
    f"(SELECT sha256 FROM ({_KEPT_ASIDE.format('hidden')} UNION {_KEPT_ASIDE.format('extra')}) "
    "WHERE sha256 IS NOT NULL)"
)
_COLUMNS = "sha256,size,file,key,state,done,changed_ms"
_PUT = f"INSERT OR REPLACE INTO blob({_COLUMNS}) VALUES (?,?,?,?,?,?,?)"


def damaged(problem: Problem) -> bool:
    """Whether a file is not what this laptop wrote, or is gone."""
    return problem.code in ("photo_damaged", "photo_missing")
