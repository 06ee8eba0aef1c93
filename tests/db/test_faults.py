"""Faults of the world: each has its code, nothing is half written, and what was saved stays."""

import errno
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gridworker.actions.visits import VISIT_DRAFT, VisitDraft, record_visit
from gridworker.db.cipher import connect
from gridworker.db.database import Database
from gridworker.db.drafts import read_draft, save_draft
from gridworker.db.faults import sorted_faults, sorted_file_faults
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from tests.db.laptop import (
    KEY,
    PaperCentre,
    assert_chained,
    assert_consistent,
    look,
    open_database,
    opened,
    operations,
)

ROOT = Path(__file__).resolve().parents[2]


def add_person(database: Database, note: str = "") -> RecordId:
    """One resident."""
    return database.write(lambda tx: tx.create(Resident(name="王秀兰", note=note)))


@contextmanager
def somebody_writes(path: Path) -> Iterator[None]:
    """Another process holds the write lock meanwhile."""
    ready, done = multiprocessing.get_context("spawn").Event(), multiprocessing.get_context("spawn").Event()
    other = multiprocessing.get_context("spawn").Process(target=hold_lock, args=(path, ready, done))
    other.start()
    try:
        assert ready.wait(30)
        yield
    finally:
        done.set()
        other.join()
        other.close()


def hold_lock(path: Path, ready: object, done: object) -> None:
    """Keep the file locked until told to stop."""
    with closing(connect(path, KEY)) as driver:
        driver.execute("BEGIN EXCLUSIVE")
        ready.set()  # type: ignore[attr-defined]  # an Event of multiprocessing, whose class is private
        done.wait(60)  # type: ignore[attr-defined]  # see above
        driver.execute("ROLLBACK")


def test_a_file_that_another_process_writes_is_locked_for_us(path: Path) -> None:
    with opened(path, lock_wait_s=0.05) as database:
        person = add_person(database)
        with somebody_writes(path), pytest.raises(Problem, match="db_locked"):
            database.write(lambda tx: tx.change(Resident, person, note="改"))
        assert database.write(lambda tx: tx.change(Resident, person, note="改"))


def test_reading_goes_on_while_somebody_writes(path: Path) -> None:
    with opened(path) as database:
        person = add_person(database)
        with somebody_writes(path):
            found = look(database, lambda reader: reader.get(Resident, person))
        assert found is not None


def test_a_full_disk_takes_nothing_half_and_keeps_the_draft(laptop: Database) -> None:
    person = add_person(laptop)
    draft = VisitDraft(resident_ids=(person,), note="很长的备注" * 300)
    laptop.write(save_draft, VISIT_DRAFT, draft)
    with full_disk(laptop), pytest.raises(Problem, match="disk_full"):
        save_for_ever(laptop, draft)
    visits = look(laptop, lambda reader: reader.count(Visit))
    assert len(operations(laptop)) == 1 + visits
    assert look(laptop, read_draft, VISIT_DRAFT, VisitDraft) == draft
    assert_chained(PaperCentre(laptop).waiting())
    assert_consistent(laptop)
    laptop.write(record_visit, draft)
    assert look(laptop, lambda reader: reader.count(Visit)) == visits + 1


def save_for_ever(database: Database, draft: VisitDraft) -> None:
    """Record the visit and keep its draft, again and again."""
    while True:
        database.write(record_visit, draft)
        database.write(save_draft, VISIT_DRAFT, draft)


@contextmanager
def full_disk(database: Database) -> Iterator[None]:
    """The file may not grow any more."""

    def limit(tx: object, pages: int) -> None:
        tx.driver.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]  # a transaction

    database.write(limit, 1)
    yield
    database.write(limit, 1 << 30)


FULL = """
import resource, signal, sys
from pathlib import Path
from gridworker.domain.problems import Problem
from tests.db.laptop import open_database
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, 64 * 1024))
try:
    open_database(Path(sys.argv[1]))
except Problem as problem:
    print(problem.code)
"""


def test_a_disk_too_full_for_a_new_database_leaves_none(tmp_path: Path) -> None:
    assert in_other_process(FULL, tmp_path / "new" / "gridworker.db") in ("disk_full", "disk_error")
    assert not (tmp_path / "new" / "gridworker.db").exists()
    with opened(tmp_path / "new" / "gridworker.db") as database:
        assert add_person(database)


