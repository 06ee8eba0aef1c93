"""Unions: two records of one person become one, and two again; nothing of either is thrown away."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from gridworker.domain.records import RecordId
from gridworker.server.among import among, listed
from gridworker.server.merge import held, merge_fields, reviews
from gridworker.server.outcomes import Change, Entity, Outcome, elsewhere
from gridworker.server.replicas import are_names
from gridworker.server.reversal import changes_of, clashes_of, put_back, take_back
from gridworker.server.scene import Past, Scene
from gridworker.server.tables import ENTITY
from gridworker.server.values import put, rule_of
from gridworker.wire.envelope import Operation

KIND = "resident"
ABSORBED = "absorbed"
"""The survivor's field with the ids of its former copies, by which laptops find what belongs to them."""
_REDIRECTED = frozenset({"patch", "transition"})


def merge(scene: Scene, op: Operation) -> Outcome:
    """The record `id` was another copy of the record `target`; `set` are the survivor's fields, by value."""
    loser, survivor = scene.look_up(op.id), _survivor(scene, op.target or "")
    if loser is None or survivor is None:
        return msgspec.structs.replace(held("missing"), waits_for=op.id if loser is None else op.target or "")
    if {loser.kind, survivor.kind} != {KIND}:
        return held("schema")
    if not _may(scene, op, loser, survivor):
        return held("role")
    if loser.merged_into:
        same_place = _survivor(scene, loser.id)
        return Outcome(code="noop") if same_place == survivor else held("state")
    if loser.deleted or survivor.deleted:
        return held("purged" if loser.purged or survivor.purged else "deleted")
    if loser.id == survivor.id:
        return held("state")
    return _joined(scene, op, loser, survivor)


def _joined(scene: Scene, op: Operation, loser: Entity, survivor: Entity) -> Outcome:
    picks = msgspec.structs.replace(op, verb="patch", id=survivor.id, scope=survivor.scope, base_rev=None)
    outcome = merge_fields(scene.attempt(picks, survivor), survivor)
    if outcome.code == "held":
        return outcome
    after = outcome.entity or survivor
    before = list(survivor.body.get(ABSORBED) or ())
    body = {**after.body, ABSORBED: [*before, *_all_of(loser)]}
    gone = msgspec.structs.replace(loser, deleted=True, merged_into=survivor.id, editor=op.actor)
    return msgspec.structs.replace(
        outcome,
        code="conflict" if outcome.clashes else "applied",
        entity=gone,
        others=(msgspec.structs.replace(after, body=body, editor=op.actor),),
        # First of all, so that whoever reads the history backwards knows where the union began.
        changes=tuple(
            msgspec.structs.replace(one, of=survivor.id, via=loser.id)
            for one in (Change(ABSORBED, before, body[ABSORBED]), *outcome.changes)
        ),
        clashes=elsewhere(outcome, survivor.id).clashes,
        paired=((survivor.id, loser.id, "merged"),),
    )


def unmerge(scene: Scene, op: Operation) -> Outcome:
    """The record `id` is a person of its own after all; what came by its name since goes back to it."""
    loser = scene.look_up(op.id)
    if loser is None:
        return held("missing")
    if not loser.merged_into:
        return Outcome(code="noop")
    survivor = scene.look_up(loser.merged_into)
    if survivor is None or survivor.purged or loser.purged:
        return held("purged")
    if not _may(scene, op, loser, survivor):
        return held("role")
    if survivor.deleted:
        return held("state" if survivor.merged_into else "deleted")
    return _parted(scene, op, loser, survivor)


def _parted(scene: Scene, op: Operation, loser: Entity, survivor: Entity) -> Outcome:
    union, since = _since_union(scene, loser, survivor)
    came = [one for one in since if one.via == loser.id]
    kept = take_back(survivor, came)
    back = put_back(loser, [one for one in came if one.op_id != union])
    absorbed = [one for one in survivor.body.get(ABSORBED) or () if one not in _all_of(loser)]
    put(kept.body, ABSORBED, absorbed, rule_of(KIND, ABSORBED))
    clashes = (*clashes_of(kept, survivor.id), *clashes_of(back, loser.id))
    return Outcome(
        code="conflict" if clashes else "applied",
        entity=msgspec.structs.replace(loser, body=back.body, deleted=False, merged_into="", editor=op.actor),
        others=(msgspec.structs.replace(survivor, body=kept.body, editor=op.actor),),
        changes=(
            Change(ABSORBED, survivor.body.get(ABSORBED), absorbed, of=survivor.id),
            *changes_of(kept, survivor.id),
            *changes_of(back, loser.id),
        ),
        clashes=clashes,
        paired=((survivor.id, loser.id, "distinct"),),
    )


def _since_union(scene: Scene, loser: Entity, survivor: Entity) -> tuple[str, list[Past]]:
    """The operation that joined the two, and what became of the survivor's other fields since."""
    past = scene.past(survivor.id)
    began = max(
        (n for n, one in enumerate(past) if one.field == ABSORBED and _joins(one, loser.id)),
        default=len(past),
    )
    union = past[began].op_id if began < len(past) else ""
    return union, [one for one in past[began:] if one.field != ABSORBED]


def _all_of(loser: Entity) -> tuple[str, ...]:
    """A record and all that had been merged into it before: nobody else names those any more."""
    return (loser.id, *(loser.body.get(ABSORBED) or ()))


def _joins(one: Past, loser: str) -> bool:
    return loser in (one.new or ()) and loser not in (one.old or ())


def redirected(scene: Scene, op: Operation) -> Operation:
    """An operation on a record that was another's copy is meant for that one."""
    if op.verb not in _REDIRECTED:
        return op
    entity = scene.look_up(op.id)
    if entity is None or not entity.merged_into:
        return op
    survivor = _survivor(scene, op.id)
    if survivor is None:
        return op
    # Revisions of the one say nothing of the other.
    return msgspec.structs.replace(op, id=survivor.id, scope=survivor.scope, base_rev=None)


def living(scene: Scene, record_id: str) -> Entity | None:
    """A record, or the one that it was merged into."""
    return _survivor(scene, record_id)


def _survivor(scene: Scene, record_id: str) -> Entity | None:
    entity = scene.look_up(record_id)
    while entity is not None and entity.merged_into:
        entity = scene.look_up(entity.merged_into)
    return entity


def _may(scene: Scene, op: Operation, *records: Entity) -> bool:
    return all(reviews(scene.role(op.actor, one.scope)) for one in records)


def merge_reaches(tx: Connection, operations: Iterable[Operation]) -> set[str]:
    """The records that stay."""
    return {RecordId(op.target) for op in operations if op.target and are_names(op.target)}


def unmerge_reaches(tx: Connection, operations: Iterable[Operation]) -> set[str]:
    """The records that the parted ones had been merged into."""
    return set(tx.execute(_MERGED_INTO, {"ids": listed(op.id for op in operations)}).scalars())


_MERGED_INTO = select(ENTITY.c.merged_into).where(among(ENTITY.c.id, "ids"), ENTITY.c.merged_into != "")
