"""Photos in a simulation: taken, sent, asked for; lost, damaged and cut off on laptops and at the centre."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridworker.actions.photos import attach_photos, photos_of
from gridworker.actions.pictures import Photo
from gridworker.db.blob_files import BlobFiles
from gridworker.db.blobs import (
    BLOB_FAULT,
    UPLOADING,
    Blob,
    damaged,
    find_blob,
    is_named,
    read_blob,
    sweep_blobs,
    to_send,
    want_blob,
)
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.attachments import Attachment
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.sync.blobs import BlobExchange, Moved
from gridworker.wire.blobs import blob_hash
from tests.faults.simulator.world import Violated, World

if TYPE_CHECKING:
    from tests.faults.simulator.device import Device, Run

SIZES = (200, 900, 3_000, 3_000, 300_000)
"""Bytes of a photo: the last one is more than one chunk."""
OWNERS: tuple[type[Record], ...] = (Resident, Visit, Case)
ENOUGH = 3
"""Photos of one record."""


# --------------------------------------------------------------------------------------- what people do


def photograph(device: "Device", tx: Transaction) -> None:
    """A photo of a person, a visit or a case."""
    from tests.faults.simulator.people import any_of  # noqa: PLC0415 - it knows this table

    rng = device.world.rng
    kind = rng.choice(OWNERS)
    found = any_of(device, tx, kind)
    if found is None or len(photos_of(tx, found.id)) >= ENOUGH:
        return
    name = device.world.words(found.scope, "照片")
    data = name.encode() + rng.randbytes(rng.choice(SIZES))
    photo = Photo(name, data, blob_hash(data), b"small", 1, 2, 3)
    device.world.album.photos[photo.sha] = data
    attach_photos(tx, BlobFiles(device.path), (kind, found.id), [photo], random_bytes=rng.randbytes)


def look_closer(device: "Device", tx: Transaction) -> None:
    """Somebody wants to see an original that is not here."""
    files, rng = BlobFiles(device.path), device.world.rng
    missing = [one for one in tx.all(Attachment) if not _is_here(tx, files, one.record.sha256)]
    if missing:
        record = rng.choice(sorted(missing, key=lambda one: one.id)).record
        want_blob(tx, record.sha256, record.size, random_bytes=rng.randbytes)


def _is_here(reader: Reader, files: BlobFiles, sha: str) -> bool:
    blob = find_blob(reader, sha)
    return blob is not None and files.has(blob.file)


# ------------------------------------------------------------------------------------------ on their way


def moves(run: "Run") -> Iterator[Moved]:
    """What follows an exchange of records: the machine that moves photos, and the sweep."""
    yield from BlobExchange(run.database, run.line, random_bytes=run.device.world.rng.randbytes).run()
    sweep_blobs(run.database)


def move_all(device: "Device") -> None:
    """Everything that waits, at once."""
    from tests.faults.simulator.device import Run  # noqa: PLC0415 - it begins these

    for _ in moves(Run(device, device.database)):
        pass


# ---------------------------------------------------------------------------------------- what goes wrong


def cut_off(device: "Device") -> None:
    """The program is killed in the middle of a photo, which is half at the centre."""
    from tests.faults.simulator.device import Run  # noqa: PLC0415 - it begins these

    for _ in moves(Run(device, device.database)):
        with device.database.read() as reader:
            half = any(blob.done > 0 for blob in to_send(reader) if blob.state == UPLOADING)
        if half:
            device.world.count("photo_partial")
            break
    device.crash()


def lose_file(device: "Device") -> None:
    """Somebody tidies up the folder of a laptop."""
    blob = _any_file(device)
    if blob is not None:
        _harm(device, blob)
        _file_of(device, blob).unlink()
        device.world.count("photo_missing")


def damage_file(device: "Device") -> None:
    """A bit of a photo on a laptop turns over."""
    blob = _any_file(device)
    if blob is not None:
        _harm(device, blob)
        data = bytearray(_file_of(device, blob).read_bytes())
        data[device.world.rng.randrange(len(data))] ^= 1 << device.world.rng.randrange(8)
        _file_of(device, blob).write_bytes(data)
        device.world.count("photo_corrupt")


def cut_file(device: "Device") -> None:
    """A photo on a laptop loses its end."""
    blob = _any_file(device)
    if blob is not None:
        _harm(device, blob)
        data = _file_of(device, blob).read_bytes()
        _file_of(device, blob).write_bytes(data[: device.world.rng.randrange(len(data))])
        device.world.count("photo_cut")


def lose_photos(world: World) -> None:
    """The backup that was put back had no photos in it."""
    shutil.rmtree(world.centre.photos, ignore_errors=True)
    world.count("centre_lost_photos")
    mourn_photos(world)


def mourn_photos(world: World) -> None:
    """The centre has lost something: what its author's laptop does not have either is gone for good."""
    world.album.excused |= world.album.photos.keys() - _held_by_authors(world) - at_centre(world)


