"""The centre of a simulation: the real server on a real file, which crashes on demand around a commit."""

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError

from gridworker.server import accounts
from gridworker.server.accounts import Door
from gridworker.server.check import check
from gridworker.server.lives import begin_life
from gridworker.server.local import LocalServer
from gridworker.server.ports import Clock, Ids, Randomness
from gridworker.server.store import Store

T = TypeVar("T")
PASSWORD = "p"
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TOLD = (
    "SELECT body, merged_into FROM entity WHERE id IN (SELECT value FROM json_each(:ids)) "
    "UNION ALL SELECT body, '' FROM op_log WHERE entity_id IN (SELECT value FROM json_each(:ids)) "
    "OR op_id IN (SELECT value FROM json_each(:ids))"
)
HOMES = "SELECT scope FROM scope_entry WHERE entity_id = :id AND (present OR reason IN ('deleted', 'merged'))"
GENERATIONS = 4
"""A dispute of a photo of a visit of somebody who was two records: words travel so far."""


class CentreCrashed(BaseException):
    """The server process ended; whoever waited for a reply hears nothing."""


class LostRace(Exception):
    """What PostgreSQL's driver raises where another transaction was in the way."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


class FragileStore(Store):
    """The real store, whose next write may die before or after its commit."""

    dies = ""
    races: list[str]
    """What the driver of a PostgreSQL will say to the next transactions, after all of their work."""

    def __init__(self, database: str) -> None:
        self.races = []
        super().__init__(database)

    def _write_once(self, work: Callable[[Connection], T]) -> T:
        state = self.races.pop() if self.races else ""

        def lost(tx: Connection) -> T:
            work(tx)
            raise OperationalError("COMMIT", None, LostRace(state))

        return super()._write_once(lost if state else work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """See Store."""
        dies, self.dies = self.dies, ""

        def fatal(tx: Connection) -> T:
            work(tx)
            raise CentreCrashed

        result = super().write(fatal if dies == "before" else work)
        if dies == "after":
            raise CentreCrashed
        return result


class Centre:
    """One centre and what the simulation knows of its users: the truth that the server is held against."""

    def __init__(self, folder: Path, *, clock: Clock, ids: Ids, randomness: Randomness) -> None:
        self.path = folder / "centre.db"
        self.door = Door(clock, ids, randomness, cost=16)
        self.user_ids: dict[str, str] = {}
        self.grants: dict[str, dict[str, str]] = {}
        self.start()
        self.store.prepare(ids)

    def start(self) -> None:
        """Start the server process, for the first time or again."""
        self.store = FragileStore(f"sqlite:///{self.path}")
        event.listen(self.store.engine, "connect", _be_fast)
        self.server = LocalServer(self.store, self.door)
        self._eye: sqlite3.Connection | None = None

    def stop(self) -> None:
        """End the server process."""
        if self._eye is not None:
            self._eye.close()
        self.store.close()

    def restart(self) -> None:
        """What a supervisor does after a crash."""
        self.stop()
        self.start()

    def add_user(self, login: str, name: str, grants: dict[str, str]) -> None:
        """A user with a role in some scopes."""

        def work(tx: Connection) -> str:
            return accounts.create_user(tx, login, name, password=PASSWORD, door=self.door)

        self.user_ids[login] = self.store.write(work)
        self.grants[login] = {}
        for scope, role in grants.items():
            self.grant(login, scope, role)

    def open_scope(self, scope: str) -> None:
        """Make a scope known."""
        self.store.write(lambda tx: accounts.open_scope(tx, scope, scope))

    def grant(self, login: str, scope: str, role: str) -> None:
        """Give a user a role in a scope."""
        user, clock = self.user_ids[login], self.door.clock
        self.store.write(lambda tx: accounts.grant(tx, user, scope, role=role, clock=clock))
        self.grants[login][scope] = role

    def withdraw(self, login: str, scope: str) -> None:
        """Take a scope from a user."""
        user, clock = self.user_ids[login], self.door.clock
        self.store.write(lambda tx: accounts.withdraw(tx, user, scope, clock=clock))
        del self.grants[login][scope]

    def visible(self, login: str) -> frozenset[str]:
        """The scopes that a user may see now."""
        return frozenset({"org", f"u:{self.user_ids[login]}", *self.grants[login]})

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """What a query says of the centre's database."""
        if self._eye is None:  # of the simulation's own, which asks a hundred times as often as the server
            self._eye = sqlite3.connect(self.path, isolation_level=None)
        return self._eye.execute(sql, values).fetchall()

    def execute(self, sql: str, **values: Any) -> None:
        """What an operator does to the database by hand."""
        self.store.write(lambda tx: tx.execute(text(sql), values))

    def violations(self) -> list[str]:
        """What the product's own check finds."""
        return self.store.read(check)

    def may_read(self, record_id: str, visible: frozenset[str]) -> bool:
        """Whether a record is, or was until it was deleted, in a scope that somebody sees."""
        return any(scope in visible for (scope,) in self.rows(HOMES, id=record_id))

    def family_of(self, ids: set[str]) -> set[str]:
        """Records with all that they tell of or were made of."""
        family, fresh = set(ids), set(ids)
        for _ in range(GENERATIONS):
            rows = self.rows(TOLD, ids=json.dumps(sorted(fresh)))
            fresh = {found for body, into in rows for found in (*ID.findall(body), into)} - family
            family |= fresh
        return family

    def back_up(self) -> "Backup":
        """A copy of the database as it is now, and of what was true then."""
        self.restart()  # closing folds the log into the file
        grants = {login: dict(grants) for login, grants in self.grants.items()}
        return Backup(self.path.read_bytes(), grants)

    def put_back(self, backup: "Backup") -> None:
        """Put a copy in the place of the database; the operator says whether a new life begins."""
        self.stop()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        self.path.write_bytes(backup.data)
        self.start()
        self.grants = {login: dict(grants) for login, grants in backup.grants.items()}

    def begin_life(self, ids: Ids) -> None:
        """What an operator does after a restore."""
        self.store.write(lambda tx: begin_life(tx, ids()))

    @property
    def epoch(self) -> str:
        """The present life."""
        return str(self.rows("SELECT epoch FROM sync_head")[0][0])

    @property
    def server_id(self) -> str:
        """What it is whatever its life."""
        return str(self.rows("SELECT server_id FROM sync_head")[0][0])

    @property
    def photos(self) -> Path:
        """Where the bytes of attachments lie."""
        return self.path.with_suffix(".blobs")


class Backup(NamedTuple):
    """A copy of the database, and who might see what when it was made."""

    data: bytes
    grants: dict[str, dict[str, str]]


def _be_fast(connection: Any, _entry: object) -> None:
    # The machine below a simulation never loses power: what it loses, it loses on demand.
    connection.execute("PRAGMA synchronous=OFF")
