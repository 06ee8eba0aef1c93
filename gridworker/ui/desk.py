"""The desk: what every screen works with: records, settings, time, the exchange, other screens."""

import platform
import random
from collections.abc import Callable, Hashable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from gridworker import __version__
from gridworker.actions.imports.process import ImportJob
from gridworker.db.author import Author
from gridworker.db.care import CHINA, day_of
from gridworker.db.database import Database
from gridworker.db.enrolment import SERVER_URL
from gridworker.db.reader import Reader
from gridworker.db.standing import Standing, standing
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.i18n import _, problem_text
from gridworker.settings import Settings
from gridworker.sync.enrol import enrol
from gridworker.sync.exchange import Progress
from gridworker.sync.pace import MINUTE_MS, Rhythm
from gridworker.sync.remote import HttpRemote
from gridworker.sync.session import Session
from gridworker.ui.background import Background
from gridworker.ui.moments import moment_words
from gridworker.wire.messages import EnrolRequest

P = ParamSpec("P")
T = TypeVar("T")
StartImport = Callable[[Path], ImportJob]


class Notice(msgspec.Struct, frozen=True):
    """Something to tell the user in the message strip: its kind, the words, and a way back."""

    kind: str
    text: str
    action_text: str = ""
    action: Callable[[], object] | None = None


