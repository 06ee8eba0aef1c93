"""Moves: an aggregate changes its scope as a whole; what tells of several people stays and is shared."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec
from sqlalchemy import Connection, bindparam, false, select

from gridworker.domain.areas import Area
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import ORGANISATION
from gridworker.domain.roles import ROLES
from gridworker.server.accounts import scope_exists
from gridworker.server.links import closure_of, links_of
from gridworker.server.merge import held
from gridworker.server.outcomes import Entity, Outcome
from gridworker.server.tables import ENTITY
from gridworker.wire.envelope import Operation

MAX_ROWS = 500
"""What one operation of a laptop may move; what is larger the centre moves in portions of this size."""
CENTRE_ID = "centre"
"""Who moves whole grids: the actor of the centre's own operations."""
MOVED, REGRID = "moved", "regrid"
"""Why a record left a scope: it alone, or because the grids were drawn anew."""
ROOTS = frozenset({"resident", "household", "building"})
_GRID = "g:"
_DEPTH = 8
"""How long a chain of records that tell of each other is followed: a photo of a case of a visit has three."""

Relocate = Callable[[Entity], Entity]


class Records(Protocol):
    """Where records are looked up: a shelf, or the desk of a push."""

    def look_up(self, record_id: str) -> Entity | None:
        """A record as it is now."""
        ...

    def parts(self, ids: Iterable[str]) -> set[str]:
        """The ids of all records that go along with one of these."""
        ...


class Scene(Records, Protocol):
    """What a move has to know to be decided."""

    tx: Connection

    def role(self, actor: str, scope: str) -> str | None:
        """What somebody may do in a scope now, or None."""
        ...


def move(scene: Scene, op: Operation) -> Outcome:
    """Move what an operation names to the scope that it names, with everything that goes along."""
    entity = scene.look_up(op.id)
    if entity is None:
        return held("missing")
    by_centre, target = op.actor == CENTRE_ID, op.target or ""
    if by_centre and entity.scope == target:
        return Outcome(code="noop")
    reason = _refusal(scene, op, entity)
    if reason:
        return held(reason)
    if entity.scope == target:
        return Outcome(code="noop")
    why = REGRID if by_centre and op.why == REGRID else MOVED
    moved = moved_along(scene, entity, target, reason=why)
    if len(moved) > MAX_ROWS and not by_centre:
        return held("large")
    return Outcome(code="applied", entity=moved[0], others=tuple(moved[1:]))


def reach_of_moves(tx: Connection, operations: Iterable[Operation]) -> set[str]:
    """Everything that these moves may take along."""
    return closure_of(tx, [op.id for op in operations])


def moved_along(records: Records, root: Entity, target: str, *, reason: str) -> list[Entity]:
    """The root and all that goes along, as they are in their new scope; the root comes first."""

    def relocate(entity: Entity) -> Entity:
        shared = tuple(scope for scope in entity.shared if scope != target)
        return msgspec.structs.replace(entity, scope=target, shared=shared, leaving=reason)

    found = _Aggregate(records, root, relocate, reason=reason)
    return [*found.changed(), *_estates(records, found.changed(), target)]


def share(records: Records, root: Entity, scope: str) -> list[Entity]:
    """The root and all that goes along, seen in one more scope."""

    def relocate(entity: Entity) -> Entity:
        return _seen_in(entity, {*entity.scopes, scope})

    found = _Aggregate(records, root, relocate, reason=MOVED).changed()
    return [*found, *_estates(records, found, scope)]


def unshare(records: Records, root: Entity, scope: str, *, reason: str = MOVED) -> list[Entity]:
    """The root and all that goes along, no longer seen in a scope that is not their home."""

    def relocate(entity: Entity) -> Entity:
        return msgspec.structs.replace(_seen_in(entity, set(entity.scopes) - {scope}), leaving=reason)

    return _Aggregate(records, root, relocate, reason=reason).changed()


def is_grid(tx: Connection, scope: str) -> bool:
    """Whether records of people may be moved there: a grid that is known here, never the organisation."""
    return scope.startswith(_GRID) and (scope_exists(tx, scope) or _is_published(tx, scope))


def _is_published(tx: Connection, scope: str) -> bool:
    """Whether the tree of areas has this grid, though nobody works there yet."""
    body = tx.execute(_AREA, {"id": scope.removeprefix(_GRID)}).scalar_one_or_none()
    return body is not None and bool(msgspec.json.decode(body).get("level") == "grid")


