"""Writing documents: the rows of a kind with their derived columns and links, many at a time."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec

from gridworker.db.reader import decoder_of
from gridworker.db.tables import table_name
from gridworker.db.unions import note_unions
from gridworker.domain.care import EFFECTIVE_OUTCOMES
from gridworker.domain.kinds import KINDS
from gridworker.domain.names import PinyinTable
from gridworker.domain.records import Record, link_ids
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit


class Document(NamedTuple):
    """One row to write: `body` is what people see, `base` what the centre said where operations wait."""

    id: str
    scope: str
    rev: str | None
    body: str
    base: str | None


def put_documents(driver: Any, kind: str, documents: Sequence[Document], pinyin: PinyinTable) -> None:
    """Insert or replace documents; what this program cannot read is kept aside in the table `extra`."""
    record_kind = KINDS.get(kind)
    if record_kind is None:
        _put_aside(driver, kind, documents)
        return
    for start in range(0, len(documents), _AT_A_TIME):
        read, strange = _read(record_kind, documents[start : start + _AT_A_TIME])
        if strange:
            delete_documents(driver, kind, [document.id for document in strange])
            _put_aside(driver, kind, strange)
        _replace(driver, record_kind, read, pinyin)


def insert_records(
    driver: Any, kind: type[Record], records: Sequence[tuple[Document, Record]], pinyin: PinyinTable
) -> None:
    """Insert records that were made here; an id that is already there is a bug and raises."""
    driver.executemany(_insert(kind), _rows(kind, records, pinyin))
    _link(driver, kind, records)


def delete_documents(driver: Any, kind: str, ids: Iterable[str]) -> None:
    """Remove documents and what points to other records from them."""
    gone = [(id,) for id in ids]
    driver.executemany("DELETE FROM extra WHERE id=?", gone)
    if kind not in KINDS:
        return
    driver.executemany(f"DELETE FROM {table_name(KINDS[kind])} WHERE id=?", gone)
    if KINDS[kind].links:
        driver.executemany(_UNLINK, [(kind, id) for (id,) in gone])


def _replace(driver: Any, kind: type[Record], records: "_Read", pinyin: PinyinTable) -> None:
    ids = [(document.id,) for document, _ in records]
    if driver.execute("SELECT 1 FROM extra LIMIT 1").fetchone():
        driver.executemany("DELETE FROM extra WHERE id=?", ids)
    if kind.links:
        driver.executemany(_UNLINK, [(kind.kind, id) for (id,) in ids])
    driver.executemany(_upsert(kind), _rows(kind, records, pinyin))
    _link(driver, kind, records)
    if kind is Resident:
        note_unions(driver, records)


_AT_A_TIME = 500
"""Records in memory at once: more only make work for the garbage collector (measured: a quarter)."""
_UNLINK = "DELETE FROM link WHERE kind=? AND id=?"
_Read = Sequence[tuple[Document, Record]]


def _read(kind: type[Record], documents: Sequence[Document]) -> tuple[_Read, list[Document]]:
    decode = decoder_of(kind).decode
    read: list[tuple[Document, Record]] = []
    strange: list[Document] = []
    for document in documents:
        try:
            read.append((document, decode(document.body)))
        except msgspec.DecodeError:
            strange.append(document)
    return read, strange


def _rows(kind: type[Record], records: _Read, pinyin: PinyinTable) -> Iterator[tuple[Any, ...]]:
    derived = kind.derived
    if derived is None:
        return (document for document, _ in records)
    values = derived.values
    return ((*document, *values(record, pinyin)) for document, record in records)


def _link(driver: Any, kind: type[Record], records: _Read) -> None:
    if kind.links:
        links = [
            (target, kind.kind, document.id, met_ms(record))
            for document, record in records
            for target in link_ids(record)
        ]
        driver.executemany("INSERT OR IGNORE INTO link(target,kind,id,met_ms) VALUES (?,?,?,?)", links)


def met_ms(record: Record) -> int | None:
    """When a visit really met or reached somebody (ms UTC): links remember it for the list of today."""
    if isinstance(record, Visit) and record.outcome in EFFECTIVE_OUTCOMES:
        return record.visited_ms
    return None


@cache
def _insert(kind: type[Record]) -> str:
    names = ("id", "scope", "rev", "body", "base", *(kind.derived.names if kind.derived else ()))
    return f"INSERT INTO {table_name(kind)} ({','.join(names)}) VALUES ({','.join('?' * len(names))})"


@cache
def _upsert(kind: type[Record]) -> str:
    names = ("scope", "rev", "body", "base", *(kind.derived.names if kind.derived else ()))
    updates = ",".join(f"{name}=excluded.{name}" for name in names)
    return f"{_insert(kind)} ON CONFLICT(id) DO UPDATE SET {updates}"


def _put_aside(driver: Any, kind: str, documents: Iterable[Document]) -> None:
    """Keep what the centre said; waiting operations are laid on it again when it can be read."""
    driver.executemany(
        "INSERT OR REPLACE INTO extra(id,kind,scope,rev,body) VALUES (?,?,?,?,?)",
        [(d.id, kind, d.scope, d.rev or "", d.base or d.body) for d in documents],
    )
