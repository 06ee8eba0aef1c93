"""Reading: typed records and key lists out of one snapshot of the local database."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection

from gridworker.db.author import Author
from gridworker.db.tables import table_name
from gridworker.db.unions import COPIES
from gridworker.domain.records import R, Record, RecordId, ScopeId, Stored

FILLING = "filling"
"""The fact in `meta` that a first fill has begun and not ended."""
_IN_CHUNK = 500


@cache
def decoder_of(kind: type[R]) -> msgspec.json.Decoder[R]:
    """The decoder of a kind's body; fields it does not know are passed over and stay in the body."""
    return msgspec.json.Decoder(kind)


def driver_of(connection: Connection) -> Any:
    """The driver's own connection, for hot statements and for BEGIN and COMMIT."""
    return connection.connection.driver_connection


@lru_cache(maxsize=2)
def _author_of(text: str) -> Author:
    return msgspec.json.decode(text, type=Author)


class Reader:
    """A read snapshot on one connection; used by one thread, for one task."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.driver = driver_of(connection)

    def rows_of(
        self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
    ) -> list[tuple[Any, ...]]:
        """Plain rows of a hot statement, straight from the driver."""
        rows: list[tuple[Any, ...]] = self.driver.execute(sql, parameters).fetchall()
        return rows

    def get(self, kind: type[R], id: RecordId) -> Stored[R] | None:
        """The record with this id, or None."""
        found = self._select(kind, "id=?", (id,))
        return found[0] if found else None

    def get_many(self, kind: type[R], ids: Sequence[RecordId]) -> list[Stored[R]]:
        """The records with these ids that are there, in the order of the ids."""
        by_id = {stored.id: stored for part in _chunks(ids) for stored in self._select_in(kind, "id", part)}
        return [by_id[id] for id in ids if id in by_id]

    def rows(self, kind: type[R], keys: Sequence[int]) -> list[Stored[R]]:
        """A page of records by their row keys, in the order given; vanished rows are left out."""
        found: dict[int, Stored[R]] = {}
        for part in _chunks(keys):
            marks = ",".join("?" * len(part))
            sql = f"SELECT n,{_COLUMNS} FROM {table_name(kind)} WHERE n IN ({marks})"
            found.update((n, _stored(kind, row)) for n, *row in self.rows_of(sql, part))
        return [found[key] for key in keys if key in found]

    def all(self, kind: type[R]) -> Iterator[Stored[R]]:
        """Every record of a small kind."""
        for row in self.driver.execute(f"SELECT {_COLUMNS} FROM {table_name(kind)} ORDER BY n"):
            yield _stored(kind, row)

    def where(self, kind: type[R], condition: str, parameters: Sequence[object] = ()) -> list[Stored[R]]:
        """Records by a condition on computed columns, written by code, never by people."""
        return self._select(kind, condition, parameters)

    def count(self, kind: type[Record], condition: str = "1", parameters: Sequence[object] = ()) -> int:
        """How many records of a kind there are."""
        sql = f"SELECT count(*) FROM {table_name(kind)} WHERE {condition}"
        return int(self.rows_of(sql, parameters)[0][0])

    def keys(
        self, kind: type[Record], *, order: str, where: str = "1", parameters: Sequence[object] = ()
    ) -> list[int]:
        """The row keys of a list in its order: all that a paged table holds in memory."""
        sql = f"SELECT n FROM {table_name(kind)} WHERE {where} ORDER BY {order}"
        return [row[0] for row in self.rows_of(sql, parameters)]

    def key_of(self, kind: type[Record], id: RecordId) -> int | None:
        """The row key of a record."""
        found = self.rows_of(f"SELECT n FROM {table_name(kind)} WHERE id=?", (id,))
        return found[0][0] if found else None

    def linked(self, kind: type[R], target: RecordId, limit: int = 200) -> list[Stored[R]]:
        """Records whose declared links name `target`, newest first (ids grow with time)."""
        sql = f"SELECT DISTINCT id FROM link WHERE target IN ({COPIES}) AND kind=? ORDER BY id DESC LIMIT ?"
        ids = [row[0] for row in self.rows_of(sql, (target, target, kind.kind, limit))]
        return self.get_many(kind, ids)

    def document(
        self, kind: type[Record], id: RecordId
    ) -> tuple[dict[str, Any], dict[str, Any] | None] | None:
        """The raw body and base of a record, unknown fields included."""
        found = self.rows_of(f"SELECT body,base FROM {table_name(kind)} WHERE id=?", (id,))
        if not found:
            return None
        body, base = found[0]
        return msgspec.json.decode(body), msgspec.json.decode(base) if base else None

    def meta(self, name: str) -> str | None:
        """One remembered fact about this database, or None."""
        found = self.rows_of("SELECT v FROM meta WHERE k=?", (name,))
        return str(found[0][0]) if found else None

    @property
    def author(self) -> Author:
        """Who works here."""
        known = self.meta("author")
        return _author_of(known) if known else Author()

    def _select(self, kind: type[R], condition: str, parameters: Sequence[object]) -> list[Stored[R]]:
        sql = f"SELECT {_COLUMNS} FROM {table_name(kind)} WHERE {condition}"
        return [_stored(kind, row) for row in self.rows_of(sql, parameters)]

    def _select_in(self, kind: type[R], column: str, values: Sequence[object]) -> list[Stored[R]]:
        return self._select(kind, f"{column} IN ({','.join('?' * len(values))})", values)


_COLUMNS = "id,scope,rev,body,base IS NOT NULL"


def _stored(kind: type[R], row: Sequence[Any]) -> Stored[R]:
    id, scope, rev, body, pending = row
    record = decoder_of(kind).decode(body)
    return Stored(RecordId(id), ScopeId(scope), rev, record, bool(pending) or rev is None)


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _IN_CHUNK):
        yield values[start : start + _IN_CHUNK]
