"""Bundles on this laptop: what waits goes onto a stick, what the centre answers comes back from one.

A bundle carries the messages of an exchange and nothing else; taking one in twice, late or out of order is
therefore as harmless as a repeated request. Only an acknowledgement inside a `down` bundle, or one that
came over the network, takes an operation out of the queue.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from gridworker.db.blob_files import BlobFiles
from gridworker.db.checkpoint import read_cursors
from gridworker.db.database import Database
from gridworker.db.lives import EPOCH, SERVER
from gridworker.db.offers import offer_queue
from gridworker.db.on_stick import mark_on_stick, on_stick
from gridworker.db.outbox import Head, head_of, waiting_after
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.sync.device_keys import ask_again, centre_keys, ensure_keys
from gridworker.sync.stick_photos import STICK_BYTES, Load, load_photos, note_load
from gridworker.wire.bundle import Manifest, Packed, Progress, pack, seal_bundle
from gridworker.wire.bundle_keys import BundleKeys, fingerprint
from gridworker.wire.envelope import SCHEMA, Envelope
from gridworker.wire.messages import PublicKeys, PullRequest, PushRequest
from gridworker.wire.stick import UP_SUFFIX, bundle_name, clear_parts, write_whole

PUSH_OPS, PUSH_BYTES = 200, (1 << 20) - (1 << 12)
MAX_UP_BYTES = 128 << 20
"""Of operations in one bundle; what is left goes into the next one."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that was written: its file, how many operations and photos are in it, and how many are not.

    A photo may be in it with some of its chunks; `photos_left` are those that no stick has all of.
    """

    file: str
    bundle_id: str
    operations: int
    left: int
    bytes: int
    photos: int = 0
    photos_left: int = 0


class _Self(NamedTuple):
    """What a laptop says of itself in every bundle."""

    epoch: str
    server: str
    head: Head
    centre: PublicKeys


def export_bundle(
    database: Database,
    target: Path,
    *,
    app: str,
    only_new: bool = False,
    photo_bytes: int = STICK_BYTES,
    on_progress: Progress = lambda _done, _total: None,
) -> Exported:
    """Write everything that waits, and the question what is new at the centre, into a file or folder.

    Photos come after the records, up to `photo_bytes`; those that are on no stick yet come first. With
    `only_new` what is on a stick already is left out; if that stick was lost the receipt will say so, and the
    next bundle begins there. Raises Problem not_enrolled, bundle_no_centre_key, stick_full, stick_unwritable.
    """
    keys = database.write(_ensure_ready)
    offer_queue(database)
    with database.read() as reader:
        me = _self(reader)
        manifest, messages, left = _gather(reader, me, app=app, only_new=only_new, on_progress=on_progress)
        photos = load_photos(reader, BlobFiles(database.path), budget=photo_bytes, only_new=only_new)
    manifest = msgspec.structs.replace(
        manifest, bundle_id=database.ports.new_id(), made_ms=database.ports.now_ms()
    )
    messages += photos.messages
    file = _file_for(target, manifest)
    size = write_whole(
        file, lambda out: seal_bundle(out, manifest, messages, keys=keys, recipient=me.centre.seal)
    )
    database.write(_note_written, manifest, photos)
    operations = manifest.seq_to - manifest.seq_from + 1 if manifest.seq_to else 0
    return Exported(
        file=str(file),
        bundle_id=manifest.bundle_id,
        operations=operations,
        left=left,
        bytes=size,
        photos=len(photos.chunks),
        photos_left=photos.left,
    )


def _note_written(tx: Transaction, manifest: Manifest, photos: Load) -> None:
    if manifest.seq_to:
        mark_on_stick(tx, manifest.replica, manifest.seq_to)
    note_load(tx, photos)


def _ensure_ready(tx: Transaction) -> BundleKeys:
    """The keys of this laptop; where the centre's are missing the next exchange will ask for them."""
    if not tx.me.enrolled:
        raise Problem("not_enrolled")
    if centre_keys(tx) is None:
        ask_again(tx)
    return ensure_keys(tx)


def _self(reader: Reader) -> _Self:
    epoch, server, head = reader.meta(EPOCH), reader.meta(SERVER), head_of(reader.driver)
    if epoch is None or head is None:
        raise Problem("not_enrolled")
    centre = centre_keys(reader)
    if centre is None:
        raise Problem("bundle_no_centre_key")
    return _Self(epoch, server or "", head, centre)


def _gather(
    reader: Reader, me: _Self, *, app: str, only_new: bool, on_progress: Progress
) -> tuple[Manifest, list[Packed], int]:
    """The manifest without its name, the messages, and how many operations are left for another bundle."""
    mark = on_stick(reader)
    after = mark.seq if only_new and mark else 0
    waiting = _count_after(reader, after)
    first: Envelope | None = None
    last: Envelope | None = None
    messages: list[Packed] = []
    taken = 0
    for ops in _batches(reader, after):
        first, last = first or ops[0], ops[-1]
        taken += len(ops)
        request = PushRequest(epoch=me.epoch, replica=me.head.replica, ops=ops, more=taken < waiting)
        messages.append(pack("push", msgspec.json.encode(request)))
        on_progress(taken, waiting)
    pull = _question(reader, me)
    messages.append(pack("pull", msgspec.json.encode(pull)))
    manifest = Manifest(
        bundle_id="",
        dir="up",
        server=me.server,
        epoch=me.epoch,
        device=reader.author.device_id,
        user=reader.author.user_id,
        recipients=[fingerprint(me.centre)],
        made_ms=0,
        replica=me.head.replica,
        parent=reader.meta("parent_replica"),
        schema=SCHEMA,
        app=app,
        seq_from=first.link.seq if first else 0,
        seq_to=last.link.seq if last else 0,
        chain_from=first.link.prev if first else "",
        chain_to=last.link.hash if last else "",
        cursors_from=pull.cursors,
    )
    return manifest, messages, waiting - taken


def _batches(reader: Reader, after: int) -> Iterator[list[Envelope]]:
    """The waiting operations in requests as an exchange would send them, up to the limit of a bundle."""
    size = 0
    while size < MAX_UP_BYTES and (ops := waiting_after(reader.driver, after, PUSH_OPS, PUSH_BYTES)):
        yield ops
        after = ops[-1].link.seq
        size += sum(len(memoryview(one.body)) for one in ops)


def _count_after(reader: Reader, seq: int) -> int:
    return int(reader.rows_of("SELECT count(*) FROM outbox WHERE seq>?", (seq,))[0][0])


def _question(reader: Reader, me: _Self) -> PullRequest:
    """What is new at the centre after the last checkpoint? The answer comes back on the stick."""
    return PullRequest(
        epoch=me.epoch,
        replica=me.head.replica,
        cursors=read_cursors(reader),
        known_ack=int(reader.meta("known_ack") or 0),
        schema=SCHEMA,
    )


def _file_for(target: Path, manifest: Manifest) -> Path:
    if not target.is_dir():
        return target
    clear_parts(target, manifest.device)
    return target / bundle_name(UP_SUFFIX, manifest.device, manifest.bundle_id, manifest.made_ms)
