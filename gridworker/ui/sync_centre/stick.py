"""Sticks in the sync centre: save what waits to one, read from it what the centre answered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from gridworker import __version__
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.i18n import N_, _
from gridworker.ui.controls import ProgressStrip
from gridworker.ui.desk import Desk
from gridworker.ui.menu import Action
from gridworker.ui.stick_words import arrived_words, exported_words

STICK_ACTIONS: tuple[Action[Any], ...] = (
    Action[Any](
        "save_to_stick",
        N_("存到U盘…"),
        lambda screen: screen.stick.choose_target(),
        (),
        "usb",
        ("tools", "palette"),
        enabled=lambda screen: screen.stick is not None and screen.stick.free,
    ),
    Action[Any](
        "read_from_stick",
        N_("从U盘读取…"),
        lambda screen: screen.stick.choose_source(),
        (),
        "download",
        ("tools", "palette"),
        enabled=lambda screen: screen.stick is not None and screen.stick.free,
    ),
)


class _Done(NamedTuple):
    words: str
    touched: Touched


class StickStrip(QWidget):
    """Shown while something goes to a stick or comes from one; the result is told in the message strip."""

    changed = Signal()
    """It has begun or ended."""

    def __init__(self, desk: Desk) -> None:
        """Hidden and free."""
        super().__init__()
        self._desk = desk
        self._busy = False
        self._folder = ""
        self.progress = ProgressStrip(cancellable=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.progress)
        self.hide()

    @property
    def free(self) -> bool:
        """Whether another stick may come."""
        return self._desk.author.enrolled and not self._busy

    def choose_target(self) -> None:
        """Ask for a folder and save what waits there."""
        if folder := self._ask(_("选择U盘：数据包存到这里")):
            self.save(folder)

    def choose_source(self) -> None:
        """Ask for a folder and read what is there for this computer."""
        if folder := self._ask(_("选择U盘：从这里读取中心给的数据包")):
            self.read(folder)

    def save(self, folder: Path) -> None:
        """Save what waits; told when it is safely there."""
        words = _("正在存到U盘，请不要拔出")

        def work() -> _Done:
            from gridworker.sync.bundles import export_bundle  # noqa: PLC0415 - ciphers, of which a start needs none

            done = export_bundle(
                self._desk.database, folder, app=__version__, on_progress=self._teller(words)
            )
            return _Done(exported_words(done), Touched())

        self._begin(work, words)

    def read(self, folder: Path) -> None:
        """Read what is for this computer; told when it is installed."""
        words = _("正在从U盘读取，请不要拔出")

        def work() -> _Done:
            from gridworker.sync.arrivals import import_bundles  # noqa: PLC0415 - see above

            arrived = import_bundles(self._desk.database, folder, on_progress=self._teller(words))
            touched = Touched()
            for one in arrived:
                touched |= one.touched
            return _Done("\n".join(map(arrived_words, arrived)), touched)

        self._begin(work, words)

    def _ask(self, title: str) -> Path | None:
        chosen = QFileDialog.getExistingDirectory(self, title, self._folder)
        self._folder = chosen or self._folder
        return Path(chosen) if chosen else None

    def _begin(self, work: Callable[[], _Done], words: str) -> None:
        self._busy = True
        self.show()
        self.progress.show_progress(words)
        self.changed.emit()
        # Behind a running exchange: two of them at once would only make each other wait.
        self._desk.background.net(work, then=self._tell, failed=self._fail)

    def _teller(self, words: str) -> Callable[[int, int], None]:
        later = self._desk.background.later
        return lambda done, total: later(self._move, words, done, total)

    def _move(self, words: str, done: int, total: int) -> None:
        if self._busy:
            self.progress.show_progress(words, done, total)

    def _tell(self, done: _Done) -> None:
        self._end()
        self._desk.tell("ok", done.words)

    def _fail(self, problem: Problem) -> None:
        self._end()
        self._desk.tell_problem(problem)

    def _end(self) -> None:
        self._busy = False
        self.progress.finish()
        self.hide()
        self.changed.emit()
