"""Installing what the centre said: staged pages become the new base, waiting operations are laid on top of it.

All of it happens in the caller's one transaction: rows, acknowledgements, results and cursors move together or not.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from gridworker.db.documents import Document, delete_documents, put_documents
from gridworker.db.fold import fold
from gridworker.db.outbox import acknowledged, head_of, pending_operations, retire
from gridworker.db.tables import table_name
from gridworker.db.transaction import Transaction
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.wire.messages import Cursor, Entry, PullReply

_encode = msgspec.json.Encoder().encode
CURSORS = "cursors"
STAGED_CURSORS = "staged_cursors"


def read_cursors(tx: Any, name: str = CURSORS) -> dict[str, Cursor]:
    """How far each scope has been read; `staged_cursors` run ahead while a pull is under way."""
    known = tx.meta(name)
    return msgspec.json.decode(known, type=dict[str, Cursor]) if known else {}


def stage_page(tx: Transaction, page: bytes, cursors: dict[str, Cursor]) -> None:
    """Put a page of a running pull aside, and remember where to go on after a kill."""
    tx.driver.execute("INSERT INTO stage(page) VALUES (?)", (page,))
    tx.set_meta(STAGED_CURSORS, _encode(cursors).decode())


def drop_stage(tx: Transaction) -> None:
    """Forget a half-finished pull; the next one starts at the last checkpoint."""
    tx.driver.execute("DELETE FROM stage")
    tx.driver.execute("DELETE FROM meta WHERE k=?", (STAGED_CURSORS,))


def install_checkpoint(tx: Transaction) -> Touched:
    """Apply every staged page; raises Problem `fork_detected` where the centre acknowledges another queue."""
    pages = [msgspec.json.decode(row[0], type=PullReply) for row in tx.rows_of("SELECT page FROM stage ORDER BY n")]
    if not pages:
        return Touched()
    retired = _retire(tx, pages[-1], [result for page in pages for result in page.results])
    for scope in pages[-1].removed:
        _drop_scope(tx, scope)
    latest = _latest(entry for page in pages for entry in page.entries)
    _install(tx, latest)
    _settle(tx, retired, {id for _, id in latest})
    tx.set_meta(CURSORS, _encode(pages[-1].cursors).decode())
    tx.set_meta("consistent_ms", str(pages[-1].server_ms))
    drop_stage(tx)
    return tx.touched


def _retire(tx: Transaction, last: PullReply, results: Sequence[Any]) -> list[tuple[str, str]]:
    head = head_of(tx.driver)
    if head is None or last.ack is None or last.ack.seq == 0:
        return []
    if not acknowledged(tx.driver, last.ack, head.replica):
        raise Problem("fork_detected")
    tx.set_meta("known_ack", str(last.ack.seq))
    return list(retire(tx.driver, last.ack, results, replica=head.replica, now_ms=tx.now_ms))


def _latest(entries: Iterable[Entry]) -> dict[tuple[str, str], Entry]:
    """The last word about each record; an earlier `gone` of another scope never hides a later `put`."""
    return {(entry.kind, entry.id): entry for entry in entries}


def _install(tx: Transaction, latest: dict[tuple[str, str], Entry]) -> None:
    waiting = {row[0] for row in tx.rows_of("SELECT DISTINCT entity_id FROM outbox")}
    by_kind: dict[str, list[Document]] = {}
    for (kind, id), entry in latest.items():
        tx.touch(kind, RecordId(id))
        if entry.gone:
            _remove(tx, entry)
            continue
        body = bytes(entry.body).decode()
        document = _rebased(tx, entry, body) if id in waiting else Document(id, entry.scope, entry.rev, body, None)
        if document is not None:
            by_kind.setdefault(kind, []).append(document)
    for kind, documents in by_kind.items():
        put_documents(tx.driver, kind, documents, tx.pinyin)


def _rebased(tx: Transaction, entry: Entry, body: str) -> Document | None:
    effective = fold(msgspec.json.decode(body), pending_operations(tx.driver, entry.id))
    if effective is None:
        delete_documents(tx.driver, entry.kind, [entry.id])
        return None
    return Document(entry.id, entry.scope, entry.rev, _encode(effective).decode(), body)


def _remove(tx: Transaction, entry: Entry) -> None:
    """Take a record away that left this scope, unless it is here for another reason."""
    if entry.kind not in KINDS:
        tx.driver.execute("DELETE FROM extra WHERE id=? AND scope=?", (entry.id, entry.scope))
        return
    name = table_name(KINDS[entry.kind])
    if tx.rows_of(f"SELECT 1 FROM {name} WHERE id=? AND scope=?", (entry.id, entry.scope)):
        delete_documents(tx.driver, entry.kind, [entry.id])


def _drop_scope(tx: Transaction, scope: str) -> None:
    for name, kind in KINDS.items():
        ids = [row[0] for row in tx.rows_of(f"SELECT id FROM {table_name(kind)} WHERE scope=?", (scope,))]
        delete_documents(tx.driver, name, ids)
        for id in ids:
            tx.touch(name, RecordId(id))
    tx.driver.execute("DELETE FROM extra WHERE scope=?", (scope,))


def _settle(tx: Transaction, retired: Iterable[tuple[str, str]], installed: set[str]) -> None:
    """Show the centre's word where an operation ended without a new row: a refused change falls back to the base.

    A record that the centre never took in has no base: it stays as its author wrote it, marked by its inbox entry.
    """
    for kind, id in set(retired):
        if kind not in KINDS or id in installed:
            continue
        tx.touch(kind, RecordId(id))
        for scope, rev, base in _based(tx, kind, id):
            effective = fold(msgspec.json.decode(base), pending := pending_operations(tx.driver, id))
            if effective is None:
                continue
            body = _encode(effective).decode() if pending else base
            document = Document(id, scope, rev, body, base if pending else None)
            put_documents(tx.driver, kind, [document], tx.pinyin)


def _based(tx: Transaction, kind: str, id: str) -> Iterator[tuple[str, str, str]]:
    sql = f"SELECT scope,rev,base FROM {table_name(KINDS[kind])} WHERE id=? AND base IS NOT NULL"
    yield from tx.rows_of(sql, (id,))
