"""Regridding: people, houses and whole grids move in portions, each a commit that splits no aggregate."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, text

from gridworker.server.accounts import Door, open_scope, scope_exists
from gridworker.server.among import among, listed
from gridworker.server.as_centre import centre_operation, push_as_centre
from gridworker.server.links import closure_of
from gridworker.server.local import LocalServer
from gridworker.server.moves import CENTRE_ID, MAX_ROWS, REGRID, is_grid, share, unshare
from gridworker.server.outcomes import Entity
from gridworker.server.rehearsal import left_by_kind, rehearse_moves
from gridworker.server.replicas import MAX_OPS
from gridworker.server.shelf import Commit, Shelf
from gridworker.server.store import next_seq, read_head
from gridworker.server.tables import ENTITY, ENTITY_LINK, GRANT
from gridworker.wire.messages import Result

_ORDER = ("resident", "household", "room", "building", "estate")
"""People go first, each with all that tells of them; what nobody lives in follows, the house itself last."""


class Unit(msgspec.Struct, frozen=True):
    """What moves by one operation: a record, and about how many rows go with it."""

    id: str
    kind: str
    scope: str
    rows: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a move came to, or would come to: units are people, homes, rooms and houses."""

    units: int = 0
    rows: int = 0
    commits: int = 0
    kinds: dict[str, int] = {}
    """How many of the rows are of which kind."""
    missing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """Units that did not go, with the reason: `id reason`."""
    people_left: int = 0
    """Users who have a grant in a grid that was emptied."""

    def json(self) -> str:
        """The same for programs."""
        return msgspec.json.encode(self).decode()


def move_aggregates(
    server: LocalServer,
    wanted: Sequence[str],
    target: str,
    *,
    reason: str = REGRID,
    kind: str | None = None,
    dry_run: bool = False,
) -> Report:
    """Move people, homes or houses; killed and begun again it goes on with what is left.

    With a kind, what is of another one counts as missing: somebody took the wrong id.
    """
    units = server.store.read(lambda tx: _units(tx, wanted))
    found = {unit.id for unit in units if kind in (None, unit.kind)}
    roots = [id for id in wanted if id in found]
    plan = server.store.read(lambda tx: _plan_roots(tx, roots, target))
    missing = tuple(sorted(set(wanted) - found))
    if dry_run:
        done = _rehearsed(server, plan, target, reason=reason)
    else:
        done = _move_units(server, plan, target, reason=reason)
    return msgspec.structs.replace(done, missing=missing)


def merge_grid(server: LocalServer, source: str, target: str, *, dry_run: bool = False) -> Report:
    """Move everything that a grid has into another one; grants stay what they are and are counted."""
    everything = server.store.read(lambda tx: _plan_grid(tx, source))
    people = server.store.read(lambda tx: len(tx.execute(_PEOPLE, {"scope": source}).all()))
    homes = [unit for unit in everything if unit.kind in _ORDER]
    if dry_run:
        rehearsed = _rehearsed(server, everything, target, reason=REGRID, source=source)
        return msgspec.structs.replace(rehearsed, units=len(homes), people_left=people)
    done = _move_units(server, homes, target, reason=REGRID)
    # What tells of nobody known is still there, and goes by itself.
    rest = _move_units(server, server.store.read(lambda tx: _plan_grid(tx, source)), target, reason=REGRID)
    guests = _move_guests(server, source, target)
    return Report(
        units=done.units,
        rows=done.rows + rest.rows + guests.rows,
        commits=done.commits + rest.commits + guests.commits,
        kinds=_added(done.kinds, rest.kinds, guests.kinds),
        refused=done.refused + rest.refused,
        people_left=people,
    )


def open_grid(server: LocalServer, scope: str, title: str) -> None:
    """Make a grid known, unless it is."""

    def work(tx: Connection) -> None:
        if not scope_exists(tx, scope):
            open_scope(tx, scope, title)

    server.store.write(work)


def share_aggregate(
    server: LocalServer, root: str, scope: str, *, undo: bool = False, dry_run: bool = False
) -> Report:
    """Let another grid see a person, home or house with all that goes along, or no longer."""
    return server.store.write(
        partial(_share, root=root, scope=scope, undo=undo, dry_run=dry_run, door=server.door)
    )


