"""Photos on sticks, seen from the laptop: what goes onto one, the receipts and originals that come back."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import msgspec

from gridworker.db.blob_files import BlobFiles
from gridworker.db.blobs import Blob, damaged, evict_blob, find_blob, note_receipt, to_fetch, to_send
from gridworker.db.database import Database
from gridworker.db.lives import EPOCH
from gridworker.db.on_stick import chunks_on_sticks, mark_chunks
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.sync.blobs import Incoming
from gridworker.wire.blobs import (
    CHUNK_BYTES,
    BlobBeginRequest,
    BlobChunk,
    BlobCommitRequest,
    BlobPutRequest,
    BlobReceipts,
    BlobWish,
    bitmap,
    blob_hash,
    chunk_count,
    chunk_size,
    set_bits,
)
from gridworker.wire.bundle import Manifest, Packed, Receiver, decode_message, pack, pack_later

STICK_BYTES = 64 << 20
"""Of photos in one bundle; what is left goes into the next one."""
MOST_PHOTOS = 400
"""In one bundle, of which a frame for each chunk and two for each photo are the price."""
MOST_WISHES = 100
_encode = msgspec.json.Encoder().encode


class Load(NamedTuple):
    """The photos of a bundle: messages, chunks of what, how many no stick has all of, what is damaged."""

    messages: list[Packed]
    chunks: dict[str, int]
    left: int
    damaged: list[str]


def load_photos(reader: Reader, files: BlobFiles, *, budget: int, only_new: bool) -> Load:
    """What the centre has not acknowledged, the newest first; then, if there is room, what is on sticks.

    After it come wishes for what somebody here waits for.
    """
    epoch, on_sticks = reader.meta(EPOCH) or "", chunks_on_sticks(reader)
    waiting = to_send(reader)
    chosen = _choose(waiting, on_sticks, budget=budget, only_new=only_new)
    messages: list[Packed] = []
    unreadable: list[str] = []
    for blob in waiting:
        if blob.sha not in chosen:
            continue
        try:
            messages += _frames(files, blob, epoch, chosen[blob.sha])
        except Problem as problem:
            if not damaged(problem):
                raise
            unreadable.append(blob.sha)
            del chosen[blob.sha]
    left = sum(bool(_all(blob) & ~(on_sticks.get(blob.sha, 0) | chosen.get(blob.sha, 0))) for blob in waiting)
    return Load([*messages, *_wishes(reader, files)], chosen, left - len(unreadable), unreadable)


def note_load(tx: Transaction, load: Load) -> None:
    """The bundle was written: remember what is on the stick, and that what is damaged can only be fetched."""
    mark_chunks(tx, load.chunks)
    for sha in load.damaged:
        evict_blob(tx, sha)


def _choose(waiting: list[Blob], on_sticks: dict[str, int], *, budget: int, only_new: bool) -> dict[str, int]:
    """Which chunks of which photos fit, as bitmaps."""
    chosen: dict[str, int] = {}
    for again in (False,) if only_new else (False, True):
        for blob in waiting:
            known = on_sticks.get(blob.sha, 0)
            for index in set_bits(known if again else _all(blob) & ~known):
                full = blob.sha not in chosen and len(chosen) == MOST_PHOTOS
                if index >= chunk_count(blob.size) or full or chunk_size(blob.size, index) > budget:
                    break
                chosen[blob.sha] = chosen.get(blob.sha, 0) | 1 << index
                budget -= chunk_size(blob.size, index)
    return chosen


def _all(blob: Blob) -> int:
    return bitmap(range(chunk_count(blob.size)))


def _frames(files: BlobFiles, blob: Blob, epoch: str, chunks: int) -> list[Packed]:
    """The requests of an exchange for these chunks; each chunk is read again when its turn has come."""
    read = partial(files.read, blob.file, blob.key, blob.sha)
    hashes = [blob_hash(read(index)) for index in range(chunk_count(blob.size))]
    begin = BlobBeginRequest(
        epoch=epoch, sha=blob.sha, size=blob.size, chunk=CHUNK_BYTES, chunk_hashes=hashes
    )

    def put(index: int) -> bytes:
        return _encode(BlobPutRequest(epoch=epoch, sha=blob.sha, index=index, data=read(index)))

    return [
        pack("blob_begin", _encode(begin)),
        *(pack_later("blob_put", partial(put, index)) for index in set_bits(chunks)),
        pack("blob_commit", _encode(BlobCommitRequest(epoch=epoch, sha=blob.sha))),
    ]


def _wishes(reader: Reader, files: BlobFiles) -> Iterator[Packed]:
    for blob in to_fetch(reader)[:MOST_WISHES]:
        wish = BlobWish(sha=blob.sha, index=files.arrived(blob.file, blob.size))
        yield pack("blob_wish", _encode(wish))


class PhotoTaker:
    """Takes from a bundle, after its records, what became of photos, and the originals that were wished for.

    Each chunk and each word is stored by itself; a kill leaves the rest for another reading.
    """

    def __init__(self, database: Database, judge: Callable[[Reader], Receiver]) -> None:
        """`judge` says whether a bundle is the centre's and for this laptop."""
        self.sent = 0
        self.incoming = Incoming(database)
        self._database = database
        self._judge = judge
        self._is_due = False

    def sender_key(self, manifest: Manifest) -> str:
        """See Receiver."""
        with self._database.read() as reader:
            return self._judge(reader).sender_key(manifest)

    def accept(self, manifest: Manifest) -> None:
        """Only the present life of the centre says anything about bytes."""
        with self._database.read() as reader:
            self._judge(reader).accept(manifest)
            self._is_due = manifest.epoch == reader.meta(EPOCH)

    def take(self, kind: str, message: bytes) -> None:
        """See Receiver."""
        if not self._is_due:
            return
        if kind == "blob_receipt":
            self.sent += self._database.write(_note_receipts, decode_message(BlobReceipts, message))
        elif kind == "blob_chunk":
            self._take_chunk(decode_message(BlobChunk, message))

    def _take_chunk(self, chunk: BlobChunk) -> None:
        with self._database.read() as reader:
            blob = find_blob(reader, chunk.sha)
        if blob is not None and self.incoming.next_chunk(blob) == chunk.index:
            self.incoming.add(blob, chunk)


def _note_receipts(tx: Transaction, receipts: BlobReceipts) -> int:
    """Believe the centre; gives how many photos it has now that were still to be sent."""
    stored = 0
    known: dict[str, int] = {}
    for receipt in receipts.photos:
        blob = find_blob(tx, receipt.sha)
        if blob is None:
            continue
        missing = {"stored": 0, "partly": receipt.missing}.get(receipt.code, _all(blob))
        known[blob.sha] = _all(blob) & ~missing
        stored += note_receipt(tx, blob, missing=(missing & _all(blob)).bit_count())
    mark_chunks(tx, known, instead=True)
    return stored
