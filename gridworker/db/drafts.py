"""Drafts: what was typed but not saved, kept across a crash."""

import re
from typing import TypeVar

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.tables import KIND_TABLES
from gridworker.db.transaction import Transaction
from gridworker.domain.records import RecordId

D = TypeVar("D", bound=msgspec.Struct)


def save_draft(tx: Transaction, name: str, draft: msgspec.Struct) -> None:
    """Keep a draft under its name, in place of the one before.

    A form may still be open about somebody who left meanwhile: then it is a stray one from the beginning.
    """
    tx.driver.execute(
        "INSERT OR REPLACE INTO draft(name,body,saved_ms) VALUES (?,?,?)",
        (name, msgspec.json.encode(draft).decode(), tx.now_ms),
    )
    gone = [(name, id) for id in set(_ID.findall(name)) if not tx.rows_of(_HERE, {"id": id})]
    tx.driver.executemany("INSERT OR IGNORE INTO stray(name,id) VALUES (?,?)", gone)


def read_draft(reader: Reader, name: str, kind: type[D]) -> D | None:
    """The draft of this name; one that an older program wrote in another shape is passed over."""
    found = reader.rows_of("SELECT body FROM draft WHERE name=?", (name,))
    if not found:
        return None
    try:
        return msgspec.json.decode(found[0][0], type=kind)
    except msgspec.DecodeError:
        return None


def drop_draft(tx: Transaction, name: str) -> None:
    """The draft has become a record or was thrown away."""
    tx.driver.execute("DELETE FROM draft WHERE name=?", (name,))
    tx.driver.execute("DELETE FROM stray WHERE name=?", (name,))


def newest_draft(reader: Reader, prefix: str) -> tuple[str, int] | None:
    """The name of the draft saved last among those whose names begin so, and when (ms UTC).

    Those about records that have left are passed over: their words must not go to somebody else.
    """
    sql = (
        "SELECT name, saved_ms FROM draft WHERE substr(name,1,?)=? AND name NOT IN (SELECT name FROM stray)"
        " ORDER BY saved_ms DESC, name LIMIT 1"
    )
    found = reader.rows_of(sql, (len(prefix), prefix))
    return (found[0][0], found[0][1]) if found else None


class StrayDraft(msgspec.Struct, frozen=True):
    """A draft about records that left this laptop: nobody can finish it, its words are still its writer's."""

    name: str
    saved_ms: int
    gone: tuple[RecordId, ...]
    """The records that left, as `handed_over` may know them."""
    about: str
    """Masked names of those that were handed over; empty where they went in another way."""
    words: dict[str, str]
    """Every text that is in it, by the name of its field; dictionary codes are among them, ids are not."""


def stray_drafts(reader: Reader) -> list[StrayDraft]:
    """Drafts that only this list still finds, newest first; `drop_draft` removes one for good."""
    rows = reader.rows_of(
        "SELECT d.name, d.saved_ms, d.body, group_concat(s.id,' '), coalesce(group_concat(h.words,'、'),'')"
        " FROM draft d JOIN stray s ON s.name=d.name LEFT JOIN handed_over h ON h.id=s.id"
        " GROUP BY d.name ORDER BY d.saved_ms DESC, d.name"
    )
    return [
        StrayDraft(name, saved_ms, tuple(map(RecordId, gone.split())), about, _words(body))
        for name, saved_ms, body, gone, about in rows
    ]


def _words(body: str) -> dict[str, str]:
    draft = msgspec.json.decode(body)
    fields = draft.items() if isinstance(draft, dict) else ()
    texts = {name: value for name, value in fields if isinstance(value, str) and value}
    return {name: value for name, value in texts.items() if not _ID.fullmatch(value)}


_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HERE = " UNION ALL ".join(
    f"SELECT 1 FROM {table} WHERE id=:id"
    for table in (*(t.name for t in KIND_TABLES.values()), "hidden", "extra")
)
