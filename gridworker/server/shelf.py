"""The shelf: the records of one push, read and locked at once, changed in memory, written in bulk."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, insert, literal_column, or_, select, text

from gridworker.server.among import among, listed
from gridworker.server.ledger import Ledger
from gridworker.server.links import linked_to, links_of, write_links
from gridworker.server.outcomes import Entity
from gridworker.server.replicas import are_names
from gridworker.server.statements import read_rows, write_many
from gridworker.server.tables import ENTITY, SCOPE_ENTRY
from gridworker.wire.sums import revision, term

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Place(msgspec.Struct):
    """One record: as it was stored (None: not at all) and as it is now."""

    stored: Entity | None = None
    now: Entity | None = None
    stored_body: str = ""
    edited_ms: int = 0
    passed: frozenset[str] = frozenset()
    """Scopes that it was in since, and has left."""


class Written(msgspec.Struct, frozen=True):
    """A changed record on its way into the tables, with the revision that it has from now on."""

    before: Entity | None
    after: Entity
    old_body: str
    body: str
    rev_seq: int
    edited_ms: int
    is_new_state: bool
    """Whether more than its scopes has changed."""
    left: tuple[str, ...]
    """The scopes in which it was there to be seen,"""
    joined: tuple[str, ...]
    """and those in which it is now."""


class Commit(msgspec.Struct, frozen=True):
    """The number, life of the server and time under which a push is written."""

    seq: int
    epoch: str
    at_ms: int


class Shelf:
    """The records of one push; nothing is written before `write`."""

    def __init__(self, tx: Connection, ids: Iterable[str]):
        self._tx = tx
        self._places: dict[str, Place] = {}
        self.take(ids)

    def take(self, ids: Iterable[str]) -> None:
        """Read and lock records that are not on the shelf yet."""
        fresh = sorted(set(ids) - self._places.keys())
        if not fresh:
            return
        self._places.update((record_id, Place()) for record_id in fresh)
        # In the order of their ids, so that two pushes cannot wait for each other in a ring.
        # What no record can be called is not asked for: PostgreSQL would refuse the whole queue for it.
        named = [record_id for record_id in fresh if are_names(record_id)]
        for row in read_rows(self._tx, _LOCK_ENTITIES, {"ids": listed(named)}):
            _shelve(self._places[row[0]], row)

    def look_up(self, record_id: str) -> Entity | None:
        """A record as it is now, after all operations before this one; it is locked from now on."""
        place = self._places.get(record_id)
        return place.now if place is not None else self._fetch(record_id).now

    def parts(self, ids: Iterable[str]) -> set[str]:
        """The ids of all records that go along with one of these, now or as they were stored."""
        targets = set(ids)
        found = linked_to(self._tx, targets)
        for place in self._changed():
            if place.now is not None and not targets.isdisjoint(links_of(place.now)):
                found.add(place.now.id)
        self.take(found)
        return found

    def edited_ms(self, record_id: str) -> int:
        """When the record was last stored."""
        return self._places[record_id].edited_ms

    def put(self, entity: Entity) -> bool:
        """Set a record to what an operation made of it; True where there was none before."""
        place = self._places.get(entity.id) or self._fetch(entity.id)
        before, place.now = place.now, entity
        if before is not None:
            place.passed |= frozenset(before.scopes)
        return before is None

    def passed(self, record_id: str) -> frozenset[str]:
        """The scopes that operations before this one have taken the record from, or left it in."""
        return self._places[record_id].passed

    def write(self, commit: Commit) -> None:
        """Store every changed record, its feed entries, its links and the sums of its scopes."""
        written = [_prepare(place, commit) for place in self._changed()]
        if not written:
            return
        _write_entities(self._tx, written, commit)
        _write_entries(self._tx, written, commit)
        write_links(self._tx, [(one.before, one.after) for one in written if one.is_new_state])
        _ledger(written, commit).write(self._tx, commit.seq)

    def _fetch(self, record_id: str) -> Place:
        self.take((record_id,))
        return self._places[record_id]

    def _changed(self) -> list[Place]:
        return [place for place in self._places.values() if place.now is not place.stored]


def any_exists(tx: Connection, ids: Sequence[str]) -> bool:
    """Whether one of these records is stored by now."""
    return bool(ids) and bool(read_rows(tx, _ANY_EXISTS, {"ids": listed(ids)}))


def _shelve(place: Place, row: Any) -> None:
    entry_scope = row[-1]
    if place.stored is None:
        place.stored, place.stored_body, place.edited_ms = _read(row)
    if entry_scope not in (None, place.stored.scope):
        place.stored = msgspec.structs.replace(place.stored, shared=(*place.stored.shared, entry_scope))
    place.now = place.stored


def _read(row: Any) -> tuple[Entity, str, int]:
    id, kind, scope, rev_seq, deleted, author, editor, merged_into, purged, edited_ms, body, _ = row
    entity = Entity(
        id=id,
        kind=kind,
        scope=scope,
        body=_decode(body),
        author=author,
        editor=editor,
        deleted=bool(deleted),
        merged_into=merged_into,
        purged=bool(purged),
        rev_seq=rev_seq,
    )
    return entity, body, edited_ms


def _prepare(place: Place, commit: Commit) -> Written:
    before, after = place.stored, place.now
    if after is None:
        raise TypeError("a record on the shelf cannot cease to exist")
    # A record that only moves keeps its bytes and its revision: nobody has to read it again.
    moves_only = before is not None and _state(before) == _state(after)
    return Written(
        before=before,
        after=after,
        old_body=place.stored_body,
        body=place.stored_body if moves_only else _encode(after.body).decode(),
        rev_seq=before.rev_seq if before is not None and moves_only else commit.seq,
        edited_ms=place.edited_ms if moves_only else commit.at_ms,
        is_new_state=not moves_only,
        left=_seen_in(before),
        joined=_seen_in(after),
    )


def _state(entity: Entity) -> tuple[Any, ...]:
    return entity.gone, entity.merged_into, entity.author, entity.editor, entity.rev_seq, entity.body


def _write_entities(tx: Connection, written: Sequence[Written], commit: Commit) -> None:
    fresh = [_entity_row(one) for one in written if one.before is None]
    known = [_entity_row(one) for one in written if one.before is not None]
    write_many(tx, _INSERT_ENTITY, fresh)
    write_many(tx, _UPDATE_ENTITY, known)
    moved = [one.after for one in written if one.before is not None and one.before.scope != one.after.scope]
    write_many(tx, _MOVE_CONFLICTS, [{"id": each.id, "scope": each.scope} for each in moved])


def _entity_row(one: Written) -> dict[str, Any]:
    entity = one.after
    return {
        "id": entity.id,
        "kind": entity.kind,
        "scope": entity.scope,
        "rev_seq": one.rev_seq,
        "deleted": entity.deleted,
        "author": entity.author,
        "editor": entity.editor,
        "edited_ms": one.edited_ms,
        "body": one.body,
        "merged_into": entity.merged_into,
        "purged": entity.purged,
    }


def _write_entries(tx: Connection, written: Sequence[Written], commit: Commit) -> None:
    fresh: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    for one in written:
        (known if one.before else fresh).extend(_entries(one, commit.seq))
    write_many(tx, _INSERT_ENTRY, fresh)
    write_many(tx, _STORE_ENTRY, known)
    write_many(tx, _RENAME_ENTRY, [row for one in written for row in _left_unseen(one)])


def _entries(one: Written, seq: int) -> list[dict[str, Any]]:
    """What the feed of each scope says from now on; a scope that heard it all already is left alone."""
    left, joined = one.left, one.joined
    reason = one.after.gone or one.after.leaving
    rows = [(scope, True, "") for scope in joined if one.is_new_state or scope not in left]
    if left != joined:
        rows += [(scope, False, reason) for scope in left if scope not in joined]
    if one.before is None and one.after.deleted:
        rows = [(scope, False, reason) for scope in one.after.scopes]
    return [
        {"entity_id": one.after.id, "scope": scope, "seq": seq, "present": present, "reason": why}
        for scope, present, why in rows
    ]


def _left_unseen(one: Written) -> list[dict[str, str]]:
    """A deleted record that moves is gone from its old scopes anyway, but must not come back there."""
    if one.before is None or not (one.before.deleted and one.after.deleted):
        return []
    reason = one.after.leaving
    left = set(one.before.scopes) - set(one.after.scopes)
    return [{"entity_id": one.after.id, "scope": scope, "reason": reason} for scope in sorted(left)]


def _seen_in(entity: Entity | None) -> tuple[str, ...]:
    return () if entity is None or entity.deleted else entity.scopes


def _ledger(written: Sequence[Written], commit: Commit) -> Ledger:
    ledger = Ledger()
    for one in written:
        # Of a scope where nothing changes nothing is said, not even the commit.
        stayed = () if one.is_new_state else frozenset(one.left) & frozenset(one.joined)
        for scope in one.left:
            if one.before is not None and scope not in stayed:
                rev = revision(commit.epoch, one.before.rev_seq)
                ledger.take(scope, _term(scope, one.before, rev, one.old_body))
        for scope in one.joined:
            if scope not in stayed:
                ledger.add(scope, _term(scope, one.after, revision(commit.epoch, one.rev_seq), one.body))
        if one.before is None and one.after.deleted:
            ledger.touch(one.after.scopes)
    return ledger


def _term(scope: str, entity: Entity, rev: str, body: str) -> int:
    return term(scope, entity.id, rev, body.encode())


_PLAIN = ("id", "kind", "scope", "rev_seq", "deleted", "author", "editor", "merged_into", "purged")
_GONE = "scope_entry.reason IN ('deleted', 'merged', 'purged')"
"""A record that is nowhere comes back to these scopes, where it comes back."""
_LOCK_ENTITIES = (
    select(*(ENTITY.c[name] for name in _PLAIN), ENTITY.c.edited_ms, ENTITY.c.body, SCOPE_ENTRY.c.scope)
    .select_from(ENTITY)
    .outerjoin(
        SCOPE_ENTRY,
        and_(
            SCOPE_ENTRY.c.entity_id == ENTITY.c.id,
            or_(SCOPE_ENTRY.c.present, and_(ENTITY.c.deleted, literal_column(_GONE))),
        ),
    )
    .where(among(ENTITY.c.id, "ids"))
    .order_by(ENTITY.c.id, SCOPE_ENTRY.c.scope)
    .with_for_update(of=ENTITY)
)
_ANY_EXISTS = select(ENTITY.c.id).where(among(ENTITY.c.id, "ids")).limit(1)
_INSERT_ENTITY = insert(ENTITY)
_INSERT_ENTRY = insert(SCOPE_ENTRY)
_CHANGING = (*_PLAIN[2:], "edited_ms", "body")
# As text, or every name of a row would be set, also those that an index holds and that never change.
_UPDATE_ENTITY = text(f"UPDATE entity SET {', '.join(f'{one} = :{one}' for one in _CHANGING)} WHERE id = :id")
_MOVE_CONFLICTS = text("UPDATE conflict SET scope = :scope WHERE entity_id = :id AND state = 'open'")
_STORE_ENTRY = text(
    "INSERT INTO scope_entry (entity_id, scope, seq, present, reason) "
    "VALUES (:entity_id, :scope, :seq, :present, :reason) ON CONFLICT (entity_id, scope) "
    "DO UPDATE SET seq = excluded.seq, present = excluded.present, reason = excluded.reason"
)
_RENAME_ENTRY = text(
    "UPDATE scope_entry SET reason = :reason WHERE entity_id = :entity_id AND scope = :scope AND NOT present"
)
