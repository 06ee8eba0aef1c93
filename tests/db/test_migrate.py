"""Migrations: on a copy, checked, put in place; a test for every revision; a kill leaves old or new."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from sqlalchemy import MetaData

from gridworker.db import documents, migrate, tables
from gridworker.db.cipher import connect, engine_for
from gridworker.db.database import Database
from gridworker.db.migrate import HEAD, SHAPE_KEY, declared_shape, upgrade
from gridworker.db.migrations import REVISIONS
from gridworker.db.residents import search_residents
from gridworker.domain import kinds
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import Column, Record, RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from tests.db.laptop import KEY, PaperCentre, assert_consistent, look, open_database, opened, put

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_TABLES_0001 = {
    "meta": "k v",
    "link": "target kind id met_ms",
    "extra": "id kind scope rev body",
    "hidden": "id kind scope rev body",
    "outbox": "seq op_id kind entity_id env created_ms",
    "archive": "n op_id kind entity_id env code acked_ms",
    "stage": "n page",
    "exchange_log": "n started_ms ended_ms outcome pushed pulled",
    "inbox": "op_id seq kind entity_id code reason conflicts at_ms seen",
    "draft": "name body saved_ms",
    "import_batch": "id file sha256 state created_ms report",
    "import_row": "batch_id record_id kind verb old",
    "alembic_version": "version_num",
}


def columns(driver: Any) -> dict[str, str]:
    """The columns of every table of a file."""
    sql = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
    names = [name for (name,) in driver.execute(sql).fetchall()]
    return {n: " ".join(row[1] for row in driver.execute(f"PRAGMA table_info({n})")) for n in names}


def facts(path: Path) -> tuple[str, int, int, str]:
    """Shape of the residents' table, their number, the waiting operations, and whether the file is whole."""
    with closing(connect(path, KEY)) as driver:
        shape = driver.execute("SELECT v FROM meta WHERE k=?", (SHAPE_KEY + "resident",)).fetchone()[0]
        people = driver.execute("SELECT count(*) FROM resident").fetchone()[0]
        waiting = driver.execute("SELECT count(*) FROM outbox").fetchone()[0]
        return shape, people, waiting, driver.execute("PRAGMA integrity_check").fetchone()[0]


def make_stale(database: Database) -> None:
    """As an older program would have left the file."""
    database.write(lambda tx: tx.set_meta(SHAPE_KEY + "resident", "old"))


# ----------------------------------------------------------------------------------------------- revisions


def test_the_head_is_the_last_revision() -> None:
    names = [name for name, _ in REVISIONS]
    assert names[-1] == HEAD
    assert names == sorted(set(names))
    assert {module.__name__.rpartition("_")[2] for _, module in REVISIONS} == set(names)


def test_every_revision_has_a_test() -> None:
    tests = Path(__file__).read_text("utf-8")
    assert [name for name, _ in REVISIONS if f"def test_revision_{name}_" not in tests] == []


def test_every_script_is_listed() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    scripts = {path.stem.removeprefix("revision_") for path in folder.glob("revision_*.py")}
    assert scripts == {name for name, _ in REVISIONS}


def test_revision_0001_makes_the_system_tables(tmp_path: Path) -> None:
    engine = engine_for(tmp_path / "gridworker.db", KEY)
    upgrade(engine, "0001")
    engine.dispose()
    with closing(connect(tmp_path / "gridworker.db", KEY)) as driver:
        assert columns(driver) == SYSTEM_TABLES_0001
        assert driver.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


ADDED_0002: dict[str, str] = {
    "alias": "loser survivor",
    "incident": "n at_ms scope rows",
    "blob": "sha256 size file key state done changed_ms",
    "membership": "id scope kind",
    "handed_over": "id kind words reason at_ms seen",
    "handed_over_part": "id part_id",
    "removal": "n digest kinds row_count here since_ms agreed_ms agreed_id agreed_by ended",
    "removal_row": "kind id",
    "stray": "name id",
}
"""The tables that revision 0002 adds, with their columns."""


def test_revision_0002_keeps_what_waits_and_lets_it_be_sent_again(tmp_path: Path) -> None:
    engine = engine_for(tmp_path / "gridworker.db", KEY)
    upgrade(engine, "0001")
    insert = "INSERT INTO outbox(seq,op_id,kind,entity_id,env,created_ms) VALUES (1,'o','k','e',x'00',5)"
    with engine.begin() as connection:
        connection.exec_driver_sql(insert)
    upgrade(engine, "0002")
    engine.dispose()
    with closing(connect(tmp_path / "gridworker.db", KEY)) as driver:
        queue = f"{SYSTEM_TABLES_0001['outbox']} again"
        assert columns(driver) == {**SYSTEM_TABLES_0001, **ADDED_0002, "outbox": queue}
        assert driver.execute("SELECT seq, op_id, again FROM outbox").fetchall() == [(1, "o", 0)]


