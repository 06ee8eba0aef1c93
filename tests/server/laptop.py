"""A laptop and a centre as small as a test of the server needs them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from gridworker.domain.records import RecordId, grid_scope
from gridworker.server.accounts import create_user, find_user, grant, open_scope, withdraw
from gridworker.server.check import check
from gridworker.server.local import LocalServer
from gridworker.wire.envelope import Envelope, Group, Operation, first_link, seal
from gridworker.wire.messages import (
    Cursor,
    EnrolReply,
    EnrolRequest,
    Entry,
    PullReply,
    PullRequest,
    PushReply,
    PushRequest,
    RegisterRequest,
    Result,
)

GRID_A = grid_scope(RecordId("grid-a"))
GRID_B = grid_scope(RecordId("grid-b"))
PASSWORD = "一个很长的口令"


class Centre:
    """A server with two grids, and what tests ask of it beside its handlers."""

    def __init__(self, server: LocalServer):
        self.server = server
        self.ids = server.door.ids
        self.clock = server.door.clock

    def add_user(self, login: str, role: str, *scopes: str) -> str:
        """A user with one role in some scopes."""

        def work(tx: Connection) -> str:
            user_id = create_user(tx, login, f"{login}的姓名", password=PASSWORD, door=self.server.door)
            for scope in scopes:
                open_scope(tx, scope, f"网格 {scope}")
                grant(tx, user_id, scope, role=role, clock=self.clock)
            return user_id

        return self.server.store.write(work)

    def laptop(self, login: str, role: str = "grid_worker", *scopes: str) -> "Laptop":
        """A new user, worker of grid A if nothing else is said, with an enrolled laptop."""
        self.add_user(login, role, *(scopes or (GRID_A,)))
        return Laptop(self, login)

    def grant(self, login: str, scope: str, role: str) -> None:
        """Give a user a scope."""
        store, clock = self.server.store, self.clock
        store.write(lambda tx: grant(tx, self._user(tx, login), scope, role=role, clock=clock))

    def withdraw(self, login: str, scope: str) -> None:
        """Take a scope from a user."""
        self.server.store.write(lambda tx: withdraw(tx, self._user(tx, login), scope, clock=self.clock))

    def _user(self, tx: Connection, login: str) -> str:
        found = find_user(tx, login)
        assert found is not None
        return found

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """What a query says."""

        def work(tx: Connection) -> list[Any]:
            return list(tx.execute(text(sql), values).all())

        return self.server.store.read(work)

    def execute(self, sql: str, **values: Any) -> None:
        """Do something to the database that no handler does."""
        self.server.store.write(lambda tx: tx.execute(text(sql), values))

    def violations(self) -> list[str]:
        """Every promise of the database that does not hold."""
        return self.server.store.read(check)


class Laptop:
    """One device with one replica; it keeps its queue, its cursors and the records it has pulled."""

    def __init__(self, centre: Centre, login: str):
        self.centre = centre
        self.login = login
        request = EnrolRequest(user=login, password=PASSWORD, device_name="笔记本", app="0.1.0")
        self.me: EnrolReply = centre.server.call("/v1/enrol", "", request)
        self.rows: dict[tuple[str, str], Entry] = {}
        self.cursors: dict[str, Cursor] = {}
        self.sent: list[Envelope] = []
        self.new_replica()

    def new_replica(self, parent: str | None = None) -> None:
        """Begin another life with an empty queue."""
        self.replica = self.centre.ids()
        self.seq, self.prev = 0, first_link(self.replica)
        self.call("/v1/replica", RegisterRequest(epoch=self.me.epoch, replica=self.replica, parent=parent))

    def call(self, path: str, request: Any) -> Any:
        """One request with this laptop's token."""
        return self.centre.server.call(path, self.me.token, request)

    def op(self, verb: Any, record_id: str, kind: str = "resident", **more: Any) -> Operation:
        """An operation of this laptop's user."""
        defaults: dict[str, Any] = {
            "op_id": self.centre.ids(),
            "actor": self.me.user_id,
            "device": self.me.device_id,
            "wall_ms": self.centre.clock(),
            "scope": GRID_A,
        }
        return Operation(verb=verb, id=record_id, kind=kind, **{**defaults, **more})

    def seal(self, *ops: Operation) -> list[Envelope]:
        """Put operations at the end of the queue."""
        return [self.seal_one(op) for op in ops]

    def seal_one(self, op: Operation) -> Envelope:
        """Put an operation at the end of the queue."""
        envelope = seal(op, replica=self.replica, seq=self.seq + 1, prev=self.prev)
        self.seq, self.prev = envelope.link.seq, envelope.link.hash
        self.sent.append(envelope)
        return envelope

    def send(self, envelopes: Sequence[Envelope]) -> PushReply:
        """Push envelopes as they are."""
        request = PushRequest(epoch=self.me.epoch, replica=self.replica, ops=list(envelopes))
        reply: PushReply = self.call("/v1/push", request)
        return reply

    def do(self, verb: Any, record_id: str, kind: str = "resident", **more: Any) -> Result:
        """Push one operation and return its result."""
        return self.send(self.seal(self.op(verb, record_id, kind, **more))).results[0]

    def pull_page(self, **more: Any) -> PullReply:
        """One page after the cursors."""
        request = PullRequest(epoch=self.me.epoch, replica=self.replica, cursors=self.cursors, **more)
        reply: PullReply = self.call("/v1/pull", request)
        for scope in (*reply.removed, *reply.reset):
            self.rows = {key: row for key, row in self.rows.items() if key[0] != scope}
        for entry in reply.entries:
            if entry.gone:
                self.rows.pop((entry.scope, entry.id), None)
            else:
                self.rows[entry.scope, entry.id] = entry
        self.cursors = reply.cursors
        return reply

    def pull(self, **more: Any) -> PullReply:
        """Pages until there are no more; returns the last."""
        while not (reply := self.pull_page(**more)).done:
            pass
        return reply

    def ids(self) -> set[str]:
        """The records this laptop holds."""
        return {record_id for _, record_id in self.rows}


def grouped(*ops: Operation, group: str = "group") -> list[Operation]:
    """The same operations as one group."""
    return [msgspec.structs.replace(op, group=Group(group, n, len(ops))) for n, op in enumerate(ops)]
