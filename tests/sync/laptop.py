"""Laptops and the real centre in one process, and a line between them that loses, repeats and shortens."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import uuid_utils
from sqlalchemy import Connection, text

from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.db.database import Database, Ports
from gridworker.db.standing import Question, questions, standing
from gridworker.db.transaction import Transaction
from gridworker.dictionaries import pinyin_table
from gridworker.domain.problems import Problem
from gridworker.domain.records import R, RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.server import accounts
from gridworker.server.accounts import Door
from gridworker.server.local import LocalServer
from gridworker.server.refusals import Refused as ServerRefused
from gridworker.server.store import Store
from gridworker.sync.enrol import enrol
from gridworker.sync.exchange import Exchange
from gridworker.sync.remote import Refused
from gridworker.wire.messages import PATHS, EnrolRequest, PullRequest
from tests.db.laptop import START_MS, look

GRID_2, GRID_3 = "g:2", "g:3"
KEY = bytes(range(32))
PASSWORD = "p"
A_DAY_MS = 86_400_000


class Line:
    """A Remote that hands every request to the centre as bytes, and can be told to fail."""

    def __init__(self, centre: "Centre") -> None:
        self.centre = centre
        self.token = ""
        self.lose_request: Callable[[Any], bool] = lambda _request: False
        self.lose_reply: Callable[[Any], bool] = lambda _request: False
        self.repeat: Callable[[Any], bool] = lambda _request: False
        self.on_the_way: Callable[[Any], Any] = lambda request: request
        """What the centre gets instead of a request."""
        self.on_the_way_back: Callable[[Any], Any] = lambda reply: reply
        """What the laptop gets instead of a reply."""
        self.calls: list[str] = []
        self.requests: list[Any] = []

    def call(self, request: Any, reply: Any) -> Any:
        """One round trip, through the bytes of the wire."""
        self.calls.append(type(request).__name__)
        self.requests.append(request)
        if self.lose_request(request):
            raise Problem("server_unreachable", url="line")
        if self.repeat(request):
            self._answer(request)
        answer = self._answer(request)
        if self.lose_reply(request):
            raise Problem("server_slow", url="line")
        answer = self.on_the_way_back(answer)
        return msgspec.json.decode(msgspec.json.encode(answer), type=reply)

    def begin(self, request: Any, reply: Any) -> Callable[[], Any]:
        """The same, waited for later."""
        answer = self.call(request, reply)
        return lambda: answer

    def heal(self) -> None:
        """Be a good line again."""
        self.lose_request = self.lose_reply = self.repeat = lambda _request: False
        self.on_the_way = self.on_the_way_back = lambda message: message

    def _answer(self, request: Any) -> Any:
        kind: Any = type(request)
        sent = msgspec.json.decode(msgspec.json.encode(self.on_the_way(request)), type=kind)
        try:
            return self.centre.server.call(PATHS[kind], self.token, sent)
        except ServerRefused as refused:
            raise Refused(refused.status, refused.refusal) from refused


class Laptop:
    """One enrolled database and its line; a file that is there already is opened as it is."""

    def __init__(self, centre: "Centre", path: Path, user: str) -> None:
        self.centre = centre
        self.path = path
        self.user = user
        self.line = Line(centre)
        known = path.exists()
        self.database = centre.open(path)
        if known:
            self.line.token = self.meta("token")
        else:
            self.enrol()

    def enrol(self) -> None:
        """Make the laptop the user's, for the first time or again."""
        request = EnrolRequest(user=self.user, password=PASSWORD, device_name=self.path.name, app="test")
        enrol(self.database, self.line, request, server_url="line")
        self.line.token = self.meta("token")

    def meta(self, name: str) -> str:
        """One remembered fact, or an empty text."""
        return look(self.database, lambda reader: reader.meta(name)) or ""

    @property
    def user_id(self) -> str:
        """Who works here, for the centre."""
        return look(self.database, lambda reader: reader.author).user_id

    def exchange(self) -> Exchange:
        """A new exchange machine."""
        return Exchange(self.database, self.line, app="test")

    def sync(self) -> Exchange:
        """One whole exchange."""
        exchange = self.exchange()
        exchange.run()
        return exchange

    def sync_until(self, steps: int) -> None:
        """An exchange that is killed after some steps, and the next start of the program."""
        for _ in zip(range(steps), self.exchange().steps(), strict=False):
            pass
        self.reopen()

    def reopen(self) -> None:
        """Close the database as a kill would leave it to the next start, and open it again."""
        self.database.close()
        self.database = self.centre.open(self.path)

    def back_up(self) -> Path:
        """A copy of the file as it is now."""
        self.database.close()
        backup = self.path.with_suffix(".backup")
        backup.write_bytes(self.path.read_bytes())
        self.database = self.centre.open(self.path)
        return backup

    def restore(self, backup: Path) -> None:
        """Put the copy in the place of the file."""
        self.database.close()
        self.path.write_bytes(backup.read_bytes())
        self.database = self.centre.open(self.path)


