"""Bundles that come back from the centre: judged, then installed whole, like pages of an exchange, or not."""

from pathlib import Path
from typing import BinaryIO

import msgspec

from gridworker.db.blobs import sweep_blobs
from gridworker.db.brake import heed_brake, stopped_removal
from gridworker.db.checkpoint import drop_stage, install_checkpoint, read_cursors, stage_page
from gridworker.db.database import Database
from gridworker.db.enrolment import SERVER_NAME, store_grants
from gridworker.db.first_fill import end_fill, is_filling
from gridworker.db.lives import EPOCH, SERVER, begin_new_epoch, begin_new_replica
from gridworker.db.on_stick import take_back_mark
from gridworker.db.outbox import head_of
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.sync.device_keys import centre_keys, own_keys, remember_centre_keys
from gridworker.sync.stick_photos import PhotoTaker
from gridworker.wire.bundle import (
    Manifest,
    Progress,
    Receipt,
    check_bundle,
    decode_message,
    peek_manifest,
    read_bundle,
)
from gridworker.wire.bundle_keys import BundleKeys, fingerprint
from gridworker.wire.messages import Cursor, HelloReply, PullReply
from gridworker.wire.stick import DOWN_SUFFIX, bundles_in, opened

EXPIRES_MS = 30 * 86_400_000
"""A `down` bundle is good for so long: an old one may show what its reader should no longer see."""
STOPPED = "mass_removal"
"""Why the pages of a bundle were not installed: a person has to agree first, and then read it in again."""
_DOCUMENT_OR_NULL = (b"{", b"n")


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle brought: rows, acknowledged operations, refusals of what had been sent.

    Not `fresh` is a bundle whose rows say nothing which this database does not know by now. `photos_sent` are
    those of which the centre says that it has them now, `photos_fetched` originals that are here now, and
    `photo_fault` is the code of what was in the way of others.
    """

    file: str
    bundle_id: str
    made_ms: int
    fresh: bool
    rows: int = 0
    acknowledged: int = 0
    refused: tuple[str, ...] = ()
    photos_sent: int = 0
    photos_fetched: int = 0
    photo_fault: str = ""
    touched: Touched = Touched()


def import_bundles(
    database: Database, place: Path, *, on_progress: Progress = lambda _done, _total: None
) -> list[Arrived]:
    """Take in a bundle, or all those of a folder that are for this laptop, oldest first.

    Raises Problem: stick_unreadable, bundle_none_here, bundle_damaged, bundle_foreign, bundle_forged,
    bundle_newer, bundle_too_large, bundle_wrong_way, bundle_other_server, bundle_other_device,
    bundle_other_epoch, bundle_expired, bundle_needs_earlier, bundle_no_centre_key, mass_removal.
    """
    with database.read() as reader:
        keys = own_keys(reader)
    if keys is None:
        raise Problem("bundle_foreign")  # whoever has no key yet was never written to
    files = bundles_in(place, DOWN_SUFFIX)
    if place in files:
        return [_import(database, place, keys, on_progress)]
    arrived: list[Arrived] = []
    problems: list[Problem] = []
    for file in _for_me(files, keys, problems):
        try:
            arrived.append(_import(database, file, keys, on_progress))
        except Problem as problem:
            problems.append(problem)  # an old or damaged one beside a good one is no news
    if not arrived:
        raise problems[-1] if problems else Problem("bundle_none_here", folder=place.name)
    return arrived


def _for_me(files: list[Path], keys: BundleKeys, problems: list[Problem]) -> list[Path]:
    """Those that this laptop can open, in the order in which they were made; others share the stick."""
    found: list[tuple[int, Path]] = []
    for file in files:
        try:
            with opened(file) as source:
                found.append((peek_manifest(source, keys.seal).made_ms, file))
        except Problem as problem:
            if problem.code != "bundle_foreign":
                problems.append(problem)
    return [file for _, file in sorted(found)]


def _import(database: Database, file: Path, keys: BundleKeys, on_progress: Progress) -> Arrived:
    arrived = _take_in(database, file, keys, on_progress)
    if STOPPED in arrived.refused:
        with database.read() as reader:
            heed_brake(reader)
    return arrived


def _take_in(database: Database, file: Path, keys: BundleKeys, on_progress: Progress) -> Arrived:
    with opened(file) as source:
        with database.read() as reader:
            check_bundle(source, keys.seal, _Judge(reader, database.ports.now_ms()))
        arrived = _import_records(database, source, file.name, keys=keys, on_progress=on_progress)
        arrived = _import_photos(database, source, arrived, keys)
    sweep_blobs(database)
    return arrived


def _import_records(
    database: Database, source: BinaryIO, name: str, *, keys: BundleKeys, on_progress: Progress
) -> Arrived:
    try:
        return database.write(_install, source, name=name, keys=keys, on_progress=on_progress)
    except Problem as problem:
        if problem.code != "fork_detected":
            raise
    # It acknowledges what this database never wrote: a copy of it lives elsewhere.
    database.write(begin_new_replica)
    return database.write(_install, source, name=name, keys=keys, on_progress=on_progress)


def _import_photos(database: Database, source: BinaryIO, arrived: Arrived, keys: BundleKeys) -> Arrived:
    """Photos come last, each by itself: what is wrong with them is no fault of the records."""
    taker = PhotoTaker(database, lambda reader: _Addressee(reader, database.ports.now_ms()))
    fault = ""
    try:
        read_bundle(source, keys.seal, taker)
    except Problem as problem:
        fault = problem.code
    return msgspec.structs.replace(
        arrived,
        photos_sent=taker.sent,
        photos_fetched=taker.incoming.fetched,
        photo_fault=fault,
        touched=arrived.touched | taker.incoming.touched,
    )


class _Addressee:
    """Says of a bundle whether it is the centre's, for this laptop, and not too old."""

    def __init__(self, reader: Reader, now_ms: int) -> None:
        self._reader = reader
        self._now_ms = now_ms

    def sender_key(self, manifest: Manifest) -> str:
        """The centre's, whatever the bundle says."""
        if manifest.dir != "down":
            raise Problem("bundle_wrong_way")
        if manifest.server != self._reader.meta(SERVER):
            raise Problem("bundle_other_server")
        centre = centre_keys(self._reader)
        if centre is None:
            raise Problem("bundle_no_centre_key")
        return centre.sign

    def accept(self, manifest: Manifest) -> None:
        """See Receiver."""
        keys = own_keys(self._reader)
        for_me = keys is not None and fingerprint(keys.public) in manifest.recipients
        if not for_me or manifest.device != self._reader.author.device_id:
            raise Problem("bundle_other_device")
        if manifest.made_ms + EXPIRES_MS < self._centre_ms():
            raise Problem("bundle_expired")

    def take(self, kind: str, message: bytes) -> None:
        """A judge takes nothing."""

    def _centre_ms(self) -> int:
        """The centre's time now, as far as one can tell here; a clock that was set back does not count."""
        offset = int(self._reader.meta("clock_offset_ms") or 0)
        return max(self._now_ms + offset, int(self._reader.meta("consistent_ms") or 0))