def leave_behind(device: "Device") -> None:
    """The file of a laptop becomes an older one: nobody knows the photos any more that came later."""
    device.world.album.excused |= device.photographed - at_centre(device.world)


def _harm(device: "Device", blob: Blob) -> None:
    album = device.world.album
    album.harmed.add(blob.file)
    if blob.sha not in at_centre(device.world):
        album.excused.add(blob.sha)


def _any_file(device: "Device") -> Blob | None:
    found = [blob for blob in _blobs(device) if _file_of(device, blob).exists()]
    fresh = [blob for blob in found if blob.file not in device.world.album.harmed]
    return device.world.rng.choice(fresh) if fresh else None


def _blobs(device: "Device") -> list[Blob]:
    with device.database.read() as reader:
        names = reader.rows_of("SELECT sha256 FROM blob WHERE file<>'' ORDER BY sha256")
        return [blob for (sha,) in names if (blob := find_blob(reader, sha)) is not None]


def _file_of(device: "Device", blob: Blob) -> Path:
    return BlobFiles(device.path).folder / blob.file


def _held_by_authors(world: World) -> set[str]:
    return {
        blob.sha
        for device in world.devices
        for blob in _blobs(device)
        if blob.sha in device.photographed
        and _is_named(device, blob.sha)
        and blob.file not in world.album.harmed
        and _file_of(device, blob).exists()
    }


def _is_named(device: "Device", sha: str) -> bool:
    with device.database.read() as reader:
        return is_named(reader, sha)


def at_centre(world: World) -> set[str]:
    """The photos whose bytes the centre has."""
    rows: list[Any] = world.centre.rows("SELECT sha FROM blob")
    folder = world.centre.photos
    return {sha for (sha,) in rows if (folder / sha[:2] / sha).exists()}


# -------------------------------------------------------------------------------------------- what must be


def check_photos(world: World) -> None:
    """Whoever was told that a photo is saved finds it at the centre; nobody holds other bytes by its name."""
    there = at_centre(world)
    for saved in world.ledger.owed():
        sha = str(saved.op.values.get("sha256"))
        if saved.op.kind != Attachment.kind or saved.op.verb not in ("create", "append"):
            continue
        kept = sha in there or sha in world.album.excused or saved.op.id in world.purged
        if not kept:
            raise Violated("I12", f"the photo {sha[:8]} of {saved.disk} is nowhere")
    for sha in there:
        if blob_hash((world.centre.photos / sha[:2] / sha).read_bytes()) != sha:
            raise Violated("I3", f"the centre's photo {sha[:8]} is another one")
    for device in world.devices:
        _check_folder(device)


def _check_folder(device: "Device") -> None:
    files, album = BlobFiles(device.path), device.world.album
    with device.database.read() as reader:
        waiting, fault = [blob.sha for blob in to_send(reader)], reader.meta(BLOB_FAULT)
        if waiting:
            raise Violated("I11", f"{len(waiting)} photos still wait on {device.name}: {fault}")
        for blob in _blobs(device):
            try:
                data = read_blob(reader, files, blob.sha)
            except Problem as problem:
                if not damaged(problem) or blob.file not in album.harmed:
                    raise Violated("I12", f"a photo of {device.name} is damaged") from problem
                continue
            if data is not None and data != album.photos[blob.sha]:
                raise Violated("I3", f"a photo of {device.name} is another one")
