"""Photos on sticks, seen from the centre: taken in and handed out by the same checks as over the network."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection

from gridworker.domain.problems import Problem
from gridworker.server.blob_folder import BlobShelf
from gridworker.server.blobs import Visit, begin_blob, commit_blob, get_blob, put_blob
from gridworker.server.local import LocalServer
from gridworker.server.ports import Caller
from gridworker.server.refusals import Refused
from gridworker.wire.blobs import (
    BlobBeginRequest,
    BlobChunk,
    BlobCommitRequest,
    BlobGetRequest,
    BlobPutRequest,
    BlobReceipt,
    BlobWish,
    blob_hash,
    chunk_count,
    chunk_size,
)
from gridworker.wire.bundle import Packed, decode_message, pack_later

ANSWER_BYTES = 64 << 20
"""Of originals in one answer; what is left is wished for again."""
MOST_WISHES = 100
STORED, PARTLY, FAULT = "stored", "partly", "internal"
R = TypeVar("R")


class PhotoIntake:
    """Takes the photos of one bundle, after its operations, and says what became of each.

    What is wrong with one photo is a word about that photo: the others and all records go on.
    """

    def __init__(self, server: LocalServer, caller: Caller) -> None:
        self.receipts: dict[str, BlobReceipt] = {}
        self.wishes: list[BlobWish] = []
        self._server = server
        self._caller = caller
        self._takers: dict[str, tuple[type[Any], Callable[[Any], None]]] = {
            "blob_begin": (BlobBeginRequest, self._begin),
            "blob_put": (BlobPutRequest, self._put),
            "blob_commit": (BlobCommitRequest, self._commit),
            "blob_wish": (BlobWish, self._wish),
        }

    def take(self, kind: str, message: bytes) -> None:
        """One message; what is no such message, or of another kind, is passed over."""
        wanted, take = self._takers.get(kind, (None, None))
        if wanted is None or take is None:
            return
        with suppress(Problem):
            request = decode_message(wanted, message)
            known = self.receipts.get(request.sha)
            if known is None or known.code in (STORED, PARTLY):
                self._guard(take, request)

    def _guard(self, take: Callable[[Any], None], request: Any) -> None:
        try:
            take(request)
        except Refused as refused:
            self._note(request.sha, refused.refusal.code)
        except OSError:  # the folder is full: records are in the database by now, and stay there
            self._note(request.sha, FAULT)

    def _begin(self, request: BlobBeginRequest) -> None:
        reply = self._write(lambda visit: begin_blob(visit, request))
        self._note(request.sha, STORED if reply.stored else PARTLY, reply.missing)

    def _put(self, request: BlobPutRequest) -> None:
        if self._is_stored(request.sha):
            return
        reply = self._server.store.read(lambda tx: put_blob(self._visit(tx), request))
        self._note(request.sha, PARTLY, reply.missing)

    def _commit(self, request: BlobCommitRequest) -> None:
        if self._is_stored(request.sha):
            return
        reply = self._write(lambda visit: commit_blob(visit, request))
        if not reply.missing:
            self._server.blobs.drop_parts(request.sha, self._caller.device_id)
        self._note(request.sha, PARTLY if reply.missing else STORED, reply.missing)

    def _wish(self, wish: BlobWish) -> None:
        if len(self.wishes) < MOST_WISHES:
            self.wishes.append(wish)

    def _is_stored(self, sha: str) -> bool:
        known = self.receipts.get(sha)
        return known is not None and known.code == STORED

    def _note(self, sha: str, code: str, missing: int = 0) -> None:
        self.receipts[sha] = BlobReceipt(sha=sha, code=code, missing=missing)

    def _write(self, work: Callable[[Visit], R]) -> R:
        return self._server.store.write(lambda tx: work(self._visit(tx)))

    def _visit(self, tx: Connection) -> Visit:
        return Visit(tx, self._caller, self._server.blobs, self._server.door.clock())


def wished_for(visit: Visit, epoch: str, wishes: list[BlobWish], budget: int) -> Iterator[Packed]:
    """Chunks of what a laptop wishes for and may have, in the order of its wishes; of all else not a word."""
    for wish in wishes:
        with suppress(Refused):
            request = BlobGetRequest(epoch=epoch, sha=wish.sha, index=wish.index)
            size = get_blob(visit, request).size
            for index in range(wish.index, chunk_count(size)):
                if (budget := budget - chunk_size(size, index)) < 0:
                    return
                yield pack_later("blob_chunk", partial(_chunk, visit.shelf, wish.sha, index, size))


def _chunk(shelf: BlobShelf, sha: str, index: int, size: int) -> bytes:
    data = shelf.read(sha, index) or b""
    chunk = BlobChunk(sha=sha, index=index, size=size, hash=blob_hash(data), data=data)
    return msgspec.json.encode(chunk)
