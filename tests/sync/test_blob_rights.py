"""Who may have which bytes, what lies and limits meet, and what becomes of rubbish on both sides."""

from typing import Any

import pytest

from gridworker.db import blobs as rows
from gridworker.db.blobs import (
    BLOB_FAULT,
    EVICTED,
    LOCAL,
    STORED,
    UPLOADING,
    sweep_blobs,
)
from gridworker.domain.attachments import Attachment
from gridworker.domain.records import ScopeId
from gridworker.domain.residents import Resident
from gridworker.server import blob_pace
from gridworker.server import blobs as server_blobs
from gridworker.server.blob_rubbish import KEEP_MS, collect_blobs, finish_shredding, shred_blobs
from gridworker.server.purge import purge
from gridworker.wire.blobs import (
    CHUNK_BYTES,
    BlobBeginReply,
    blob_hash,
    chunks_of,
)
from tests.db.laptop import look
from tests.sync.laptop import GRID_2, GRID_3, Centre, Laptop, add
from tests.sync.photos import (
    attach,
    attachments,
    begin,
    blob,
    commit,
    folder,
    get,
    get_size,
    in_grid,
    missing,
    move,
    of,
    original,
    photo_of,
    put,
    refusal,
    state,
    sync_all,
    want,
)

# -------------------------------------------------------------------------------------------- foreign eyes


def test_nobody_sends_or_fetches_what_no_record_of_his_names(zhang: Laptop) -> None:
    data = photo_of(1).data
    assert refusal(lambda: missing(zhang, data)) == "no_blob"
    assert refusal(lambda: get(zhang, blob_hash(data))) == "no_blob"
    assert refusal(lambda: put(zhang, blob_hash(data), 0, data)) == "no_blob"
    assert refusal(lambda: commit(zhang, blob_hash(data))) == "no_blob"


def test_another_grid_s_photo_is_as_unknown_as_one_that_is_not_there(zhang: Laptop, centre: Centre) -> None:
    li = centre.laptop("li")
    li.sync()
    photo = photo_of(2)
    in_grid(zhang, photo)
    move(zhang)
    for sha, data in ((photo.sha, photo.data), (blob_hash(b"nothing"), b"nothing")):
        assert refusal(get, li, sha) == "no_blob"
        assert refusal(missing, li, data) == "no_blob"


def test_to_name_a_photo_is_not_to_have_it(zhang: Laptop, wang: Laptop, centre: Centre) -> None:
    """Whoever knows a hash from elsewhere and writes a record about it learns and gets nothing."""
    li = centre.laptop("li")
    li.sync()
    photo = photo_of(2)
    own = in_grid(zhang, photo)
    move(zhang)
    li.database.write(lambda tx: tx.create(_record(photo.sha, len(photo.data)), scope=ScopeId(GRID_2)))
    li.sync()
    assert refusal(lambda: get(li, photo.sha)) == "no_blob"
    assert missing(li, photo.data) == 0b11, "as if the centre had never seen it"
    assert refusal(lambda: commit_lie(li, photo.sha)) == "blob_mismatch"
    assert refusal(lambda: get(li, photo.sha)) == "no_blob"
    wang.sync()
    want(wang, own)
    move(wang)
    assert original(wang, own) == photo.data


def _record(sha: str, size: int) -> Attachment:
    return Attachment(owner_id=RESIDENT, name="a", media_type="image/jpeg", size=size, sha256=sha)


RESIDENT: Any = "018f0000-0000-7000-8000-000000000001"


def commit_lie(laptop: Laptop, sha: str) -> int:
    """Claim that other bytes have this hash, chunk by chunk, and commit."""
    false = [b"a" * CHUNK_BYTES, b"b" * CHUNK_BYTES]
    said = begin(
        laptop,
        b"".join(false),
        sha=sha,
        size=2 * CHUNK_BYTES,
        chunk_hashes=[blob_hash(chunk) for chunk in false],
    )
    laptop.line.call(said, BlobBeginReply)
    for index, chunk in enumerate(false):
        put(laptop, sha, index, chunk)
    return commit(laptop, sha)


