"""Handed over: people and places that went to another grid, and what became of one's own entries on them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from gridworker.db.clock import clock_reading
from gridworker.db.moves import MOVE_MARK
from gridworker.db.news import Key
from gridworker.db.reader import Reader, decoder_of
from gridworker.db.tables import table_name
from gridworker.db.traces import named_in_drafts
from gridworker.db.transaction import Transaction
from gridworker.domain.buildings import Building
from gridworker.domain.households import Household
from gridworker.domain.kinds import KINDS
from gridworker.domain.masks import mask_address, mask_name
from gridworker.domain.records import Record, RecordId, Touched
from gridworker.domain.residents import Resident

REASONS = frozenset({"moved", "regrid"})
"""Why a record leaves that others work on from now on; what was deleted or merged is not handed over."""
KEPT_MS = 90 * 86_400_000
"""How long a line stays: as long as one's own entries are kept."""
STEADY_MS = 86_400_000
"""By how much the two clocks may part between two exchanges; more is a clock that was set."""
_TAKEN = frozenset({"applied", "noop", "merged", "unknown"})


class Entries(msgspec.Struct, frozen=True):
    """One's own operations on what was handed over: how many wait here, were taken in, or wait there."""

    waiting: int = 0
    taken: int = 0
    held: int = 0
    disputed: int = 0


class HandedOver(msgspec.Struct, frozen=True):
    """One person or place that went; `words` is a masked name, and no more is kept of it."""

    id: RecordId
    kind: str
    words: str
    reason: str
    at_ms: int
    seen: bool
    entries: Entries


def handed_over(reader: Reader, limit: int = 200) -> list[HandedOver]:
    """What went to other grids and was worked on here, newest first."""
    sql = "SELECT id, kind, words, reason, at_ms, seen FROM handed_over ORDER BY seen, at_ms DESC, id LIMIT ?"
    return [
        HandedOver(RecordId(id), kind, words, reason, at_ms, bool(seen), _entries(reader, id))
        for id, kind, words, reason, at_ms, seen in reader.rows_of(sql, (limit,))
    ]


def mark_handed_over_seen(tx: Transaction, ids: Iterable[str]) -> Touched:
    """Remember that a person has looked at these lines."""
    tx.driver.executemany("UPDATE handed_over SET seen=1 WHERE id=?", [(id,) for id in ids])
    return Touched()


def note_departures(
    tx: Transaction, lost: Mapping[str, Sequence[str]], reasons: Mapping[Key, str], server_ms: int | None
) -> None:
    """Write down who goes, before the rows are wiped, where somebody here has worked on them.

    `server_ms` is the centre's time as far as it is known: this laptop's clock may be wrong by years.
    """
    if server_ms is not None and _is_steady(tx, server_ms):
        tx.driver.execute("DELETE FROM handed_over WHERE at_ms<?", (server_ms - KEPT_MS,))
        tx.driver.execute("DELETE FROM handed_over_part WHERE id NOT IN (SELECT id FROM handed_over)")
    going = [
        (kind, id)
        for kind in _WORDS.keys() & lost.keys()
        for id in lost[kind]
        if reasons.get((kind, id)) in REASONS
    ]
    drafted = named_in_drafts(tx) if going else set()
    at_ms = tx.now_ms if server_ms is None else server_ms
    for kind, id in going:
        _note(tx, kind, id, reason=reasons[kind, id], at_ms=at_ms, drafted=id in drafted)


def _is_steady(tx: Transaction, server_ms: int) -> bool:
    """Whether both clocks went on equally since they were last compared; else one of them was set."""
    clock = clock_reading(tx, tx.now_ms)
    return clock is not None and abs(tx.now_ms + clock.offset_ms - server_ms) <= STEADY_MS


def welcome_back(tx: Transaction, puts: Collection[Key]) -> None:
    """What is here again is not handed over any more."""
    known = {id for (id,) in tx.rows_of("SELECT id FROM handed_over")}
    back = [(id,) for id in known.intersection(id for _, id in puts)] if known else []
    tx.driver.executemany("DELETE FROM handed_over WHERE id=?", back)
    tx.driver.executemany("DELETE FROM handed_over_part WHERE id=?", back)


def _note(tx: Transaction, kind: str, id: str, *, reason: str, at_ms: int, drafted: bool) -> None:
    about = [part for (part,) in tx.rows_of("SELECT id FROM link WHERE target=?", (id,))]
    mine = _own(tx, [id, *about])
    if not (mine or drafted or _has_visited(tx, id)):
        return
    line = (id, kind, _words(tx, kind, id), reason, at_ms)
    tx.driver.execute(
        "INSERT OR REPLACE INTO handed_over(id,kind,words,reason,at_ms,seen) VALUES (?,?,?,?,?,0)", line
    )
    tx.driver.execute(_DROP_PROPOSALS, (id, MOVE_MARK))
    parts = [(id, part) for part in mine]
    tx.driver.executemany("INSERT OR IGNORE INTO handed_over_part(id,part_id) VALUES (?,?)", parts)


_DROP_PROPOSALS = (
    "DELETE FROM inbox WHERE op_id IN (SELECT op_id FROM archive WHERE entity_id=? AND instr(env, ?))"
)
"""One's own proposals to hand a record over are no question any more once it has gone."""


def _own(reader: Reader, ids: Sequence[str]) -> list[str]:
    """Which of these records somebody here has written to."""
    listed = msgspec.json.encode(ids).decode()
    among = "entity_id IN (SELECT value FROM json_each(?))"
    sql = f"SELECT entity_id FROM outbox WHERE {among} UNION SELECT entity_id FROM archive WHERE {among}"
    return [id for (id,) in reader.rows_of(sql, (listed, listed))]


def _has_visited(reader: Reader, id: str) -> bool:
    sql = (
        "SELECT 1 FROM link l JOIN visit v ON v.id=l.id"
        " WHERE l.target=? AND l.kind='visit' AND v.worker_id=? LIMIT 1"
    )
    return bool(reader.rows_of(sql, (id, reader.author.user_id)))


def _words(reader: Reader, kind: str, id: str) -> str:
    sql = (
        f"SELECT body FROM {table_name(KINDS[kind])} WHERE id=? UNION ALL SELECT body FROM hidden WHERE id=?"
    )
    bodies = reader.rows_of(sql, (id, id))
    return masked_words(decoder_of(KINDS[kind]).decode(bodies[0][0])) if bodies else ""


def masked_words(record: Record) -> str:
    """As much of a person or place as may be kept: a masked name, a building, an address without its room."""
    words = _WORDS[record.kind]
    return words(record)


def _place_words(record: Any) -> str:
    return mask_address(record.place)


_WORDS: Mapping[str, Callable[[Any], str]] = {
    Resident.kind: lambda record: mask_name(record.name),
    Household.kind: _place_words,
    Building.kind: lambda record: record.number,
}


def _entries(reader: Reader, id: str) -> Entries:
    among = "entity_id IN (SELECT part_id FROM handed_over_part WHERE id=?)"
    (waiting,) = reader.rows_of(f"SELECT count(*) FROM outbox WHERE {among} AND again=0", (id,))[0]
    told = "NOT (code='held' AND instr(env, ?))"  # a proposal to hand it over has come true
    sql = f"SELECT code, count(*) FROM archive WHERE {among} AND {told} GROUP BY code"
    codes: dict[str, int] = dict(reader.rows_of(sql, (id, MOVE_MARK)))
    return Entries(
        waiting=waiting,
        taken=sum(n for code, n in codes.items() if code in _TAKEN),
        held=codes.get("held", 0),
        disputed=codes.get("conflict", 0),
    )
