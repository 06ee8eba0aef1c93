"""Drafts: what was typed but not saved, kept across a crash."""

from typing import TypeVar

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction

D = TypeVar("D", bound=msgspec.Struct)


def save_draft(tx: Transaction, name: str, draft: msgspec.Struct) -> None:
    """Keep a draft under its name, in place of the one before."""
    tx.driver.execute(
        "INSERT OR REPLACE INTO draft(name,body,saved_ms) VALUES (?,?,?)",
        (name, msgspec.json.encode(draft).decode(), tx.now_ms),
    )


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


def newest_draft(reader: Reader, prefix: str) -> tuple[str, int] | None:
    """The name of the draft saved last among those whose names begin so, and when (ms UTC)."""
    sql = "SELECT name, saved_ms FROM draft WHERE substr(name,1,?)=? ORDER BY saved_ms DESC, name LIMIT 1"
    found = reader.rows_of(sql, (len(prefix), prefix))
    return (found[0][0], found[0][1]) if found else None
