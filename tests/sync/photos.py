"""Photos on the laptops of the tests: made without a camera, each of some chunks that do not compress."""

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridworker.actions.photos import attach_photos, photos_of, read_original, want_original
from gridworker.actions.pictures import Photo
from gridworker.db.blob_files import BlobFiles
from gridworker.db.blobs import Blob, find_blob, sweep_blobs
from gridworker.domain.attachments import Attachment
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident
from gridworker.sync.blobs import BUDGET_BYTES, BlobExchange
from gridworker.sync.remote import Refused
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
    blob_hash,
    chunks_of,
)
from tests.db.laptop import look
from tests.sync.laptop import GRID_3, Centre, Laptop, add, all_of

_seeds = itertools.count(1)


def photo_of(chunks: float = 2.5, seed: int = 0) -> Photo:
    """A photo of so many chunks."""
    data = random.Random(seed or next(_seeds)).randbytes(int(chunks * CHUNK_BYTES))
    return Photo("照片", data, blob_hash(data), b"small", 1, 2, 3)


def attach(laptop: Laptop, person: RecordId, photo: Photo) -> RecordId:
    """A photo of a resident."""
    touched = laptop.database.write(attach_photos, files(laptop), (Resident, person), [photo])
    return next(iter(touched.ids))


def files(laptop: Laptop) -> BlobFiles:
    """The folder of a laptop's photos."""
    return BlobFiles(laptop.database.path)


def folder(laptop: Laptop) -> list[Path]:
    """The files in it."""
    found = files(laptop).folder
    return sorted(found.iterdir()) if found.exists() else []


def blob(laptop: Laptop, photo: Photo) -> Blob | None:
    """Where a photo stands on a laptop."""
    return look(laptop.database, find_blob, photo.sha)


def state(laptop: Laptop, photo: Photo) -> str:
    """Its state, or nothing."""
    found = blob(laptop, photo)
    return found.state if found else ""


def move(laptop: Laptop, *, steps: int | None = None, budget: int = BUDGET_BYTES) -> BlobExchange:
    """An exchange of bytes, to its end or killed after some steps."""
    machine = BlobExchange(laptop.database, laptop.line, budget=budget)
    for number, _ in enumerate(machine.run(), 1):
        if number == steps:
            laptop.reopen()
            break
    return machine


def sync_all(laptop: Laptop) -> BlobExchange:
    """Records, then bytes, then the sweep, as a session does."""
    laptop.sync()
    machine = move(laptop)
    sweep_blobs(laptop.database)
    return machine


def attachments(laptop: Laptop) -> dict[RecordId, Attachment]:
    """Every photo's record on a laptop."""
    return all_of(laptop, Attachment)


def of(laptop: Laptop, person: RecordId) -> list[Stored[Attachment]]:
    """The photos of a resident."""
    return list(look(laptop.database, photos_of, person))


def want(laptop: Laptop, id: RecordId) -> None:
    """Ask for an original."""
    laptop.database.write(want_original, files(laptop), id)


def original(laptop: Laptop, id: RecordId) -> bytes | None:
    """The original, if it is here."""
    return read_original(laptop.database, attachments(laptop)[id])


def in_grid(laptop: Laptop, photo: Any, scope: str = GRID_3) -> Any:
    """A resident with a photo, sent to the centre without its bytes."""
    id = attach(laptop, add(laptop, scope=scope), photo)
    laptop.sync()
    return id


def get_size(centre: Centre, sha: str) -> int:
    """How large the centre's file is."""
    return (centre.folder / "centre.blobs" / sha[:2] / sha).stat().st_size


# ---------------------------------------------------------------- single messages, as anybody may send them


def begin(laptop: Laptop, data: bytes, **changes: Any) -> BlobBeginRequest:
    """The first word about content, as a laptop says it, or with changes."""
    said = {
        "epoch": laptop.meta("epoch"),
        "sha": blob_hash(data),
        "size": len(data),
        "chunk": CHUNK_BYTES,
        "chunk_hashes": [blob_hash(chunk) for chunk in chunks_of(data)],
    }
    return BlobBeginRequest(**{**said, **changes})


def put(laptop: Laptop, sha: str, index: int, data: bytes) -> int:
    """Send one chunk; what is missing then."""
    request = BlobPutRequest(epoch=laptop.meta("epoch"), sha=sha, index=index, data=data)
    return laptop.line.call(request, BlobPutReply).missing


def commit(laptop: Laptop, sha: str) -> int:
    """Say that all is sent; what is missing after all."""
    return laptop.line.call(BlobCommitRequest(epoch=laptop.meta("epoch"), sha=sha), BlobCommitReply).missing


def get(laptop: Laptop, sha: str, index: int = 0) -> BlobGetReply:
    """Ask for one chunk."""
    return laptop.line.call(BlobGetRequest(epoch=laptop.meta("epoch"), sha=sha, index=index), BlobGetReply)


def missing(laptop: Laptop, data: bytes, **changes: Any) -> int:
    """What the centre says is missing."""
    return laptop.line.call(begin(laptop, data, **changes), BlobBeginReply).missing


def refusal(call: Callable[..., object], *parts: object) -> str:
    """The code of a refusal."""
    with pytest.raises(Refused) as caught:
        call(*parts)
    return caught.value.refusal.code