def test_a_liar_cannot_spoil_the_upload_of_the_honest(zhang: Laptop, centre: Centre) -> None:
    li = centre.laptop("li")
    li.sync()
    photo = photo_of(2)
    in_grid(zhang, photo)
    move(zhang, steps=2)
    li.database.write(lambda tx: tx.create(_record(photo.sha, len(photo.data)), scope=ScopeId(GRID_2)))
    li.sync()
    assert refusal(lambda: commit_lie(li, photo.sha)) == "blob_mismatch"
    assert move(zhang).sent == 1
    assert get(zhang, photo.sha).data == photo.data[:CHUNK_BYTES]


def test_a_withdrawn_grant_ends_fetching_in_the_middle(zhang: Laptop, wang: Laptop, centre: Centre) -> None:
    photo = photo_of(4)
    id = in_grid(zhang, photo)
    move(zhang)
    wang.sync()
    want(wang, id)
    move(wang, steps=2)
    centre.withdraw(wang, GRID_3)
    assert refusal(lambda: get(wang, photo.sha)) == "no_blob"
    assert move(wang).fetched == 0
    assert len(folder(wang)) == 1
    sync_all(wang)
    assert (id in attachments(wang), blob(wang, photo), folder(wang)) == (False, None, [])


def test_what_leaves_the_laptop_leaves_no_file_and_no_key(
    zhang: Laptop, wang: Laptop, centre: Centre
) -> None:
    photo = photo_of(2)
    id = in_grid(zhang, photo)
    move(zhang)
    wang.sync()
    want(wang, id)
    sync_all(wang)
    key = blob(wang, photo)
    assert key is not None
    assert len(folder(wang)) == 1
    zhang.database.write(lambda tx: tx.delete(Attachment, id, why="test"))
    sync_all(zhang)
    sync_all(wang)
    for laptop in (zhang, wang):
        assert (blob(laptop, photo), folder(laptop)) == (None, [])
        rows = look(laptop.database, lambda reader: reader.rows_of("SELECT key FROM blob"))
        assert rows == []


def test_one_s_own_unsent_photo_outlives_its_record_until_it_is_sent(zhang: Laptop, centre: Centre) -> None:
    photo = photo_of(2)
    in_grid(zhang, photo)
    centre.withdraw(zhang, GRID_3)
    zhang.sync()
    sweep_blobs(zhang.database)
    assert attachments(zhang) == {}
    assert state(zhang, photo) == LOCAL
    sync_all(zhang)
    assert (blob(zhang, photo), folder(zhang)) == (None, [])
    assert (centre.folder / "centre.blobs" / photo.sha[:2] / photo.sha).exists()
    assert refusal(lambda: get(zhang, photo.sha)) == "no_blob"


def test_a_deleted_record_hands_out_nothing(zhang: Laptop, wang: Laptop) -> None:
    photo = photo_of(2)
    id = in_grid(zhang, photo)
    move(zhang)
    wang.sync()
    assert get(wang, photo.sha).size == len(photo.data)
    zhang.database.write(lambda tx: tx.delete(Attachment, id, why="test"))
    zhang.sync()
    assert refusal(lambda: get(wang, photo.sha)) == "no_blob"


# -------------------------------------------------------------------------------------------- lies and limits


def test_a_chunk_that_does_not_fit_is_refused(zhang: Laptop) -> None:
    photo = photo_of(2.5)
    in_grid(zhang, photo)
    chunks = chunks_of(photo.data)
    assert missing(zhang, photo.data) == 0b111
    assert refusal(lambda: put(zhang, photo.sha, 0, chunks[1])) == "blob_mismatch"
    assert refusal(lambda: put(zhang, photo.sha, 0, chunks[0][:-1])) == "blob_mismatch"
    assert refusal(lambda: put(zhang, photo.sha, 3, b"")) == "bad_request"
    assert refusal(lambda: put(zhang, photo.sha, -1, chunks[2])) == "bad_request"
    assert commit(zhang, photo.sha) == 0b111
    assert put(zhang, photo.sha, 2, chunks[2]) == 0b011
    assert commit(zhang, photo.sha) == 0b011


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": (8 << 20) + 1}, "too_large"),
        ({"size": 0}, "bad_request"),
        ({"size": -1}, "bad_request"),
        ({"size": 5 * CHUNK_BYTES}, "bad_request"),
        ({"chunk": 1024}, "bad_request"),
        ({"chunk_hashes": []}, "bad_request"),
        ({"chunk_hashes": ["../../x"] * 2}, "bad_request"),
        ({"sha": "../../../../etc/passwd"}, "bad_request"),
        ({"sha": "A" * 64}, "bad_request"),
        ({"epoch": "another"}, "epoch"),
    ],
)
def test_a_lie_about_size_or_name_is_refused(zhang: Laptop, changes: dict[str, Any], code: str) -> None:
    photo = photo_of(2)
    in_grid(zhang, photo)
    assert refusal(lambda: missing(zhang, photo.data, **changes)) == code


