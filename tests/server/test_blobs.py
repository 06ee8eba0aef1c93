"""Attachments' bytes at the centre, on both databases: whole or not at all, for those who may have them."""

from pathlib import Path
from typing import Any

import pytest

from gridworker.server.blob_folder import FolderShelf, folder_beside
from gridworker.server.blob_rubbish import KEEP_MS, Collected, collect_blobs
from gridworker.server.local import LocalServer
from gridworker.server.refusals import Refused
from gridworker.server.store import Store
from gridworker.wire.blobs import (
    BLOB_PATHS,
    CHUNK_BYTES,
    BlobBeginRequest,
    BlobCommitRequest,
    BlobGetRequest,
    BlobPutRequest,
    blob_hash,
    chunks_of,
)
from tests.server.laptop import GRID_A, GRID_B, Centre, Laptop

DATA = bytes(range(256)) * 1024 + b"the last chunk is shorter"
SHA = blob_hash(DATA)


@pytest.fixture
def folder(centre: Centre, tmp_path: Path) -> Path:
    """Where the centre keeps bytes."""
    centre.server.blobs = FolderShelf(tmp_path / "blobs")
    return tmp_path / "blobs"


def call(laptop: Laptop, request: Any) -> Any:
    """Ask the centre."""
    return laptop.call(BLOB_PATHS[type(request)], request)


def begin(laptop: Laptop, data: bytes = DATA) -> tuple[int, bool]:
    """What is missing, and whether it is stored."""
    hashes = [blob_hash(chunk) for chunk in chunks_of(data)]
    request = BlobBeginRequest(
        epoch=laptop.me.epoch, sha=blob_hash(data), size=len(data), chunk=CHUNK_BYTES, chunk_hashes=hashes
    )
    reply = call(laptop, request)
    return reply.missing, reply.stored


def send(laptop: Laptop, data: bytes = DATA) -> int:
    """All of it."""
    begin(laptop, data)
    for index, chunk in enumerate(chunks_of(data)):
        call(laptop, BlobPutRequest(epoch=laptop.me.epoch, sha=blob_hash(data), index=index, data=chunk))
    return int(call(laptop, BlobCommitRequest(epoch=laptop.me.epoch, sha=blob_hash(data))).missing)


def fetch(laptop: Laptop, sha: str = SHA) -> bytes:
    """All of it again."""
    first = call(laptop, BlobGetRequest(epoch=laptop.me.epoch, sha=sha, index=0))
    count = -(-first.size // CHUNK_BYTES)
    parts = (call(laptop, BlobGetRequest(epoch=laptop.me.epoch, sha=sha, index=i)).data for i in range(count))
    return b"".join(parts)


def attach(laptop: Laptop, record_id: str, sha: str = SHA, **more: Any) -> str:
    """A record that names bytes; what became of it."""
    owner = more.pop("owner", "r1")
    values = {"owner_id": owner, "name": "a", "media_type": "image/jpeg", "size": len(DATA), "sha256": sha}
    return laptop.do("append", record_id, "attachment", values=values, **more).code


def collected(centre: Centre, at_ms: int) -> Collected:
    """What a collection of rubbish comes to at a time."""
    return centre.server.store.write(lambda tx: collect_blobs(tx, centre.server.blobs, at_ms))


def refused(laptop: Laptop, request: Any) -> str:
    """The code of a refusal."""
    with pytest.raises(Refused) as caught:
        call(laptop, request)
    return caught.value.refusal.code


def test_bytes_go_up_and_down(centre: Centre, folder: Path) -> None:
    zhang, reader = centre.laptop("zhang"), centre.laptop("leader", "grid_leader", GRID_A, GRID_B)
    assert attach(zhang, "a1") == "applied"
    assert begin(zhang) == (0b11, False)
    assert send(zhang) == 0
    assert begin(zhang) == (0, True)
    assert fetch(reader) == fetch(zhang) == DATA
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] == [
        f"{SHA[:2]}/{SHA}"
    ]
    assert centre.rows("SELECT sha, size, orphan_ms FROM blob") == [(SHA, len(DATA), None)]
    assert centre.rows("SELECT entity_id, proved FROM blob_claim") == [("a1", True)]


