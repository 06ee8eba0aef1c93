"""Attachments' bytes between laptop and centre, after the records: a machine of steps, one chunk each.

Whoever drives it may stop for ever after any step; the next exchange goes on with the chunks that the centre
misses, or where the file here ends. What fails here never fails an exchange of records.
"""

import os
from collections.abc import Callable, Iterator

import msgspec

from gridworker.db.blob_files import BLOB_KEY_BYTES, NAME_BYTES, BlobFiles
from gridworker.db.blobs import (
    BLOB_FAULT,
    STORED,
    UPLOADING,
    WANTED,
    Blob,
    damaged,
    evict_blob,
    find_blob,
    is_named,
    offer_again,
    set_blob,
    to_fetch,
    to_send,
)
from gridworker.db.database import Database
from gridworker.db.lives import EPOCH
from gridworker.db.transaction import Transaction
from gridworker.domain.attachments import Attachment
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.sync.remote import Refused, Remote
from gridworker.wire.blobs import (
    CHUNK_BYTES,
    BlobBeginReply,
    BlobBeginRequest,
    BlobChunk,
    BlobCommitReply,
    BlobCommitRequest,
    BlobGetReply,
    BlobGetRequest,
    BlobPutReply,
    BlobPutRequest,
    blob_hash,
    chunk_count,
    chunk_size,
    set_bits,
)

BUDGET_BYTES = 16 << 20
"""Of one exchange: at 4 Mbit/s half a minute, and nobody's records wait much longer for the next one."""
_OFFERED_TO = "blob_epoch"
"""The fact in `meta` of which life of the centre has been offered this laptop's photos."""
_PASSED_OVER = ("no_blob", "blob_mismatch")
"""Refusals that concern one photo: the others go on."""
RandomBytes = Callable[[int], bytes]


class Moved(msgspec.Struct, frozen=True):
    """How far it is: photos sent and fetched so far, and which records' pictures changed."""

    sent: int
    fetched: int
    touched: Touched = Touched()


class BlobExchange:
    """The machine; `steps` gives its generator. One at a time for one database."""

    def __init__(
        self,
        database: Database,
        remote: Remote,
        *,
        budget: int = BUDGET_BYTES,
        random_bytes: RandomBytes = os.urandom,
    ) -> None:
        self.database = database
        self.remote = remote
        self.files = BlobFiles(database.path)
        self.sent = 0
        self._left = budget
        self._incoming = Incoming(database, random_bytes)
        with database.read() as reader:
            self._epoch = reader.meta(EPOCH) or ""

    @property
    def fetched(self) -> int:
        """How many photos are here now that somebody waited for."""
        return self._incoming.fetched

    @property
    def touched(self) -> Touched:
        """The pictures that changed by it."""
        return self._incoming.touched

    def steps(self) -> Iterator[Moved]:
        """What somebody waits for, then what the centre does not have, the newest first.

        Raises Problem and Refused; `run` keeps them to itself.
        """
        self._offer_again()
        with self.database.read() as reader:
            wanted, waiting = to_fetch(reader), to_send(reader)
        for blob in wanted:
            yield from self._passing_over(self._fetch(blob))
        for blob in waiting:
            yield from self._passing_over(self._send(blob))

    def run(self) -> Iterator[Moved]:
        """The same, until something is in the way; what it was is remembered for the screen."""
        fault = ""
        try:
            yield from self.steps()
        except Problem as problem:
            fault = problem.code
        except Refused as refused:
            fault = refused.refusal.code
        self._remember(fault)

    def _passing_over(self, steps: Iterator[Moved]) -> Iterator[Moved]:
        """One photo that cannot be moved holds up no other."""
        try:
            yield from steps
        except Refused as refused:
            if refused.refusal.code not in _PASSED_OVER:
                raise
        except Problem as problem:
            if not damaged(problem):
                raise

    # --------------------------------------------------------------------------------------------- sending

    def _send(self, blob: Blob) -> Iterator[Moved]:
        if self._left <= 0:
            return
        chunks = self._read_chunks(blob)
        begin = BlobBeginRequest(
            epoch=self._epoch,
            sha=blob.sha,
            size=blob.size,
            chunk=CHUNK_BYTES,
            chunk_hashes=[blob_hash(chunk) for chunk in chunks],
        )
        reply = self._begin(begin)
        if not reply.stored:
            yield self._note(blob, chunks, reply.missing)
            yield from self._put_all(blob, chunks, reply.missing)
            if self._left <= 0:
                return
            commit = BlobCommitRequest(epoch=self._epoch, sha=blob.sha)
            if self.remote.call(commit, BlobCommitReply).missing:
                return  # somebody else's hand was in it; the next exchange begins again
        self._write_state(blob, state=STORED, done=len(chunks))
        self.sent += 1
        yield self._moved()

    def _begin(self, request: BlobBeginRequest) -> BlobBeginReply:
        try:
            return self.remote.call(request, BlobBeginReply)
        except Refused as refused:
            if refused.refusal.code == "no_blob":
                self.database.write(_let_go, request.sha)
            raise

    def _put_all(self, blob: Blob, chunks: list[bytes], missing: int) -> Iterator[Moved]:
        for index in set_bits(missing):
            if index >= len(chunks):
                raise Problem("server_rubbish", url="")
            put = BlobPutRequest(epoch=self._epoch, sha=blob.sha, index=index, data=chunks[index])
            reply = self.remote.call(put, BlobPutReply)
            self._left -= len(chunks[index])
            yield self._note(blob, chunks, reply.missing)
            if self._left <= 0 and reply.missing:
                return
        self._left = max(self._left, 1)  # all of it is there: only the last word is left to say

    def _note(self, blob: Blob, chunks: list[bytes], missing: int) -> Moved:
        self._write_state(blob, state=UPLOADING, done=len(chunks) - missing.bit_count())
        return self._moved()

    def _read_chunks(self, blob: Blob) -> list[bytes]:
        """The content, chunk by chunk; what is damaged or gone can only be fetched from now on."""
        try:
            count = chunk_count(blob.size)
            return [self.files.read(blob.file, blob.key, blob.sha, index) for index in range(count)]
        except Problem as problem:
            if damaged(problem):
                self.database.write(evict_blob, blob.sha)
            raise

    # -------------------------------------------------------------------------------------------- fetching

    def _fetch(self, blob: Blob) -> Iterator[Moved]:
        while (index := self._incoming.next_chunk(blob)) is not None:
            if self._left <= 0:
                return
            get = BlobGetRequest(epoch=self._epoch, sha=blob.sha, index=index)
            reply = self.remote.call(get, BlobGetReply)
            chunk = BlobChunk(sha=blob.sha, index=index, size=reply.size, hash=reply.hash, data=reply.data)
            self._left -= len(reply.data)
            self._incoming.add(blob, chunk)
            yield self._moved()
            if index + 1 == chunk_count(blob.size):
                return  # also where the whole was not what its name says: the next exchange begins it again

    # --------------------------------------------------------------------------------------------- memory

    def _write_state(self, blob: Blob, **changes: object) -> None:
        self.database.write(_change, blob, changes)

    def _offer_again(self) -> None:
        with self.database.read() as reader:
            known = reader.meta(_OFFERED_TO)
        if known != self._epoch:
            self.database.write(_offer, self._epoch, again=known is not None)

    def _remember(self, fault: str) -> None:
        with self.database.read() as reader:
            known = reader.meta(BLOB_FAULT) or ""
        if known != fault:
            self.database.write(lambda tx: tx.set_meta(BLOB_FAULT, fault))

    def _moved(self) -> Moved:
        return Moved(self.sent, self.fetched, self.touched)


