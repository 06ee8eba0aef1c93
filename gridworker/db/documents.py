"""Writing documents: the rows of a kind with their derived columns and links, many at a time."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec

from gridworker.db.reader import decoder_of
from gridworker.db.tables import table_name
from gridworker.domain.kinds import KINDS
from gridworker.domain.names import PinyinTable
from gridworker.domain.records import Record, RecordId, link_ids


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
    rows, strange, links = _prepared(record_kind, documents, pinyin)
    driver.executemany(_upsert(record_kind), rows)
    if links:
        driver.executemany("INSERT OR IGNORE INTO link(target,kind,id) VALUES (?,?,?)", links)
    if strange:
        _put_aside(driver, kind, strange)


def delete_documents(driver: Any, kind: str, ids: Iterable[str]) -> None:
    """Remove documents and what points to other records from them."""
    name = table_name(KINDS[kind]) if kind in KINDS else "extra"
    gone = [(id,) for id in ids]
    driver.executemany(f"DELETE FROM {name} WHERE id=?", gone)
    if kind in KINDS and KINDS[kind].links:
        driver.executemany("DELETE FROM link WHERE kind=? AND id=?", [(kind, id) for (id,) in gone])


def relink(driver: Any, kind: type[Record], id: RecordId, *, old: Record, new: Record) -> None:
    """Bring the link rows of one changed record up to date."""
    before, after = set(link_ids(old)), set(link_ids(new))
    gone = [(target, kind.kind, id) for target in before - after]
    come = [(target, kind.kind, id) for target in after - before]
    driver.executemany("DELETE FROM link WHERE target=? AND kind=? AND id=?", gone)
    driver.executemany("INSERT OR IGNORE INTO link(target,kind,id) VALUES (?,?,?)", come)


_Prepared = tuple[list[tuple[Any, ...]], list[Document], list[tuple[str, str, str]]]


def _prepared(kind: type[Record], documents: Sequence[Document], pinyin: PinyinTable) -> _Prepared:
    derived = kind.derived
    if derived is None and not kind.links:
        return list(documents), [], []
    decode = decoder_of(kind).decode
    rows: list[tuple[Any, ...]] = []
    strange: list[Document] = []
    links: list[tuple[str, str, str]] = []
    for document in documents:
        try:
            record = decode(document.body)
        except msgspec.DecodeError:
            strange.append(document)
            continue
        rows.append((*document, *derived.values(record, pinyin)) if derived else document)
        if kind.links:
            links.extend((target, kind.kind, document.id) for target in link_ids(record))
    return rows, strange, links


@cache
def _upsert(kind: type[Record]) -> str:
    names = ("id", "scope", "rev", "body", "base", *(kind.derived.names if kind.derived else ()))
    updates = ",".join(f"{name}=excluded.{name}" for name in names[1:])
    return (
        f"INSERT INTO {table_name(kind)} ({','.join(names)}) VALUES ({','.join('?' * len(names))})"
        f" ON CONFLICT(id) DO UPDATE SET {updates}"
    )


def _put_aside(driver: Any, kind: str, documents: Iterable[Document]) -> None:
    driver.executemany(
        "INSERT OR REPLACE INTO extra(id,kind,scope,rev,body) VALUES (?,?,?,?,?)",
        [(d.id, kind, d.scope, d.rev or "", d.body) for d in documents],
    )
