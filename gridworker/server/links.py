"""Links: which records go along with which, kept beside the documents so that SQL finds an aggregate."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, insert, select, text

from gridworker.domain.kinds import KINDS
from gridworker.domain.records import parents_of
from gridworker.server.among import among, listed
from gridworker.server.outcomes import Entity
from gridworker.server.replicas import are_names
from gridworker.server.statements import read_rows, write_many
from gridworker.server.tables import ENTITY_LINK

_NAMING = {kind.kind: kind.about or kind.part_of for kind in KINDS.values()}
"""The fields in which each kind names what it goes along with."""


def named_parents(kind: str, document: Mapping[str, object]) -> tuple[str, ...]:
    """The ids of what a document goes along with; names that no record can have are passed over."""
    for field in _NAMING.get(kind, ()):
        if document.get(field):
            return tuple(id for id in parents_of(KINDS[kind], document) if are_names(id))
    return ()


def links_of(entity: Entity | None) -> tuple[str, ...]:
    """The ids of what a record goes along with; a copy that was merged into another goes with that one."""
    if entity is None:
        return ()
    named = named_parents(entity.kind, entity.body)
    return (*named, entity.merged_into) if entity.merged_into else named


def linked_to(tx: Connection, targets: Iterable[str]) -> set[str]:
    """The ids of all stored records that go along with one of these."""
    return {row[0] for row in read_rows(tx, _LINKED, {"ids": listed(targets)})}


def closure_of(tx: Connection, roots: Iterable[str]) -> set[str]:
    """The ids of all stored records that go along with one of these, and with those, and so on."""
    return {row[0] for row in read_rows(tx, _CLOSURE, {"ids": listed(roots)})}


def write_links(tx: Connection, changed: Sequence[tuple[Entity | None, Entity]]) -> None:
    """Store the links of new and changed records, given as they were and as they are."""
    added: list[dict[str, str]] = []
    dropped: list[dict[str, str]] = []
    for before, after in changed:
        old, new = links_of(before), links_of(after)
        if old == new:
            continue
        gone, come = set(old) - set(new), set(new) - set(old)
        added += [{"target": target, "id": after.id, "kind": after.kind} for target in sorted(come)]
        dropped += [{"target": target, "id": after.id} for target in sorted(gone)]
    write_many(tx, _DROP, dropped)
    write_many(tx, _ADD, added)


_LINKED = select(ENTITY_LINK.c.id).where(among(ENTITY_LINK.c.target, "ids"))
_ADD = insert(ENTITY_LINK)
_DROP = text("DELETE FROM entity_link WHERE target = :target AND id = :id")
_first = select(ENTITY_LINK.c.id).where(among(ENTITY_LINK.c.target, "ids")).cte("part", recursive=True)
_CLOSURE = select(
    _first.union(select(ENTITY_LINK.c.id).join(_first, ENTITY_LINK.c.target == _first.c.id)).c.id
)
