"""A transaction: the only way to change a record, storing the record and its operation together."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from gridworker.db.author import Author
from gridworker.db.documents import Document, delete_documents, put_documents, relink
from gridworker.db.fold import STATE_FIELD
from gridworker.db.outbox import append_operations, head_of
from gridworker.db.reader import Reader, decoder_of
from gridworker.db.tables import table_name
from gridworker.domain.names import PinyinTable
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record, RecordId, ScopeId, Touched
from gridworker.domain.transitions import legal
from gridworker.wire.envelope import MAX_GROUP, Group, Operation, Verb

_encode = msgspec.json.Encoder().encode


class Transaction(Reader):
    """Reads and changes in one atomic step; operations get their place in the chain when it commits."""

    def __init__(self, connection: Connection, *, now_ms: int, new_id: Callable[[], str], pinyin: PinyinTable) -> None:
        super().__init__(connection)
        self.now_ms = now_ms
        self.pinyin = pinyin
        self.me = self.author
        self._new_id = new_id
        self._operations: list[Operation] = []
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
        self._ids.add(id)
        self._kinds.add(kind)

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
        """Store many new records at once, grouped by kind, each with its operation."""
        home = scope or self.me.scope
        self._authored = True
        by_kind: dict[str, list[Document]] = {}
        for id, record in records:
            body = _encode(record).decode()
            by_kind.setdefault(record.kind, []).append(Document(id, home, None, body, None))
            if self.me.enrolled:
                verb: Verb = "append" if record.append_only else "create"
                values = msgspec.to_builtins(record)
                self._operations.append(self._operation(record.kind, id, home, verb, values=values, why=why))
            self.touch(record.kind, id)
        for kind, documents in by_kind.items():
            put_documents(self.driver, kind, documents, self.pinyin)

    def change(self, kind: type[Record], id: RecordId, *, why: str = "", **fields: object) -> bool:
        """Set fields of a record; False where nothing differed. Raises Problem `record_gone`."""
        document, differing = self._differences(kind, id, fields)
        if not differing:
            return False
        self._apply(kind, id, document, {name: new for name, (_, new) in differing.items()})
        self._record(kind, id, "patch", set=differing, why=why)
        return True

    def move(self, kind: type[Record], id: RecordId, target: str, *, why: str = "", **fields: object) -> None:
        """Take a legal step of the record's state machine, with the fields it brings.

        Raises Problem `illegal_step` where the table or the role has no such step, `field_required` where one is empty.
        """
        document, differing = self._differences(kind, id, fields)
        source = str(getattr(msgspec.convert(document, kind, strict=False), STATE_FIELD))
        step = legal(kind.kind, source, target)
        if step is None or (self.me.enrolled and self._role_for(kind, id) not in step.roles):
            raise Problem("illegal_step", source=source, target=target)
        merged = {**document, **fields}
        missing = next((name for name in step.required if not merged.get(name)), None)
        if missing:
            raise Problem("field_required", field=missing)
        self._apply(kind, id, document, {**{n: new for n, (_, new) in differing.items()}, STATE_FIELD: target})
        self._record(kind, id, "transition", set=differing, source=source, target=target, why=why)

    def delete(self, kind: type[Record], id: RecordId, *, why: str) -> None:
        """Remove a record from view; the centre decides whether it is deleted for everybody."""
        found = self.document(kind, id)
        if found is None:
            raise Problem("record_gone", kind=kind.kind)
        self._record(kind, id, "delete", why=why)
        delete_documents(self.driver, kind.kind, [id])
        self.touch(kind.kind, id)

    def record_existing(self, kind: type[Record], id: RecordId, values: dict[str, Any]) -> None:
        """Make the operation of a record that was stored before there was a centre to send it to."""
        verb: Verb = "append" if kind.append_only else "create"
        self._operations.append(self._operation(kind.kind, id, self.me.scope, verb, values=values))

    def set_meta(self, name: str, value: str) -> None:
        """Remember one fact about this database."""
        self.driver.execute("INSERT OR REPLACE INTO meta(k,v) VALUES (?,?)", (name, value))

    def set_author(self, author: Author) -> None:
        """Change who works here."""
        self.set_meta("author", msgspec.json.encode(author).decode())
        self.me = author

    def seal(self) -> None:
        """Give the collected operations their places in the chain; called once, just before the commit."""
        if self._authored:
            self.set_meta("last_saved_ms", str(self.now_ms))
        if not self._operations:
            return
        head = head_of(self.driver)
        if head is None:
            raise RuntimeError("an enrolled laptop has a replica: call start_replica first")
        append_operations(self.driver, head, _grouped(self._operations, self._new_id))
        self._operations = []

    def _role_for(self, kind: type[Record], id: RecordId) -> str:
        scope = self.rows_of(f"SELECT scope FROM {table_name(kind)} WHERE id=?", (id,))[0][0]
        return self.me.role_in(scope)

    def _differences(
        self, kind: type[Record], id: RecordId, fields: dict[str, object]
    ) -> tuple[dict[str, Any], dict[str, tuple[Any, Any]]]:
        found = self.document(kind, id)
        if found is None:
            raise Problem("record_gone", kind=kind.kind)
        document = found[0]
        shown = msgspec.convert(document, kind, strict=False)
        old = {name: msgspec.to_builtins(getattr(shown, name)) for name in fields}
        new = {name: msgspec.to_builtins(value) for name, value in fields.items()}
        return document, {name: (old[name], new[name]) for name in fields if old[name] != new[name]}

    def _apply(self, kind: type[Record], id: RecordId, document: dict[str, Any], changes: dict[str, Any]) -> None:
        table = table_name(kind)
        scope, rev, body, base = self.rows_of(f"SELECT scope,rev,body,base FROM {table} WHERE id=?", (id,))[0]
        before = decoder_of(kind).decode(body)
        after_body = _encode({**document, **changes}).decode()
        if base is None and rev is not None:
            base = body
        put_documents(self.driver, kind.kind, [Document(id, scope, rev, after_body, base)], self.pinyin)
        if kind.links:
            relink(self.driver, kind, id, old=before, new=decoder_of(kind).decode(after_body))
        self.touch(kind.kind, id)

    def _record(self, kind: type[Record], id: RecordId, verb: Verb, **parts: Any) -> None:
        self._authored = True
        if not self.me.enrolled:
            return
        scope, rev = self.rows_of(f"SELECT scope,rev FROM {table_name(kind)} WHERE id=?", (id,))[0]
        self._operations.append(self._operation(kind.kind, id, scope, verb, base_rev=rev, **parts))

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
            **parts,
        )


def _grouped(operations: Sequence[Operation], new_id: Callable[[], str]) -> Sequence[Operation]:
    """Operations of one transaction stand or fall together where the protocol's limit allows it."""
    size = len(operations)
    if not 2 <= size <= MAX_GROUP:
        return operations
    group = new_id()
    return [msgspec.structs.replace(o, group=Group(group, i, size)) for i, o in enumerate(operations)]
