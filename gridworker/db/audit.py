"""The laptop's side of an audit: sums of what the centre said, counted from the rows themselves."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gridworker.db.membership import further_scopes
from gridworker.db.reader import Reader
from gridworker.db.tables import table_name
from gridworker.db.transaction import Transaction
from gridworker.domain.kinds import KINDS
from gridworker.wire.audit import Tally

AUDITED = "audited_ms"
"""The fact of when (server time) everything here was last compared with the centre."""


class Said(NamedTuple):
    """One record as the centre said it, in one of its scopes."""

    scope: str
    kind: str
    id: str
    rev: str
    body: str


def said_rows(reader: Reader) -> Iterator[Said]:
    """Everything that the centre said, hidden and unread documents too, once for each of its scopes."""
    further = further_scopes(reader)
    for row in _rows(reader):
        yield row
        for scope in further.get(row.id, ()):
            yield row._replace(scope=scope)


def _rows(reader: Reader) -> Iterator[Said]:
    for name, kind in KINDS.items():
        rows = reader.rows_of(
            f"SELECT scope, ?, id, rev, coalesce(base, body) FROM {table_name(kind)} WHERE rev IS NOT NULL",
            (name,),
        )
        yield from map(Said._make, rows)
    for table in ("extra", "hidden"):
        sql = f"SELECT scope, kind, id, rev, body FROM {table} WHERE rev<>''"
        yield from map(Said._make, reader.rows_of(sql))


def tallies(reader: Reader, scopes: Iterable[str]) -> dict[str, Tally]:
    """The sums of these scopes."""
    found = {scope: Tally(scope) for scope in scopes}
    for row in said_rows(reader):
        if row.scope in found:
            found[row.scope].add(row.id, row.rev, row.body.encode())
    return found


def note_incident(tx: Transaction, scope: str, rows: int) -> None:
    """Remember that so many records of a scope were not what the centre has, and were put right."""
    tx.driver.execute("INSERT INTO incident(at_ms,scope,rows) VALUES (?,?,?)", (tx.now_ms, scope, rows))
