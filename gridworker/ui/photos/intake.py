"""Files on their way into the program: read and shrunk off the main thread, one after the other, in order."""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gridworker.actions.pictures import Photo, read_photo
from gridworker.domain.problems import Problem
from gridworker.ui.desk import Desk
from gridworker.ui.photos.strip import PhotoStrip
from gridworker.ui.visits.words import problem_words

_numbers = itertools.count()


class Intake(QObject):
    """Reads the files given to a strip; what goes wrong is said in the strip, and the others go on."""

    settled = Signal()
    """Nothing is under way any more."""

    def __init__(self, desk: Desk, strip: PhotoStrip) -> None:
        """Nothing is under way."""
        super().__init__(strip)
        self._desk, self._strip = desk, strip
        self.busy = 0

    def read(self, files: Sequence[Path], then: Callable[[Photo], object]) -> None:
        """Read files; `then` gets each photo on the main thread."""
        self._strip.say_wrong("")
        for file in files:
            self.begin()
            self._desk.background.read(
                ("photo", next(_numbers)),
                partial(read_photo, file),
                then=partial(self._arrived, then),
                failed=self.fail,
            )

    def begin(self) -> None:
        """One more is under way."""
        self.busy += 1
        self._strip.say_busy(self.busy)

    def end(self) -> None:
        """One is through."""
        self.busy -= 1
        self._strip.say_busy(self.busy)
        if not self.busy:
            self.settled.emit()

    def fail(self, problem: Problem) -> None:
        """One could not be taken in: the strip says why."""
        self._strip.say_wrong(problem_words(problem))
        self.end()

    def _arrived(self, then: Callable[[Photo], object], photo: Photo) -> None:
        then(photo)
        self.end()
