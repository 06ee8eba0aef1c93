"""Rehearsing the undoing of an import: the counts are those of what then happens, and nothing is changed."""

from pathlib import Path

import pytest

from gridworker.actions.imports.rehearsal import UndoRehearsal, rehearse_undo
from gridworker.actions.imports.run import import_file
from gridworker.actions.imports.undo import take_back
from gridworker.db.database import Database
from gridworker.db.imports import batches
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from tests.actions.import_files import SONG, TODAY, YIN, ZHAO, workbook
from tests.db.laptop import look


def imported(database: Database, file: Path) -> str:
    """A register, written into the database; the id of the batch."""
    import_file(database, workbook(file, [SONG, ZHAO, YIN]), today=TODAY)
    return look(database, batches)[0].id


def counts(database: Database) -> dict[str, int]:
    """How many records of each kind there are."""
    return look(database, lambda reader: {name: reader.count(kind) for name, kind in KINDS.items()})


def test_a_rehearsal_counts_what_goes_and_changes_nothing(worker: Database, tmp_path: Path) -> None:
    batch = imported(worker, tmp_path / "a.xlsx")
    one = look(worker, lambda reader: next(iter(reader.all(Resident)))).id
    worker.write(lambda tx: tx.change(Resident, one, note="已走访"))
    before = counts(worker)
    waiting = look(worker, lambda reader: reader.rows_of("SELECT count(*) FROM outbox"))
    rehearsal = rehearse_undo(worker, batch)
    assert counts(worker) == before
    assert look(worker, lambda reader: reader.rows_of("SELECT count(*) FROM outbox")) == waiting
    undone = worker.write(take_back, batch)
    after = counts(worker)
    gone = {kind: before[kind] - after[kind] for kind in before if before[kind] != after[kind]}
    assert rehearsal == UndoRehearsal(gone, undone.restored, len(undone.kept))
    assert rehearsal.deleted["resident"] == before["resident"] - 1
    assert rehearsal.kept > 0


def test_what_cannot_be_taken_back_is_said_at_once(worker: Database, tmp_path: Path) -> None:
    batch = imported(worker, tmp_path / "a.xlsx")
    with pytest.raises(Problem, match="batch_missing"):
        rehearse_undo(worker, "nobody")
    worker.write(take_back, batch)
    with pytest.raises(Problem, match="already_undone"):
        rehearse_undo(worker, batch)
