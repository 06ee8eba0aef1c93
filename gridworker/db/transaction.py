"""A transaction: the only way to change a record, storing the record and its operation together."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from gridworker.db.author import LOCAL_SCOPE, Author
from gridworker.db.clock import clock_reading
from gridworker.db.documents import Document, delete_documents, insert_records, put_documents
from gridworker.db.fold import STATE_FIELD, decision_of
from gridworker.db.layers import hide
from gridworker.db.outbox import REMEMBER, append_operations, head_of
from gridworker.db.reader import FILLING, Reader, decoder_of
from gridworker.db.tables import table_name
from gridworker.domain.disputes import Dispute, choices_of
from gridworker.domain.kinds import KINDS
from gridworker.domain.names import PinyinTable
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record, RecordId, ScopeId, Touched
from gridworker.domain.transitions import legal
from gridworker.wire.envelope import MAX_GROUP, SCHEMA, ClockReading, Group, Operation, Verb

_encode = msgspec.json.Encoder().encode
MAX_BODY_BYTES = 24 * 1024
"""A record in JSON; a change of all its fields, with old and new values, still fits one operation."""
_IN_MEMORY = 2_000
"""Operations that are collected before they are written; more of them make no group anyway."""


class Row(NamedTuple):
    """A record as its table holds it."""

    scope: str
    rev: str | None
    body: str
    base: str | None


class Transaction(Reader):
    """Reads and changes in one atomic step; operations get their place in the chain when it commits."""

    def __init__(
        self, connection: Connection, *, now_ms: int, new_id: Callable[[], str], pinyin: PinyinTable
    ) -> None:
        super().__init__(connection)
        self.now_ms = now_ms
        self.pinyin = pinyin
        self.me = self.author
        self._new_id = new_id
        self._operations: list[Operation] = []
        self._recorded = 0
        self._authored = False
        self._ids: set[RecordId] = set()
        self._kinds: set[str] = set()

    @property
    def touched(self) -> Touched:
        """What this transaction has changed so far."""
        return Touched(frozenset(self._ids), frozenset(self._kinds))

    def new_id(self) -> RecordId:
        """A new UUIDv7 as text."""
        return RecordId(self._new_id())

    def touch(self, kind: str, id: RecordId) -> None:
        """Announce a record that was changed by other means, such as a checkpoint."""
        self.touch_all(kind, (id,))

    def touch_all(self, kind: str, ids: Iterable[str]) -> None:
        """Announce many of them."""
        self._ids.update(map(RecordId, ids))
        self._kinds.add(kind)

    # ------------------------------------------------------------------------------------ what people do

    def create(
        self, record: Record, *, scope: ScopeId | None = None, id: RecordId | None = None, why: str = ""
    ) -> RecordId:
        """Store a new record in the author's grid or the scope given, and its operation."""
        record_id = id or self.new_id()
        self.create_many([(record_id, record)], scope=scope, why=why)
        return record_id

    def create_many(
        self, records: Sequence[tuple[RecordId, Record]], *, scope: ScopeId | None = None, why: str = ""
    ) -> None:
        """Store many new records at once, grouped by kind, each with its operation.

        Without a centre, or without a grid there, they wait in the local scope until they can be adopted.
        Raises Problem `record_too_large`; an id that is already there is a bug.
        """
        home = (scope or self.me.scope) if self.me.enrolled else LOCAL_SCOPE
        self._authored = True
        by_kind: dict[type[Record], list[tuple[Document, Record]]] = {}
        for id, record in records:
            document = Document(id, home, None, _body(type(record), record), None)
            by_kind.setdefault(type(record), []).append((document, record))
        for kind, written in by_kind.items():
            insert_records(self.driver, kind, written, self.pinyin)
            self.touch_all(kind.kind, [document.id for document, _ in written])
        if home != LOCAL_SCOPE:
            for id, record in records:
                self._record_create(type(record), id, home, values=msgspec.to_builtins(record), why=why)

    def change(self, kind: type[Record], id: RecordId, *, why: str = "", **fields: object) -> bool:
        """Set fields of a record; False where nothing differed. Raises Problem `record_gone`."""
        row = self._row(kind, id)
        differing = _differences(kind, row, fields)
        if not differing:
            return False
        self._apply(kind, id, row, {name: new for name, (_, new) in differing.items()})
        self._record(kind, id, row, "patch", set=differing, why=why)
        return True

    def move(self, kind: type[Record], id: RecordId, target: str, *, why: str = "", **fields: object) -> None:
        """Take a legal step of the record's state machine, with the fields it brings.

        Raises Problem `illegal_step` where the table or the role has no such step, `field_required` where a
        field is empty that the step must bring, `record_gone`.
        """
        row = self._row(kind, id)
        shown = decoder_of(kind).decode(row.body)
        source = str(getattr(shown, STATE_FIELD))
        step = legal(kind.kind, source, target)
        if step is None or (self.me.enrolled and self.me.role_in(row.scope) not in step.roles):
            raise Problem("illegal_step", source=source, target=target)
        missing = next((name for name in step.required if not fields.get(name, getattr(shown, name))), None)
        if missing:
            raise Problem("field_required", field=missing)
        differing = _differences(kind, row, fields)
        self._apply(kind, id, row, {**{n: new for n, (_, new) in differing.items()}, STATE_FIELD: target})
        self._record(kind, id, row, "transition", set=differing, source=source, target=target, why=why)

    def delete(self, kind: type[Record], id: RecordId, *, why: str) -> None:
        """Remove a record from view; the centre decides whether it is deleted for everybody."""
        row = self._row(kind, id)
        self._record(kind, id, row, "delete", why=why)
        if row.rev is None:
            delete_documents(self.driver, kind.kind, [id])
        else:
            hide(self.driver, kind.kind, Document(id, row.scope, row.rev, row.base or row.body, None))
        self.touch(kind.kind, id)

    def resolve(self, id: RecordId, choice: str, *, value: Any = None, why: str = "") -> None:
        """Decide a dispute; what it is about changes when the centre has agreed.

        `value` is the author's own one, where `choice` is "value". A later decision takes an earlier back.
        Raises Problem `record_gone`, or `illegal_step` where there is no such choice.
        """
        row = self._row(Dispute, id)
        dispute = decoder_of(Dispute).decode(row.body)
        if choice not in choices_of(dispute.sort):
            raise Problem("illegal_step", source=dispute.choice, target=choice)
        sides = {"incoming": dispute.incoming, "server": dispute.server, "base": dispute.base}
        parts: dict[str, Any] = {"source": dispute.choice or None, "target": choice, "why": why}
        if dispute.sort == "conflict":
            chosen = sides.get(choice, msgspec.to_builtins(value))
            parts["set"] = {dispute.field: (self._shown(dispute), chosen)}
        if choice == "value":
            parts["values"] = {"value": msgspec.to_builtins(value)}
        operation = self._operation(Dispute.kind, id, row.scope, "resolve", base_rev=row.rev, **parts)
        self._apply(Dispute, id, row, decision_of(operation))
        self._authored = True
        self._collect(operation)

    def merge(
        self, kind: type[Record], loser: RecordId, survivor: RecordId, *, why: str = "", **fields: object
    ) -> None:
        """Say that two records are one person; `fields` are what the survivor shall say.

        Both stay in view until the centre has joined them. Raises Problem `record_gone`.
        """
        row, kept = self._row(kind, loser), self._row(kind, survivor)
        differing = _differences(kind, kept, fields)
        self._apply(kind, loser, row, {})
        self._record(kind, loser, row, "merge", set=differing, target=survivor, why=why)

    def unmerge(self, kind: type[Record], loser: RecordId, survivor: RecordId, *, why: str = "") -> None:
        """Say that a record that was joined is a person of its own; raises Problem `record_gone`."""
        kept = self._row(kind, survivor)
        self._authored = True
        self._collect(self._operation(kind.kind, loser, kept.scope, "unmerge", target=survivor, why=why))

    def _shown(self, dispute: Dispute) -> Any:
        """What the disputed field says here, or by the centre's last word where the record is not here."""
        kind = KINDS.get(dispute.target_kind)
        found = self.document(kind, dispute.target_id) if kind else None
        if kind is None or found is None:
            return dispute.server
        body = found[1] or found[0]
        if dispute.field in body:
            return body[dispute.field]
        return next((f.default for f in msgspec.structs.fields(kind) if f.name == dispute.field), None)

    def move_to(self, kind: type[Record], id: RecordId, scope: ScopeId, *, why: str) -> None:
        """Hand a person, home or house over to another grid; it stays here until the centre has said so.

        Raises Problem `record_gone`; the centre takes it for a proposal where the author does not decide.
        """
        row = self._row(kind, id)
        self._apply(kind, id, row, {})
        self._record(kind, id, row, "move", source=row.scope, target=scope, why=why)

    def record_existing(
        self, kind: type[Record], id: RecordId, scope: ScopeId, values: dict[str, Any]
    ) -> None:
        """Make the operation of a record that was stored before there was a centre to send it to."""
        self._record_create(kind, id, scope, values=values)

    # ------------------------------------------------------------------------------- memory and the chain

    def set_meta(self, name: str, value: str) -> None:
        """Remember one fact about this database."""
        self.driver.execute(REMEMBER, (name, value))

    def set_author(self, author: Author) -> None:
        """Change who works here."""
        self.set_meta("author", msgspec.json.encode(author).decode())
        self.me = author

    def seal(self) -> None:
        """Give the collected operations their places in the chain; called once, just before the commit."""
        if self._authored:
            self._refuse_while_filling()
            self.set_meta("last_saved_ms", str(self.now_ms))
        if 2 <= self._recorded <= MAX_GROUP:
            self._operations = _grouped(self._operations, self._new_id())
        self._write_operations()

    def _write_operations(self) -> None:
        if not self._operations:
            return
        self._refuse_while_filling()
        head = head_of(self.driver)
        if head is None:
            raise RuntimeError("an enrolled laptop has a replica: call start_replica first")
        append_operations(self.driver, head, self._operations)
        self._operations = []

    def _refuse_while_filling(self) -> None:
        if self.meta(FILLING) is not None:
            raise Problem("still_filling")

    def _row(self, kind: type[Record], id: RecordId) -> Row:
        found = self.rows_of(f"SELECT scope,rev,body,base FROM {table_name(kind)} WHERE id=?", (id,))
        if not found:
            raise Problem("record_gone", kind=kind.kind)
        return Row(*found[0])

    def _apply(self, kind: type[Record], id: RecordId, row: Row, changes: dict[str, Any]) -> None:
        body = _body(kind, {**msgspec.json.decode(row.body), **changes})
        decoder_of(kind).decode(body)
        base = row.body if row.base is None and row.rev is not None else row.base
        put_documents(self.driver, kind.kind, [Document(id, row.scope, row.rev, body, base)], self.pinyin)
        self.touch(kind.kind, id)

    def _record_create(
        self, kind: type[Record], id: RecordId, scope: ScopeId, *, values: dict[str, Any], why: str = ""
    ) -> None:
        verb: Verb = "append" if kind.append_only else "create"
        self._collect(self._operation(kind.kind, id, scope, verb, values=values, why=why))

    def _record(self, kind: type[Record], id: RecordId, row: Row, verb: Verb, **parts: Any) -> None:
        self._authored = True
        if row.scope != LOCAL_SCOPE:
            self._collect(self._operation(kind.kind, id, row.scope, verb, base_rev=row.rev, **parts))

    @cached_property
    def _clock(self) -> ClockReading | None:
        return clock_reading(self, self.now_ms)

    def _collect(self, operation: Operation) -> None:
        self._operations.append(operation)
        self._recorded += 1
        if len(self._operations) >= _IN_MEMORY:
            self._write_operations()

    def _operation(self, kind: str, id: RecordId, scope: str, verb: Verb, **parts: Any) -> Operation:
        return Operation(
            op_id=self._new_id(),
            actor=self.me.user_id,
            device=self.me.device_id,
            wall_ms=self.now_ms,
            kind=kind,
            id=id,
            scope=scope,
            verb=verb,
            schema=SCHEMA,
            clock=self._clock,
            **parts,
        )


def _body(kind: type[Record], record: object) -> str:
    body = _encode(record)
    if len(body) > MAX_BODY_BYTES:
        raise Problem("record_too_large", kind=kind.kind, limit=MAX_BODY_BYTES, size=len(body))
    return body.decode()


def _differences(kind: type[Record], row: Row, fields: dict[str, object]) -> dict[str, tuple[Any, Any]]:
    """Old and new value of each field that differs; old as it is in the document, unknown parts included."""
    document = msgspec.json.decode(row.body)
    shown = decoder_of(kind).decode(row.body)
    differing: dict[str, tuple[Any, Any]] = {}
    for name, value in fields.items():
        old, new = msgspec.to_builtins(getattr(shown, name)), msgspec.to_builtins(value)
        if old != new:
            differing[name] = (document.get(name, old), new)
    return differing


def _grouped(operations: Sequence[Operation], group: str) -> list[Operation]:
    """Operations of one transaction stand or fall together where the protocol's limit allows it."""
    size = len(operations)
    return [msgspec.structs.replace(o, group=Group(group, i, size)) for i, o in enumerate(operations)]
