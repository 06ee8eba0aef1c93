"""The mind of the strip on the card of a stored record: takes photos in and away, shows the originals."""

import base64
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from gridworker.actions.photos import (
    Owner,
    attach_photos,
    photos_of,
    read_original,
    remove_photo,
    restore_photo,
    want_original,
)
from gridworker.actions.pictures import Photo
from gridworker.db.blob_files import BlobFiles
from gridworker.db.blobs import LOCAL, UPLOADING, WANTED, Blob, find_blob
from gridworker.db.reader import Reader
from gridworker.domain.attachments import Attachment
from gridworker.domain.records import RecordId, Stored, Touched
from gridworker.domain.roles import ROLES
from gridworker.i18n import _
from gridworker.ui.desk import Desk
from gridworker.ui.photos.intake import Intake
from gridworker.ui.photos.strip import PhotoStrip, Shown
from gridworker.ui.photos.viewer import PhotoViewer
from gridworker.ui.visits.words import moment_of, problem_words
from gridworker.wire.blobs import chunk_count


class PhotoKeeper(QObject):
    """State is the record, its photos, and the one that is looked at."""

    def __init__(self, desk: Desk, strip: PhotoStrip) -> None:
        """Shows nothing until `show_owner`."""
        super().__init__(strip)
        self._desk, self._strip = desk, strip
        self._intake = Intake(desk, strip)
        self._owner: Owner | None = None
        self._mine = False
        self._photos: Mapping[str, Stored[Attachment]] = {}
        self._looked_at = ""
        self._viewer: PhotoViewer | None = None
        strip.files_given.connect(self._take)
        strip.opened.connect(self._open)
        strip.removed.connect(self._remove)
        desk.touched.connect(self._look_again)

    def show_owner(self, owner: Owner | None, *, worker_id: str = "") -> None:
        """Show the photos of a record, which `worker_id` has made."""
        if owner != self._owner:
            self._strip.say_wrong("")
        self._owner = owner
        author = self._desk.author
        reviews = author.role in ROLES and ROLES[author.role].reviews
        self._mine = worker_id == author.user_id or reviews
        self._show()

    def _look_again(self, touched: Touched) -> None:
        if touched.concerns(Attachment):
            self._show()
            if self._viewer is not None and self._viewer.isVisible():
                self._open(self._looked_at)

    def _show(self) -> None:
        if self._owner is None:
            return
        stored, blobs = self._desk.look(_photos_and_blobs, self._owner[1])
        self._photos = {each.id: each for each in stored}
        has_centre = self._desk.author.enrolled
        self._strip.show_photos(
            [self._shown(each, blobs.get(each.record.sha256), has_centre=has_centre) for each in stored]
        )
        self._strip.say_busy(self._intake.busy)

    def _shown(self, stored: Stored[Attachment], blob: Blob | None, *, has_centre: bool) -> Shown:
        words = state_words(blob) if has_centre else ""
        may_remove = self._mine or stored.pending
        return Shown(stored.id, thumbnail_of(stored.record), stored.record.name, words, may_remove)

    # --------------------------------------------------------------------------------------------- taking in

    def _take(self, files: Sequence[Path]) -> None:
        if self._owner is not None:
            self._intake.read(files, partial(self._store, self._owner))

    def _store(self, owner: Owner, photo: Photo) -> None:
        self._intake.begin()
        files = BlobFiles(self._desk.database.path)
        self._desk.write(
            partial(attach_photos, files=files, owner=owner, photos=[photo]),
            then=partial(self._stored, photo),
            failed=self._intake.fail,
        )

    def _stored(self, photo: Photo, touched: Touched) -> None:
        self._intake.end()
        if touched.ids:
            self._desk.tell("ok", _("已存本机：照片 {name}").format(name=photo.name))
        else:
            self._strip.say_wrong(_("这张照片已经在这里了：{name}").format(name=photo.name))

    def _remove(self, id: RecordId) -> None:
        removed = self._photos.get(id)
        if removed is None:
            return
        files = BlobFiles(self._desk.database.path)
        undo = partial(self._desk.write, partial(restore_photo, files=files, removed=removed))
        words = _("已去掉照片 {name}").format(name=removed.record.name)
        self._desk.write(
            partial(remove_photo, id=id),
            then=lambda _touched: self._desk.tell("ok", words, _("撤销"), undo),
        )

    # --------------------------------------------------------------------------------------------- looking at

    def _open(self, id: str) -> None:
        stored = self._photos.get(id)
        if stored is None:
            if self._viewer is not None:
                self._viewer.hide()
            return
        self._looked_at = id
        self._desk.background.read(
            ("photo-original", str(self._owner)),
            partial(read_original, self._desk.database, stored.record),
            then=partial(self._show_original, stored),
            failed=lambda problem: self._strip.say_wrong(problem_words(problem)),
        )

    def _show_original(self, stored: Stored[Attachment], data: bytes | None) -> None:
        caption = self._caption(stored.record)
        if data is not None:
            self._shown_in().show_photo(data, caption)
            return
        self._shown_in().show_photo(thumbnail_of(stored.record), caption, _missing_words(self._desk))
        blob = self._desk.look(find_blob, stored.record.sha256)
        if blob is None or blob.state != WANTED:
            files = BlobFiles(self._desk.database.path)
            self._desk.write(
                partial(want_original, files=files, id=stored.id),
                then=lambda _touched: self._desk.synchronise(),
            )

    def _caption(self, record: Attachment) -> str:
        taken = moment_of(record.taken_ms, self._desk.now_ms) if record.taken_ms else ""
        return "  ".join(filter(None, (record.name, taken)))

    def _shown_in(self) -> PhotoViewer:
        if self._viewer is None:
            self._viewer = PhotoViewer(self._strip.window())
            self._viewer.stepped.connect(self._step)
        return self._viewer

    def _step(self, by: int) -> None:
        ids = list(self._photos)
        at = ids.index(self._looked_at) + by if self._looked_at in ids else -1
        if 0 <= at < len(ids):
            self._open(ids[at])


def state_words(blob: Blob | None) -> str:
    """Where the bytes of a photo stand, empty where there is nothing to say."""
    if blob is None:
        return ""
    if blob.state == UPLOADING:
        return _("已送 {done}/{total}").format(done=blob.done, total=chunk_count(blob.size))
    return {LOCAL: _("待送"), WANTED: _("取原图")}.get(blob.state, "")


def thumbnail_of(record: Attachment) -> bytes:
    """The picture that came with the record."""
    try:
        return base64.b64decode(record.thumbnail)
    except ValueError:
        return b""


def _photos_and_blobs(
    reader: Reader, owner_id: RecordId
) -> tuple[Sequence[Stored[Attachment]], dict[str, Blob]]:
    stored = photos_of(reader, owner_id)
    blobs = (find_blob(reader, each.record.sha256) for each in stored)
    return stored, {blob.sha: blob for blob in blobs if blob is not None}


def _missing_words(desk: Desk) -> str:
    if desk.author.enrolled:
        return _("这是缩略图。原图不在这台电脑上，正在向中心取；没有网络时，下次同步会取回。")
    return _("这是缩略图。原图已经不在这台电脑上。")
