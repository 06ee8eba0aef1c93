"""Two laptops and the real centre in one process, behind a line that loses, repeats and truncates."""

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uuid_utils

from gridworker.db.database import Database, Ports
from gridworker.dictionaries import pinyin_table
from gridworker.domain.problems import Problem
from gridworker.server import accounts
from gridworker.server.accounts import Door
from gridworker.server.local import LocalServer
from gridworker.server.refusals import Refused as ServerRefused
from gridworker.server.store import Store
from gridworker.sync.enrol import enrol
from gridworker.sync.exchange import Exchange
from gridworker.sync.remote import Refused
from gridworker.wire.messages import PATHS, EnrolRequest

GRID_2, GRID_3 = "g:2", "g:3"
KEY = bytes(range(32))


class Line:
    """A Remote that hands every request to the centre as bytes, and can be told to fail."""

    def __init__(self, centre: "Centre") -> None:
        self.centre = centre
        self.token = ""
        self.lose_request: Callable[[Any], bool] = lambda _request: False
        self.lose_reply: Callable[[Any], bool] = lambda _request: False
        self.repeat: Callable[[Any], bool] = lambda _request: False
        self.calls: list[str] = []

    def call(self, request: Any, reply: Any) -> Any:
        """One round trip, through the bytes of the wire."""
        self.calls.append(type(request).__name__)
        if self.lose_request(request):
            raise Problem("server_unreachable", url="line")
        if self.repeat(request):
            self._answer(request)
        answer = self._answer(request)
        if self.lose_reply(request):
            raise Problem("server_slow", url="line")
        return msgspec.json.decode(msgspec.json.encode(answer), type=reply)

    def begin(self, request: Any, reply: Any) -> Callable[[], Any]:
        """The same, waited for later."""
        answer = self.call(request, reply)
        return lambda: answer

    def _answer(self, request: Any) -> Any:
        sent = msgspec.json.decode(msgspec.json.encode(request), type=type(request))
        try:
            return self.centre.server.call(PATHS[type(request)], self.token, sent)
        except ServerRefused as refused:
            raise Refused(refused.status, refused.refusal) from refused


class Laptop:
    """One enrolled database and its line."""

    def __init__(self, centre: "Centre", path: Path, user: str) -> None:
        self.centre = centre
        self.path = path
        self.line = Line(centre)
        self.database = centre.open(path)
        request = EnrolRequest(user=user, password="p", device_name=path.name, app="test")
        enrol(self.database, self.line, request, server_url="line")
        with self.database.read() as reader:
            self.line.token = str(reader.meta("token"))

    def exchange(self) -> Exchange:
        """A new exchange machine."""
        return Exchange(self.database, self.line, app="test")

    def sync(self) -> Exchange:
        """One whole exchange."""
        exchange = self.exchange()
        exchange.run()
        return exchange

    def reopen(self) -> None:
        """Close the database as a kill would leave it to the next start, and open it again."""
        self.database.close()
        self.database = self.centre.open(self.path)


class Centre:
    """The real server on a real file, with a worker of grid 3, one of grid 2 and a leader of both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ticks = itertools.count(1_764_000_000_000, 1_000)
        self.clock = lambda: next(ticks)
        self.ids = lambda: str(uuid_utils.uuid7())
        self.store = Store(f"sqlite:///{folder / 'centre.db'}")
        self.store.prepare(self.ids)
        self.door = Door(self.clock, self.ids, random.Random(7).randbytes, cost=16)
        self.server = LocalServer(self.store, self.door)
        self.laptops: list[Laptop] = []
        self.store.write(self._people)

    def _people(self, tx: Any) -> None:
        for scope, title in ((GRID_2, "第二网格"), (GRID_3, "第三网格")):
            accounts.open_scope(tx, scope, title)
        for login, name, scopes, role in (
            ("zhang", "张晓", (GRID_3,), "grid_worker"),
            ("li", "李敏", (GRID_2,), "grid_worker"),
            ("wang", "王芳", (GRID_2, GRID_3), "grid_leader"),
        ):
            user = accounts.create_user(tx, login, name, password="p", door=self.door)
            for scope in scopes:
                accounts.grant(tx, user, scope, role=role, clock=self.clock)

    def open(self, path: Path) -> Database:
        """Open a laptop's database with the test's clock and ids."""
        ports = Ports(now_ms=self.clock, new_id=self.ids)
        return Database.open(path, KEY, ports=ports, pinyin=pinyin_table())

    def laptop(self, user: str, name: str = "") -> Laptop:
        """Enrol a new laptop of a user."""
        path = self.folder / f"{name or user}-{len(self.laptops)}.db"
        self.laptops.append(Laptop(self, path, user))
        return self.laptops[-1]

    def close(self) -> None:
        """Close every file."""
        for laptop in self.laptops:
            laptop.database.close()
        self.store.close()


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """A centre of one's own."""
    centre = Centre(tmp_path)
    yield centre
    centre.close()


@pytest.fixture
def zhang(centre: Centre) -> Laptop:
    """The laptop of the worker of grid 3."""
    return centre.laptop("zhang")


@pytest.fixture
def wang(centre: Centre) -> Laptop:
    """The laptop of the leader of grids 2 and 3."""
    return centre.laptop("wang")
