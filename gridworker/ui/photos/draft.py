"""Photos of a form that is not saved yet: in memory, by draft, until there is a record for them."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gridworker.actions.pictures import Photo
from gridworker.ui.desk import Desk
from gridworker.ui.photos.intake import Intake
from gridworker.ui.photos.strip import PhotoStrip, Shown
from gridworker.ui.photos.viewer import PhotoViewer


class PhotoDraft(QObject):
    """The files themselves stay where they are: what a crash takes from here can be added again."""

    settled = Signal()
    """No file is being read any more."""

    def __init__(self, desk: Desk, strip: PhotoStrip) -> None:
        """Without photos."""
        super().__init__(strip)
        self._strip = strip
        self._intake = Intake(desk, strip)
        self._intake.settled.connect(self.settled)
        self._by_slot: dict[str, list[Photo]] = {}
        self._slot = ""
        self._viewer: PhotoViewer | None = None
        strip.files_given.connect(self._take)
        strip.opened.connect(self._open)
        strip.removed.connect(self._remove)

    @property
    def busy(self) -> bool:
        """Whether files are being read."""
        return self._intake.busy > 0

    def photos(self) -> list[Photo]:
        """What was added to the draft that is shown."""
        return list(self._by_slot.get(self._slot, []))

    def show_slot(self, slot: str) -> None:
        """Show the photos of another draft."""
        self._slot = slot
        self._strip.say_wrong("")
        self._show()

    def put(self, slot: str, photos: Sequence[Photo]) -> None:
        """Set what a draft holds."""
        self._by_slot[slot] = list(photos)
        if slot == self._slot:
            self._show()

    def _take(self, files: Sequence[Path]) -> None:
        slot = self._slot

        def arrived(photo: Photo) -> None:
            held = self._by_slot.setdefault(slot, [])
            if all(each.sha != photo.sha for each in held):
                held.append(photo)
            self._show()

        self._intake.read(files, arrived)

    def _remove(self, sha: str) -> None:
        self.put(self._slot, [photo for photo in self.photos() if photo.sha != sha])

    def _open(self, sha: str) -> None:
        photo = next((each for each in self.photos() if each.sha == sha), None)
        if photo is None:
            return
        if self._viewer is None:
            self._viewer = PhotoViewer(self._strip.window())
        self._viewer.show_photo(photo.data, photo.name)

    def _show(self) -> None:
        shown = [Shown(photo.sha, photo.thumbnail, photo.name, may_remove=True) for photo in self.photos()]
        self._strip.show_photos(shown)
        self._strip.say_busy(self._intake.busy)
