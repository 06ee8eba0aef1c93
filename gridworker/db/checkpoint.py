"""Installing what the centre said: staged pages become the new base, waiting operations are laid on top.

All of it happens in the caller's one transaction: rows, acknowledgements, results and cursors move together.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from gridworker.db.brake import EXPLAINED, FEW_ROWS, Mass, end_stop, note_stop, removal_to_stop
from gridworker.db.clock import note_clock
from gridworker.db.documents import Document, delete_documents, put_documents
from gridworker.db.erasure import erase_purged
from gridworker.db.handed_over import note_departures, welcome_back
from gridworker.db.layers import lay_out, said_of, unhide
from gridworker.db.membership import add_reasons, drop_reasons, forget_memberships, scopes_here, scopes_of
from gridworker.db.news import Key, News, gather
from gridworker.db.outbox import acknowledged, head_of, pending_operations, retire
from gridworker.db.reader import Reader
from gridworker.db.tables import table_name
from gridworker.db.traces import find_again, forget_traces
from gridworker.db.transaction import Transaction
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.wire.messages import Cursor, Entry, PullReply, Result

_encode = msgspec.json.Encoder().encode
_decode_page = msgspec.json.Decoder(PullReply).decode
CURSORS = "cursors"
STAGED_CURSORS = "staged_cursors"
ANEW = "read_anew"
"""The fact that what a former life of the centre said has not been replaced yet by what this one says."""


def read_cursors(reader: Reader, name: str = CURSORS) -> dict[str, Cursor]:
    """How far each scope has been read; `staged_cursors` run ahead while a pull is under way."""
    known = reader.meta(name)
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
    """Apply every staged page; raises Problem `fork_detected` where the centre acknowledges another queue.

    Where that would take many rows away without a reason, nothing is applied, the pages are dropped and the
    stop is written down (`brake.stopped_removal`): the next pull asks again.
    """
    pages = [_decode_page(page) for (page,) in tx.rows_of("SELECT page FROM stage ORDER BY n")]
    if not pages:
        return Touched()
    tx.driver.execute("SAVEPOINT brake")
    plan = _plan(tx, pages)
    if plan.mass is not None:
        tx.driver.execute("ROLLBACK TO brake")
    tx.driver.execute("RELEASE brake")
    if plan.mass is not None:
        note_stop(tx, plan.mass, pages[-1].server_ms)
    else:
        _carry_out(tx, plan, pages[-1])
    drop_stage(tx)
    return tx.touched


class _Plan(NamedTuple):
    """What a checkpoint comes to: the rows that go are those that have lost their last reason by now."""

    news: News
    retired: list[Key]
    lost: Mapping[str, Sequence[str]]
    mass: Mass | None


def _plan(tx: Transaction, pages: Sequence[PullReply]) -> _Plan:
    last, results = pages[-1], [result for page in pages for result in page.results]
    retired = _retire(tx, last, results)
    news = _read_anew(tx, gather(pages), last)
    lost = drop_reasons(tx.driver, news)
    unsaid = _unsaid(tx, news, retired, [one.op_id for one in results if one.reason == "late"])
    return _Plan(news, retired, lost, removal_to_stop(tx, news, lost, unsaid))


def _carry_out(tx: Transaction, plan: _Plan, last: PullReply) -> None:
    _install_news(tx, plan.news, plan.lost, last.server_ms)
    _settle(tx, {key for key in plan.retired if key not in plan.news.puts})
    tx.set_meta(CURSORS, _encode(last.cursors).decode())
    tx.set_meta("consistent_ms", str(last.server_ms))
    note_clock(tx, last.server_ms)
    end_stop(tx)


def _read_anew(tx: Transaction, news: News, last: PullReply) -> News:
    """After the centre was restored every scope is swept: what it does not name again it never heard of."""
    if tx.meta(ANEW) is None:
        return news
    tx.driver.execute("DELETE FROM meta WHERE k=?", (ANEW,))
    here, mine = scopes_here(tx), last.cursors.keys()
    return msgspec.structs.replace(
        news, reset=news.reset | (here & mine), removed=news.removed | (here - mine)
    )


def install_news(tx: Transaction, news: News) -> None:
    """Take away what is here for no scope any more, and put the rest in its place."""
    said_ms = tx.meta("consistent_ms")
    _install_news(tx, news, drop_reasons(tx.driver, news), int(said_ms) if said_ms else None)


def _install_news(
    tx: Transaction, news: News, lost: Mapping[str, Sequence[str]], server_ms: int | None
) -> None:
    note_departures(tx, lost, news.reasons, server_ms)
    forget_traces(tx, lost)
    for kind, ids in lost.items():
        _forget(tx, kind, ids)
    erase_purged(tx, news)
    welcome_back(tx, news.puts)
    find_again(tx, news.puts)
    _install(tx, news)


def _retire(tx: Transaction, last: PullReply, results: Sequence[Result]) -> list[Key]:
    head = head_of(tx.driver)
    if head is None or last.ack is None or last.ack.seq == 0:
        return []
    if not acknowledged(tx.driver, last.ack, head.replica):
        raise Problem("fork_detected")
    tx.set_meta("known_ack", str(last.ack.seq))
    return list(retire(tx.driver, last.ack, results, replica=head.replica, now_ms=last.server_ms))


def _install(tx: Transaction, news: News) -> None:
    waiting = {id for (id,) in tx.rows_of("SELECT DISTINCT entity_id FROM outbox")}
    waiting |= {id for (id,) in tx.rows_of("SELECT id FROM hidden")}
    by_kind: dict[str, dict[str, Entry]] = {}
    for (kind, id), entry in news.puts.items():
        by_kind.setdefault(kind, {})[id] = entry
    for kind, entries in by_kind.items():
        tx.touch_all(kind, entries)
        documents = _documents(tx, kind, entries, news)
        put_documents(tx.driver, kind, [each for each in documents if each.id not in waiting], tx.pinyin)
        for document in documents:
            if document.id in waiting:
                lay_out(tx.driver, kind, document, tx.pinyin)


def _documents(tx: Transaction, kind: str, entries: Mapping[str, Entry], news: News) -> list[Document]:
    named = {id: (each.scope, news.several.get((kind, id)) or {each.scope}) for id, each in entries.items()}
    first = add_reasons(tx.driver, kind, named)
    return [
        Document(id, first.get(id, entry.scope), entry.rev, str(entry.body, "utf-8"), None)
        for id, entry in entries.items()
    ]


def _forget(tx: Transaction, kind: str, ids: Sequence[str]) -> None:
    delete_documents(tx.driver, kind, ids)
    unhide(tx.driver, ids)
    forget_memberships(tx.driver, ids)
    tx.touch_all(kind, ids)


def _settle(tx: Transaction, retired: Iterable[Key]) -> None:
    """Show the centre's word where an operation ended without a new row.

    A refused change or deletion falls back to the base. A record that was held stays as its author wrote it,
    marked by its inbox entry; one that the centre took in but does not show to this user is his no longer.
    """
    for kind, id in retired:
        if kind not in KINDS:
            continue
        tx.touch(kind, RecordId(id))
        said = said_of(tx.driver, kind, id)
        if said is not None:
            lay_out(tx.driver, kind, said, tx.pinyin)
        elif _was_taken_in(tx, kind, id):
            delete_documents(tx.driver, kind, [id])


def _unsaid(tx: Transaction, news: News, retired: Sequence[Key], late: Sequence[str]) -> list[Key]:
    """One's own new records that go because the centre took them in and shows none of them, and not why.

    It says why where they came late, or left again for a reason, or their scope is no longer granted.
    """
    if len(retired) < FEW_ROWS:
        return []
    listed = _encode(late).decode()
    sql = "SELECT entity_id FROM archive WHERE op_id IN (SELECT value FROM json_each(?))"
    elsewhere = {id for (id,) in tx.rows_of(sql, (listed,))}
    return [
        (kind, id)
        for kind, id in set(retired) - news.puts.keys()
        if kind in KINDS
        and id not in elsewhere
        and news.reasons.get((kind, id)) not in EXPLAINED
        and _was_taken_in(tx, kind, id)
        and not news.removed & scopes_of(tx, kind, id)
    ]


def _was_taken_in(tx: Transaction, kind: str, id: str) -> bool:
    """Whether the centre has the record of which it never sent a row; what it did not say is no yes."""
    mine = tx.rows_of(f"SELECT 1 FROM {table_name(KINDS[kind])} WHERE id=? AND rev IS NULL", (id,))
    made = tx.rows_of("SELECT code FROM archive WHERE entity_id=? AND kind=? ORDER BY n LIMIT 1", (id, kind))
    taken = bool(made) and made[0][0] not in ("held", "unknown")
    return bool(mine) and taken and not pending_operations(tx.driver, id)
