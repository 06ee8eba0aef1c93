"""Bytes up and down over a line that fails at every chunk, for days, and over a centre that lies."""

import shutil
from collections.abc import Callable

import msgspec
import pytest

from gridworker.db.blob_files import PIECE_BYTES
from gridworker.db.blobs import (
    BLOB_FAULT,
    EVICTED,
    LOCAL,
    STORED,
    UPLOADING,
    WANTED,
    sweep_blobs,
    waiting_blobs,
)
from gridworker.domain.attachments import Attachment
from gridworker.wire.blobs import (
    CHUNK_BYTES,
    BlobBeginRequest,
    BlobGetReply,
    BlobPutRequest,
    blob_hash,
)
from tests.db.laptop import look
from tests.sync.laptop import Centre, Laptop, add
from tests.sync.photos import (
    attach,
    attachments,
    blob,
    folder,
    get_size,
    in_grid,
    move,
    of,
    original,
    photo_of,
    state,
    sync_all,
    want,
)

# ----------------------------------------------------------------------------------------------- the good way


def test_a_photo_travels_from_one_laptop_to_another(zhang: Laptop, wang: Laptop, centre: Centre) -> None:
    photo = photo_of(2.5)
    person = add(zhang)
    id = attach(zhang, person, photo)
    assert state(zhang, photo) == LOCAL
    assert sync_all(zhang).sent == 1
    assert state(zhang, photo) == STORED
    wang.sync()
    (seen,) = of(wang, person)
    assert seen.record.thumbnail == attachments(zhang)[id].thumbnail
    assert (original(wang, id), blob(wang, photo)) == (None, None)
    want(wang, id)
    assert state(wang, photo) == WANTED
    assert sync_all(wang).fetched == 1
    assert (original(wang, id), state(wang, photo)) == (photo.data, STORED)
    kept = [path for path in (centre.folder / "centre.blobs").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [photo.sha]
    assert kept[0].parent.name == photo.sha[:2]


def test_records_never_wait_for_bytes(zhang: Laptop, wang: Laptop) -> None:
    photo = photo_of()
    zhang.line.lose_request = lambda request: type(request).__name__.startswith("Blob")
    id = in_grid(zhang, photo)
    machine = move(zhang)
    assert machine.sent == 0
    assert zhang.meta(BLOB_FAULT) == "server_unreachable"
    wang.sync()
    assert id in attachments(wang)
    zhang.line.heal()
    move(zhang)
    assert zhang.meta(BLOB_FAULT) == ""


def test_a_wish_that_cannot_be_fulfilled_yet_is_fulfilled_later(zhang: Laptop, wang: Laptop) -> None:
    photo = photo_of()
    id = in_grid(zhang, photo)
    wang.sync()
    want(wang, id)
    assert (sync_all(wang).fetched, state(wang, photo), wang.meta(BLOB_FAULT)) == (0, WANTED, "")
    sync_all(zhang)
    assert sync_all(wang).fetched == 1
    assert original(wang, id) == photo.data


def test_the_newest_photo_goes_first(zhang: Laptop) -> None:
    photos = [photo_of(1) for _ in range(3)]
    for photo in photos:
        in_grid(zhang, photo)
    zhang.line.requests.clear()
    move(zhang)
    begun = [request.sha for request in zhang.line.requests if isinstance(request, BlobBeginRequest)]
    assert begun == [photo.sha for photo in reversed(photos)]


def test_an_exchange_moves_no_more_than_its_budget(zhang: Laptop) -> None:
    photos = [photo_of(3) for _ in range(3)]
    for photo in photos:
        in_grid(zhang, photo)
    zhang.line.requests.clear()
    machine = move(zhang, budget=2 * CHUNK_BYTES)
    sent = [request for request in zhang.line.requests if isinstance(request, BlobPutRequest)]
    assert (machine.sent, len(sent)) == (0, 2)
    waiting = look(zhang.database, waiting_blobs)
    assert (waiting.photos, waiting.chunks, waiting.done) == (3, 9, 2)
    assert state(zhang, photos[2]) == UPLOADING
    for _ in range(5):
        move(zhang, budget=2 * CHUNK_BYTES)
    assert [state(zhang, photo) for photo in photos] == [STORED] * 3


def test_a_photo_of_two_records_is_sent_once(zhang: Laptop, wang: Laptop) -> None:
    photo = photo_of()
    first = in_grid(zhang, photo)
    move(zhang)
    second = in_grid(zhang, photo)
    zhang.line.requests.clear()
    assert move(zhang).sent == 1
    assert [type(request) for request in zhang.line.requests] == [BlobBeginRequest]
    zhang.database.write(lambda tx: tx.delete(Attachment, first, why="test"))
    zhang.sync()
    wang.sync()
    want(wang, second)
    sync_all(wang)
    assert original(wang, second) == photo.data


# ---------------------------------------------------------------------------------------------- the bad line

CHUNKS = 4
LOST = ("lose_request", "lose_reply")


@pytest.mark.parametrize("how", LOST)
@pytest.mark.parametrize("at", range(CHUNKS + 2))
def test_sending_goes_on_after_any_lost_message(zhang: Laptop, centre: Centre, at: int, how: str) -> None:
    photo = photo_of(CHUNKS - 0.5)
    in_grid(zhang, photo)
    count = iter(range(100))
    setattr(zhang.line, how, lambda _request: next(count) == at)
    assert move(zhang).sent == 0
    assert zhang.meta(BLOB_FAULT) in ("server_unreachable", "server_slow")
    zhang.line.heal()
    zhang.line.requests.clear()
    assert move(zhang).sent == 1
    again = [request.index for request in zhang.line.requests if isinstance(request, BlobPutRequest)]
    sent_before = max(0, at - 1 if how == "lose_request" else at)
    assert again == list(range(min(sent_before, CHUNKS), CHUNKS))
    assert state(zhang, photo) == STORED
    assert centre.rows("SELECT sha FROM blob") == [(photo.sha,)]
    assert get_size(centre, photo.sha) == len(photo.data)


@pytest.mark.parametrize("how", LOST)
@pytest.mark.parametrize("at", range(CHUNKS))
def test_fetching_goes_on_after_any_lost_message(zhang: Laptop, wang: Laptop, at: int, how: str) -> None:
    photo = photo_of(CHUNKS - 0.5)
    id = in_grid(zhang, photo)
    move(zhang)
    wang.sync()
    want(wang, id)
    count = iter(range(100))
    setattr(wang.line, how, lambda _request: next(count) == at)
    assert move(wang).fetched == 0
    wang.line.heal()
    wang.line.requests.clear()
    assert move(wang).fetched == 1
    assert [request.index for request in wang.line.requests] == list(range(at, CHUNKS))
    assert original(wang, id) == photo.data


def test_every_message_may_come_twice(zhang: Laptop, wang: Laptop) -> None:
    photo = photo_of(CHUNKS)
    zhang.line.repeat = wang.line.repeat = lambda _request: True
    id = in_grid(zhang, photo)
    assert move(zhang).sent == 1
    wang.sync()
    want(wang, id)
    assert move(wang).fetched == 1
    assert original(wang, id) == photo.data


def test_a_photo_goes_up_and_down_over_three_days_with_a_kill_each_day(zhang: Laptop, wang: Laptop) -> None:
    photo = photo_of(CHUNKS)
    id = in_grid(zhang, photo)
    for day in range(1, 4):
        move(zhang, steps=2)
        zhang.sync()
        sweep_blobs(zhang.database)
        found = blob(zhang, photo)
        assert found is not None
        assert (found.state, found.done) == (UPLOADING, day)
    move(zhang)
    assert state(zhang, photo) == STORED
    wang.sync()
    want(wang, id)
    for _day in range(3):
        move(wang, steps=1)
        sweep_blobs(wang.database)
    found = blob(wang, photo)
    assert found is not None
    assert (found.state, found.done) == (WANTED, 3)
    move(wang)
    assert original(wang, id) == photo.data


def test_27_a_photo_half_uploaded_for_three_days_whose_source_is_gone(zhang: Laptop, wang: Laptop) -> None:
    """The record and its thumbnail stay; no half photo is ever shown as a whole one."""
    photo = photo_of(CHUNKS)
    id = in_grid(zhang, photo)
    for _day in range(3):
        move(zhang, steps=2)
    for file in folder(zhang):
        file.unlink()
    assert move(zhang).sent == 0
    assert (state(zhang, photo), look(zhang.database, waiting_blobs).photos) == (EVICTED, 0)
    wang.sync()
    want(wang, id)
    sync_all(wang)
    assert (original(wang, id), state(wang, photo)) == (None, WANTED)
    assert attachments(wang)[id].thumbnail == attachments(zhang)[id].thumbnail
    person = attachments(zhang)[id].owner_id
    zhang.database.write(lambda tx: tx.delete(Attachment, id, why="test"))
    again = attach(zhang, person, photo)
    sync_all(zhang)
    sync_all(wang)
    want(wang, again)
    sync_all(wang)
    assert original(wang, again) == photo.data


def test_a_torn_chunk_on_the_disk_is_fetched_again(zhang: Laptop, wang: Laptop) -> None:
    photo = photo_of(CHUNKS)
    id = in_grid(zhang, photo)
    move(zhang)
    wang.sync()
    want(wang, id)
    move(wang, steps=3)
    (part,) = folder(wang)
    with part.open("r+b") as file:
        file.truncate(2 * PIECE_BYTES + 100)
    move(wang)
    assert original(wang, id) == photo.data


def test_a_damaged_chunk_on_the_disk_begins_anew_under_another_key(zhang: Laptop, wang: Laptop) -> None:
    photo = photo_of(CHUNKS)
    id = in_grid(zhang, photo)
    move(zhang)
    wang.sync()
    want(wang, id)
    move(wang, steps=3)
    (part,) = folder(wang)
    before = blob(wang, photo)
    data = bytearray(part.read_bytes())
    data[100] ^= 1
    part.write_bytes(data)
    assert move(wang).fetched == 0
    after = blob(wang, photo)
    assert before is not None
    assert after is not None
    assert (before.key != after.key, before.file != after.file, after.done) == (True, True, 0)
    assert move(wang).fetched == 1
    assert original(wang, id) == photo.data


@pytest.mark.parametrize(
    "change",
    [
        lambda reply: msgspec.structs.replace(reply, data=b"x" * len(reply.data)),
        lambda reply: msgspec.structs.replace(reply, data=reply.data[:-1]),
        lambda reply: msgspec.structs.replace(reply, size=reply.size + 1),
        lambda reply: msgspec.structs.replace(reply, hash="0" * 64),
    ],
)
def test_a_chunk_that_is_not_what_it_says_is_not_kept(
    zhang: Laptop, wang: Laptop, change: Callable[[BlobGetReply], BlobGetReply]
) -> None:
    photo = photo_of(2)
    id = in_grid(zhang, photo)
    move(zhang)
    wang.sync()
    want(wang, id)
    wang.line.on_the_way_back = change
    assert move(wang).fetched == 0
    assert wang.meta(BLOB_FAULT) == "server_rubbish"
    assert folder(wang) == []
    wang.line.heal()
    move(wang)
    assert original(wang, id) == photo.data


def test_a_lying_centre_never_makes_other_bytes_a_photo(zhang: Laptop, wang: Laptop) -> None:
    photo = photo_of(2)
    id = in_grid(zhang, photo)
    move(zhang)
    wang.sync()
    want(wang, id)
    false = b"y" * CHUNK_BYTES
    wang.line.on_the_way_back = lambda reply: msgspec.structs.replace(
        reply, data=false, hash=blob_hash(false)
    )
    move(wang)
    assert (original(wang, id), state(wang, photo)) == (None, WANTED)
    wang.line.heal()
    move(wang)
    assert original(wang, id) == photo.data


def test_another_life_of_the_centre_is_offered_everything_again(zhang: Laptop, centre: Centre) -> None:
    photo = photo_of(2)
    in_grid(zhang, photo)
    move(zhang)
    centre.execute("DELETE FROM blob")
    shutil.rmtree(centre.folder / "centre.blobs")
    move(zhang)
    assert state(zhang, photo) == STORED
    zhang.database.write(lambda tx: tx.set_meta("blob_epoch", "an older life"))
    assert move(zhang).sent == 1
    assert (centre.folder / "centre.blobs" / photo.sha[:2] / photo.sha).read_bytes() == photo.data