READ_ONLY = """
import os, sys
from pathlib import Path
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from tests.db.laptop import open_database
path = Path(sys.argv[1])
if os.getuid() == 0:
    os.setuid(65534)
try:
    database = open_database(path)
    database.write(lambda tx: tx.create(Resident(name="x")))
except Problem as problem:
    print(problem.code)
"""


def test_a_file_that_must_not_be_written_says_so(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    path.chmod(0o444)
    open_to_all(tmp_path, 0o555)
    try:
        assert in_other_process(READ_ONLY, path) == "db_read_only"
    finally:
        tmp_path.chmod(0o700)
    assert path.read_bytes() == before


def test_a_folder_that_must_not_be_written_takes_no_database(tmp_path: Path) -> None:
    open_to_all(tmp_path, 0o555)
    try:
        assert in_other_process(READ_ONLY, tmp_path / "new" / "gridworker.db") == "db_read_only"
    finally:
        tmp_path.chmod(0o700)


def open_to_all(folder: Path, mode: int) -> None:
    """Let every user of the machine find the folder, so that one without rights can try."""
    folder.chmod(mode)
    for parent in (folder.parent, folder.parent.parent):
        parent.chmod(0o755)


def in_other_process(program: str, path: Path) -> str:
    """What a program printed about a path."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=path.parent.parent if not path.parent.exists() else path.parent,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def damaged(path: Path, page: int) -> None:
    """Turn some bits of one page of the file over."""
    data = bytearray(path.read_bytes())
    data[page * 4096 + 100] ^= 0xFF
    path.write_bytes(data)


def test_no_damaged_page_goes_unnoticed(path: Path, tmp_path: Path) -> None:
    with opened(path) as database:
        for _ in range(8):
            add_person(database, "王" * 3000)
    copy = tmp_path / "copy" / "gridworker.db"
    copy.parent.mkdir()
    last = path.stat().st_size // 4096
    assert sum(notices(path, copy, page) for page in (0, *range(last - 20, last))) > 12


def notices(path: Path, copy: Path, page: int) -> bool:
    """Whether damage to one page is named; where it is not, everything must still be there."""
    shutil.copy(path, copy)
    damaged(copy, page)
    people: list[Stored[Resident]] = []
    try:
        with opened(copy) as database:
            people = look(database, lambda reader: list(reader.all(Resident)))
    except Problem as problem:
        if problem.code == ("wrong_key" if page == 0 else "db_corrupt"):
            return True
        raise
    assert [person.record.note for person in people] == ["王" * 3000] * 8
    return False


def test_half_a_file_is_named(path: Path) -> None:
    with opened(path) as database:
        for _ in range(50):
            add_person(database, "王" * 1000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(Problem, match="db_corrupt"), opened(path) as database:
        look(database, lambda reader: list(reader.all(Resident)))


def test_an_empty_file_becomes_a_new_database(path: Path) -> None:
    path.write_bytes(b"")
    with opened(path) as database:
        assert add_person(database)


def test_a_folder_in_the_place_of_the_file_is_named(path: Path) -> None:
    path.unlink()
    path.mkdir()
    with pytest.raises(Problem, match="db_cannot_open"):
        open_database(path)


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk_full"), (errno.EROFS, "db_read_only"), (errno.EIO, "disk_error")],
)
def test_file_errors_are_sorted_as_those_of_the_database_are(number: int, code: str) -> None:
    with pytest.raises(Problem, match=code), sorted_file_faults():
        raise OSError(number, "…")


def test_a_bug_stays_a_bug(database: Database) -> None:
    with pytest.raises(Exception, match="no such table") as raised:
        look(database, lambda reader: reader.rows_of("SELECT * FROM unknown"))
    assert not isinstance(raised.value, Problem)
    with pytest.raises(ZeroDivisionError), sorted_faults():
        raise ZeroDivisionError


def test_a_log_that_lost_its_index_file_is_read_again(path: Path, tmp_path: Path) -> None:
    with opened(path) as database:
        person = add_person(database)
        copy = tmp_path / "elsewhere" / "gridworker.db"
        copy.parent.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    with opened(copy) as database:
        assert look(database, lambda reader: reader.get(Resident, person)) is not None