class _Judge(_Addressee):
    """Says besides whether it goes on where this database is, and whether that is news."""

    def __init__(self, reader: Reader, now_ms: int) -> None:
        super().__init__(reader, now_ms)
        self.fresh = True

    def accept(self, manifest: Manifest) -> None:
        """See Receiver."""
        super().accept(manifest)
        epoch = self._reader.meta(EPOCH)
        if manifest.epoch == epoch:
            self.fresh = _says_more(self._reader, manifest)
        elif manifest.former != epoch:
            raise Problem("bundle_other_epoch")


def _says_more(reader: Reader, manifest: Manifest) -> bool:
    """Whether a bundle is news; raises Problem `bundle_needs_earlier` where it begins behind what is here."""
    own = {scope: cursor for scope, cursor in read_cursors(reader).items() if cursor.seq > 0}
    asked, upto = manifest.cursors_from, manifest.cursors_to
    for scope in asked.keys() & upto.keys():
        if asked[scope].seq > 0 and (scope not in own or _place(own[scope]) < _place(asked[scope])):
            raise Problem("bundle_needs_earlier")
    # Since it was asked for, an exchange has read further, or read a scope that the bundle cannot sweep.
    overtaken = any(
        scope not in asked or (scope in upto and _place(own[scope]) > _place(upto[scope])) for scope in own
    )
    known = (
        bool(upto)
        and own == upto
        and not (_is_mine(reader, manifest) and manifest.seq_to > _known_ack(reader))
    )
    return not (overtaken or known)


def _place(cursor: Cursor) -> tuple[int, int]:
    return cursor.gen, cursor.seq


