"""Photos on sticks by who lies: wrong sums, foreign and oversized bytes, torn words; all of it harmless."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.db.blobs import LOCAL, STORED
from gridworker.server import stick_photos
from gridworker.server.bundle_keys import own_keys as centre_own_keys
from gridworker.sync.device_keys import centre_keys, own_keys
from gridworker.wire.blobs import (
    CHUNK_BYTES,
    BlobBeginRequest,
    BlobCommitRequest,
    BlobPutRequest,
    BlobReceipt,
    BlobWish,
    blob_hash,
    chunks_of,
)
from gridworker.wire.bundle import Packed, pack, peek_manifest, seal_bundle
from tests.db.laptop import look
from tests.sync.laptop import Centre, Laptop, add
from tests.sync.photo_sticks import chunks_down, inside_down, inside_up, receipts
from tests.sync.photos import (
    attach,
    get_size,
    in_grid,
    move,
    photo_of,
    state,
    sync_all,
)
from tests.sync.stick import bring_home, export, office, only


def wish_for(sha: str, index: int = 0) -> Packed:
    """A wish."""
    return pack("blob_wish", msgspec.json.encode(BlobWish(sha=sha, index=index)))


def chunked(laptop: Laptop, photo: Any, *, claimed: bytes | None = None, **said: Any) -> list[Packed]:
    """A photo as a laptop sends it, or with other words; `claimed` is what the hashes are of."""
    epoch, data = laptop.meta("epoch"), photo.data
    facts: dict[str, Any] = {
        "epoch": epoch,
        "sha": photo.sha,
        "size": len(data),
        "chunk": CHUNK_BYTES,
        "chunk_hashes": [blob_hash(chunk) for chunk in chunks_of(claimed or data)],
    }
    return [
        pack("blob_begin", msgspec.json.encode(BlobBeginRequest(**{**facts, **said}))),
        *(
            pack(
                "blob_put",
                msgspec.json.encode(BlobPutRequest(epoch=epoch, sha=photo.sha, index=n, data=each)),
            )
            for n, each in enumerate(chunks_of(data))
        ),
        pack("blob_commit", msgspec.json.encode(BlobCommitRequest(epoch=epoch, sha=photo.sha))),
    ]


def hostile(laptop: Laptop, file: Path, *messages: Packed) -> None:
    """A bundle as a laptop signs it, and with these messages behind its own."""
    clean = file.with_suffix(".clean")
    export(laptop, clean, photo_bytes=0)
    keys, centre = look(laptop.database, own_keys), look(laptop.database, centre_keys)
    assert keys is not None
    assert centre is not None
    own = [pack(kind, message) for kind, message in inside_up(laptop, clean)]
    with clean.open("rb") as source:
        manifest = peek_manifest(source, laptop.centre.store.read(centre_own_keys).seal)
    clean.unlink()
    with file.open("wb") as out:
        seal_bundle(out, manifest, [*own, *messages], keys=keys, recipient=centre.seal)


def wrong_bytes(laptop: Laptop, photo: Any) -> list[Packed]:
    """Chunks that are not what their hashes say."""
    return chunked(laptop, photo, claimed=bytes(len(photo.data)))


def wrong_whole(laptop: Laptop, photo: Any) -> list[Packed]:
    """Chunks that are as said, of something else than the name says."""
    other = photo_of(len(photo.data) / CHUNK_BYTES)
    return chunked(laptop, msgspec.structs.replace(other, sha=photo.sha))


def oversized(laptop: Laptop, photo: Any) -> list[Packed]:
    """More than a photo may have."""
    return chunked(laptop, photo, size=9 << 20, chunk_hashes=["0" * 64] * 36)


def not_begun(laptop: Laptop, photo: Any) -> list[Packed]:
    """Chunks of which nothing was said before."""
    return chunked(laptop, photo)[1:]


def foreign(laptop: Laptop, _photo: Any) -> list[Packed]:
    """Bytes that no record names."""
    return chunked(laptop, photo_of(1))


def torn(laptop: Laptop, photo: Any) -> list[Packed]:
    """Messages that are none, then nothing but the end."""
    rubbish = [pack(kind, b'{"sha":') for kind in ("blob_begin", "blob_put", "blob_commit", "blob_wish")]
    return [*rubbish, pack("blob_later", b"?"), *chunked(laptop, photo)[-1:]]


def elsewhere(laptop: Laptop, photo: Any) -> list[Packed]:
    """Another life of the centre, wishes that mean nothing, names that are paths."""
    wishes = [wish_for(photo.sha, -1), wish_for(photo.sha, 10**9), wish_for("../../etc/passwd"), wish_for("")]
    return [*wishes, *chunked(laptop, photo, epoch="elsewhere")]


@pytest.mark.parametrize(
    "attack, code",
    [
        (wrong_bytes, "blob_mismatch"),
        (wrong_whole, "blob_mismatch"),
        (oversized, "too_large"),
        (not_begun, "no_blob"),
        (foreign, "no_blob"),
        (torn, "no_blob"),
        (elsewhere, "epoch"),
    ],
)
def test_hostile_photos_harm_neither_records_nor_other_photos(
    centre: Centre, zhang: Laptop, stick: Path, attack: Callable[[Laptop, Any], list[Packed]], code: str
) -> None:
    photo, honest = photo_of(2), photo_of(1)
    person = add(zhang)
    for each in (photo, honest):
        attach(zhang, person, each)
    hostile(zhang, stick / "a.gwup", *attack(zhang, photo), *chunked(zhang, honest))
    (outcome,) = office(centre, stick)
    assert (outcome.code, outcome.results) == ("taken", {"applied": 3})
    assert outcome.photos == {code: 1, "stored": 1}
    (arrived,) = bring_home(zhang, stick)
    assert (arrived.photos_sent, state(zhang, honest), state(zhang, photo)) == (1, STORED, LOCAL)
    assert [path.name for path in (centre.folder / "centre.blobs").glob("??/*")] == [honest.sha]
    assert sync_all(zhang).sent == 1
    assert get_size(centre, photo.sha) == len(photo.data)


def test_more_than_a_day_s_quota_is_left_for_tomorrow(
    centre: Centre, zhang: Laptop, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = add(zhang)
    for _ in range(3):
        attach(zhang, person, photo_of(2))
    export(zhang, stick)
    monkeypatch.setattr("gridworker.server.blobs.QUOTA_BYTES", 5 * CHUNK_BYTES)
    (outcome,) = office(centre, stick)
    assert outcome.photos == {"stored": 2, "quota": 1}


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_a_bundle_with_photos_that_is_not_whole_is_not_taken_at_all(
    centre: Centre, zhang: Laptop, stick: Path, keep: float
) -> None:
    photo = photo_of(3)
    attach(zhang, add(zhang), photo)
    export(zhang, stick)
    file = only(stick, ".gwup")
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * keep)])
    (outcome,) = office(centre, stick)
    assert (outcome.code, outcome.photos) == ("bundle_damaged", {})
    assert centre.rows("SELECT count(*) FROM op_log") == [(0,)]
    file.write_bytes(whole)
    assert [each.photos for each in office(centre, stick)] == [{"stored": 1}]


def test_nothing_comes_down_for_who_may_not_see_it_and_nothing_tells_that_it_is_there(
    centre: Centre, zhang: Laptop, stick: Path, tmp_path: Path
) -> None:
    li = centre.laptop("li")
    li.sync()
    photo, unknown = photo_of(1), photo_of(1)
    in_grid(zhang, photo)
    move(zhang)
    kinds = []
    for number, sha in enumerate((photo.sha, unknown.sha)):
        place = tmp_path / f"li-{number}"
        place.mkdir()
        hostile(li, place / "a.gwup", wish_for(sha), *chunked(li, photo if number == 0 else unknown))
        office(centre, place)
        answer = only(place, ".gwdown")
        kinds.append([kind for kind, _ in inside_down(li, answer)])
        assert receipts(li, answer)[sha] == BlobReceipt(sha=sha, code="no_blob")
    assert kinds[0] == kinds[1]
    assert "blob_chunk" not in kinds[0]


def test_no_more_wishes_are_heard_than_a_laptop_makes(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = photo_of(3.5)
    in_grid(zhang, photo)
    move(zhang)
    wang.sync()
    monkeypatch.setattr(stick_photos, "MOST_WISHES", 3)
    hostile(wang, stick / "a.gwup", *(wish_for(photo.sha) for _ in range(10)))
    office(centre, stick)
    assert len(chunks_down(wang, only(stick, ".gwdown"))) == 3 * 4
