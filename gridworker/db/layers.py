"""The layers of a record: what the centre said below, waiting operations on top; a deletion hides it."""

from collections.abc import Iterable
from typing import Any

import msgspec

from gridworker.db.documents import Document, delete_documents, put_documents
from gridworker.db.fold import fold
from gridworker.db.outbox import pending_operations
from gridworker.db.tables import table_name
from gridworker.domain.kinds import KINDS
from gridworker.domain.names import PinyinTable

_encode = msgspec.json.Encoder().encode


def lay_out(driver: Any, kind: str, said: Document, pinyin: PinyinTable) -> None:
    """Show what the centre said (in `body`) with everything that waits for this record laid on top."""
    waiting = pending_operations(driver, said.id)
    effective = fold(msgspec.json.decode(said.body), waiting) if waiting else None
    if waiting and effective is None:
        hide(driver, kind, said)
        return
    unhide(driver, [said.id])
    shown = said._replace(body=_encode(effective).decode(), base=said.body) if waiting else said
    put_documents(driver, kind, [shown], pinyin)


def said_of(driver: Any, kind: str, id: str) -> Document | None:
    """What the centre last said of a record on which operations wait or waited, hidden or not."""
    sql = f"SELECT id,scope,rev,base,NULL FROM {table_name(KINDS[kind])} WHERE id=? AND base IS NOT NULL"
    row = driver.execute(sql, (id,)).fetchone() or driver.execute(_HIDDEN, (id,)).fetchone()
    return Document(*row) if row else None


def hide(driver: Any, kind: str, said: Document) -> None:
    """Take a record from view and keep what the centre said, in case it does not agree to the deletion."""
    delete_documents(driver, kind, [said.id])
    driver.execute(
        "INSERT OR REPLACE INTO hidden(id,kind,scope,rev,body) VALUES (?,?,?,?,?)",
        (said.id, kind, said.scope, said.rev, said.body),
    )


def unhide(driver: Any, ids: Iterable[str]) -> None:
    """Forget what was kept of deleted records: it has been laid out again, or they are gone for good."""
    driver.executemany("DELETE FROM hidden WHERE id=?", [(id,) for id in ids])


_HIDDEN = "SELECT id,scope,rev,body,NULL FROM hidden WHERE id=?"
