"""Traces: what other tables still say of records that are here no longer, and what of it is wiped."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from gridworker.db.news import Key
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import RecordId
from gridworker.wire.messages import Conflict

_BETWEEN_NAMES = re.compile(r"[^\w.-]+")
_AT_A_TIME = 500


def forget_traces(tx: Transaction, lost: Mapping[str, Sequence[str]]) -> None:
    """Wipe what the centre had said of these records in answers to questions, and in drafts that name them.

    Called while their rows are still here. What somebody typed stays: a draft loses only what it had taken
    over from the record, and is listed by `drafts.stray_drafts`. One's own entries stay in the queue and
    the archive: they are sent, and sent again to a restored centre.
    """
    if lost:
        for kind, ids in lost.items():
            _mark_drafts(tx, kind, frozenset(ids))
        blank_answers(tx, [id for ids in lost.values() for id in ids])


def drop_drafts(tx: Transaction, ids: Collection[str]) -> None:
    """Remove every draft that names one of these records."""
    wiped = frozenset(ids)
    names = [(name,) for name, _, named in _drafts(tx) if not wiped.isdisjoint(named)]
    tx.driver.executemany("DELETE FROM draft WHERE name=?", names)
    tx.driver.executemany("DELETE FROM stray WHERE name=?", names)


def find_again(tx: Transaction, puts: Collection[Key]) -> None:
    """Drafts about what is here again are drafts like any other."""
    known = {id for (id,) in tx.rows_of("SELECT id FROM stray")}
    back = [(id,) for id in known.intersection(id for _, id in puts)] if known else []
    tx.driver.executemany("DELETE FROM stray WHERE id=?", back)


def named_in_drafts(reader: Reader) -> set[str]:
    """Every id, and other words, that some draft names."""
    return {word for _, _, named in _drafts(reader) for word in named}


def blank_answers(tx: Transaction, ids: Collection[str]) -> None:
    """Wipe the centre's values in what it said of these records."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_A_TIME):
        part = ordered[start : start + _AT_A_TIME]
        marks = ",".join("?" * len(part))
        sql = f"SELECT op_id, conflicts FROM inbox WHERE entity_id IN ({marks}) AND conflicts<>'[]'"
        for op_id, text in tx.rows_of(sql, part):
            found = msgspec.json.decode(text, type=list[Conflict])
            blank = [msgspec.structs.replace(one, server=None, server_actor="") for one in found]
            row = (msgspec.json.encode(blank).decode(), op_id)
            tx.driver.execute("UPDATE inbox SET conflicts=? WHERE op_id=?", row)


def _drafts(reader: Reader) -> Iterator[tuple[str, str, set[str]]]:
    for name, body in reader.rows_of("SELECT name, body FROM draft"):
        yield name, body, {*_BETWEEN_NAMES.split(name), *_BETWEEN_NAMES.split(body)}


def _mark_drafts(tx: Transaction, kind: str, ids: frozenset[str]) -> None:
    for name, body, named in list(_drafts(tx)):
        for id in ids & named:
            tx.driver.execute("INSERT OR IGNORE INTO stray(name,id) VALUES (?,?)", (name, id))
            body = _without_copies(body, _said(tx, kind, id))
        tx.driver.execute("UPDATE draft SET body=? WHERE name=? AND body<>?", (body, name, body))


def _without_copies(body: str, said: Mapping[str, Any]) -> str:
    """A draft without the texts that its form took over from a record, under the same name."""
    draft = msgspec.json.decode(body)
    if not isinstance(draft, dict):
        return body
    copied = {name for name in draft.keys() & said.keys() if draft[name] and draft[name] == said[name]}
    blank = {name: "" for name in copied if isinstance(draft[name], str)}
    return msgspec.json.encode({**draft, **blank}).decode() if blank else body


def _said(reader: Reader, kind: str, id: str) -> dict[str, Any]:
    found = reader.document(KINDS[kind], RecordId(id)) if kind in KINDS else None
    return found[1] or found[0] if found else {}
