"""What a worker does with photos: take one in, take it away and bring it back, ask for the original."""

import base64
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gridworker.actions.pictures import Photo, read_photo
from gridworker.actions.typed import tidy
from gridworker.db.blob_files import BlobFiles
from gridworker.db.blobs import damaged, drop_blob, evict_blob, find_blob, keep_blob, read_blob, want_blob
from gridworker.db.database import Database
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.attachments import Attachment
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record, RecordId, Stored, Touched

MAX_PHOTOS = 20
"""Of one record."""
MAX_NAME = 80
_UNDO = "撤销照片"
Owner = tuple[type[Record], RecordId]
"""The record that a photo belongs to: its kind and id."""


def take_in(database: Database, owner: Owner, file: Path) -> Touched:
    """A file becomes an attachment of a record; the file itself is only read.

    Raises what `read_photo` and `attach_photos` raise; nothing is stored then.
    """
    photo = read_photo(file)
    return database.write(attach_photos, BlobFiles(database.path), owner, [photo])


def attach_photos(
    tx: Transaction,
    files: BlobFiles,
    owner: Owner,
    photos: Iterable[Photo],
    *,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> Touched:
    """Store photos with their records in the grid of the owner; one that is there already is left as it is.

    Raises Problem `record_gone`, `photos_too_many`, `disk_full` and other faults of the disk.
    """
    kind, owner_id = owner
    found = tx.get(kind, owner_id)
    if found is None:
        raise Problem("record_gone", kind=kind.kind)
    known = {stored.record.sha256 for stored in photos_of(tx, owner_id)}
    for photo in photos:
        if photo.sha in known:
            continue
        known.add(photo.sha)
        if len(known) > MAX_PHOTOS:
            raise Problem("photos_too_many", limit=MAX_PHOTOS)
        keep_blob(tx, files, photo.sha, photo.data, random_bytes=random_bytes)
        tx.create(attachment_of(photo, owner_id), scope=found.scope)
    return tx.touched


def attachment_of(photo: Photo, owner_id: RecordId) -> Attachment:
    """The record of a photo."""
    return Attachment(
        owner_id=owner_id,
        name=tidy(photo.name)[:MAX_NAME],
        media_type=photo.media_type,
        size=len(photo.data),
        sha256=photo.sha,
        taken_ms=photo.taken_ms,
        thumbnail=base64.b64encode(photo.thumbnail).decode(),
    )


def remove_photo(tx: Transaction, id: RecordId) -> Touched:
    """Take a photo away; bytes that nothing else names need not be sent, and go with the next sweep.

    Raises Problem `record_gone`.
    """
    found = tx.get(Attachment, id)
    if found is None:
        raise Problem("record_gone", kind=Attachment.kind)
    tx.delete(Attachment, id, why=_UNDO)
    drop_blob(tx, found.record.sha256)
    return tx.touched


def restore_photo(tx: Transaction, files: BlobFiles, removed: Stored[Attachment]) -> Touched:
    """Bring a photo back that was just taken away, as a record of its own.

    Raises Problem `photo_missing` where its bytes are gone from here and the centre never had them.
    """
    blob = find_blob(tx, removed.record.sha256)
    if removed.pending and (blob is None or not files.has(blob.file)):
        raise Problem("photo_missing")
    tx.create(removed.record, scope=removed.scope)
    if blob is not None and files.has(blob.file):
        data = read_blob(tx, files, blob.sha)
        if data is not None:
            keep_blob(tx, files, blob.sha, data)
    return tx.touched


def want_original(tx: Transaction, files: BlobFiles, id: RecordId) -> Touched:
    """Ask for the original of a photo; it comes with the next exchange."""
    found = tx.get(Attachment, id)
    if found is not None:
        blob = find_blob(tx, found.record.sha256)
        if blob is None or not files.has(blob.file):
            want_blob(tx, found.record.sha256, found.record.size)
    return Touched()


def read_original(database: Database, attachment: Attachment) -> bytes | None:
    """The original if it is here and whole; a damaged one is forgotten, so that it can be fetched again."""
    files = BlobFiles(database.path)
    try:
        with database.read() as reader:
            return read_blob(reader, files, attachment.sha256)
    except Problem as problem:
        if not damaged(problem):
            raise
        database.write(evict_blob, attachment.sha256)
        return None


def photos_of(reader: Reader, owner_id: RecordId) -> Sequence[Stored[Attachment]]:
    """The photos of a record, the oldest first."""
    return list(reversed(reader.linked(Attachment, owner_id)))