def test_a_name_that_is_a_path_reaches_no_file(zhang: Laptop) -> None:
    for sha in ("../centre.db", "..", "/etc/passwd", "a" * 63):
        assert refusal(get, zhang, sha) == "no_blob"
        assert refusal(put, zhang, sha, 0, b"x") == "no_blob"
        assert refusal(commit, zhang, sha) == "no_blob"


def test_a_device_has_a_quota_and_what_is_on_its_way_may_end(
    zhang: Laptop, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_blobs, "QUOTA_BYTES", 3 * CHUNK_BYTES)
    first, second = photo_of(2), photo_of(2)
    in_grid(zhang, second)
    in_grid(zhang, first)
    move(zhang)
    assert (state(zhang, first), zhang.meta(BLOB_FAULT)) == (STORED, "quota")
    assert refusal(lambda: missing(zhang, second.data)) == "quota"
    monkeypatch.setattr(server_blobs, "QUOTA_MS", 0)
    move(zhang)
    assert (state(zhang, second), zhang.meta(BLOB_FAULT)) == (STORED, "")


def test_a_device_that_moves_too_much_at_once_comes_again(
    zhang: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_pace, "MOST_BYTES", 3 * CHUNK_BYTES)
    photo = photo_of(4)
    in_grid(zhang, photo)
    move(zhang)
    assert (state(zhang, photo), zhang.meta(BLOB_FAULT)) == (UPLOADING, "pace")
    monkeypatch.setattr(blob_pace, "WITHIN_MS", 1_000)
    move(zhang)
    assert state(zhang, photo) == STORED


# ---------------------------------------------------------------------------------------------- the rubbish


def collect(centre: Centre, at_ms: int) -> tuple[int, int, int]:
    """Collect rubbish at a time; what was removed, what waits, and uploads given up."""
    done = centre.store.write(lambda tx: collect_blobs(tx, centre.server.blobs, at_ms))
    return done.removed, done.waiting, done.given_up


def test_what_no_record_names_for_a_month_is_removed(zhang: Laptop, centre: Centre) -> None:
    photo, other = photo_of(2), photo_of(1)
    id = in_grid(zhang, photo)
    in_grid(zhang, other)
    move(zhang)
    now = centre.clock()
    assert collect(centre, now) == (0, 0, 0)
    zhang.database.write(lambda tx: tx.delete(Attachment, id, why="test"))
    zhang.sync()
    assert collect(centre, now) == (0, 1, 0)
    assert collect(centre, now + KEEP_MS - 1) == (0, 1, 0)
    assert collect(centre, now + KEEP_MS) == (1, 0, 0)
    kept = [path.name for path in (centre.folder / "centre.blobs").rglob("*") if path.is_file()]
    assert kept == [other.sha]


def test_a_record_that_comes_back_in_time_keeps_its_bytes(zhang: Laptop, centre: Centre) -> None:
    photo = photo_of(2)
    id = in_grid(zhang, photo)
    move(zhang)
    now = centre.clock()
    centre.execute("UPDATE entity SET deleted = 1 WHERE id = :id", id=id)
    assert collect(centre, now) == (0, 1, 0)
    centre.execute("UPDATE entity SET deleted = 0 WHERE id = :id", id=id)
    assert collect(centre, now + KEEP_MS) == (0, 0, 0)
    centre.execute("UPDATE entity SET deleted = 1 WHERE id = :id", id=id)
    assert collect(centre, now + KEEP_MS) == (0, 1, 0)
    assert get_size(centre, photo.sha) == len(photo.data)


