"""A database on its own, the laptop it is on, and a centre of which only the words are real."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gridworker.db.checkpoint import CURSORS, install_checkpoint, read_cursors, stage_page
from gridworker.db.database import Database, Ports
from gridworker.db.fold import fold
from gridworker.db.outbox import head_of, pending_operations, waiting_after
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.dictionaries import pinyin_table
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record, RecordId, ScopeId, Touched
from gridworker.wire.envelope import Envelope, Operation, decode_operation, first_link, open_envelope
from gridworker.wire.messages import GONE, Ack, Conflict, Cursor, EnrolReply, Entry, Grant, PullReply, Result

KEY = bytes(range(32))
GRID = ScopeId("g:1")
OTHER_GRID = ScopeId("g:2")
EPOCH = "e1"
START_MS = 1_764_000_000_000
T = TypeVar("T")


class Clock:
    """A clock that goes on by one second whenever somebody looks."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        self.now_ms += 1_000
        return self.now_ms


def numbered_ids(start: int = 1) -> Callable[[], str]:
    """UUIDv7 in order, always the same ones."""
    numbers = itertools.count(start)
    return lambda: f"019ab000-{(n := next(numbers)) >> 16 & 0xFFFF:04x}-7{n >> 12 & 0xF:03x}-8000-{n:012x}"


def open_database(
    path: Path, *, key: bytes = KEY, clock: Clock | None = None, start: int = 1, lock_wait_s: float = 0.2
) -> Database:
    """A database with a clock and ids of its own."""
    ports = Ports(now_ms=clock or Clock(), new_id=numbered_ids(start))
    return Database.open(path, key, ports=ports, pinyin=pinyin_table(), lock_wait_s=lock_wait_s)


@contextmanager
def opened(path: Path, **options: Any) -> Iterator[Database]:
    """The same, closed at the end."""
    database = open_database(path, **options)
    try:
        yield database
    finally:
        database.close()


def enrolment(*roles: str, epoch: str = EPOCH, user_id: str = "u1", device_id: str = "d-abc") -> EnrolReply:
    """What a centre answers to a user with these roles, the first one in GRID, the second in OTHER_GRID."""
    grants = [Grant(scope, role, scope) for scope, role in zip((GRID, OTHER_GRID), roles, strict=False)]
    return EnrolReply(
        token="t",
        user="zhang",
        user_id=user_id,
        user_name="张网格",
        device_id=device_id,
        epoch=epoch,
        server_name="街道中心",
        grants=grants,
    )


def look(database: Database, query: Callable[..., T], *args: object, **kwargs: object) -> T:
    """What a query finds now."""
    with database.read() as reader:
        return query(reader, *args, **kwargs)


def put(
    kind: str, id: str, values: dict[str, Any], *, rev: int = 1, scope: str = GRID, reason: str = ""
) -> Entry:
    """A row of the feed that brings a document."""
    body = msgspec.Raw(msgspec.json.encode(values))
    return Entry(scope, id, kind, f"{EPOCH}.{rev}", body, reason)


def gone(kind: str, id: str, *, rev: int = 1, scope: str = GRID) -> Entry:
    """A row of the feed that says that a record has left its scope."""
    return Entry(scope, id, kind, f"{EPOCH}.{rev}", GONE, "moved")


