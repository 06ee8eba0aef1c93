"""Aggregates: what goes along with a person, home or house, as far as this laptop knows."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.tables import table_name
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record, RecordId, parents_of

_AT_A_TIME = 500
_DEPTH = 8
"""How far a chain of records that tell of each other is followed, as at the centre."""


class Part(msgspec.Struct, frozen=True):
    """One record of an aggregate: its kind, and the scope that it is here for first."""

    kind: str
    id: RecordId
    scope: str


class Aggregate(msgspec.Struct, frozen=True):
    """A root with what is a part of it and what tells of it.

    `shared` tells of others, too: it stays where it is and is seen in both grids. `left` belongs to the
    place and is at home in another grid already.
    """

    root: Part
    parts: tuple[Part, ...] = ()
    facts: tuple[Part, ...] = ()
    shared: tuple[Part, ...] = ()
    left: tuple[Part, ...] = ()

    @property
    def going(self) -> tuple[Part, ...]:
        """Everything that changes its home with the root, which comes first."""
        return (self.root, *self.parts, *self.facts)


def aggregate_of(reader: Reader, kind: type[Record], id: RecordId) -> Aggregate | None:
    """Everything about a root that the centre will move with it; None where the root is not here."""
    row = reader.rows_of(f"SELECT scope FROM {table_name(kind)} WHERE id=?", (id,))
    if not row:
        return None
    root = Part(kind.kind, id, row[0][0])
    parts, left = _parts(reader, root)
    facts, shared = _facts(reader, {id, *(part.id for part in parts)})
    return Aggregate(root, tuple(parts), tuple(facts), tuple(shared), tuple(left))


def _parts(reader: Reader, root: Part) -> tuple[list[Part], list[Part]]:
    """Rooms of a house, homes of a room, people of a home: those that go, and those that live elsewhere."""
    here: dict[RecordId, Part] = {}
    left: dict[RecordId, Part] = {}
    reached: set[RecordId] = {root.id}
    while reached:
        found = [part for part in _children(reader, reached) if part.id not in here and part.id != root.id]
        fresh = {part.id: part for part in found if part.scope == root.scope}
        left.update((part.id, part) for part in found if part.scope != root.scope)
        here |= fresh
        reached = set(fresh)
    return list(here.values()), list(left.values())


def _children(reader: Reader, targets: Collection[RecordId]) -> Iterator[Part]:
    for kind in KINDS.values():
        for field in kind.part_of:
            for marks, some in _chunks(targets):
                sql = f"SELECT id, scope FROM {table_name(kind)} WHERE {field} IN ({marks})"
                yield from (Part(kind.kind, id, scope) for id, scope in reader.rows_of(sql, some))


def _facts(reader: Reader, moving: set[RecordId]) -> tuple[list[Part], list[Part]]:
    """What tells of those who move: what tells of them alone, and what tells of others, too."""
    alone: dict[RecordId, Part] = {}
    shared: dict[RecordId, Part] = {}
    reached: Collection[RecordId] = moving
    for _ in range(_DEPTH):
        known = moving | alone.keys()
        told = [(part, parents) for part, parents in _tellers(reader, reached) if part.id not in alone]
        fresh = {part.id: part for part, parents in told if known.issuperset(parents)}
        shared.update((part.id, part) for part, _ in told if part.id not in fresh)
        alone |= fresh
        reached = [*fresh, *(part.id for part, _ in told if part.id not in fresh)]
        if not told:
            break
    return list(alone.values()), [part for id, part in shared.items() if id not in alone]


def _tellers(reader: Reader, targets: Collection[RecordId]) -> Iterator[tuple[Part, tuple[str, ...]]]:
    """The records that say that they are about one of these, each with all that it is about."""
    for kind in KINDS.values():
        if not kind.about:
            continue
        for marks, some in _chunks(targets):
            for id, scope, values in reader.rows_of(_telling(kind, marks), (*some,)):
                parents = parents_of(kind, _named(kind, values))
                if not set(parents).isdisjoint(some):
                    yield Part(kind.kind, id, scope), parents


def _telling(kind: type[Record], marks: str) -> str:
    """The fields by which a kind says whom it is about, as a JSON list, of those that name a target."""
    paths = ",".join(f"'$.{field}'" for field in kind.about)
    # One path alone would give the value itself, two give a list.
    fields = f"json_extract(body,{paths},'$.none')"
    if kind.links:
        among = f"SELECT id FROM link WHERE kind='{kind.kind}' AND target IN ({marks})"
    else:
        among = f"SELECT id FROM {table_name(kind)} WHERE {kind.about[0]} IN ({marks})"
    return f"SELECT id, scope, {fields} FROM {table_name(kind)} WHERE id IN ({among})"


def _named(kind: type[Record], values: str) -> Mapping[str, Any]:
    return dict(zip(kind.about, msgspec.json.decode(values), strict=False))


def _chunks(ids: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    every = sorted(ids)
    for start in range(0, len(every), _AT_A_TIME):
        some = every[start : start + _AT_A_TIME]
        yield ",".join("?" * len(some)), some