def _is_mine(reader: Reader, manifest: Manifest) -> bool:
    """Whether it speaks of the present life of this database's queue."""
    head = head_of(reader.driver)
    return head is not None and head.replica == manifest.replica


def _known_ack(reader: Reader) -> int:
    return int(reader.meta("known_ack") or 0)


class _Installer(_Judge):
    """Stages the pages of a bundle as an exchange does, and keeps what stands beside them."""

    def __init__(self, tx: Transaction, on_progress: Progress) -> None:
        super().__init__(tx, tx.now_ms)
        self.hello: HelloReply | None = None
        self.receipts: list[Receipt] = []
        self.last: PullReply | None = None
        self.rows = 0
        self._tx = tx
        self._on_progress = on_progress
        self._mine = False
        self._frames = self._done = 0

    def accept(self, manifest: Manifest) -> None:
        """Judge it again, now that nobody else writes."""
        super().accept(manifest)
        self._mine = _is_mine(self._tx, manifest)
        self._frames = len(manifest.frames)
        if self.fresh:
            drop_stage(self._tx)

    def take(self, kind: str, message: bytes) -> None:
        """See Receiver."""
        self._done += 1
        self._on_progress(self._done, self._frames)
        if not self.fresh:
            return
        match kind:
            case "hello":
                self.hello = decode_message(HelloReply, message)
            case "receipt":
                self.receipts.append(decode_message(Receipt, message))
            case "page":
                self._stage(decode_message(PullReply, message))

    def _stage(self, page: PullReply) -> None:
        if not all(bytes(memoryview(entry.body)[:1]) in _DOCUMENT_OR_NULL for entry in page.entries):
            raise Problem("bundle_damaged")
        old = page.ack is not None and page.ack.seq < _known_ack(self._tx)
        if old or not self._mine:
            page = msgspec.structs.replace(page, ack=None, results=[])
        stage_page(self._tx, msgspec.json.encode(page), page.cursors)
        self.rows += len(page.entries)
        self.last = page


def _install(
    tx: Transaction, source: BinaryIO, *, name: str, keys: BundleKeys, on_progress: Progress
) -> Arrived:
    """All of a bundle in one transaction; a kill leaves the database as it was."""
    installer = _Installer(tx, on_progress)
    manifest = read_bundle(source, keys.seal, installer)
    arrived = Arrived(
        file=name, bundle_id=manifest.bundle_id, made_ms=manifest.made_ms, fresh=installer.fresh
    )
    if not installer.fresh:
        return arrived
    if manifest.epoch != tx.meta(EPOCH):
        begin_new_epoch(tx, manifest.epoch)
        return msgspec.structs.replace(arrived, refused=("epoch",))
    waiting = _waiting(tx)
    touched = _install_pages(tx, installer)
    stopped = (STOPPED,) if installer.last is not None and stopped_removal(tx) else ()
    return msgspec.structs.replace(
        arrived,
        rows=installer.rows,
        acknowledged=waiting - _waiting(tx),
        refused=(*stopped, *_obey(tx, installer.receipts)),
        touched=touched,
    )


def _install_pages(tx: Transaction, installer: _Installer) -> Touched:
    if installer.last is None:
        return Touched()  # only receipts
    if not installer.last.done:
        raise Problem("bundle_damaged")
    touched = install_checkpoint(tx)
    if stopped_removal(tx) is not None:
        return touched
    if is_filling(tx):
        touched |= end_fill(tx, installer.last.server_ms)
    hello = installer.hello
    if hello is not None:
        tx.set_meta(SERVER_NAME, hello.server_name)
        remember_centre_keys(tx, hello.keys)
        if store_grants(tx, hello.grants, hello.user_name):
            touched |= Touched(everything=True)
    return touched


def _waiting(reader: Reader) -> int:
    return int(reader.rows_of("SELECT count(*) FROM outbox")[0][0])


def _obey(tx: Transaction, receipts: list[Receipt]) -> list[str]:
    """Do what the centre asks for where it could not take a bundle, and name its reasons."""
    refused = []
    for receipt in receipts:
        head = head_of(tx.driver)
        if receipt.code == "taken" or head is None or receipt.replica != head.replica:
            continue
        refused.append(receipt.code)
        if receipt.code == "gap" and receipt.expect is not None:
            take_back_mark(tx, receipt.expect - 1)
        elif receipt.code == "fork":
            begin_new_replica(tx)
    return refused
