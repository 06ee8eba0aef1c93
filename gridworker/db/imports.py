"""Import batches: what a register is compared with, what a batch has written, and what may be taken back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.care import CareProfile
from gridworker.domain.records import Record, RecordId, ScopeId, Stored
from gridworker.domain.residents import Resident

RowVerb = Literal["create", "patch"]
_IN_CHUNK = 500


class Batch(msgspec.Struct, frozen=True):
    """One import as it was committed; `report` is the JSON that was shown."""

    id: str
    file: str
    sha256: str
    state: Literal["done", "undone"]
    created_ms: int
    report: str


class BatchRow(msgspec.Struct, frozen=True):
    """One record that a batch created or patched.

    `old` is JSON: of a patch {field: [old, new]}, of a create the digest of the body as it was created.
    """

    record_id: RecordId
    kind: str
    verb: RowVerb
    old: str


def residents_named(reader: Reader, scope: ScopeId, names: Iterable[str]) -> Iterator[Stored[Resident]]:
    """Residents of a scope whose name is one of these."""
    return _residents(reader, scope, "name", names)


def residents_with_id(
    reader: Reader, scope: ScopeId, id_numbers: Iterable[str]
) -> Iterator[Stored[Resident]]:
    """Residents of a scope whose id number is one of these."""
    return _residents(reader, scope, "id_number", id_numbers)


def _residents(
    reader: Reader, scope: ScopeId, column: str, values: Iterable[str]
) -> Iterator[Stored[Resident]]:
    for part in _chunks(values):
        yield from reader.where(Resident, f"{column} IN ({_marks(part)}) AND scope=?", [*part, scope])


def has_residents(reader: Reader, scope: ScopeId) -> bool:
    """Whether anybody is known in a scope."""
    return bool(reader.rows_of("SELECT 1 FROM resident WHERE scope=? LIMIT 1", (scope,)))


def estates_of(reader: Reader, scope: ScopeId) -> list[tuple[RecordId, str]]:
    """Id and name of every estate of a scope, the oldest first."""
    return [
        (i, n) for i, n in reader.rows_of("SELECT id, name FROM estate WHERE scope=? ORDER BY n", (scope,))
    ]


def buildings_of(reader: Reader, scope: ScopeId) -> list[tuple[RecordId, RecordId | None, str]]:
    """Id, estate and number of every building of a scope, the oldest first."""
    sql = "SELECT id, estate_id, number FROM building WHERE scope=? ORDER BY n"
    return [(id, estate, number) for id, estate, number in reader.rows_of(sql, (scope,))]


def rooms_in(reader: Reader, buildings: Iterable[RecordId]) -> Iterator[tuple[RecordId, RecordId, str]]:
    """Id, building and place of every room in these buildings."""
    for part in _chunks(buildings):
        sql = f"SELECT id, building_id, place FROM room WHERE building_id IN ({_marks(part)}) ORDER BY n DESC"
        yield from reader.rows_of(sql, part)


def households_in(
    reader: Reader, rooms: Iterable[RecordId]
) -> Iterator[tuple[RecordId, RecordId, RecordId | None]]:
    """Id, room and head of every household in these rooms, the oldest first."""
    for part in _chunks(rooms):
        sql = f"SELECT id, room_id, head_id FROM household WHERE room_id IN ({_marks(part)}) ORDER BY n"
        yield from reader.rows_of(sql, part)


def households_by_id(
    reader: Reader, ids: Iterable[RecordId]
) -> Iterator[tuple[RecordId, RecordId | None, RecordId | None]]:
    """Id, room and head of these households."""
    for part in _chunks(ids):
        yield from reader.rows_of(
            f"SELECT id, room_id, head_id FROM household WHERE id IN ({_marks(part)})", part
        )


def care_profiles_of(reader: Reader, residents: Iterable[RecordId]) -> dict[RecordId, Stored[CareProfile]]:
    """The care profile of each of these residents that has one."""
    found: dict[RecordId, Stored[CareProfile]] = {}
    for part in _chunks(residents):
        for stored in reader.where(CareProfile, f"resident_id IN ({_marks(part)})", part):
            found.setdefault(stored.record.resident_id, stored)
    return found


# ------------------------------------------------------------------------------------------------ batches


def store_batch(tx: Transaction, batch: Batch, rows: Sequence[BatchRow]) -> None:
    """Remember a batch and every record it wrote."""
    tx.driver.execute(
        "INSERT INTO import_batch(id,file,sha256,state,created_ms,report) VALUES (?,?,?,?,?,?)",
        (batch.id, batch.file, batch.sha256, batch.state, batch.created_ms, batch.report),
    )
    _insert_rows(tx, batch.id, rows)


def _insert_rows(tx: Transaction, batch_id: str, rows: Sequence[BatchRow]) -> None:
    tx.driver.executemany(
        "INSERT INTO import_row(batch_id,record_id,kind,verb,old) VALUES (?,?,?,?,?)",
        [(batch_id, row.record_id, row.kind, row.verb, row.old) for row in rows],
    )


def batch_of(reader: Reader, batch_id: str) -> Batch | None:
    """The batch with this id, or None."""
    found = reader.rows_of(f"{_SELECT_BATCH} WHERE id=?", (batch_id,))
    return Batch(*found[0]) if found else None


def batches(reader: Reader, limit: int = 100) -> list[Batch]:
    """The latest batches, newest first."""
    return [
        Batch(*row)
        for row in reader.rows_of(f"{_SELECT_BATCH} ORDER BY created_ms DESC, id DESC LIMIT ?", (limit,))
    ]


def earlier_batch(reader: Reader, sha256: str) -> Batch | None:
    """The latest batch that came from the very same file and still stands."""
    found = reader.rows_of(
        f"{_SELECT_BATCH} WHERE sha256=? AND state='done' ORDER BY created_ms DESC LIMIT 1", (sha256,)
    )
    return Batch(*found[0]) if found else None


def rows_of_batch(reader: Reader, batch_id: str) -> list[BatchRow]:
    """Every record that a batch wrote."""
    sql = "SELECT record_id, kind, verb, old FROM import_row WHERE batch_id=?"
    return [BatchRow(*row) for row in reader.rows_of(sql, (batch_id,))]


def leftovers(reader: Reader) -> list[BatchRow]:
    """What batches that were taken back had to leave because something else still needed it."""
    sql = (
        "SELECT r.record_id, r.kind, r.verb, r.old FROM import_row r JOIN import_batch b ON b.id=r.batch_id"
        " WHERE b.state='undone' AND r.verb='create'"
    )
    return [BatchRow(*row) for row in reader.rows_of(sql)]


def mark_undone(tx: Transaction, batch_id: str, kept: Sequence[RecordId]) -> None:
    """Remember that a batch was taken back, and which of its records stayed."""
    tx.driver.execute("UPDATE import_batch SET state='undone' WHERE id=?", (batch_id,))
    rows = {row.record_id: row for row in rows_of_batch(tx, batch_id)}
    tx.driver.execute("DELETE FROM import_row WHERE batch_id=?", (batch_id,))
    _insert_rows(tx, batch_id, [rows[id] for id in kept if id in rows])


def named_by_others(reader: Reader, ids: Sequence[RecordId]) -> set[RecordId]:
    """Which of these records a visit, a case or another linked record names."""
    found: set[RecordId] = set()
    for part in _chunks(ids):
        sql = f"SELECT DISTINCT target FROM link WHERE target IN ({_marks(part)})"
        found.update(row[0] for row in reader.rows_of(sql, part))
    return found


def pointed_to(reader: Reader, kind: type[Record], column: str) -> set[RecordId]:
    """Every id that a computed column of a kind points to."""
    sql = f"SELECT DISTINCT {column} FROM {kind.kind} WHERE {column} IS NOT NULL"
    return {row[0] for row in reader.rows_of(sql)}


def bodies_of(reader: Reader, kind: type[Record], ids: Sequence[RecordId]) -> Mapping[RecordId, Record]:
    """The records of one kind that are still there, by id."""
    return {stored.id: stored.record for stored in reader.get_many(kind, ids)}


_SELECT_BATCH = "SELECT id, file, sha256, state, created_ms, report FROM import_batch"


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    every = list(values)
    for start in range(0, len(every), _IN_CHUNK):
        yield every[start : start + _IN_CHUNK]
