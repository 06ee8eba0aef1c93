"""Crash points: everything that a laptop does outside of its own memory is counted, and can be its last act.

A crash is what a kill leaves: the bytes on the disk at that instant. Whatever the program does while the
exception that stands for the kill runs through it never happened.
"""

import hashlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlcipher3.dbapi2 as driver

FILE_EVENTS = frozenset(
    {"open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.chmod", "os.truncate", "os.rmdir"}
)


class Crashed(BaseException):
    """The program was killed."""


class Watch:
    """Counts the boundaries of one laptop's folder and, at the one that was chosen, remembers its files."""

    def __init__(self, folder: Path, fatal: int = 0, *, around: Callable[[], object] | None = None) -> None:
        """With `around`, which tells of the world outside of the folder, the states are told apart."""
        self.folder = folder
        self.around = around
        self.fatal = fatal
        self.passed: Counter[str] = Counter()
        self.image: dict[Path, bytes] | None = None
        self.last = ""
        """What the fatal one was."""
        self.states: dict[object, int] = {}
        """What a kill would have left, and the first boundary at which it would have left that."""

    @property
    def count(self) -> int:
        """How many boundaries were passed."""
        return self.passed.total()

    def note(self, kind: str, what: str = "") -> None:
        """One boundary: the program is about to do something that lasts."""
        if self.image is not None:
            raise Crashed  # it is dead already
        self.passed[kind] += 1
        if self.around is not None:
            with _unwatched():
                self.states.setdefault((self._digest(), self.around()), self.count)
        if self.count == self.fatal:
            with _unwatched():
                self.image = {path: path.read_bytes() for path in self._files()}
            self.last = f"{kind} {what}"
            raise Crashed

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def _digest(self) -> str:
        """Of all that lasts; the index of a log does not."""
        digest = hashlib.blake2b()
        for path in self._files():
            if not path.name.endswith("-shm"):
                digest.update(str(path).encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def restore(self) -> None:
        """Put back what was on the disk when it happened."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for path, data in (self.image or {}).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


_watch: Watch | None = None


@contextmanager
def _unwatched() -> Iterator[None]:
    """What the watch itself does is no boundary."""
    global _watch
    watching, _watch = _watch, None
    try:
        yield
    finally:
        _watch = watching


def note(kind: str, what: str = "") -> None:
    """A boundary that only a test knows of, such as a line."""
    if _watch is not None:
        _watch.note(kind, what)


def _on_event(event: str, args: tuple[Any, ...]) -> None:
    if _watch is not None and event in FILE_EVENTS and args and isinstance(args[0], str | os.PathLike):
        path = os.fspath(args[0])
        inside = (
            isinstance(path, str) and path.startswith(str(_watch.folder)) and not _only_reads(event, args)
        )
        if inside:
            _watch.note("file", f"{event} {Path(path).name}")


def _only_reads(event: str, args: tuple[Any, ...]) -> bool:
    if event != "open":
        return False
    return not int(args[2]) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)


sys.addaudithook(_on_event)


class WatchedCursor(driver.Cursor):  # type: ignore[misc]  # the driver has no types
    """A cursor whose statements are boundaries."""

    def execute(self, sql: str, *args: Any) -> Any:
        """See sqlite3."""
        note("sql", sql)
        return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> Any:
        """See sqlite3."""
        note("sql", sql)
        return super().executemany(sql, *args)


class WatchedConnection(driver.Connection):  # type: ignore[misc]  # the driver has no types
    """A connection to the encrypted file whose statements are boundaries."""

    def cursor(self, *_args: Any) -> Any:
        """See sqlite3."""
        return super().cursor(WatchedCursor)

    def execute(self, sql: str, *args: Any) -> Any:
        """See sqlite3."""
        note("sql", sql)
        return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> Any:
        """See sqlite3."""
        note("sql", sql)
        return super().executemany(sql, *args)


@contextmanager
def watched_files() -> Iterator[None]:
    """Databases that are opened meanwhile, and syncs, can be watched."""
    sync, connect = os.fsync, driver.connect

    def fsync(handle: int) -> None:
        note("sync")
        sync(handle)

    def opened(path: Any, **options: Any) -> Any:
        return connect(path, factory=WatchedConnection, **options)

    with patch.object(os, "fsync", fsync), patch.object(driver, "connect", opened):
        yield


def run_watched(watch: Watch, act: Callable[[], object]) -> bool:
    """Do something under watch; True where the program was killed by it."""
    global _watch
    _watch = watch
    try:
        act()
    except BaseException:
        if watch.image is None:
            raise
        return True
    finally:
        _watch = None
    if watch.image is not None:
        raise AssertionError(f"somebody went on after the kill at {watch.last}")
    return False
