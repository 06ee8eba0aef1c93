"""Unions: which former records a person has, so that what points to them is found at the person."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gridworker.domain.records import Record, RecordId
from gridworker.domain.residents import Resident

if TYPE_CHECKING:
    from gridworker.db.documents import Document
    from gridworker.db.reader import Reader

COPIES = "SELECT ? UNION ALL SELECT loser FROM alias WHERE survivor=?"
"""A person's id and those of the records that were merged into it; takes the id twice."""


def note_unions(driver: Any, records: Sequence[tuple["Document", Record]]) -> None:
    """Keep up with what survivors say of themselves; people who never were two cost one look."""
    joined = [
        (loser, document.id)
        for document, record in records
        if isinstance(record, Resident)
        for loser in record.absorbed
    ]
    if driver.execute("SELECT 1 FROM alias LIMIT 1").fetchone():
        _forget(driver, (document.id for document, _ in records))
    driver.executemany("INSERT OR REPLACE INTO alias(loser,survivor) VALUES (?,?)", joined)


def _forget(driver: Any, survivors: Iterable[str]) -> None:
    driver.executemany("DELETE FROM alias WHERE survivor=?", [(id,) for id in survivors])


def survivors_of(reader: "Reader") -> dict[RecordId, RecordId]:
    """The record that each merged one is now; one that was merged twice is followed to the end."""
    direct = dict(reader.rows_of("SELECT loser, survivor FROM alias"))
    return {RecordId(loser): RecordId(_last(direct, loser)) for loser in direct}


def _last(direct: dict[str, str], loser: str) -> str:
    found = direct[loser]
    return _last(direct, found) if found in direct else found
