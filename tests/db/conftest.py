"""Real encrypted files in a folder of the test; a new one is copied from one that was made once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridworker.db.database import Database
from gridworker.db.enrolment import store_enrolment
from tests.db.laptop import PaperCentre, enrolment, open_database


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database that nobody has opened since."""
    path = tmp_path_factory.mktemp("empty") / "gridworker.db"
    open_database(path).close()
    return path


@pytest.fixture
def path(empty_file: Path, tmp_path: Path) -> Path:
    """The file of an empty database."""
    return Path(shutil.copy(empty_file, tmp_path / "gridworker.db"))


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """An empty database of nobody in particular."""
    database = open_database(path)
    yield database
    database.close()


@pytest.fixture
def laptop(database: Database) -> Database:
    """The database of a worker who is known to the centre."""
    database.write(store_enrolment, enrolment("grid_worker"), "https://centre.example")
    return database


@pytest.fixture
def leader(database: Database) -> Database:
    """The database of a leader of two grids."""
    database.write(store_enrolment, enrolment("grid_leader", "grid_leader"), "https://centre.example")
    return database


@pytest.fixture
def centre(laptop: Database) -> PaperCentre:
    """The centre of the worker's laptop."""
    return PaperCentre(laptop)
