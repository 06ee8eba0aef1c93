"""The first fill of an empty database: rows go straight to their tables, indexes are built at the end.

Until it is done the database says so and takes no new work; after a kill it goes on from the last page.
"""

from collections.abc import Mapping

import msgspec
from sqlalchemy.schema import CreateIndex

from gridworker.db.checkpoint import ANEW, CURSORS, drop_stage, install_news
from gridworker.db.clock import note_clock
from gridworker.db.membership import scopes_here
from gridworker.db.news import News, gather
from gridworker.db.reader import FILLING, Reader
from gridworker.db.tables import KIND_TABLES, indexes_of
from gridworker.db.transaction import Transaction
from gridworker.domain.records import Touched
from gridworker.wire.messages import PullReply

_AT_WORK = {"wal_autocheckpoint": 1_000, "cache_size": -(64 << 10)}
_WHILE_FILLING = {"wal_autocheckpoint": 100_000, "cache_size": -(256 << 10)}
"""Pages of the log between checkpoints, KiB of cache. Every index reads the whole table: a cache that holds
it saves decrypting it 15 times (measured on 100,000 residents: 5.2 s of CPU → 2.1 s)."""


def is_filling(reader: Reader) -> bool:
    """Whether a first fill has begun and not ended."""
    return reader.meta(FILLING) is not None


def may_fill(reader: Reader) -> bool:
    """Whether this database has never read anything from the centre and nothing of its own waits."""
    tables = ("outbox", *(table.name for table in KIND_TABLES.values()))
    own = any(reader.rows_of(f"SELECT 1 FROM {name} LIMIT 1") for name in tables)
    return reader.meta(CURSORS) is None and not own


def begin_fill(tx: Transaction) -> bool:
    """Drop the indexes that the fill would have to keep up to date row by row.

    False where somebody has recorded something since this was an empty database.
    """
    if not (is_filling(tx) or may_fill(tx)):
        return False
    _forget_former_life(tx)
    drop_stage(tx)
    tx.set_meta(FILLING, "1")
    for table in KIND_TABLES.values():
        for index in table.indexes:
            tx.driver.execute(f"DROP INDEX IF EXISTS {index.name}")
    return True


def _forget_former_life(tx: Transaction) -> None:
    """What a half-done fill has from a life of the centre that it lost since; all of it comes again."""
    if tx.meta(ANEW) is not None:
        install_news(tx, News({}, {}, removed=frozenset(scopes_here(tx)), reset=frozenset()))
        tx.driver.execute("DELETE FROM meta WHERE k=?", (ANEW,))


def fill_page(tx: Transaction, page: PullReply) -> int:
    """Install one page and its cursors; gives the number of rows."""
    _tune(tx, _WHILE_FILLING)
    install_news(tx, gather([page]))
    tx.set_meta(CURSORS, msgspec.json.encode(page.cursors).decode())
    return len(page.entries)


def end_fill(tx: Transaction, server_ms: int) -> Touched:
    """Build the indexes and open the database for work."""
    _tune(tx, _WHILE_FILLING)
    for table in KIND_TABLES.values():
        for index in indexes_of(table):
            tx.connection.execute(CreateIndex(index, if_not_exists=True))
    tx.driver.execute("DELETE FROM meta WHERE k=?", (FILLING,))
    tx.set_meta("consistent_ms", str(server_ms))
    note_clock(tx, server_ms)
    _tune(tx, _AT_WORK)
    return Touched(everything=True)


def _tune(tx: Transaction, pragmas: Mapping[str, int]) -> None:
    for name, value in pragmas.items():
        tx.driver.execute(f"PRAGMA {name}={value}")