def test_an_upload_that_never_ended_is_given_up(zhang: Laptop, centre: Centre) -> None:
    photo = photo_of(4)
    in_grid(zhang, photo)
    move(zhang, steps=3)
    parts = centre.folder / "centre.blobs" / "parts"
    assert len(list(parts.iterdir())) == 1
    assert collect(centre, centre.clock() + KEEP_MS + 1) == (0, 0, 1)
    assert list(parts.iterdir()) == []
    assert move(zhang).sent == 1


def test_bytes_of_a_held_operation_wait_with_it(zhang: Laptop, centre: Centre) -> None:
    photo = photo_of(2)
    attach(zhang, add(zhang), photo)
    centre.withdraw(zhang, GRID_3)
    zhang.sync()
    assert move(zhang).sent == 1
    now = centre.clock()
    assert collect(centre, now)[:2] == collect(centre, now + KEEP_MS)[:2] == (0, 0)
    assert get_size(centre, photo.sha) == len(photo.data)


def test_what_is_erased_for_good_takes_its_bytes_along(zhang: Laptop, centre: Centre) -> None:
    photo, shared = photo_of(2), photo_of(1)
    id = in_grid(zhang, photo)
    two = [in_grid(zhang, shared), in_grid(zhang, shared)]
    move(zhang)
    shred = [id, two[0]]
    assert centre.store.write(lambda tx: shred_blobs(tx, shred)) == 1
    assert finish_shredding(centre.store, centre.server.blobs) == 1
    assert refusal(lambda: get(zhang, photo.sha)) == "no_blob"
    assert get(zhang, shared.sha).data == shared.data


# ----------------------------------------------------------------------------------------- room on the laptop


def test_the_longest_unused_originals_go_first_and_unsent_ones_never(zhang: Laptop) -> None:
    photos = [photo_of(1) for _ in range(4)]
    ids = [in_grid(zhang, photo) for photo in photos[:3]]
    move(zhang)
    in_grid(zhang, photos[3])
    assert sweep_blobs(zhang.database, keep_bytes=2 * CHUNK_BYTES) == 1
    assert [state(zhang, photo) for photo in photos] == [EVICTED, STORED, STORED, LOCAL]
    assert len(folder(zhang)) == 3
    want(zhang, ids[0])
    assert move(zhang).fetched == 1
    assert original(zhang, ids[0]) == photos[0].data


def test_an_unsent_photo_of_a_record_that_is_gone_is_not_kept_for_ever(
    zhang: Laptop, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = photo_of(1)
    in_grid(zhang, photo)
    centre.withdraw(zhang, GRID_3)
    zhang.sync()
    assert sweep_blobs(zhang.database) == 0
    monkeypatch.setattr(rows, "KEEP_UNSENT_MS", 0)
    assert sweep_blobs(zhang.database) == 1


def test_a_resident_s_photo_belongs_to_the_resident_s_grid(wang: Laptop) -> None:
    photo = photo_of(1)
    person = add(wang, scope=GRID_2)
    attach(wang, person, photo)
    assert look(wang.database, lambda reader: reader.get(Resident, person)) is not None
    assert of(wang, person)[0].scope == GRID_2


@pytest.mark.parametrize("sent", [False, True])
def test_a_purged_photo_is_nowhere_any_more(zhang: Laptop, wang: Laptop, centre: Centre, sent: bool) -> None:
    photo = photo_of(2)
    person = add(zhang)
    id = attach(zhang, person, photo)
    zhang.sync()
    if sent:
        move(zhang)
    sync_all(wang)
    want(wang, id)
    move(wang)
    assert (original(wang, id) == photo.data) == sent
    centre.store.write(lambda tx: purge(tx, [person], centre.clock()))
    finish_shredding(centre.store, centre.server.blobs)
    for laptop in (zhang, wang):
        laptop.sync()
        assert laptop is wang or blob(laptop, photo) is None or sent  # what was never sent has lost its key
        sync_all(laptop)
        assert attachments(laptop) == {}
        assert (blob(laptop, photo), folder(laptop)) == (None, [])
    assert [path for path in (centre.folder / "centre.blobs").rglob("*") if path.is_file()] == []
