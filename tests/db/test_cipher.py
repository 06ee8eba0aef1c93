"""No plain byte ever reaches the disk, and no key but the right one opens the file."""

import sqlite3
from pathlib import Path

import pytest

from gridworker.db import cipher
from gridworker.db.cipher import connect
from gridworker.db.database import Database
from gridworker.db.drafts import save_draft
from gridworker.db.migrate import SHAPE_KEY
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from tests.db.laptop import KEY, PaperCentre, open_database, opened, put

NAME = "欧阳秀兰"
PLAIN = b"SQLite format 3"


def files_holding(folder: Path, words: bytes) -> list[str]:
    """The files below a folder in which these bytes can be read."""
    return [path.name for path in folder.rglob("*") if path.is_file() and words in path.read_bytes()]


def write_names(database: Database) -> None:
    """The name in every kind of table: records, links, operations, stage, drafts."""
    person = database.write(lambda tx: tx.create(Resident(name=NAME, phones=("13800138000",))))
    database.write(lambda tx: tx.create(Case(title=NAME, category="C0506", found_ms=1, resident_id=person)))
    database.write(lambda tx: tx.change(Resident, person, note=NAME))
    database.write(save_draft, "case", Case(title=NAME, category="", found_ms=0))
    PaperCentre(database).stage(PaperCentre(database).page(put("resident", "r9", {"name": NAME})))


def test_a_name_is_on_the_disk_only_in_cipher(laptop: Database, tmp_path: Path) -> None:
    write_names(laptop)
    written = {path.name for path in tmp_path.iterdir()}
    assert {"gridworker.db", "gridworker.db-wal"} <= written
    assert files_holding(tmp_path, NAME.encode()) == []
    assert files_holding(tmp_path, b"13800138000") == []
    assert files_holding(tmp_path, PLAIN) == []


def test_the_copies_of_a_migration_are_in_cipher_too(laptop: Database, path: Path, tmp_path: Path) -> None:
    write_names(laptop)
    laptop.write(lambda tx: tx.set_meta(SHAPE_KEY + "resident", "of an older program"))
    laptop.close()
    with opened(path):
        assert (tmp_path / "gridworker.before").exists()
        assert files_holding(tmp_path, NAME.encode()) == []
        assert files_holding(tmp_path, PLAIN) == []


def test_a_plain_sqlite_is_refused_before_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cipher, "driver", sqlite3)
    with pytest.raises(Problem, match="no_cipher"):
        open_database(tmp_path / "gridworker.db")
    assert not (tmp_path / "gridworker.db").exists()
    assert files_holding(tmp_path, PLAIN) == []


def test_another_key_opens_nothing_and_leaves_the_file_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(Problem, match="wrong_key"):
        open_database(path, key=bytes(32))
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_plain_database_of_somebody_else_is_left_as_it_is(path: Path) -> None:
    path.unlink()
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE t(a)")
    plain.commit()
    plain.close()
    before = path.read_bytes()
    with pytest.raises(Problem, match="wrong_key"):
        open_database(path)
    assert path.read_bytes() == before


def test_a_key_of_another_length_is_a_bug(path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        connect(path, KEY[:-1])


def test_a_save_is_on_the_disk_when_it_returns(path: Path) -> None:
    driver = connect(path, KEY)
    settings = {
        name: driver.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    }
    erased = driver.execute("PRAGMA secure_delete").fetchone()[0]
    driver.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2}
    assert erased == 1
