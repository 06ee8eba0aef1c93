"""Photos on sticks: up in portions, down on demand, by the rights of the line; harmless whatever happens."""

import itertools
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.actions.photos import remove_photo
from gridworker.db.blobs import EVICTED, LOCAL, STORED, UPLOADING, WANTED
from gridworker.db.on_stick import chunks_on_sticks
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.server import accounts
from gridworker.server.bundle_keys import own_keys as centre_own_keys
from gridworker.server.lives import begin_life
from gridworker.server.purge import purge
from gridworker.sync.device_keys import own_keys
from gridworker.wire.blobs import (
    CHUNK_BYTES,
    BlobChunk,
    BlobReceipt,
    BlobWish,
    blob_hash,
    chunks_of,
)
from gridworker.wire.bundle import pack, seal_bundle
from tests.db.laptop import look
from tests.sync.laptop import GRID_3, Centre, Laptop, add, counts
from tests.sync.photo_sticks import chunks_down, chunks_up, inside_down, receipts
from tests.sync.photos import (
    attach,
    attachments,
    blob,
    files,
    folder,
    get_size,
    in_grid,
    move,
    original,
    photo_of,
    state,
    sync_all,
    want,
)
from tests.sync.stick import bring_home, export, manifest_of, office, only, trip


@pytest.fixture
def stick_of(tmp_path: Path) -> Callable[[], Path]:
    """Makes empty sticks."""
    numbers = itertools.count(1)

    def make() -> Path:
        place = tmp_path / f"stick-{next(numbers)}"
        place.mkdir()
        return place

    return make


# ------------------------------------------------------------------------------------------------------- up


def test_a_photo_goes_up_with_its_record_and_the_receipt_says_so(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path
) -> None:
    photo = photo_of(2.5)
    id = attach(zhang, add(zhang), photo)
    written = export(zhang, stick)
    assert (written.operations, written.photos, written.photos_left) == (2, 1, 0)
    assert state(zhang, photo) == LOCAL  # a stick is no receipt
    (outcome,) = office(centre, stick)
    assert (outcome.results, outcome.photos) == ({"applied": 2}, {"stored": 1})
    assert get_size(centre, photo.sha) == len(photo.data)
    (arrived,) = bring_home(zhang, stick)
    assert (arrived.acknowledged, arrived.photos_sent, arrived.photo_fault) == (2, 1, "")
    assert (state(zhang, photo), counts(zhang)[0]) == (STORED, 0)
    assert move(zhang).sent == 0
    wang.sync()
    want(wang, id)
    assert move(wang).fetched == 1
    assert original(wang, id) == photo.data


def test_many_photos_go_up_on_several_sticks_the_newest_first(
    centre: Centre, zhang: Laptop, stick: Path, stick_of: Callable[[], Path]
) -> None:
    person = add(zhang)
    photos = [photo_of(2.5) for _ in range(3)]
    for photo in photos:
        attach(zhang, person, photo)
    sticks = [stick, *(stick_of() for _ in range(4))]
    written = [export(zhang, each, photo_bytes=2 * CHUNK_BYTES) for each in sticks]
    assert [each.photos_left for each in written] == [3, 2, 1, 1, 0]
    order = [chunk for each in sticks for chunk in chunks_up(zhang, only(each, ".gwup"))]
    newest_first = [(photo.sha, index) for photo in reversed(photos) for index in range(3)]
    assert order[:8] == newest_first[:8]
    assert newest_first[8] in order[8:]  # beside it there is room for what is on a stick already
    for each in sticks[1::-1] + sticks[:1:-1]:  # in any order, and the first one later than others
        office(centre, each)
    for each in reversed(sticks):
        bring_home(zhang, each)
    assert {state(zhang, photo) for photo in photos} == {STORED}
    assert look(zhang.database, chunks_on_sticks) == {}
    assert [get_size(centre, photo.sha) for photo in photos] == [len(photo.data) for photo in photos]