class PaperCentre:
    """Says whatever a test wants it to say: pages, acknowledgements and results."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.seq = 0

    def page(self, *entries: Entry, **parts: Any) -> PullReply:
        """A page of rows; everything else is as a centre without news says it."""
        self.seq += 1
        said: dict[str, Any] = {
            "epoch": EPOCH,
            "entries": list(entries),
            "cursors": {GRID: Cursor(1, self.seq), OTHER_GRID: Cursor(1, self.seq)},
            "removed": [],
            "reset": [],
            "done": True,
            "head": self.seq,
            "server_ms": START_MS + self.seq,
            "ack": None,
            "results": [],
        }
        return PullReply(**{**said, **parts})

    def stage(self, page: PullReply) -> None:
        """Put a page aside as an exchange does."""
        self.database.write(stage_page, msgspec.json.encode(page), page.cursors)

    def say(self, *entries: Entry, **parts: Any) -> Touched:
        """One page and its checkpoint."""
        self.stage(self.page(*entries, **parts))
        return self.database.write(install_checkpoint)

    def waiting(self, count: int | None = None) -> list[Envelope]:
        """The first waiting operations."""
        found = look(self.database, lambda reader: waiting_after(reader.driver, 0, 10_000, 1 << 30))
        return found if count is None else found[:count]

    def accept(
        self, *entries: Entry, code: str = "applied", count: int | None = None, **result: Any
    ) -> Touched:
        """Acknowledge the first waiting operations, all with one result."""
        ops = self.waiting(count)
        results = [
            Result(seq=env.link.seq, op_id=decode_operation(env).op_id, code=code, **result) for env in ops
        ]
        return self.say(*entries, ack=ack_of(ops[-1]) if ops else None, results=results)


def ack_of(envelope: Envelope) -> Ack:
    """The acknowledgement of everything up to an operation."""
    return Ack(envelope.link.seq, envelope.link.hash)


def conflict(field: str, *, base: object, server: object, incoming: object) -> Conflict:
    """One field on which two people disagree."""
    return Conflict(id="c1", field=field, base=base, server=server, incoming=incoming, why="concurrent")


def operations(database: Database) -> list[Operation]:
    """Everything that waits."""
    return [decode_operation(envelope) for envelope in PaperCentre(database).waiting()]


def assert_chained(envelopes: Iterable[Envelope]) -> None:
    """Every operation is where its link says, from number 1, and untouched."""
    known = list(envelopes)
    for seq, envelope in enumerate(known, 1):
        open_envelope(envelope)
        assert envelope.link.seq == seq
        prev = known[seq - 2].link.hash if seq > 1 else first_link(envelope.link.replica)
        assert envelope.link.prev == prev


def assert_consistent(database: Database) -> None:
    """What people see is what the centre said with everything that waits laid on top, in every kind."""
    with database.read() as reader:
        for kind in KINDS.values():
            for stored in reader.all(kind):
                found = reader.document(kind, stored.id)
                assert found is not None
                _assert_folded(stored.rev, *found, pending_operations(reader.driver, stored.id))
        hidden = {id for (id,) in reader.rows_of("SELECT id FROM hidden")}
        assert hidden <= {id for (id,) in reader.rows_of("SELECT entity_id FROM outbox")}
        shown = [set(ids_of(reader, kind)) for kind in KINDS.values()]
        assert all(ids.isdisjoint(hidden) for ids in shown)
        assert reader.rows_of("PRAGMA integrity_check") == [("ok",)]


def ids_of(reader: Reader, kind: type[Record]) -> list[str]:
    """The ids of all records of a kind."""
    return [stored.id for stored in reader.all(kind)]


def _assert_folded(
    rev: str | None, body: dict[str, Any], base: dict[str, Any] | None, waiting: list[Operation]
) -> None:
    if rev is None:
        assert base is None
        begins = bool(waiting) and waiting[0].verb in ("create", "append")
        assert not begins or body == fold(None, waiting)
    elif waiting:
        assert body == fold(base, waiting)
    else:
        assert base is None


def write_all(database: Database, actions: Iterable[Callable[[Transaction], object]]) -> None:
    """One transaction for each action."""
    for action in actions:
        database.write(action)


def cursors_of(database: Database) -> dict[str, Cursor]:
    """How far the database has read."""
    return look(database, read_cursors, CURSORS)


def document(database: Database, kind: str, id: RecordId) -> dict[str, Any] | None:
    """The body of a record as it is stored, or None."""
    found = look(database, lambda reader: reader.document(KINDS[kind], id))
    return found[0] if found else None


def next_seq(database: Database) -> int:
    """The number of the next operation."""
    head = look(database, lambda reader: head_of(reader.driver))
    assert head is not None
    return head.next_seq
