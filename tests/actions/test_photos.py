"""Photos of a record: taken in sealed, never twice, taken away and brought back; never half stored."""

import base64
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridworker.actions.photos import (
    MAX_PHOTOS,
    attach_photos,
    photos_of,
    read_original,
    remove_photo,
    restore_photo,
    take_in,
    want_original,
)
from gridworker.actions.pictures import read_photo
from gridworker.db.blob_files import BlobFiles
from gridworker.db.blobs import EVICTED, LOCAL, WANTED, find_blob, sweep_blobs, waiting_blobs
from gridworker.db.database import Database
from gridworker.db.enrolment import store_enrolment
from gridworker.db.transaction import MAX_BODY_BYTES
from gridworker.domain.attachments import Attachment
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored
from tests.actions.photo_files import CANARY, photographed, scene
from tests.db.laptop import enrolment, look, opened, operations

Work = tuple[Database, tuple[type[Case], RecordId]]


def report(database: Database, title: str) -> RecordId:
    """A case."""
    return database.write(lambda tx: tx.create(Case(title=title, category="C01", found_ms=1)))


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    """A database with a case in it."""
    with opened(tmp_path / "laptop.db") as database:
        yield (
            database,
            (Case, database.write(lambda tx: tx.create(Case(title="路灯", category="C01", found_ms=1)))),
        )


def photos(work: Work) -> list[Stored[Attachment]]:
    """The photos of the case."""
    return list(look(work[0], photos_of, work[1][1]))


def files(work: Work) -> list[Path]:
    """Everything in the folder of photos."""
    folder = BlobFiles(work[0].path).folder
    return sorted(folder.iterdir()) if folder.exists() else []


def test_a_file_becomes_a_record_and_a_sealed_file(work: Work, tmp_path: Path) -> None:
    file = photographed(tmp_path / "楼道.jpg")
    touched = take_in(*work, file)
    (stored,) = photos(work)
    photo = read_photo(file)
    record = stored.record
    assert touched.ids == {stored.id}
    assert (record.name, record.media_type, record.sha256) == ("楼道", "image/jpeg", photo.sha)
    assert (record.size, record.taken_ms) == (len(photo.data), photo.taken_ms)
    assert base64.b64decode(record.thumbnail) == photo.thumbnail
    assert read_original(work[0], record) == photo.data
    blob = look(work[0], find_blob, photo.sha)
    assert blob is not None
    assert (blob.state, blob.done, blob.size) == (LOCAL, 0, len(photo.data))
    assert file.exists()


def test_nothing_of_a_picture_can_be_read_beside_the_database(work: Work, tmp_path: Path) -> None:
    photo = read_photo(photographed(tmp_path / "王秀兰家.jpg"))
    take_in(*work, tmp_path / "王秀兰家.jpg")
    (file,) = files(work)
    sealed = file.read_bytes()
    for plain in (b"JFIF", b"WEBPVP8", CANARY.encode(), photo.data[:16], photo.data[4096:4112]):
        assert plain not in sealed
    assert photo.sha not in file.name
    assert photo.sha.encode() not in sealed
    assert len(file.name) == 32
    assert file.stat().st_mode & 0o077 == 0
    folder = BlobFiles(work[0].path).folder
    assert folder.stat().st_mode & 0o077 == 0
    blob = look(work[0], find_blob, photo.sha)
    assert blob is not None
    assert len(blob.key) == 32
    for path in (work[0].path, Path(f"{work[0].path}-wal")):
        assert blob.key not in path.read_bytes()
        assert photo.thumbnail not in path.read_bytes()


def test_every_content_has_a_key_of_its_own(work: Work, tmp_path: Path) -> None:
    for seed in range(3):
        take_in(*work, photographed(tmp_path / f"{seed}.jpg", (320, 240), seed=seed))
    blobs = [look(work[0], find_blob, stored.record.sha256) for stored in photos(work)]
    assert len({blob.key for blob in blobs if blob}) == len({blob.file for blob in blobs if blob}) == 3


def test_a_photo_that_is_there_already_is_not_stored_twice(work: Work, tmp_path: Path) -> None:
    file = photographed(tmp_path / "a.jpg", (320, 240))
    take_in(*work, file)
    assert not take_in(*work, file).ids
    other = report(work[0], "井盖")
    take_in(work[0], (Case, other), file)
    assert (len(photos(work)), len(files(work))) == (1, 1)
    assert look(work[0], photos_of, other)[0].record.sha256 == photos(work)[0].record.sha256


