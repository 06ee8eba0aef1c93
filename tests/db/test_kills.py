"""Kill −9 while saving: what was reported as saved is there, the chain has no gap, the file is whole."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from gridworker.db.checkpoint import drop_stage
from gridworker.db.database import Database
from gridworker.domain.cases import Case
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from tests.db.laptop import PaperCentre, assert_chained, assert_consistent, look, opened, operations, put

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 15

SAVE = """
import sys
from pathlib import Path
from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.domain.residents import Resident
from tests.db.laptop import open_database
database = open_database(Path(sys.argv[1]), start=int(sys.argv[2]))
person = database.write(lambda tx: tx.create(Resident(name="王秀兰")))
print("ready", flush=True)
while True:
    touched = database.write(record_visit, VisitDraft(resident_ids=(person,), hazard="楼道堆物"))
    print(*touched.ids, flush=True)
"""

EXCHANGE = """
import sys
from pathlib import Path
import msgspec
from gridworker.db.checkpoint import install_checkpoint
from gridworker.domain.residents import Resident
from tests.db.laptop import PaperCentre, ack_of, open_database, put
database = open_database(Path(sys.argv[1]), start=int(sys.argv[2]))
centre = PaperCentre(database)
print("ready", flush=True)
n = int(sys.argv[2])
while True:
    n += 1
    mine = database.write(lambda tx: tx.create(Resident(name="我的")))
    news = [put("resident", f"r{n}-{k}", {"name": "王"}) for k in range(20)]
    news += [put("resident", mine, {"name": "我的"})]
    centre.stage(centre.page(*news[:10], done=False))
    centre.stage(centre.page(*news[10:], ack=ack_of(centre.waiting()[-1])))
    database.write(install_checkpoint)
    print(n, flush=True)
"""


def run_until_killed(program: str, path: Path, start: int) -> list[str]:
    """Let a program work for a random moment and kill it; gives the whole lines that it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, str(path), str(start)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "ready\n"
        time.sleep(random.uniform(0.01, 0.12))
        process.send_signal(signal.SIGKILL)
        lines = [line.rstrip("\n") for line in said if line.endswith("\n")]
    process.wait()
    return lines


def test_every_visit_that_was_reported_as_saved_is_there(laptop: Database, path: Path) -> None:
    laptop.close()
    saved: set[str] = set()
    for round_ in range(ROUNDS):
        for line in run_until_killed(SAVE, path, 1_000_000 * (round_ + 1)):
            saved.update(line.split())
        with opened(path) as database:
            assert saved <= ids(database, Visit) | ids(database, Case)
            assert_whole(database)
    assert len(saved) > ROUNDS


def ids(database: Database, kind: type[Visit] | type[Case]) -> set[str]:
    """The ids of all records of a kind."""
    return {each.id for each in look(database, lambda reader: list(reader.all(kind)))}


def assert_whole(database: Database) -> None:
    """No half action, no gap in the chain, no damage."""
    with database.read() as reader:
        assert reader.count(Visit) == reader.count(Case)
        assert reader.rows_of("PRAGMA integrity_check") == [("ok",)]
        assert reader.rows_of("PRAGMA cipher_integrity_check") == []
        recorded = {each for (each,) in reader.rows_of("SELECT entity_id FROM outbox")}
        stored = reader.rows_of(
            "SELECT id FROM visit UNION SELECT id FROM case_ UNION SELECT id FROM resident"
        )
    assert recorded == {id for (id,) in stored}
    assert_chained(PaperCentre(database).waiting())


def test_every_checkpoint_is_there_whole_or_not_at_all(laptop: Database, path: Path) -> None:
    laptop.close()
    for round_ in range(6):
        lines = run_until_killed(EXCHANGE, path, 1_000_000 * (round_ + 1))
        with opened(path) as database:
            assert_consistent(database)
            people = look(database, lambda r: r.rows_of("SELECT id, rev FROM resident"))
            foreign = [id for id, _ in people if id.startswith("r")]
            assert len(foreign) % 20 == 0
            assert set(lines) <= {id[1:].split("-")[0] for id in foreign}
            assert {id for id, rev in people if rev is None} == {o.id for o in operations(database)}
            finish(database)


def finish(database: Database) -> None:
    """Pull anew from the last checkpoint, and have everything acknowledged that waits."""
    centre = PaperCentre(database)
    database.write(drop_stage)
    centre.accept(*(put("resident", operation.id, {"name": "我的"}) for operation in operations(database)))
    assert centre.waiting() == []


def test_a_copy_of_the_running_files_opens(laptop: Database, path: Path, tmp_path: Path) -> None:
    person = laptop.write(lambda tx: tx.create(Resident(name="王")))
    copy = tmp_path / "copy" / "gridworker.db"
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    with opened(copy) as database:
        assert look(database, lambda reader: reader.get(Resident, person)) is not None
        assert_consistent(database)
