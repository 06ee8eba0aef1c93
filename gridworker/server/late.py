"""Late work: where a new record belongs when it, its author or the people it tells of have moved since."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec
from sqlalchemy import Connection, bindparam, select, text

from gridworker.server.grants import role_within
from gridworker.server.links import named_parents
from gridworker.server.outcomes import Entity, Outcome
from gridworker.server.scene import Scene, role_on
from gridworker.server.statements import read_rows
from gridworker.server.tables import REPLICA_PULL, SCOPE_ENTRY
from gridworker.wire.envelope import Operation
from gridworker.wire.messages import PullReply

SLACK_MS = 3_600_000
"""How far an author's clock may be out when it says that he still had the scope."""
MEMORY_MS = 400 * 86_400_000
"""A grant that ended longer ago gives no right to late work: as old as the oldest word of what has gone."""
_PULL_STEP_MS = 3_600_000
_NEW = ("create", "append")

Decide = Callable[[Operation, str | None], Outcome]


class PushScene(Scene, Protocol):
    """What has to be known beside to place the new records of a push; `replica` may be empty."""

    replica: str

    def passed(self, record_id: str) -> frozenset[str]:
        """The scopes that a record was in before, as far as this push has changed it."""
        ...


class Placing(msgspec.Struct, frozen=True):
    """A new record's operation with the scope that it belongs to, and the author's role for it."""

    op: Operation
    role: str | None
    shared: tuple[str, ...] = ()
    late: bool = False


def decide_in_place(scene: PushScene, op: Operation, entity: Entity | None, decide: Decide) -> Outcome:
    """Decide about an operation with the role that its author has, or had, where the record is now."""
    if entity is not None or op.verb not in _NEW:
        return decide(op, role_on(scene, op.actor, entity.scopes if entity else (op.scope,)))
    placing = _place(scene, op)
    outcome = decide(placing.op, placing.role)
    if outcome.entity is None or not (placing.shared or placing.late):
        return outcome
    return msgspec.structs.replace(
        outcome,
        entity=msgspec.structs.replace(outcome.entity, shared=placing.shared),
        reason="late" if placing.late else outcome.reason,
    )


def reach_of_creates(_tx: Connection, operations: Iterable[Operation]) -> set[str]:
    """What new records go along with: they are locked with them, so that none of them moves meanwhile."""
    return {id for op in operations for id in named_parents(op.kind, op.values)}


def note_pull(tx: Connection, replica: str, now_ms: int) -> None:
    """Remember that a replica has heard what its user may see."""
    tx.execute(_NOTE_PULL, {"replica": replica, "now": now_ms})


def is_pull_due(tx: Connection, replica: str, reply: PullReply) -> bool:
    """Whether that is worth a write: once an hour, and whenever it hears of a scope taken away."""
    late = reply.server_ms - _pulled_ms(tx, replica) >= _PULL_STEP_MS
    return bool(reply.removed) or (reply.done and late)


def _place(scene: PushScene, op: Operation) -> Placing:
    role = scene.role(op.actor, op.scope)
    is_former = role is None
    if is_former:
        role = _former_role(scene, op)
    if role is None:
        return Placing(op, None)
    named = named_parents(op.kind, op.values)
    if not named:
        return Placing(op, role, late=is_former)
    found = (scene.look_up(id) for id in named)
    parents = [each for each in found if each is not None]
    here = [each for each in parents if op.scope in each.scopes]
    # Only what the author's scope has seen: with an id alone nobody writes into another grid.
    left = [] if here else [each for each in parents if _was_in(scene, each.id, op.scope)]
    around = here or left
    if not around:
        return Placing(op, role, late=is_former)
    home = _home(around, op.scope)
    shared = {scope for each in around for scope in each.scopes} - {home}
    placed = msgspec.structs.replace(op, scope=home)
    return Placing(placed, role, tuple(sorted(shared)), late=is_former or bool(left))


def _home(parents: Sequence[Entity], scope: str) -> str:
    return scope if any(each.scope == scope for each in parents) else parents[0].scope


def _former_role(scene: PushScene, op: Operation) -> str | None:
    """The role that an author had when he wrote, or when his laptop last heard from us."""
    oldest = scene.now_ms - MEMORY_MS
    moments = [(op.wall_ms - SLACK_MS, op.wall_ms + SLACK_MS)]
    pulled = _pulled_ms(scene.tx, scene.replica)
    if pulled:
        moments.append((pulled, pulled))
    for begin, end in moments:
        span = {"from_ms": max(begin, oldest), "to_ms": end}
        role = role_within(scene.tx, op.actor, op.scope, **span) if end >= oldest else None
        if role is not None:
            return role
    return None


def _was_in(scene: PushScene, record_id: str, scope: str) -> bool:
    if scope in scene.passed(record_id):
        return True
    return bool(read_rows(scene.tx, _ENTRY, {"id": record_id, "scope": scope}))


def _pulled_ms(tx: Connection, replica: str) -> int:
    return next((at for (at,) in read_rows(tx, _PULLED, {"replica": replica})), 0)


_ENTRY = select(SCOPE_ENTRY.c.seq).where(
    SCOPE_ENTRY.c.entity_id == bindparam("id"), SCOPE_ENTRY.c.scope == bindparam("scope")
)
_PULLED = select(REPLICA_PULL.c.pulled_ms).where(REPLICA_PULL.c.replica == bindparam("replica"))
_NOTE_PULL = text(
    "INSERT INTO replica_pull (replica, pulled_ms) VALUES (:replica, :now) "
    "ON CONFLICT (replica) DO UPDATE SET pulled_ms = excluded.pulled_ms"
)
