"""Rehearsing moves of whole grids: the same steps on records in memory, and nothing of it is written."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection

from gridworker.server.links import closure_of, links_of
from gridworker.server.local import LocalServer
from gridworker.server.moves import moved_along
from gridworker.server.outcomes import Entity
from gridworker.server.shelf import Shelf

Change = tuple[Entity, Entity]
"""A record as it is, and as it would be."""


def rehearse_moves(
    server: LocalServer, portions: Iterable[Sequence[str]], target: str, *, reason: str
) -> dict[str, Change]:
    """What every record would become by these moves; each portion locks its rows only while it is counted."""
    changes: dict[str, Change] = {}
    for portion in portions:
        work = partial(_rehearse, portion=portion, target=target, reason=reason, known=changes)
        changes |= server.store.write(work)
    return changes


def left_by_kind(changes: Iterable[Change]) -> dict[str, int]:
    """How many records of each kind would leave a grid, counted as the moves themselves count."""
    counts: Counter[str] = Counter()
    for before, after in changes:
        if not before.deleted:
            counts[before.kind] += len(set(before.scopes) - set(after.scopes))
    return {kind: count for kind, count in sorted(counts.items()) if count}


def _rehearse(
    tx: Connection, *, portion: Sequence[str], target: str, reason: str, known: Mapping[str, Change]
) -> dict[str, Change]:
    found: dict[str, Change] = {}
    reached = {*portion, *closure_of(tx, portion)}
    shelf = Shelf(tx, reached)
    # A visit of two asks where the other one is by now, too.
    named = {name for id in reached for name in links_of(shelf.look_up(id))}
    for id in (reached | named) & known.keys():
        shelf.put(known[id][1])
    for id in portion:
        entity = shelf.look_up(id)
        if entity is None or entity.scope == target:
            continue
        for after in moved_along(shelf, entity, target, reason=reason):
            former = found.get(after.id) or known.get(after.id)
            before = former[0] if former else shelf.look_up(after.id)
            found[after.id] = (before or after, after)
            shelf.put(after)
    return found
