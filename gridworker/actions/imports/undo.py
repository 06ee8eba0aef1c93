"""Taking an import back: what nobody touched since disappears, what somebody changed stays and is listed."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, get_type_hints

import msgspec

from gridworker.actions.imports.commit import digest
from gridworker.db.imports import (
    BatchRow,
    batch_of,
    bodies_of,
    leftovers,
    mark_undone,
    named_by_others,
    pointed_to,
    rows_of_batch,
)
from gridworker.db.transaction import Transaction
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.households import Household
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record, RecordId, Touched
from gridworker.domain.residents import Resident

WHY = "undo_import"
_ORDER: tuple[type[Record], ...] = (CareProfile, Resident, Household, Room, Building, Estate)
"""What points to others goes before them."""
_POINTED_FROM: dict[type[Record], tuple[tuple[type[Record], str], ...]] = {
    Resident: ((CareProfile, "resident_id"),),
    Household: ((Resident, "household_id"),),
    Room: ((Resident, "room_id"), (Household, "room_id")),
    Building: ((Resident, "building_id"), (Room, "building_id")),
    Estate: ((Building, "estate_id"),),
}


class Kept(msgspec.Struct, frozen=True):
    """A record that an undo left as it is: it, or one of its fields, was changed after the import."""

    id: RecordId
    kind: str
    fields: tuple[str, ...] = ()


class Undone(msgspec.Struct, frozen=True):
    """What taking back a batch did."""

    batch_id: str
    deleted: int
    restored: int
    kept: tuple[Kept, ...]


def undo_import(tx: Transaction, batch_id: str) -> Touched:
    """Take back a whole batch; raises Problem `batch_missing`, or `already_undone` the second time."""
    take_back(tx, batch_id)
    return tx.touched


def take_back(tx: Transaction, batch_id: str) -> Undone:
    """The same, with the list of what was kept."""
    batch = batch_of(tx, batch_id)
    if batch is None:
        raise Problem("batch_missing")
    if batch.state == "undone":
        raise Problem("already_undone", file=batch.file)
    rows = rows_of_batch(tx, batch_id)
    restored, kept = _restore(tx, [row for row in rows if row.verb == "patch"])
    deleted = _delete(tx, [row for row in rows if row.verb == "create"], kept)
    _delete(tx, leftovers(tx), [])
    _forget_heads(tx, [each.id for each in kept if each.kind == Household.kind])
    mark_undone(tx, batch_id, [each.id for each in kept])
    return Undone(batch_id, deleted, restored, tuple(kept))


def _restore(tx: Transaction, rows: Iterable[BatchRow]) -> tuple[int, list[Kept]]:
    """Give back old values where the imported ones still stand."""
    restored, kept = 0, []
    for row in rows:
        kind = KINDS[row.kind]
        stored = tx.get(kind, row.record_id)
        if stored is None:
            continue
        pairs: dict[str, list[Any]] = msgspec.json.decode(row.old)
        now = _plain({name: getattr(stored.record, name) for name in pairs})
        back = {name: _typed(kind, name, old) for name, (old, new) in pairs.items() if now[name] == new}
        if back and tx.change(kind, row.record_id, why=WHY, **back):
            restored += 1
        others = tuple(name for name in pairs if name not in back)
        if others:
            kept.append(Kept(row.record_id, row.kind, others))
    return restored, kept


def _plain(values: dict[str, object]) -> dict[str, object]:
    """Values as they come back from JSON."""
    plain: dict[str, object] = msgspec.json.decode(msgspec.json.encode(values))
    return plain


def _typed(kind: type[Record], name: str, value: object) -> object:
    """JSON has no tuples; the schema says where they belong."""
    hints = _hints(kind)
    return msgspec.convert(value, hints[name])


@cache
def _hints(kind: type[Record]) -> dict[str, Any]:
    return get_type_hints(kind)


def _delete(tx: Transaction, rows: Sequence[BatchRow], kept: list[Kept]) -> int:
    deleted = 0
    for kind in _ORDER:
        mine = {row.record_id: row.old.strip('"') for row in rows if row.kind == kind.kind}
        records = bodies_of(tx, kind, list(mine))
        needed = _needed(tx, kind, list(records))
        for id, record in records.items():
            if id in needed or digest(record) != mine[id]:
                kept.append(Kept(id, kind.kind))
            else:
                tx.delete(kind, id, why=WHY)
                deleted += 1
    return deleted


def _forget_heads(tx: Transaction, households: Sequence[RecordId]) -> None:
    """A household that stays does not name a head who is gone."""
    kept = tx.get_many(Household, households)
    heads = bodies_of(tx, Resident, [h.record.head_id for h in kept if h.record.head_id])
    for household in kept:
        if household.record.head_id and household.record.head_id not in heads:
            tx.change(Household, household.id, why=WHY, head_id=None)


def _needed(tx: Transaction, kind: type[Record], ids: Sequence[RecordId]) -> set[RecordId]:
    """Which of these still have to stay because something else points to them."""
    needed = named_by_others(tx, ids)
    for source, column in _POINTED_FROM.get(kind, ()):
        needed |= pointed_to(tx, source, column)
    return needed
