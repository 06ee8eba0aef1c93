"""The first fill of an empty database: rows go straight to their tables, indexes are built at the end.

Until it is done the database says so and takes no new work; after a kill it goes on from the last page.
"""

import msgspec
from sqlalchemy.schema import CreateIndex

from gridworker.db.checkpoint import CURSORS, install_news
from gridworker.db.news import gather
from gridworker.db.reader import FILLING, Reader
from gridworker.db.tables import KIND_TABLES, indexes_of
from gridworker.db.transaction import Transaction
from gridworker.domain.records import Touched
from gridworker.wire.messages import PullReply

WAL_PAGES = 1_000
WAL_PAGES_WHILE_FILLING = 100_000
"""Automatic checkpoints of the log pause during a fill (measured: the largest single gain on SQLCipher)."""


def is_filling(reader: Reader) -> bool:
    """Whether a first fill has begun and not ended."""
    return reader.meta(FILLING) is not None


def may_fill(reader: Reader) -> bool:
    """Whether this database has never read anything from the centre and nothing of its own waits."""
    tables = ("outbox", *(table.name for table in KIND_TABLES.values()))
    own = any(reader.rows_of(f"SELECT 1 FROM {name} LIMIT 1") for name in tables)
    return reader.meta(CURSORS) is None and not own


def begin_fill(tx: Transaction) -> None:
    """Drop the indexes that the fill would have to keep up to date row by row."""
    tx.set_meta(FILLING, "1")
    for table in KIND_TABLES.values():
        for index in table.indexes:
            tx.driver.execute(f"DROP INDEX IF EXISTS {index.name}")


def fill_page(tx: Transaction, page: PullReply) -> int:
    """Install one page and its cursors; gives the number of rows."""
    tx.driver.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES_WHILE_FILLING}")
    install_news(tx, gather([page]))
    tx.set_meta(CURSORS, msgspec.json.encode(page.cursors).decode())
    return len(page.entries)


def end_fill(tx: Transaction, server_ms: int) -> Touched:
    """Build the indexes and open the database for work."""
    for table in KIND_TABLES.values():
        for index in indexes_of(table):
            tx.connection.execute(CreateIndex(index, if_not_exists=True))
    tx.driver.execute("DELETE FROM meta WHERE k=?", (FILLING,))
    tx.set_meta("consistent_ms", str(server_ms))
    tx.driver.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
    return Touched(everything=True)