def test_a_new_file_has_exactly_the_declared_tables(path: Path) -> None:
    with closing(connect(path, KEY)) as driver:
        found = set(columns(driver))
        known = dict(driver.execute("SELECT k, v FROM meta WHERE k LIKE 'shape:%'").fetchall())
    assert found == SYSTEM_TABLES_0001.keys() | ADDED_0002.keys() | {
        table.name for table in tables.KIND_TABLES.values()
    }
    assert known == {SHAPE_KEY + kind: declared_shape(kind) for kind in kinds.KINDS}


def test_a_revision_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "_stamp", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        open_database(tmp_path / "gridworker.db")
    assert not (tmp_path / "gridworker.db").exists()
    monkeypatch.undo()
    with opened(tmp_path / "gridworker.db") as database:
        assert look(database, lambda reader: reader.count(Resident)) == 0


def test_the_file_of_a_newer_program_is_left_as_it_is(path: Path) -> None:
    with closing(connect(path, KEY)) as driver:
        driver.execute("UPDATE alembic_version SET version_num='9999'")
    before = path.read_bytes()
    with pytest.raises(Problem, match="db_newer") as raised:
        open_database(path)
    assert raised.value.values == {"found": "9999", "known": HEAD}
    assert path.read_bytes() == before


# ------------------------------------------------------------------------------------------------ rebuilding


class Fuller(Resident, frozen=True, kw_only=True):
    """Residents as the next program declares them: with one column and one link more."""

    computed: ClassVar[tuple[Column, ...]] = (*Resident.computed, Column("note", "$.note"))
    links: ClassVar[tuple[str, ...]] = ("household_id",)


