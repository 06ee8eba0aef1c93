"""Saving a visit durably, beside one bare SQLCipher transaction of the same rows that waits for the disk.

The floor knows its bytes beforehand: no rules, no encoding, no hashes, the same tables, indexes and pragmas.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import Report, percentile
from benchmarks.laptops import KEY, filled_laptop, new_id, open_laptop
from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.db.cipher import connect
from gridworker.db.database import Database
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident

RESIDENTS = 3_000
"""A grid; how long a save takes does not depend on it."""
ROUNDS = 1_000
BUDGET = 1.5
NOTE = "身体不错，子女每周来。"


def run(report: Report) -> None:
    """Visits with and without a hazard, in turn with the floor, so that both meet the same disk."""
    with tempfile.TemporaryDirectory(prefix="gridworker-bench-") as folder:
        open_laptop(Path(folder) / "floor.db").close()
        with (
            closing(filled_laptop(Path(folder) / "laptop.db", RESIDENTS)) as laptop,
            closing(connect(Path(folder) / "floor.db", KEY)) as bare,
        ):
            _measure(report, laptop, bare)


def _measure(report: Report, laptop: Database, bare: Any) -> None:
    with laptop.read() as reader:
        people = [stored.id for stored in reader.all(Resident)]
    stored = _stored_by(laptop, people[0])
    ours: list[float] = []
    floor: list[float] = []
    with_hazard: list[float] = []
    for turn in range(ROUNDS):
        person = people[turn % len(people)]
        floor.append(_milliseconds(partial(_store, bare, stored)))
        ours.append(_milliseconds(partial(_save, laptop, person)))
        with_hazard.append(_milliseconds(partial(_save, laptop, person, hazard="楼道堆物")))
    for percent, budget in ((50, None), (99, BUDGET)):
        bottom, note = percentile(floor, percent), f"{ROUNDS} saves"
        report.add(
            f"visit_p{percent}", percentile(ours, percent), "ms", floor=bottom, budget=budget, note=note
        )
        note = "a visit and its case, beside one visit"
        report.add(f"with_case_p{percent}", percentile(with_hazard, percent), "ms", floor=bottom, note=note)


def _save(laptop: Database, person: RecordId, hazard: str = "") -> None:
    laptop.write(record_visit, VisitDraft(resident_ids=(person,), note=NOTE, hazard=hazard))


def _milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def _stored_by(laptop: Database, person: RecordId) -> tuple[str, bytes]:
    """The body and the envelope that one visit makes."""
    _save(laptop, person)
    with laptop.read() as reader:
        (body,) = reader.rows_of("SELECT body FROM visit LIMIT 1")[0]
        (env,) = reader.rows_of("SELECT env FROM outbox LIMIT 1")[0]
    return body, env


def _store(bare: Any, stored: tuple[str, bytes]) -> None:
    """The floor: the rows of one visit, and where the queue now ends."""
    body, env = stored
    id, op_id, person = new_id(), new_id(), new_id()
    bare.execute("BEGIN IMMEDIATE")
    bare.execute("INSERT INTO visit(id,scope,body) VALUES (?,'g:bench',?)", (id, body))
    bare.execute("INSERT INTO link(target,kind,id) VALUES (?,'visit',?)", (person, id))
    bare.execute(
        "INSERT INTO outbox(op_id,kind,entity_id,env,created_ms) VALUES (?,'visit',?,?,0)", (op_id, id, env)
    )
    bare.execute("UPDATE meta SET v=? WHERE k='chain'", (op_id,))
    bare.execute("COMMIT")