# ------------------------------------------------------------------------------------------------- plans


def _plan_roots(tx: Connection, roots: Sequence[str], target: str) -> list[Unit]:
    """The units that have not moved yet, in an order in which every commit leaves whole aggregates."""
    own = {unit.id: unit for unit in _units(tx, roots)}
    homes = {unit.scope for unit in own.values()} - {target}
    inside = [unit for unit in _units(tx, closure_of(tx, own)) if unit.kind in _ORDER]
    units = {unit.id: unit for unit in [*inside, *own.values()] if unit.scope in homes}
    return _in_order(units.values())


def _plan_grid(tx: Connection, source: str) -> list[Unit]:
    found = _units(tx, tx.execute(_AT_HOME, {"scope": source}).scalars().all())
    return _in_order(found)


def _in_order(units: Iterable[Unit]) -> list[Unit]:
    places = {kind: place for place, kind in enumerate(_ORDER)}
    return sorted(units, key=lambda unit: (places.get(unit.kind, len(_ORDER)), unit.id))


def _units(tx: Connection, ids: Iterable[str]) -> list[Unit]:
    wanted = list(ids)
    counts = {row[0]: row[1] for row in tx.execute(_COUNT_PARTS, {"ids": listed(wanted)})}
    rows = tx.execute(_KINDS, {"ids": listed(wanted)}).all()
    return [Unit(id, kind, scope, 1 + counts.get(id, 0)) for id, kind, scope in rows]


def _portions(units: Sequence[Unit]) -> Iterator[list[Unit]]:
    """Cut into commits; what is larger than one by itself is one of its own."""
    portion: list[Unit] = []
    rows = 0
    for unit in units:
        size = unit.rows if unit.kind == "resident" else 1  # everybody who lives there has gone before
        if portion and (rows + size > MAX_ROWS or len(portion) == MAX_OPS):
            yield portion
            portion, rows = [], 0
        portion.append(unit)
        rows += size
    if portion:
        yield portion


# ------------------------------------------------------------------------------------------------- moving


def _move_units(server: LocalServer, units: Sequence[Unit], target: str, *, reason: str) -> Report:
    commits = 0
    kinds: dict[str, int] = {}
    refused: list[str] = []
    for portion in _portions(units):
        work = partial(_move_portion, portion=portion, target=target, reason=reason, door=server.door)
        results, moved = server.store.write(work)
        kinds, commits = _added(kinds, moved), commits + 1
        tried = zip(portion, results, strict=True)
        refused += [f"{unit.id} {result.reason}" for unit, result in tried if result.code == "held"]
    done, rows = len(units) - len(refused), sum(kinds.values())
    return Report(units=done, rows=rows, commits=commits, kinds=kinds, refused=tuple(refused))


def _rehearsed(
    server: LocalServer, units: Sequence[Unit], target: str, *, reason: str, source: str = ""
) -> Report:
    """What moving these would come to; of a grid that is emptied also what is only seen there."""
    portions = ([unit.id for unit in portion] for portion in _portions(units))
    changes = rehearse_moves(server, portions, target, reason=reason)
    kinds = left_by_kind(changes.values())
    if source:
        guests = server.store.read(lambda tx: tx.execute(_ALL_GUESTS, {"scope": source}).all())
        staying = [kind for id, kind in guests if id not in changes or source in changes[id][1].scopes]
        kinds = _added(kinds, Counter(staying))
    return Report(units=len(units), rows=sum(kinds.values()), kinds=kinds)


def _added(*counts: Mapping[str, int]) -> dict[str, int]:
    together: Counter[str] = Counter()
    for each in counts:
        together.update(each)
    return dict(sorted(together.items()))


def _move_portion(
    tx: Connection, *, portion: Sequence[Unit], target: str, reason: str, door: Door
) -> tuple[list[Result], dict[str, int]]:
    operations = [
        centre_operation(
            door,
            "move",
            kind=unit.kind,
            id=unit.id,
            scope=unit.scope,
            source=unit.scope,
            target=target,
            why=reason,
        )
        for unit in portion
    ]
    results = push_as_centre(tx, operations, door)
    moved = tx.execute(_MOVED, {"seq": read_head(tx).seq}).all()
    return results, {row[0]: row[1] for row in moved}