class Desk(QObject):
    """One per window, on the main thread; screens get it in their constructor."""

    touched = Signal(object)
    """A Touched: records changed, look again."""
    noticed = Signal(object)
    """A Notice to show."""
    asked = Signal(str, object)
    """A screen or form by name and what it is to show: ("visit", resident ids), ("resident", id) …"""
    sync_moved = Signal(object)
    """A Progress while an exchange runs."""
    dressed = Signal()
    """Language or looks were changed: build the window anew."""
    sync_ended = Signal(object)
    """None after a good exchange, the Problem after another."""
    scheduled = Signal()
    """Another time was set for the next exchange."""

    def __init__(
        self, database: Database, settings: Settings, background: Background, *, start_import: StartImport
    ) -> None:
        """`start_import` begins an import of a file in a process of its own."""
        super().__init__()
        self.database = database
        self.settings = settings
        self.background = background
        self.start_import = start_import
        self.syncing = False
        self.sync_problem: Problem | None = None
        self._rhythm = Rhythm()
        self._closed = False
        self.changed_setting = ""
        """The setting whose change built the window anew: its control has the keyboard again."""
        self._session = Session(database, app=__version__)
        self._author: Author | None = None
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._begin_exchange)
        background.touched.connect(self._announce)
        background.problem_occurred.connect(self.tell_problem)

    @property
    def now_ms(self) -> int:
        """The time in ms UTC."""
        return self.database.ports.now_ms()

    @property
    def today(self) -> date:
        """Today's date in China."""
        return day_of(self.now_ms)

    @property
    def author(self) -> Author:
        """Who works here."""
        if self._author is None:
            self._author = self.look(lambda reader: reader.author)
        return self._author

    def look(self, query: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read at once on the main thread: one page, one card; long lists go through `fetch`."""
        with self.database.read() as reader:
            return query(reader, *args, **kwargs)

    def fetch(self, key: Hashable, query: Callable[[Reader], T], then: Callable[[T], object]) -> None:
        """Read on the reader thread; a newer fetch of the same key makes this one's answer unwanted."""
        self.background.read(key, lambda: self.look(query), then=then)

    def write(
        self,
        action: Callable[[Transaction], Touched],
        *,
        then: Callable[[Touched], object] | None = None,
        failed: Callable[[Problem], object] | None = None,
    ) -> None:
        """Run an action on the writer thread; `then` comes after it is durable, every screen is told."""
        self.background.write(lambda: self.database.write(action), then=then, failed=failed)

    def standing(self) -> Standing:
        """The counters of the exchange."""
        return self.look(standing)

    def tell(
        self, kind: str, text: str, action_text: str = "", action: Callable[[], object] | None = None
    ) -> None:
        """Show a notice: info, ok, warn or error."""
        self.noticed.emit(Notice(kind, text, action_text, action))

    def tell_problem(self, problem: Problem) -> None:
        """Show what happened and what to do next."""
        sentence, step = problem_text(problem.code, problem.values)
        self.tell("error", f"{sentence} {step}".strip())

    @property
    def next_exchange_ms(self) -> int | None:
        """When the next exchange begins by itself (ms UTC); None where nobody has set a time."""
        return self.now_ms + self._timer.remainingTime() if self._timer.isActive() else None

    def synchronise(self) -> None:
        """Start an exchange because somebody asks, unless one is running; results arrive by signals.

        Where the centre has asked this laptop to wait it begins then, and the user is told when that is.
        """
        if self.syncing or not self.author.enrolled:
            return
        self._rhythm = self._rhythm.asked()
        wait_ms = self._rhythm.opens_ms(self.now_ms, dice=random.random)
        if not wait_ms:
            self._begin_exchange()
            return
        self._start_timer(wait_ms)
        words = _("中心请本机稍等，{moment} 自动同步。")
        now = datetime.fromtimestamp(self.now_ms / 1000, CHINA)
        self.tell("info", words.format(moment=moment_words(now + timedelta(milliseconds=wait_ms), now)))

    def _begin_exchange(self) -> None:
        if self.syncing or not self.author.enrolled:
            return
        self.syncing = True
        self.background.net(self._exchange, then=self._exchanged, failed=self._exchange_failed)

    def enrol(
        self,
        url: str,
        user: str,
        password: str,
        *,
        then: Callable[[], object],
        failed: Callable[[Problem], object],
    ) -> None:
        """Make this laptop the user's at the centre behind the URL."""

        def ask() -> Touched:
            remote = HttpRemote(url)
            try:
                request = EnrolRequest(
                    user=user, password=password, device_name=platform.node(), app=__version__
                )
                return enrol(self.database, remote, request, server_url=url)
            finally:
                remote.close()

        self.background.net(ask, then=lambda _touched: then(), failed=failed)

    def change_server(self, url: str) -> None:
        """The centre has moved; whether it is the same one shows at the next exchange, by its epoch."""

        def move(tx: Transaction) -> Touched:
            tx.set_meta(SERVER_URL, url)
            return Touched()

        self._rhythm = Rhythm()
        self.write(move, then=lambda _touched: self.synchronise())

    def stop_synchronising(self) -> None:
        """End the running exchange at its next step."""
        self._session.stop()

    def close(self) -> None:
        """Begin no exchange any more, and end the running one at its next step."""
        self._timer.stop()
        self._closed = True
        self._session.stop()

    def start_schedule(self) -> None:
        """Exchange now and then as the settings say; 0 minutes means only by hand."""
        self._schedule()

    def _exchange(self) -> Touched:
        return self._session.synchronise(
            lambda progress: self.background.later(lambda: self._moved(progress))
        )

    def _moved(self, progress: Progress) -> None:
        self.sync_moved.emit(progress)

    def _exchanged(self, _touched: Touched) -> None:
        self._end_exchange(None)

    def _exchange_failed(self, problem: Problem) -> None:
        self._end_exchange(problem)

    def _end_exchange(self, problem: Problem | None) -> None:
        self.syncing = False
        self.sync_problem = problem
        if problem is None:
            self._rhythm = self._rhythm.succeeded(self._session.pace, self.now_ms)
        else:
            self._rhythm = self._rhythm.failed(problem, self.now_ms)
        self._author = None
        self._schedule()
        self.sync_ended.emit(problem)

    def _schedule(self) -> None:
        interval_ms = self.settings.auto_sync_minutes * MINUTE_MS
        self._timer.stop()
        if interval_ms and self.author.enrolled and not self._closed:
            self._start_timer(self._rhythm.wait_ms(self.now_ms, interval_ms=interval_ms, dice=random.random))
        else:
            self.scheduled.emit()

    def _start_timer(self, wait_ms: int) -> None:
        self._timer.start(wait_ms)
        self.scheduled.emit()

    def _announce(self, touched: Touched) -> None:
        if touched.everything:
            self._author = None
        self.touched.emit(touched)
