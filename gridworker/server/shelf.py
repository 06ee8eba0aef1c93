"""The shelf: the records of one push, read and locked at once, changed in memory, written in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, or_, select, text, update

from gridworker.server.among import among, listed
from gridworker.server.outcomes import Entity
from gridworker.server.store import write_many
from gridworker.server.sums import EMPTY, revision, shift, term
from gridworker.server.tables import ENTITY, SCOPE, SCOPE_ENTRY

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Place(msgspec.Struct):
    """One record: as it was stored (None: not at all), as it is now, and the scopes that hear of it."""

    stored: Entity | None = None
    now: Entity | None = None
    stored_body: str = ""
    scopes: tuple[str, ...] = ()
    edited_ms: int = 0


class Commit(msgspec.Struct, frozen=True):
    """The number, life of the server and time under which a push is written."""

    seq: int
    epoch: str
    at_ms: int


class Shelf:
    """The records of one push; nothing is written before `write`."""

    def __init__(self, tx: Connection, ids: Iterable[str]):
        self._tx = tx
        self._places: dict[str, Place] = {record_id: Place() for record_id in ids}
        # In the order of their ids, so that two pushes cannot wait for each other in a ring.
        for row in tx.execute(_LOCK_ENTITIES, {"ids": listed(sorted(self._places))}).all():
            _shelve(self._places[row[0]], row)

    def look_up(self, record_id: str) -> Entity | None:
        """A record as it is now, after all operations before this one."""
        return self._places[record_id].now

    def edited_ms(self, record_id: str) -> int:
        """When the record was last stored."""
        return self._places[record_id].edited_ms

    def put(self, entity: Entity) -> None:
        """Set a record to what an operation made of it."""
        place = self._places[entity.id]
        place.now = entity
        if place.stored is None:
            place.scopes = (entity.scope,)

    def write(self, commit: Commit) -> None:
        """Store every changed record, its feed entries and the sums of their scopes."""
        changed = [place for place in self._places.values() if place.now is not place.stored]
        if not changed:
            return
        bodies = [_encode(place.now.body).decode() if place.now else "" for place in changed]
        self._write_entities(changed, bodies, commit)
        self._write_entries(changed, commit)
        _write_sums(self._tx, _differences(changed, bodies, commit), commit.seq)

    def _write_entities(self, changed: Sequence[Place], bodies: Sequence[str], commit: Commit) -> None:
        fresh: list[dict[str, Any]] = []
        known: list[dict[str, Any]] = []
        for place, body in zip(changed, bodies, strict=True):
            row = _entity_row(place.now, body, commit)
            if place.stored:
                known.append({**row, "key": row["id"]})
            else:
                fresh.append(row)
        write_many(self._tx, _INSERT_ENTITY, fresh)
        write_many(self._tx, _UPDATE_ENTITY, known)

    def _write_entries(self, changed: Sequence[Place], commit: Commit) -> None:
        fresh: list[dict[str, Any]] = []
        known: list[dict[str, Any]] = []
        for place in changed:
            entity = place.now
            if entity is None:
                continue
            for scope in place.scopes:
                row = {
                    "entity_id": entity.id,
                    "scope": scope,
                    "seq": commit.seq,
                    "present": not entity.deleted,
                    "reason": "deleted" if entity.deleted else "",
                }
                (known if place.stored else fresh).append(row)
        write_many(self._tx, _INSERT_ENTRY, fresh)
        write_many(self._tx, _UPDATE_ENTRY, known)


def any_exists(tx: Connection, ids: Sequence[str]) -> bool:
    """Whether one of these records is stored by now."""
    return bool(ids) and tx.execute(_ANY_EXISTS, {"ids": listed(ids)}).first() is not None


def _shelve(place: Place, row: Any) -> None:
    record_id, kind, scope, rev_seq, deleted, author, editor, edited_ms, body, entry_scope = row
    place.scopes = (*place.scopes, entry_scope)
    if place.stored is None:
        place.stored = place.now = Entity(
            id=record_id,
            kind=kind,
            scope=scope,
            rev_seq=rev_seq,
            deleted=deleted,
            author=author,
            editor=editor,
            body=_decode(body),
        )
        place.stored_body, place.edited_ms = body, edited_ms


def _entity_row(entity: Entity | None, body: str, commit: Commit) -> dict[str, Any]:
    if entity is None:
        raise TypeError("a record on the shelf cannot cease to exist")
    return {
        "id": entity.id,
        "kind": entity.kind,
        "scope": entity.scope,
        "rev_seq": commit.seq,
        "deleted": entity.deleted,
        "author": entity.author,
        "editor": entity.editor,
        "edited_ms": commit.at_ms,
        "body": body,
    }


def _differences(
    changed: Sequence[Place], bodies: Sequence[str], commit: Commit
) -> Mapping[str, tuple[int, int]]:
    """For each scope, by how many records and by how much its sum changes."""
    counts: dict[str, int] = defaultdict(int)
    sums: dict[str, int] = defaultdict(int)
    for place, body in zip(changed, bodies, strict=True):
        for scope in place.scopes:
            for sign, entity, text_, seq in (
                (-1, place.stored, place.stored_body, place.stored.rev_seq if place.stored else 0),
                (+1, place.now, body, commit.seq),
            ):
                if entity is not None and not entity.deleted:
                    counts[scope] += sign
                    rev = revision(commit.epoch, seq)
                    sums[scope] += sign * term(scope, entity.id, rev, text_.encode())
                else:
                    counts[scope] += 0
    return {scope: (count, sums[scope]) for scope, count in counts.items()}


def _write_sums(tx: Connection, differences: Mapping[str, tuple[int, int]], seq: int) -> None:
    # Safe to read and write back: the head row is locked, so no other push is between the two.
    rows = tx.execute(_READ_SUMS, {"scopes": listed(differences)})
    before = {scope: (n, acc) for scope, n, acc in rows}
    after = []
    for scope, (count, difference) in differences.items():
        n, acc = before.get(scope, (0, EMPTY))
        after.append({"scope": scope, "n": n + count, "acc": shift(acc, difference), "seq": seq})
    write_many(tx, _STORE_SUM, after)


_LOCK_ENTITIES = (
    select(
        ENTITY.c.id,
        ENTITY.c.kind,
        ENTITY.c.scope,
        ENTITY.c.rev_seq,
        ENTITY.c.deleted,
        ENTITY.c.author,
        ENTITY.c.editor,
        ENTITY.c.edited_ms,
        ENTITY.c.body,
        SCOPE_ENTRY.c.scope,
    )
    .join(SCOPE_ENTRY, SCOPE_ENTRY.c.entity_id == ENTITY.c.id)
    .where(
        among(ENTITY.c.id, "ids"),
        or_(SCOPE_ENTRY.c.present, SCOPE_ENTRY.c.reason == "deleted"),
    )
    .order_by(ENTITY.c.id)
    .with_for_update(of=ENTITY)
)
_ANY_EXISTS = select(ENTITY.c.id).where(among(ENTITY.c.id, "ids")).limit(1)
_INSERT_ENTITY = insert(ENTITY)
_INSERT_ENTRY = insert(SCOPE_ENTRY)
_UPDATE_ENTITY = (
    update(ENTITY)
    .where(ENTITY.c.id == bindparam("key"))
    .values(
        {name: bindparam(name) for name in ("rev_seq", "deleted", "author", "editor", "edited_ms", "body")}
    )
)
_UPDATE_ENTRY = text(
    "UPDATE scope_entry SET seq = :seq, present = :present, reason = :reason "
    "WHERE entity_id = :entity_id AND scope = :scope"
)
_READ_SUMS = select(SCOPE.c.id, SCOPE.c.n, SCOPE.c.acc).where(among(SCOPE.c.id, "scopes"))
_STORE_SUM = text(
    "INSERT INTO scope (id, title, gen, min_seq, n, acc, last_seq) VALUES (:scope, '', 1, 0, :n, :acc, :seq) "
    "ON CONFLICT (id) DO UPDATE SET n = excluded.n, acc = excluded.acc, last_seq = excluded.last_seq"
)
