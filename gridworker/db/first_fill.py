"""The first fill of an empty database: rows go straight to their tables, indexes are built at the end.

Until it is done the database says so; a kill at any point leaves it to go on from the last page.
"""

import msgspec
from sqlalchemy.schema import CreateIndex

from gridworker.db.checkpoint import CURSORS
from gridworker.db.documents import Document, put_documents
from gridworker.db.reader import Reader
from gridworker.db.tables import KIND_TABLES
from gridworker.db.transaction import Transaction
from gridworker.domain.records import Touched
from gridworker.wire.messages import PullReply

FILLING = "filling"
WAL_PAGES_WHILE_FILLING = 100_000
"""Automatic checkpoints of the log pause during a fill (measured: the largest single gain on SQLCipher)."""


def is_filling(reader: Reader) -> bool:
    """Whether a first fill has begun and not ended."""
    return reader.meta(FILLING) is not None


def may_fill(reader: Reader) -> bool:
    """Whether this database has never read anything from the centre and nothing of its own waits."""
    waiting = reader.rows_of("SELECT 1 FROM outbox LIMIT 1")
    own = any(reader.rows_of(f"SELECT 1 FROM {table.name} LIMIT 1") for table in KIND_TABLES.values())
    return reader.meta(CURSORS) is None and not waiting and not own


def begin_fill(tx: Transaction) -> None:
    """Drop the indexes that the fill would have to keep up to date row by row."""
    tx.set_meta(FILLING, "1")
    for table in KIND_TABLES.values():
        for index in table.indexes:
            tx.driver.execute(f"DROP INDEX IF EXISTS {index.name}")


def fill_page(tx: Transaction, page: PullReply) -> int:
    """Install one page and its cursors; gives the number of rows."""
    tx.driver.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES_WHILE_FILLING}")
    by_kind: dict[str, list[Document]] = {}
    for entry in page.entries:
        if not entry.gone:
            document = Document(entry.id, entry.scope, entry.rev, bytes(entry.body).decode(), None)
            by_kind.setdefault(entry.kind, []).append(document)
    for kind, documents in by_kind.items():
        put_documents(tx.driver, kind, documents, tx.pinyin)
    tx.set_meta(CURSORS, msgspec.json.encode(page.cursors).decode())
    return len(page.entries)


def end_fill(tx: Transaction, server_ms: int) -> Touched:
    """Build the indexes and open the database for work."""
    for table in KIND_TABLES.values():
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            tx.connection.execute(CreateIndex(index, if_not_exists=True))
    tx.driver.execute("DELETE FROM meta WHERE k=?", (FILLING,))
    tx.set_meta("consistent_ms", str(server_ms))
    tx.driver.execute("PRAGMA wal_autocheckpoint=1000")
    return Touched(everything=True)