@contextmanager
def next_program(kind: type[Record]) -> Iterator[None]:
    """Meanwhile the program declares one kind anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "metadata", MetaData())
        for known, value in ((kinds.KINDS, kind), (tables.KIND_TABLES, tables._kind_table(kind))):
            patch.setitem(known, kind.kind, value)
        documents._insert.cache_clear()
        documents._upsert.cache_clear()
        yield


def test_a_new_column_is_filled_from_the_documents(centre: PaperCentre, laptop: Database, path: Path) -> None:
    known = {"name": "王秀兰", "note": "一楼", "household_id": "h1", "future": 1}
    centre.say(put("resident", "r1", known, rev=5), put("resident", "r2", {"name": "李"}))
    laptop.write(lambda tx: tx.change(Resident, RecordId("r1"), phones=("13800138000",)))
    mine = laptop.write(lambda tx: tx.create(Resident(name="单雄信")))
    laptop.close()
    with next_program(Fuller), opened(path) as database:
        keys = look(database, lambda reader: reader.where(Fuller, "note=?", ("一楼",)))
        assert [(each.id, each.rev, each.pending) for each in keys] == [("r1", "e1.5", True)]
        assert look(database, lambda reader: reader.document(Fuller, RecordId("r1"))) == (
            {**known, "phones": ["13800138000"]},
            known,
        )
        assert len(look(database, search_residents, "8000")) == 1
        assert len(look(database, search_residents, "sxx")) == 1
        linked = look(database, lambda reader: reader.linked(Fuller, RecordId("h1")))
        assert [each.id for each in linked] == ["r1"]
        assert look(database, lambda reader: reader.get(Fuller, mine)) is not None
        assert_consistent(database)
    with opened(path) as database:
        assert look(database, lambda reader: reader.rows_of("SELECT * FROM link")) == []
        assert look(database, lambda reader: reader.count(Resident)) == 3


class Linked(Resident, frozen=True, kw_only=True):
    """Residents with nothing new but a link."""

    links: ClassVar[tuple[str, ...]] = ("household_id",)


def test_a_new_link_is_made_of_the_documents(laptop: Database, path: Path) -> None:
    person = laptop.write(lambda tx: tx.create(Resident(name="王", household_id=RecordId("h1"))))
    laptop.close()
    with next_program(Linked), opened(path) as database:
        assert [each.id for each in look(database, lambda r: r.linked(Linked, RecordId("h1")))] == [person]


def test_links_of_other_kinds_stay_when_one_is_rebuilt(laptop: Database, path: Path) -> None:
    visit = Visit(resident_ids=(RecordId("r1"),), visited_ms=1, method="home", outcome="met")
    laptop.write(lambda tx: tx.create(visit))
    laptop.write(lambda tx: tx.create(Case(title="灯", category="C", found_ms=1, resident_id=RecordId("r1"))))
    laptop.write(lambda tx: tx.set_meta(SHAPE_KEY + "visit", "old"))
    laptop.close()
    with opened(path) as database:
        for kind in (Visit, Case):
            assert len(look(database, lambda reader, k=kind: reader.linked(k, RecordId("r1")))) == 1


def test_the_file_from_before_is_kept(laptop: Database, path: Path) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王")))
    make_stale(laptop)
    laptop.close()
    with opened(path) as database:
        database.write(lambda tx: tx.create(Resident(name="李")))
    assert facts(path.with_suffix(".before")) == ("old", 1, 1, "ok")
    assert facts(path) == (declared_shape("resident"), 2, 2, "ok")
    assert {each.name for each in path.parent.iterdir()} == {"gridworker.db", "gridworker.before"}


def test_a_disk_without_second_names_keeps_the_file_from_before_too(
    laptop: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_names: object) -> None:
        raise OSError(1, "not supported")

    make_stale(laptop)
    laptop.close()
    monkeypatch.setattr(os, "link", refuse)
    open_database(path).close()
    assert facts(path.with_suffix(".before"))[0] == "old"


def test_a_file_that_is_up_to_date_is_not_copied(path: Path) -> None:
    open_database(path).close()
    assert [each.name for each in path.parent.iterdir()] == ["gridworker.db"]


# ---------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize("step", ["_migrate", "_rebuild", "_keep", "_replace"])
def test_a_migration_that_breaks_off_leaves_the_old_file(
    laptop: Database, path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王")))
    make_stale(laptop)
    laptop.close()
    monkeypatch.setattr(migrate, step, lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        open_database(path)
    assert facts(path) == ("old", 1, 1, "ok")
    monkeypatch.undo()
    with opened(path) as database:
        assert look(database, lambda reader: reader.count(Resident)) == 1


def test_a_migration_that_loses_a_document_is_not_put_in_place(
    laptop: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王")))
    make_stale(laptop)
    laptop.close()
    monkeypatch.setattr(migrate, "put_documents", lambda *_: None)
    with pytest.raises(RuntimeError, match="changed the number of documents"):
        open_database(path)
    assert facts(path) == ("old", 1, 1, "ok")


def test_what_a_killed_migration_left_does_no_harm(laptop: Database, path: Path) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王")))
    make_stale(laptop)
    for suffix in ("", "-wal"):
        path.with_name(f"gridworker.migrating{suffix}").write_bytes(Path(f"{path}{suffix}").read_bytes())
    laptop.write(lambda tx: tx.create(Resident(name="李")))
    laptop.close()
    with opened(path) as database:
        assert look(database, lambda reader: reader.count(Resident)) == 2


def test_nobody_migrates_a_file_in_which_somebody_works(laptop: Database, path: Path) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王")))
    make_stale(laptop)
    with laptop.read() as reader:
        reader.count(Resident)
        laptop.write(lambda tx: tx.set_meta("later", "1"))
        with pytest.raises(Problem, match="db_locked"):
            open_database(path, lock_wait_s=0.05)
    assert facts(path)[:2] == ("old", 1)


MIGRATE = """
import sys
from pathlib import Path
from tests.db.laptop import open_database
import alembic.operations, alembic.migration
print("ready", flush=True)
open_database(Path(sys.argv[1])).close()
print("done", flush=True)
"""


def test_a_kill_during_a_migration_leaves_the_old_file_or_the_new_one(laptop: Database, path: Path) -> None:
    people = [(RecordId(f"r{n}"), Resident(name="王秀兰", note="备注" * 100)) for n in range(1_500)]
    laptop.write(lambda tx: tx.create_many(people))
    make_stale(laptop)
    laptop.close()
    original = path.read_bytes()
    shapes: list[str] = []
    for fraction in (0.1, 0.3, 0.5, 0.7, 0.85, 0.95):
        path.write_bytes(original)
        migrate_until_killed(path, 0.5 * fraction * random.uniform(0.8, 1.2))
        shape, count, waiting, whole = facts(path)
        assert (count, waiting, whole) == (1_500, 1_500, "ok")
        shapes.append(shape)
    assert set(shapes) <= {"old", declared_shape("resident")}
    with opened(path) as database:
        assert len(look(database, search_residents, "wangxiulan", 2_000)) == 1_500
        assert_kept(database)


def assert_kept(database: Database) -> None:
    """Every document is what it was."""
    notes = {each.record.note for each in look(database, lambda reader: list(reader.all(Resident)))}
    assert notes == {"备注" * 100}
    rows = look(database, lambda reader: reader.rows_of("SELECT body FROM resident LIMIT 1"))
    assert msgspec.json.decode(rows[0][0])["name"] == "王秀兰"


def migrate_until_killed(path: Path, seconds: float) -> None:
    """Let another process migrate for so long, then kill it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", MIGRATE, str(path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "ready\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    process.wait()