class Centre:
    """The real server on a real file, with a worker of grid 3, one of grid 2 and a leader of both.

    A folder with a centre in it is opened as it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        known = (folder / "centre.db").exists()
        ticks = itertools.count(START_MS + (A_DAY_MS if known else 0), 1_000)
        self.clock = lambda: next(ticks)
        self.ids = lambda: str(uuid_utils.uuid7())
        self.store = Store(f"sqlite:///{folder / 'centre.db'}")
        self.door = Door(self.clock, self.ids, os.urandom, cost=16)
        self.server = LocalServer(self.store, self.door)
        self.laptops: list[Laptop] = []
        if not known:
            self.store.prepare(self.ids)
            self.store.write(self._people)

    def _people(self, tx: Connection) -> None:
        for scope, title in ((GRID_2, "第二网格"), (GRID_3, "第三网格")):
            accounts.open_scope(tx, scope, title)
        for login, name, scopes, role in (
            ("zhang", "张晓", (GRID_3,), "grid_worker"),
            ("li", "李敏", (GRID_2,), "grid_worker"),
            ("wang", "王芳", (GRID_2, GRID_3), "grid_leader"),
        ):
            user = accounts.create_user(tx, login, name, password=PASSWORD, door=self.door)
            for scope in scopes:
                accounts.grant(tx, user, scope, role=role, clock=self.clock)

    def open(self, path: Path) -> Database:
        """Open a laptop's database with the test's clock and ids."""
        ports = Ports(now_ms=self.clock, new_id=self.ids)
        return Database.open(path, KEY, ports=ports, pinyin=pinyin_table())

    def laptop(self, user: str, name: str = "") -> Laptop:
        """Enrol a new laptop of a user."""
        path = self.folder / f"{name or user}-{len(self.laptops)}.db"
        return self.add(Laptop(self, path, user))

    def add(self, laptop: Laptop) -> Laptop:
        """Close this laptop, too, at the end."""
        self.laptops.append(laptop)
        return laptop

    def grant(self, laptop: Laptop, scope: str, role: str = "grid_worker") -> None:
        """Give the user of a laptop a grid."""
        user = laptop.user_id
        self.store.write(lambda tx: accounts.grant(tx, user, scope, role=role, clock=self.clock))

    def withdraw(self, laptop: Laptop, scope: str) -> None:
        """Take a grid from the user of a laptop."""
        user = laptop.user_id
        self.store.write(lambda tx: accounts.withdraw(tx, user, scope, clock=self.clock))

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """What a query says of the centre's database."""

        def work(tx: Connection) -> list[Any]:
            return list(tx.execute(text(sql), values).all())

        return self.store.read(work)

    def execute(self, sql: str, **values: Any) -> None:
        """Do something to the centre's database that no handler does."""
        self.store.write(lambda tx: tx.execute(text(sql), values))

    def close(self) -> None:
        """Close every file."""
        for laptop in self.laptops:
            laptop.database.close()
        self.store.close()


def add(laptop: Laptop, name: str = "王秀兰", **fields: Any) -> RecordId:
    """A new resident."""
    scope = fields.pop("scope", None)
    return laptop.database.write(lambda tx: tx.create(Resident(name=name, **fields), scope=scope))


def change(laptop: Laptop, person: RecordId, **fields: Any) -> None:
    """Another value of some fields of a resident."""
    laptop.database.write(lambda tx: tx.change(Resident, person, **fields))


def visit(laptop: Laptop, person: RecordId, note: str = "") -> RecordId:
    """A visit of a resident."""
    touched = laptop.database.write(record_visit, VisitDraft(resident_ids=(person,), note=note))
    return next(iter(touched.ids))


def record_as_newer(laptop: Laptop, kind: str, id: str, verb: Any, **parts: Any) -> None:
    """What only a newer program records, without an effect here."""

    def record(tx: Transaction) -> None:
        tx._operations.append(tx._operation(kind, RecordId(id), GRID_3, verb, **parts))

    laptop.database.write(record)


def all_of(laptop: Laptop, kind: type[R]) -> dict[RecordId, R]:
    """The records of a kind, by their ids."""
    return look(laptop.database, lambda reader: {stored.id: stored.record for stored in reader.all(kind)})


def people(laptop: Laptop) -> dict[RecordId, Resident]:
    """The residents on a laptop."""
    return all_of(laptop, Resident)


def names(laptop: Laptop) -> list[str]:
    """The names of the residents on a laptop."""
    return sorted(person.name for person in people(laptop).values())


def visits(laptop: Laptop) -> dict[RecordId, Visit]:
    """The visits on a laptop."""
    return all_of(laptop, Visit)


def asked(laptop: Laptop) -> list[Question]:
    """What the user of a laptop must look at."""
    return look(laptop.database, questions)


def counts(laptop: Laptop) -> tuple[int, int, int, int]:
    """How many operations wait, were accepted, met a conflict, are held."""
    found = look(laptop.database, standing)
    return found.waiting, found.accepted, found.conflicts, found.held


def sync_with_work(laptop: Laptop, work: Callable[[], object]) -> None:
    """An exchange during which its user works: after the push, before the laptop hears what came of it."""
    left = [work]

    def on_the_way(request: Any) -> Any:
        if isinstance(request, PullRequest) and left:
            left.pop()()
        return request

    laptop.line.on_the_way = on_the_way
    laptop.sync()
    laptop.line.heal()
