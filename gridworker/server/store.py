"""The centre's database: its engine, its transactions and its one commit sequence."""

import logging
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from gridworker.server.bundle_keys import ensure_keys
from gridworker.server.ports import Ids
from gridworker.server.refusals import Refused
from gridworker.server.statements import read_rows, run_bare
from gridworker.server.tables import HEAD, METADATA, SCHEMA, SCHEMA_VERSION, SECRET
from gridworker.server.views import create_views

T = TypeVar("T")

ATTEMPTS = 4
_PASSING = frozenset({"40001", "40P01", "55P03", "23505"})
"""PostgreSQL states that another attempt cures: serialisation, deadlock, lock timeout, a race for one id."""
_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=10000",
    "foreign_keys=ON",
    "cache_size=-65536",
    "temp_store=MEMORY",
    "wal_autocheckpoint=4000",
)
_POSTGRES_SETTINGS = (
    "-c synchronous_commit=on -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
)


class Raced(Exception):
    """Another transaction was faster in a way that only a second look shows: run the work again."""


class Head(NamedTuple):
    """The life of this database, its last commit number, its name for people, and the centre's own id."""

    epoch: str
    seq: int
    server_name: str
    server_id: str


class Store:
    """The database of one centre; writes and reads are functions that receive a transaction."""

    def __init__(self, database: str):
        self.engine = _open_engine(database)
        self._lite = self.engine.dialect.name == "sqlite"
        self._one_writer = threading.Lock()
        self._reading = (
            self.engine
            if self._lite
            else self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        )
        self._writing = self.engine.execution_options(writes=True)

    def prepare(self, ids: Ids, server_name: str = "网格中心") -> None:
        """Create what is missing: tables, views, and the head row with a new epoch."""
        self.write(lambda tx: _create_schema(tx, ids, server_name))

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one snapshot of the database."""
        with self._reading.begin() as tx:
            return work(tx)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a write transaction and commit, again where another writer was in the way.

        `work` may therefore run several times. After the last attempt the caller is asked to come again.
        """
        for _ in range(ATTEMPTS):
            try:
                return self._write_once(work)
            except Raced:
                continue
            except DBAPIError as error:
                if not _passes(error):
                    raise
        raise Refused("pace")

    def _write_once(self, work: Callable[[Connection], T]) -> T:
        if not self._lite:
            with self._writing.begin() as tx:
                return work(tx)
        # SQLite has one writer anyway; queueing here is fair and wakes at once, its busy handler sleeps.
        with self._one_writer, self._writing.begin() as tx:
            return work(tx)

    def close(self) -> None:
        """Give every connection back; the store cannot be used afterwards."""
        self.engine.dispose()


def read_head(tx: Connection) -> Head:
    """Where the commit sequence stands in this transaction's snapshot."""
    [row] = read_rows(tx, _READ_HEAD)
    return Head(*row)


def next_seq(tx: Connection) -> int:
    """Take the next commit number: the LAST lock of a writing transaction, held until it is visible."""
    [(seq,)] = read_rows(tx, _NEXT_SEQ)
    return int(seq)


_READ_HEAD = select(HEAD.c.epoch, HEAD.c.seq, HEAD.c.server_name, HEAD.c.server_id)
_NEXT_SEQ = text("UPDATE sync_head SET seq = seq + 1 WHERE cell = 1 RETURNING seq")


def _open_engine(database: str) -> Engine:
    if not database.startswith("sqlite"):
        # A transaction that lost a race and is run again leaves an aborted pipeline, and psycopg warns of it.
        logging.getLogger("psycopg").setLevel(logging.ERROR)
        return create_engine(
            database,
            pool_size=16,
            max_overflow=32,
            hide_parameters=True,
            connect_args={"options": _POSTGRES_SETTINGS},
        )
    engine = create_engine(database, pool_size=16, max_overflow=32, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver shall not begin transactions of its own
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(tx: Connection) -> None:
    run_bare(tx, "BEGIN IMMEDIATE" if tx.get_execution_options().get("writes") else "BEGIN")


def _passes(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in _PASSING or "database is locked" in str(error.orig) or isinstance(error, IntegrityError)


def _create_schema(tx: Connection, ids: Ids, server_name: str) -> None:
    METADATA.create_all(tx)
    versions = tx.execute(select(SCHEMA.c.version)).scalars().all()
    if not versions:
        tx.execute(insert(SCHEMA).values(version=SCHEMA_VERSION))
        tx.execute(insert(HEAD).values(cell=1, server_id=ids(), epoch=ids(), seq=0, server_name=server_name))
        tx.execute(insert(SECRET).values(name="identity", value=ids() + ids()))
    elif max(versions) > SCHEMA_VERSION:
        raise RuntimeError(f"this database has schema {max(versions)}; this program knows {SCHEMA_VERSION}")
    ensure_keys(tx)
    create_views(tx)
