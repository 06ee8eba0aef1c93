"""Rehearsing the undoing of an import: done once and rolled back, so that the counts are the true ones."""

import contextlib
from collections import Counter

import msgspec

from gridworker.actions.imports.undo import take_back
from gridworker.db.database import Database
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.kinds import KINDS


class UndoRehearsal(msgspec.Struct, frozen=True):
    """What taking a batch back would do: records that go, by kind, get old values again, or stay."""

    deleted: dict[str, int]
    restored: int
    kept: int


class _EnoughError(Exception):
    """So that nothing of it stays."""


def rehearse_undo(database: Database, batch_id: str) -> UndoRehearsal:
    """Count what taking a batch back would change; raises Problem `batch_missing` or `already_undone`."""
    found: list[UndoRehearsal] = []

    def work(tx: Transaction) -> None:
        before = _counts(tx)
        undone = take_back(tx, batch_id)
        found.append(UndoRehearsal(dict(before - _counts(tx)), undone.restored, len(undone.kept)))
        raise _EnoughError

    with contextlib.suppress(_EnoughError):
        database.write(work)
    return found[0]


def _counts(reader: Reader) -> Counter[str]:
    return Counter({name: reader.count(kind) for name, kind in KINDS.items()})
