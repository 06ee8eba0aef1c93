"""The local database: opening it, one writer, and read snapshots for every thread."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from sqlalchemy import Connection, Engine

from gridworker.db.anchor import Anchor
from gridworker.db.cipher import LOCK_WAIT_S, engine_for
from gridworker.db.extra import needs_review, review
from gridworker.db.faults import sorted_faults, sorted_file_faults
from gridworker.db.migrate import bring_up_to_date
from gridworker.db.outbox import head_of
from gridworker.db.reader import Reader, driver_of
from gridworker.db.transaction import Transaction
from gridworker.domain.names import PinyinTable

READER_CACHE_KIB = 16 << 10
"""Each thread that reads has one; with the writer's they are most of what the program holds in memory."""
P = ParamSpec("P")
T = TypeVar("T")


class Ports(msgspec.Struct, frozen=True):
    """What the database may know of the world: the time in ms UTC, and new ids."""

    now_ms: Callable[[], int]
    new_id: Callable[[], str]


class Database:
    """An open, encrypted database; `write` may be called from any thread and is served one at a time."""

    def __init__(self, path: Path, engine: Engine, *, ports: Ports, pinyin: PinyinTable) -> None:
        self.path = path
        self.ports = ports
        self.pinyin = pinyin
        self.anchor: Anchor | None = None
        """Told after each commit where the queue ends; see lives.settle_life."""
        self._engine = engine
        self._writing = threading.Lock()
        self._writing_thread: int | None = None
        self._writer = engine.connect()
        self._local = threading.local()
        self._readers: list[Connection] = []

    @classmethod
    def open(
        cls, path: Path, key: bytes, *, ports: Ports, pinyin: PinyinTable, lock_wait_s: float = LOCK_WAIT_S
    ) -> "Database":
        """Open or create the file and bring it to this program's shape, on a copy of it.

        Raises Problem: wrong_key, db_locked, db_corrupt, db_read_only, db_cannot_open, disk_full, disk_error,
        no_cipher, db_newer.
        """
        with sorted_file_faults(), sorted_faults():
            path.parent.mkdir(parents=True, exist_ok=True)
            bring_up_to_date(path, key, pinyin, lock_wait_s=lock_wait_s)
            database = cls(path, engine_for(path, key, lock_wait_s=lock_wait_s), ports=ports, pinyin=pinyin)
        try:
            with database.read() as reader:
                due = needs_review(reader)
            if due:
                database.write(review)
        except BaseException:
            database.close()
            raise
        return database

    def write(self, action: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an action in one transaction: all of it is durable when this returns, or nothing happened."""
        if self._writing_thread == threading.get_ident():
            raise RuntimeError("write inside a write: pass the action's own transaction on instead")
        with self._writing, sorted_faults():
            self._writing_thread = threading.get_ident()
            try:
                return self._transact(action, *args, **kwargs)
            finally:
                self._writing_thread = None

    def _transact(
        self, action: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        driver = driver_of(self._writer)
        driver.execute("BEGIN IMMEDIATE")
        try:
            transaction = Transaction(
                self._writer, now_ms=self.ports.now_ms(), new_id=self.ports.new_id, pinyin=self.pinyin
            )
            result = action(transaction, *args, **kwargs)
            transaction.seal()
            head = head_of(driver) if self.anchor else None
            driver.execute("COMMIT")
        except BaseException:
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            raise
        if self.anchor:
            self.anchor.keep(head)
        return result

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A consistent snapshot for this thread; nested reads share the outer one."""
        with sorted_faults():
            connection = self._reader_connection()
            driver = driver_of(connection)
            outermost = not driver.in_transaction
            if outermost:
                driver.execute("BEGIN")
            try:
                yield Reader(connection)
            finally:
                if outermost and driver.in_transaction:
                    driver.execute("ROLLBACK")

    def close(self) -> None:
        """Let the running write end, then close all connections; the last one folds the log into the file."""
        with self._writing:
            for connection in (*self._readers, self._writer):
                connection.close()
            self._readers.clear()
            if self.anchor:
                self.anchor.close()
            self._engine.dispose()

    def _reader_connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._engine.connect()
            driver_of(connection).execute(f"PRAGMA cache_size=-{READER_CACHE_KIB}")
            self._local.connection = connection
            self._readers.append(connection)
        return connection