def test_what_the_centre_has_of_a_photo_is_remembered(
    centre: Centre, zhang: Laptop, stick: Path, stick_of: Callable[[], Path]
) -> None:
    photo = photo_of(4)
    attach(zhang, add(zhang), photo)
    export(zhang, stick, photo_bytes=3 * CHUNK_BYTES)
    office(centre, stick)
    assert receipts(zhang, only(stick, ".gwdown"))[photo.sha] == BlobReceipt(
        sha=photo.sha, code="partly", missing=0b1000
    )
    bring_home(zhang, stick)
    found = blob(zhang, photo)
    assert found is not None
    assert (found.state, found.done) == (UPLOADING, 3)
    second = stick_of()
    export(zhang, second, photo_bytes=CHUNK_BYTES)
    assert chunks_up(zhang, only(second, ".gwup")) == [(photo.sha, 3)]
    office(centre, second)
    (arrived,) = bring_home(zhang, second)
    assert (arrived.photos_sent, state(zhang, photo)) == (1, STORED)


def test_a_line_goes_on_where_a_stick_ended_and_the_reverse(
    centre: Centre, zhang: Laptop, stick: Path, stick_of: Callable[[], Path]
) -> None:
    photo, second = photo_of(4), photo_of(4)
    person = add(zhang)
    attach(zhang, person, photo)
    export(zhang, stick, photo_bytes=3 * CHUNK_BYTES)
    office(centre, stick)
    sync_all(zhang)
    assert zhang.line.calls.count("BlobPutRequest") == 1
    (arrived,) = bring_home(zhang, stick)  # late: it says that one chunk is missing
    assert (arrived.fresh, arrived.photos_sent, state(zhang, photo)) == (False, 0, STORED)
    attach(zhang, person, second)
    zhang.sync()
    move(zhang, steps=3)
    third = stick_of()
    (home,) = trip(zhang, third)
    assert (home.photos_sent, state(zhang, second)) == (1, STORED)


def test_a_lost_stick_costs_nothing(
    centre: Centre, zhang: Laptop, stick: Path, stick_of: Callable[[], Path]
) -> None:
    photo = photo_of(2)
    attach(zhang, add(zhang), photo)
    export(zhang, stick)
    only(stick, ".gwup").unlink()
    another, third = stick_of(), stick_of()
    assert export(zhang, another, only_new=True).photos == 0
    assert export(zhang, third).photos == 1
    office(centre, third)
    bring_home(zhang, third)
    assert state(zhang, photo) == STORED


def test_the_same_bundle_twice_changes_nothing(centre: Centre, zhang: Laptop, stick: Path) -> None:
    photo = photo_of(2)
    attach(zhang, add(zhang), photo)
    export(zhang, stick)
    office(centre, stick)
    (again,) = office(centre, only(stick, ".gwup"))
    assert again.photos == {"stored": 1}
    before = centre.rows("SELECT sha, size, stored_ms FROM blob")
    for _ in range(2):
        bring_home(zhang, stick)
    assert state(zhang, photo) == STORED
    assert centre.rows("SELECT sha, size, stored_ms FROM blob") == before
    assert not list((centre.folder / "centre.blobs" / "parts").glob("*"))