class Incoming:
    """Puts chunks that were fetched in their places and judges the whole; a kill does no harm."""

    def __init__(self, database: Database, random_bytes: RandomBytes = os.urandom) -> None:
        self.fetched = 0
        self._database = database
        self._files = BlobFiles(database.path)
        self._random_bytes = random_bytes

    @property
    def touched(self) -> Touched:
        """The pictures that changed by it."""
        return Touched(kinds=frozenset({Attachment.kind}) if self.fetched else frozenset())

    def next_chunk(self, blob: Blob) -> int | None:
        """Which chunk is missing first, or None where nobody waits for one."""
        if blob.state != WANTED:
            return None
        count = chunk_count(blob.size)
        if self._files.has(blob.file):  # killed between the file and its row
            self._note_whole(blob)
            return None
        index = self._files.arrived(blob.file, blob.size)
        if index == count:
            self._judge(blob)
            return None
        return index

    def add(self, blob: Blob, chunk: BlobChunk) -> None:
        """Keep the chunk that is missing first; the last one lets the whole be judged.

        Raises Problem `server_rubbish` where the chunk is not what it says.
        """
        good = chunk.size == blob.size and len(chunk.data) == chunk_size(blob.size, chunk.index)
        if not good or blob_hash(chunk.data) != chunk.hash:
            raise Problem("server_rubbish", url="")
        self._files.append(blob.file, blob.key, blob.sha, index=chunk.index, data=chunk.data)
        self._write_state(blob, done=chunk.index + 1)
        if chunk.index + 1 == chunk_count(blob.size):
            self._judge(blob)

    def _judge(self, blob: Blob) -> None:
        """The whole is what its name says, or it is thrown away and begun again under another key."""
        if self._is_whole(blob):
            self._files.finish(blob.file)
            self._note_whole(blob)
            return
        self._files.erase(blob.file)
        name, key = self._random_bytes(NAME_BYTES).hex(), self._random_bytes(BLOB_KEY_BYTES)
        self._write_state(blob, file=name, key=key, done=0)

    def _note_whole(self, blob: Blob) -> None:
        self._write_state(blob, state=STORED, done=chunk_count(blob.size))
        self.fetched += 1

    def _is_whole(self, blob: Blob) -> bool:
        count = chunk_count(blob.size)
        try:
            return blob_hash(self._files.read_arrived(blob.file, blob.key, blob.sha, count)) == blob.sha
        except Problem as problem:
            if damaged(problem):
                return False
            raise

    def _write_state(self, blob: Blob, **changes: object) -> None:
        self._database.write(_change, blob, changes)


def _change(tx: Transaction, blob: Blob, changes: dict[str, object]) -> None:
    """Note how far it is, unless its row was dropped or given another file meanwhile."""
    now = find_blob(tx, blob.sha)
    if now is not None and now.file == blob.file and now.state in (blob.state, UPLOADING):
        set_blob(tx, msgspec.structs.replace(now, **changes))


def _let_go(tx: Transaction, sha: str) -> None:
    """Bytes that the centre does not take from this user, of a record that is here no longer, are not his."""
    if not is_named(tx, sha):
        evict_blob(tx, sha)


def _offer(tx: Transaction, epoch: str, *, again: bool) -> None:
    if again:
        offer_again(tx)
    tx.set_meta(_OFFERED_TO, epoch)