class _Aggregate:
    """A root and all that goes along with it, each as it is after a change of the root's scopes."""

    def __init__(self, records: Records, root: Entity, relocate: Relocate, *, reason: str) -> None:
        self._records = records
        self._home = root.scope
        self._reason = reason
        self._after: dict[str, Entity] = {root.id: relocate(root)}
        self._take_parts(relocate)
        self._take_what_tells()

    def changed(self) -> list[Entity]:
        """What is another than before, the root first."""
        return [each for id, each in self._after.items() if each != self._records.look_up(id)]

    def _take_parts(self, relocate: Relocate) -> None:
        """Rooms with their building, people with their home: those that are at home where the root is."""
        reached = set(self._after)
        while reached:
            found = self._found(reached, "part_of")
            fresh = [each for each in found if each.id not in self._after and each.scope == self._home]
            self._after.update((each.id, relocate(each)) for each in fresh)
            reached = {each.id for each in fresh}

    def _take_what_tells(self) -> None:
        """What tells of those who move: visits, cases, care and photos, until nothing changes any more."""
        reached = set(self._after)
        for _ in range(_DEPTH):
            settled = [(each, self._settled(each)) for each in self._found(reached, "about")]
            fresh = {before.id: after for before, after in settled if after != self._at(before.id)}
            self._after.update(fresh)
            reached = set(fresh)
            if not reached:
                return

    def _found(self, reached: set[str], by: str) -> list[Entity]:
        """The records of kinds that declare `by`, and that name one of these."""
        found = [self._records.look_up(id) for id in sorted(self._records.parts(reached))]
        named = [each for each in found if each is not None and not reached.isdisjoint(links_of(each))]
        return [each for each in named if getattr(KINDS.get(each.kind), by, ())]

    def _settled(self, fact: Entity) -> Entity:
        """Seen wherever one of those is that it tells of, at home where it was while one of them is."""
        names = links_of(fact)
        before = [each for id in names if (each := self._records.look_up(id)) is not None]
        after = [each for id in names if (each := self._at(id)) is not None]
        homes = [each.scope for each in after]
        if len(after) < len(names):
            homes.append(fact.scope)  # whom we do not know keeps it where it is
        were = {scope for each in before for scope in each.scopes}
        are = {scope for each in after for scope in each.scopes} | set(homes)
        kept = {scope for scope in fact.scopes if scope not in were}
        home = fact.scope if fact.scope in homes else homes[0]
        moved = msgspec.structs.replace(fact, scope=home, leaving=self._reason)
        settled = _seen_in(moved, are | kept)
        return fact if settled.scopes == fact.scopes else settled

    def _at(self, id: str) -> Entity | None:
        return self._after.get(id) or self._records.look_up(id)


def _seen_in(entity: Entity, scopes: set[str]) -> Entity:
    shared = tuple(sorted(scopes - {entity.scope}))
    return entity if shared == entity.shared else msgspec.structs.replace(entity, shared=shared)


def _estates(records: Records, moved: Sequence[Entity], target: str) -> list[Entity]:
    """The estates of buildings that came to a scope, seen there, too: an address needs their names."""
    names = {each.body.get("estate_id") for each in moved if each.kind == "building"}
    found = [records.look_up(name) for name in sorted(n for n in names if isinstance(n, str) and n)]
    return [
        _seen_in(each, {*each.scopes, target})
        for each in found
        if each is not None and each.kind == "estate" and target not in each.scopes
    ]


def _refusal(scene: Scene, op: Operation, entity: Entity) -> str:
    """Why an operation cannot move a record, or nothing."""
    role, by_centre = scene.role(op.actor, entity.scope), op.actor == CENTRE_ID
    if role is None:
        return "scope"
    if op.kind != entity.kind or not op.source or not op.target:
        return "schema"
    if entity.deleted and not by_centre:
        return "deleted"
    if not _may_move(role, entity.kind, by_centre=by_centre):
        return "role"
    if op.source != entity.scope and op.target != entity.scope:
        return "state"  # it has gone elsewhere since its author looked
    return "" if is_grid(scene.tx, op.target) else "missing"


def _may_move(role: str, kind: str, *, by_centre: bool) -> bool:
    reviews = role in ROLES and ROLES[role].reviews
    return reviews and (kind in ROOTS or by_centre)


_AREA = select(ENTITY.c.body).where(
    ENTITY.c.id == bindparam("id"),
    ENTITY.c.kind == Area.kind,
    ENTITY.c.scope == ORGANISATION,
    ENTITY.c.deleted == false(),
)
