"""The first fill: resumable after a kill, closed for work until it is done, and whole at the end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gridworker.db.database import Database
from gridworker.db.drafts import save_draft
from gridworker.db.first_fill import begin_fill, end_fill, fill_page, is_filling, may_fill
from gridworker.db.residents import search_residents
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.wire.messages import Cursor
from tests.db.laptop import (
    GRID,
    OTHER_GRID,
    PaperCentre,
    assert_consistent,
    cursors_of,
    document,
    gone,
    look,
    opened,
    operations,
    put,
)

ROOT = Path(__file__).resolve().parents[2]


def indexes(database: Database) -> set[str]:
    """The names of all indexes."""
    sql = "SELECT name FROM sqlite_master WHERE type='index' AND sql IS NOT NULL"
    return {name for (name,) in look(database, lambda reader: reader.rows_of(sql))}


def test_a_filled_database_is_as_good_as_any(centre: PaperCentre, laptop: Database) -> None:
    before = indexes(laptop)
    assert look(laptop, may_fill)
    laptop.write(begin_fill)
    assert indexes(laptop) < before
    person = put("resident", "r1", {"name": "王秀兰", "phones": ["13800138000"]})
    visit = {"resident_ids": ["r1"], "visited_ms": 1, "method": "home", "outcome": "met"}
    assert laptop.write(fill_page, centre.page(person, done=False)) == 1
    assert laptop.write(fill_page, centre.page(put("visit", "v1", visit), put("pet", "p1", {}))) == 2
    assert laptop.write(end_fill, 77).everything
    assert indexes(laptop) == before
    assert len(look(laptop, search_residents, "wxl")) == 1
    assert [each.id for each in look(laptop, lambda r: r.linked(Visit, RecordId("r1")))] == ["v1"]
    assert cursors_of(laptop)[GRID].seq == 2
    assert look(laptop, lambda reader: reader.meta("consistent_ms")) == "77"
    assert_consistent(laptop)


def test_no_work_is_taken_while_the_fill_is_under_way(centre: PaperCentre, laptop: Database) -> None:
    laptop.write(begin_fill)
    laptop.write(fill_page, centre.page(put("resident", "r1", {"name": "王"}), done=False))
    for action in (
        lambda tx: tx.create(Resident(name="李")),
        lambda tx: tx.change(Resident, RecordId("r1"), note="新"),
    ):
        with pytest.raises(Problem, match="still_filling"):
            laptop.write(action)
    laptop.write(save_draft, "case", Case(title="灯", category="", found_ms=0))
    assert operations(laptop) == []
    assert document(laptop, "resident", RecordId("r1")) == {"name": "王"}
    laptop.write(end_fill, 1)
    laptop.write(lambda tx: tx.create(Resident(name="李")))


def test_what_goes_during_the_fill_is_gone_at_its_end(centre: PaperCentre, laptop: Database) -> None:
    laptop.write(begin_fill)
    people = [put("resident", f"r{n}", {"name": "王"}) for n in (1, 2, 3)]
    laptop.write(fill_page, centre.page(*people, done=False))
    moved = put("resident", "r2", {"name": "王"}, rev=2, scope=OTHER_GRID)
    laptop.write(fill_page, centre.page(gone("resident", "r1"), moved, gone("resident", "r2"), done=False))
    laptop.write(fill_page, centre.page(put("resident", "r3", {"name": "李"}, rev=3)))
    laptop.write(end_fill, 1)
    found = {
        each.id: (each.scope, each.record.name) for each in look(laptop, lambda r: list(r.all(Resident)))
    }
    assert found == {"r2": (OTHER_GRID, "王"), "r3": (GRID, "李")}


def test_a_grid_taken_away_during_the_fill_is_gone_at_its_end(centre: PaperCentre, laptop: Database) -> None:
    laptop.write(begin_fill)
    laptop.write(fill_page, centre.page(put("resident", "r1", {"name": "王"}), done=False))
    page = centre.page(put("resident", "r2", {"name": "李"}, scope=OTHER_GRID), removed=[GRID])
    laptop.write(fill_page, page)
    assert [each.id for each in look(laptop, lambda reader: list(reader.all(Resident)))] == ["r2"]


def test_only_an_empty_database_is_filled(centre: PaperCentre, laptop: Database) -> None:
    person = laptop.write(lambda tx: tx.create(Resident(name="王")))
    assert not look(laptop, may_fill)
    laptop.write(lambda tx: tx.delete(Resident, person, why=""))
    assert not look(laptop, may_fill)
    centre.accept()
    assert not look(laptop, may_fill)


def test_a_fill_that_begins_twice_goes_on(centre: PaperCentre, laptop: Database, path: Path) -> None:
    laptop.write(begin_fill)
    laptop.write(fill_page, centre.page(put("resident", "r1", {"name": "王"}), done=False))
    laptop.close()
    with opened(path) as again:
        assert look(again, is_filling)
        again.write(begin_fill)
        again.write(fill_page, PaperCentre(again).page(put("resident", "r1", {"name": "王"})))
        again.write(end_fill, 1)
        assert not look(again, is_filling)
        assert look(again, lambda reader: reader.count(Resident)) == 1


FILL = """
import sys
from pathlib import Path
from gridworker.db.enrolment import store_enrolment
from gridworker.db.first_fill import begin_fill, fill_page
from tests.db.laptop import PaperCentre, cursors_of, enrolment, open_database, put
database = open_database(Path(sys.argv[1]))
centre = PaperCentre(database)
if not database.write(lambda tx: tx.me.enrolled):
    database.write(store_enrolment, enrolment("grid_worker"), "url")
database.write(begin_fill)
centre.seq = max([cursor.seq for cursor in cursors_of(database).values()], default=0)
print("ready", flush=True)
while True:
    first = centre.seq * 40
    page = centre.page(*(put("resident", f"r{first + n}", {"name": "王秀兰"}) for n in range(40)), done=False)
    database.write(fill_page, page)
    print(centre.seq, flush=True)
"""


def test_a_fill_that_is_killed_goes_on_from_its_last_page(path: Path) -> None:
    done = 0
    for _ in range(4):
        done = max(done, fill_until_killed(path))
        with opened(path) as database:
            cursor = cursors_of(database).get(GRID, Cursor(1, 0))
            assert look(database, is_filling)
            assert cursor.seq >= done
            assert look(database, lambda reader: reader.count(Resident)) == cursor.seq * 40
            assert look(database, lambda reader: reader.rows_of("PRAGMA integrity_check")) == [("ok",)]
    with opened(path) as database:
        database.write(end_fill, 1)
        assert len(look(database, search_residents, "wangxiu", 10)) == 10
    assert done > 0


def fill_until_killed(path: Path) -> int:
    """Let another process fill for a moment and kill it; gives the last page that it reported as written."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", FILL, str(path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "ready\n"
        time.sleep(0.15)
        process.send_signal(signal.SIGKILL)
        pages = [int(line) for line in said if line.endswith("\n")]
    process.wait()
    return max(pages, default=0)
