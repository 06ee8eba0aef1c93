"""Laptops of a worker, of a leader and of nobody in particular, each with a real encrypted file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridworker.db.database import Database
from gridworker.db.enrolment import store_enrolment
from tests.db.laptop import enrolment, open_database, opened


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database that nobody has opened since."""
    path = tmp_path_factory.mktemp("empty") / "gridworker.db"
    open_database(path).close()
    return path


@pytest.fixture
def alone(empty_file: Path, tmp_path: Path) -> Iterator[Database]:
    """A laptop that no centre knows."""
    with opened(Path(shutil.copy(empty_file, tmp_path / "gridworker.db"))) as database:
        yield database


@pytest.fixture
def worker(alone: Database) -> Database:
    """The laptop of a grid worker."""
    alone.write(store_enrolment, enrolment("grid_worker"), "url")
    return alone


@pytest.fixture
def leader(empty_file: Path, tmp_path: Path) -> Iterator[Database]:
    """The laptop of a leader of two grids."""
    with opened(Path(shutil.copy(empty_file, tmp_path / "leader.db"))) as database:
        database.write(store_enrolment, enrolment("grid_leader", "grid_leader", user_id="u9"), "url")
        yield database