def test_a_record_and_its_operation_stay_within_their_limits(work: Work, tmp_path: Path) -> None:
    work[0].write(store_enrolment, enrolment("grid_worker"), "https://centre")
    file = tmp_path / f"{'长' * 60}.png"
    scene((1024, 1024)).save(file)
    take_in(*work, file)
    assert photos(work)[0].record.name == "长" * 60
    body = look(
        work[0], lambda reader: reader.rows_of("SELECT max(length(CAST(body AS BLOB))) FROM attachment")
    )
    assert 1_000 < body[0][0] < MAX_BODY_BYTES
    assert [op.kind for op in operations(work[0])] == ["case", "attachment"]
    assert operations(work[0])[1].verb == "append"


def test_a_photo_of_nothing_is_refused(work: Work, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="record_gone"):
        take_in(work[0], (Case, RecordId("nobody")), photographed(tmp_path / "a.jpg", (64, 64)))
    assert files(work) == []


def test_a_record_has_no_more_photos_than_anybody_looks_at(work: Work, tmp_path: Path) -> None:
    many = [read_photo(photographed(tmp_path / "a.jpg", (64, 48), seed=n)) for n in range(MAX_PHOTOS + 1)]
    with pytest.raises(Problem, match="photos_too_many"):
        work[0].write(attach_photos, BlobFiles(work[0].path), work[1], many)
    assert photos(work) == []
    sweep_blobs(work[0])
    assert files(work) == []
    work[0].write(attach_photos, BlobFiles(work[0].path), work[1], many[:MAX_PHOTOS])
    assert len(photos(work)) == MAX_PHOTOS


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
def test_a_full_disk_leaves_nothing_half_written(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    photo = read_photo(photographed(tmp_path / "a.jpg"))
    real = getattr(os, call)

    def full(first: object, *rest: object, **more: object) -> object:
        named = isinstance(first, os.PathLike) and str(first).endswith(".part")
        if call == "fsync" or named:
            raise OSError(errno.ENOSPC, "full")
        return real(first, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(Problem, match="disk_full"):
            work[0].write(attach_photos, BlobFiles(work[0].path), work[1], [photo])
    assert (files(work), photos(work), look(work[0], find_blob, photo.sha)) == ([], [], None)
    work[0].write(attach_photos, BlobFiles(work[0].path), work[1], [photo])
    assert len(photos(work)) == 1


def test_a_full_database_leaves_no_record_and_the_sweep_takes_the_file(work: Work, tmp_path: Path) -> None:
    photo = read_photo(photographed(tmp_path / "a.jpg"))
    with pytest.raises(ZeroDivisionError):
        work[0].write(lambda tx: (attach_photos(tx, BlobFiles(work[0].path), work[1], [photo]), 1 // 0))
    assert (photos(work), len(files(work))) == ([], 1)
    assert sweep_blobs(work[0]) == 1
    assert files(work) == []


def test_a_photo_taken_away_is_not_sent_and_can_be_brought_back(work: Work, tmp_path: Path) -> None:
    take_in(*work, photographed(tmp_path / "a.jpg", (320, 240)))
    (stored,) = photos(work)
    work[0].write(remove_photo, stored.id)
    assert (photos(work), look(work[0], waiting_blobs).photos) == ([], 0)
    work[0].write(restore_photo, BlobFiles(work[0].path), stored)
    (again,) = photos(work)
    assert again.record == stored.record
    assert look(work[0], waiting_blobs).photos == 1
    work[0].write(remove_photo, again.id)
    sweep_blobs(work[0])
    assert (files(work), look(work[0], find_blob, stored.record.sha256)) == ([], None)
    with pytest.raises(Problem, match="photo_missing"):
        work[0].write(restore_photo, BlobFiles(work[0].path), again)


def test_a_photo_that_two_records_name_stays_when_one_of_them_goes(work: Work, tmp_path: Path) -> None:
    file = photographed(tmp_path / "a.jpg", (320, 240))
    other = report(work[0], "井盖")
    take_in(*work, file)
    take_in(work[0], (Case, other), file)
    work[0].write(remove_photo, photos(work)[0].id)
    assert look(work[0], waiting_blobs).photos == 1
    assert sweep_blobs(work[0]) == 0
    assert read_original(work[0], look(work[0], photos_of, other)[0].record) is not None


def test_a_damaged_file_is_forgotten_and_can_be_fetched_again(work: Work, tmp_path: Path) -> None:
    take_in(*work, photographed(tmp_path / "a.jpg"))
    (stored,) = photos(work)
    (file,) = files(work)
    sealed = bytearray(file.read_bytes())
    sealed[len(sealed) // 2] ^= 1
    file.write_bytes(sealed)
    assert read_original(work[0], stored.record) is None
    blob = look(work[0], find_blob, stored.record.sha256)
    assert blob is not None
    assert (blob.state, blob.file, blob.key) == (EVICTED, "", b"")
    work[0].write(want_original, BlobFiles(work[0].path), stored.id)
    wanted = look(work[0], find_blob, stored.record.sha256)
    assert wanted is not None
    assert (wanted.state, len(wanted.key)) == (WANTED, 32)
    assert sweep_blobs(work[0]) == 1