def _share(tx: Connection, *, root: str, scope: str, undo: bool, dry_run: bool, door: Door) -> Report:
    shelf = Shelf(tx, {root, *closure_of(tx, [root])})
    entity = shelf.look_up(root)
    if entity is None:
        return Report(missing=(root,))
    if not is_grid(tx, scope) or (undo and scope == entity.scope):
        return Report(refused=(f"{root} missing",))
    changed = unshare(shelf, entity, scope) if undo else share(shelf, entity, scope)
    if not dry_run:
        _write(tx, shelf, changed, door)
    kinds = _added(Counter(each.kind for each in changed))
    return Report(units=1, rows=len(changed), commits=0 if dry_run else 1, kinds=kinds)


def _write(tx: Connection, shelf: Shelf, changed: Sequence[Entity], door: Door) -> None:
    if not changed:
        return
    for entity in changed:
        shelf.put(entity)
    now_ms = door.clock()
    shelf.write(Commit(next_seq(tx), read_head(tx).epoch, now_ms))


def _move_guests(server: LocalServer, source: str, target: str) -> Report:
    """What was only seen in a grid that is merged into another is seen there from now on."""
    commits = 0
    kinds: dict[str, int] = {}
    work = partial(_move_some_guests, source=source, target=target, door=server.door)
    while moved := server.store.write(work):
        kinds, commits = _added(kinds, moved), commits + 1
    return Report(rows=sum(kinds.values()), commits=commits, kinds=kinds)


def _move_some_guests(tx: Connection, *, source: str, target: str, door: Door) -> dict[str, int]:
    ids = tx.execute(_GUESTS, {"scope": source, "limit": MAX_ROWS}).scalars().all()
    shelf = Shelf(tx, ids)
    changed = [_guest_of(entity, source, target) for id in ids if (entity := shelf.look_up(id)) is not None]
    _write(tx, shelf, changed, door)
    return _added(Counter(each.kind for each in changed))


def _guest_of(entity: Entity, source: str, target: str) -> Entity:
    scopes = ({*entity.shared, target} - {source}) - {entity.scope}
    return msgspec.structs.replace(entity, shared=tuple(sorted(scopes)), leaving=REGRID)


_KINDS = select(ENTITY.c.id, ENTITY.c.kind, ENTITY.c.scope).where(among(ENTITY.c.id, "ids"))
_AT_HOME = text("SELECT id FROM entity WHERE scope = :scope")
_MOVED = text(
    "SELECT e.kind, count(*) FROM scope_entry s JOIN entity e ON e.id = s.entity_id "
    "WHERE s.seq = :seq AND NOT s.present GROUP BY e.kind"
)
_PEOPLE = select(GRANT.c.user_id).where(
    GRANT.c.scope == bindparam("scope"), GRANT.c.to_ms.is_(None), GRANT.c.user_id != CENTRE_ID
)
_GUESTS = text(
    "SELECT s.entity_id FROM scope_entry s JOIN entity e ON e.id = s.entity_id "
    "WHERE s.scope = :scope AND s.present AND e.scope <> :scope ORDER BY s.entity_id LIMIT :limit"
)


_ALL_GUESTS = text(
    "SELECT e.id, e.kind FROM scope_entry s JOIN entity e ON e.id = s.entity_id "
    "WHERE s.scope = :scope AND s.present AND e.scope <> :scope"
)


def _count_parts() -> Any:
    first = (
        select(ENTITY_LINK.c.target.label("root"), ENTITY_LINK.c.id)
        .where(among(ENTITY_LINK.c.target, "ids"))
        .cte("part", recursive=True)
    )
    more = select(first.c.root, ENTITY_LINK.c.id).join(first, ENTITY_LINK.c.target == first.c.id)
    found = first.union(more)
    return select(found.c.root, text("count(*)")).group_by(found.c.root)


_COUNT_PARTS = _count_parts()