def test_another_grid_learns_nothing(centre: Centre, folder: Path) -> None:
    zhang, li = centre.laptop("zhang"), centre.laptop("li", "grid_worker", GRID_B)
    attach(zhang, "a1")
    send(zhang)
    get = BlobGetRequest(epoch=li.me.epoch, sha=SHA, index=0)
    assert refused(li, get) == "no_blob"
    assert attach(li, "a2", scope=GRID_B) == "applied"
    assert refused(li, get) == "no_blob"
    assert begin(li) == (0b11, False)
    assert send(li) == 0
    assert fetch(li) == DATA
    centre.withdraw("li", GRID_B)
    assert refused(li, get) == "no_blob"


def test_a_held_operation_s_author_may_send_and_nobody_may_fetch(centre: Centre, folder: Path) -> None:
    zhang = centre.laptop("zhang")
    assert attach(zhang, "a1", scope=GRID_B) == "held"
    assert send(zhang) == 0
    assert refused(zhang, BlobGetRequest(epoch=zhang.me.epoch, sha=SHA, index=0)) == "no_blob"
    now = centre.clock()
    for at_ms in (now, now + KEEP_MS):
        kept = collected(centre, at_ms)
        assert (kept.removed, kept.waiting) == (0, 0)


def test_rubbish_goes_after_a_month(centre: Centre, folder: Path) -> None:
    zhang = centre.laptop("zhang")
    attach(zhang, "a1")
    send(zhang)
    assert zhang.do("delete", "a1", "attachment").code == "applied"
    now = centre.clock()
    first, last = collected(centre, now), collected(centre, now + KEEP_MS)
    assert (first.removed, first.waiting, last.removed, last.freed) == (0, 1, 1, len(DATA))
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert centre.rows("SELECT sha FROM blob") == []


@pytest.mark.parametrize("sha", ["x" * 64, "\\u0000", "A" * 64, "a" * 60_000, 5, None])
def test_a_name_that_is_none_claims_nothing_and_stops_nobody(centre: Centre, folder: Path, sha: Any) -> None:
    zhang = centre.laptop("zhang")
    attach(zhang, "a1", sha)
    assert centre.rows("SELECT sha FROM blob_claim") == []
    assert attach(zhang, "a2") == "applied"
    assert centre.rows("SELECT entity_id FROM blob_claim") == [("a2",)]


def test_an_operation_in_another_s_name_claims_nothing(centre: Centre, folder: Path) -> None:
    zhang, li = centre.laptop("zhang"), centre.laptop("li", "grid_worker", GRID_B)
    attach(li, "a1", actor=zhang.me.user_id)
    assert centre.rows("SELECT sha FROM blob_claim") == []


def test_a_kill_before_the_row_leaves_the_photo_to_be_sent_again(
    centre: Centre, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zhang = centre.laptop("zhang")
    attach(zhang, "a1")
    with monkeypatch.context() as patch:
        patch.setattr(FolderShelf, "store", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            send(zhang)
    assert centre.rows("SELECT sha FROM blob") == []
    assert begin(zhang) == (0, False), "the chunks are there, and nobody has said yet that they are kept"
    assert call(zhang, BlobCommitRequest(epoch=zhang.me.epoch, sha=SHA)).missing == 0
    assert fetch(zhang) == DATA


def test_a_file_that_is_gone_is_asked_for_again(centre: Centre, folder: Path) -> None:
    zhang = centre.laptop("zhang")
    attach(zhang, "a1")
    send(zhang)
    (folder / SHA[:2] / SHA).unlink()
    assert refused(zhang, BlobGetRequest(epoch=zhang.me.epoch, sha=SHA, index=0)) == "no_blob"
    assert begin(zhang) == (0b11, False)
    assert send(zhang) == 0
    assert fetch(zhang) == DATA


def test_the_folder_lies_beside_the_database(tmp_path: Path, lite_centre: Centre) -> None:
    shelf = lite_centre.server.blobs
    assert isinstance(shelf, FolderShelf)
    assert shelf.folder == tmp_path / "centre.blobs"
    other = Store("postgresql+psycopg://u@h/db")
    assert folder_beside(other.engine.url) == Path("gridworker-centre.blobs")
    assert LocalServer(other, lite_centre.server.door, shelf).blobs is shelf
    other.close()