def test_photos_never_keep_records_from_going(
    centre: Centre, zhang: Laptop, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = photo_of(2)
    attach(zhang, add(zhang), photo)
    export(zhang, stick)

    def full(*_parts: object) -> None:
        raise OSError(28, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(centre.server.blobs, "put_part", full)
        (outcome,) = office(centre, stick)
    assert (outcome.code, outcome.results, outcome.photos) == ("taken", {"applied": 2}, {"internal": 1})
    (arrived,) = bring_home(zhang, stick)
    assert (arrived.acknowledged, arrived.photos_sent, state(zhang, photo)) == (2, 0, LOCAL)
    assert look(zhang.database, chunks_on_sticks) == {photo.sha: 0}
    assert sync_all(zhang).sent == 1


def test_a_damaged_photo_on_the_laptop_holds_up_no_other(zhang: Laptop, stick: Path) -> None:
    person = add(zhang)
    broken, whole = photo_of(2), photo_of(2)
    attach(zhang, person, broken)
    (file,) = folder(zhang)
    attach(zhang, person, whole)
    file.write_bytes(b"x" * 1_000)
    written = export(zhang, stick)
    assert (written.photos, written.photos_left) == (1, 0)
    assert state(zhang, broken) == EVICTED
    assert {sha for sha, _ in chunks_up(zhang, only(stick, ".gwup"))} == {whole.sha}


def test_a_photo_that_was_taken_away_or_purged_meanwhile_stays_away(
    centre: Centre, zhang: Laptop, stick: Path
) -> None:
    person = add(zhang)
    removed, purged = photo_of(1), photo_of(1)
    id = attach(zhang, person, removed)
    other = attach(zhang, person, purged)
    export(zhang, stick)
    zhang.database.write(remove_photo, id)
    zhang.sync()
    centre.store.write(lambda tx: purge(tx, [other], centre.clock()))
    zhang.sync()
    (outcome,) = office(centre, stick)
    assert outcome.photos == {"stored": 1, "no_blob": 1}
    (arrived,) = bring_home(zhang, stick)
    assert (arrived.photos_sent, attachments(zhang), folder(zhang)) == (0, {}, [])


def test_a_new_life_of_the_centre_believes_no_receipt_of_the_former(
    centre: Centre, zhang: Laptop, stick: Path
) -> None:
    photo = photo_of(1)
    attach(zhang, add(zhang), photo)
    export(zhang, stick)
    office(centre, stick)
    centre.store.write(lambda tx: begin_life(tx, "another-life"))
    centre.server.blobs.remove(photo.sha)
    zhang.sync()
    with pytest.raises(Problem, match="bundle_other_epoch"):
        bring_home(zhang, stick)
    assert state(zhang, photo) == LOCAL
    assert sync_all(zhang).sent == 1


def test_who_is_shut_out_brings_his_photos_and_hears_nothing(
    centre: Centre, zhang: Laptop, stick: Path
) -> None:
    photo = photo_of(1)
    attach(zhang, add(zhang), photo)
    export(zhang, stick)
    centre.store.write(lambda tx: accounts.disable_user(tx, "zhang", centre.clock))
    (outcome,) = office(centre, stick)
    assert (outcome.results, outcome.photos, outcome.answer) == ({"held": 2}, {"stored": 1}, "")
    assert get_size(centre, photo.sha) == len(photo.data)


def test_the_memory_of_a_bundle_is_that_of_one_photo(zhang: Laptop, stick: Path) -> None:
    person = add(zhang)
    for _ in range(20):
        attach(zhang, person, photo_of(4))
    tracemalloc.start()
    try:
        written = export(zhang, stick)
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()
    assert written.bytes > 20 << 20


# ----------------------------------------------------------------------------------------------------- down


@pytest.fixture
def wished(zhang: Laptop, wang: Laptop, stick: Path) -> tuple[RecordId, Any]:
    """A photo whose original wang waits for."""
    photo = photo_of(3.5)
    id = in_grid(zhang, photo)
    assert move(zhang).sent == 1
    wang.sync()
    want(wang, id)
    return id, photo


def test_an_original_comes_down_where_somebody_waits_for_it(
    wang: Laptop, stick: Path, wished: tuple[RecordId, Any]
) -> None:
    id, photo = wished
    (arrived,) = trip(wang, stick)
    assert (arrived.photos_fetched, arrived.photo_fault) == (1, "")
    assert "attachment" in arrived.touched.kinds
    assert (state(wang, photo), original(wang, id)) == (STORED, photo.data)
    (again,) = bring_home(wang, stick)
    assert again.photos_fetched == 0


def test_a_large_original_comes_down_on_several_sticks(
    centre: Centre,
    wang: Laptop,
    stick: Path,
    stick_of: Callable[[], Path],
    wished: tuple[RecordId, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    id, photo = wished
    monkeypatch.setattr("gridworker.server.bundles.ANSWER_BYTES", 2 * CHUNK_BYTES)
    (first,) = trip(wang, stick)
    assert (first.photos_fetched, state(wang, photo)) == (0, WANTED)
    second = stick_of()
    (last,) = trip(wang, second)
    assert chunks_down(wang, only(second, ".gwdown")) == [(photo.sha, 2), (photo.sha, 3)]
    assert (last.photos_fetched, original(wang, id)) == (1, photo.data)


@pytest.mark.parametrize("at", range(1, 9))
def test_a_kill_while_photos_are_read_leaves_the_rest_for_another_reading(
    wang: Laptop, stick: Path, wished: tuple[RecordId, Any], monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    id, photo = wished
    export(wang, stick)
    office(wang.centre, stick)
    real, calls = wang.database.write, itertools.count(1)

    def crash(*parts: Any, **options: Any) -> Any:
        if next(calls) == at:
            raise KeyboardInterrupt
        return real(*parts, **options)

    monkeypatch.setattr(wang.database, "write", crash)
    with suppress(KeyboardInterrupt):  # the last ones come after the end
        bring_home(wang, stick)
    monkeypatch.undo()
    wang.reopen()
    bring_home(wang, stick)
    assert original(wang, id) == photo.data


def test_wrong_chunks_from_a_centre_are_not_kept(
    centre: Centre, wang: Laptop, stick: Path, wished: tuple[RecordId, Any]
) -> None:
    id, photo = wished
    export(wang, stick)
    office(centre, stick)
    file = only(stick, ".gwdown")
    lies = photo_of(3.5)
    chunks = [
        BlobChunk(sha=photo.sha, index=n, size=len(photo.data), hash=blob_hash(each), data=each)
        for n, each in enumerate(chunks_of(lies.data))
    ]
    again = [pack("blob_chunk", msgspec.json.encode(chunk)) for chunk in chunks]
    manifest = manifest_of(wang, file)
    others = [pack(kind, message) for kind, message in inside_down(wang, file) if kind != "blob_chunk"]
    keys, reader = centre.store.read(centre_own_keys), look(wang.database, own_keys)
    assert reader is not None
    file.unlink()
    with (stick / "b.gwdown").open("wb") as out:
        seal_bundle(out, manifest, [*others, *again], keys=keys, recipient=reader.public.seal)
    (arrived,) = bring_home(wang, stick)
    assert (arrived.photos_fetched, state(wang, photo), original(wang, id)) == (0, WANTED, None)
    assert files(wang).names() == set()
    assert move(wang).fetched == 1
    assert original(wang, id) == photo.data


def test_the_scope_decides_at_the_moment_of_the_answer(
    centre: Centre, wang: Laptop, stick: Path, wished: tuple[RecordId, Any]
) -> None:
    _, photo = wished
    export(wang, stick)
    centre.withdraw(wang, GRID_3)
    office(centre, stick)
    assert chunks_down(wang, only(stick, ".gwdown")) == []
    bring_home(wang, stick)
    assert (attachments(wang), folder(wang), blob(wang, photo)) == ({}, [], None)


def test_the_page_explains_what_bundles_say_of_photos() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text("utf-8")
    section = page.partition("## Bundles\n")[2].partition("\n## ")[0]
    for kind in ("blob_begin", "blob_put", "blob_commit", "blob_wish", "blob_receipt", "blob_chunk"):
        assert f"`{kind}`" in section
    for message in (BlobWish, BlobReceipt, BlobChunk):
        assert "{" + ", ".join(message.__struct_encode_fields__) + "}" in section.replace("?", "")
