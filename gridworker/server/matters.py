"""Matters: the records by which the people of a scope hear what there is to be decided, also offline."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from gridworker.domain.disputes import Dispute
from gridworker.domain.records import RecordId
from gridworker.server.clocks import moment_of
from gridworker.server.disputes import Disagreement, name_of_matter
from gridworker.server.outcomes import Entity, Notice, Outcome
from gridworker.server.scene import Scene
from gridworker.server.statements import read_rows
from gridworker.server.tables import SCOPE
from gridworker.wire.envelope import Operation

_SILENT = frozenset({"missing", "purged"})
"""Held until its record comes; and about a person of whom nothing may be kept."""


def matters(scene: Scene, op: Operation, outcome: Outcome, *, blank: bool = False) -> Iterator[Entity]:
    """The records of everything that an operation left to be decided, or settled.

    `blank` leaves out what the operation says: it may be what nobody can store or read.
    """
    for one in scene.disputes.untold():
        yield _of_conflict(scene, op, one)
    for notice in outcome.notices:
        yield _of_notice(scene, op, notice)
    if outcome.code == "held" and outcome.reason not in _SILENT and op.verb != "resolve":
        yield from _of_held(scene, op, outcome.reason, blank=blank)


def read_dispute(entity: Entity) -> Dispute:
    """The dispute that a record is."""
    return msgspec.convert(entity.body, Dispute)


def written(entity: Entity, dispute: Dispute) -> Entity:
    """The same record with other content."""
    return msgspec.structs.replace(entity, body=msgspec.to_builtins(dispute))


def new_record(matter: str, dispute: Dispute, *, scope: str, shared: tuple[str, ...] = ()) -> Entity:
    """A new record of a dispute; its author is the centre."""
    body = msgspec.to_builtins(dispute)
    return Entity(id=matter, kind=Dispute.kind, scope=scope, shared=shared, body=body, author="", editor="")


def _of_conflict(scene: Scene, op: Operation, one: Disagreement) -> Entity:
    wire, known = one.wire, scene.look_up(one.wire.id)
    sides: dict[str, Any] = {
        "server": wire.server,
        "incoming": wire.incoming,
        "trail": tuple(one.trail),
        "state": one.state,
    }
    if known is not None:
        return written(known, msgspec.structs.replace(read_dispute(known), **sides))
    target = scene.look_up(one.entity_id)
    dispute = Dispute(
        sort="conflict",
        target_kind=target.kind if target else op.kind,
        target_id=RecordId(one.entity_id),
        opened_ms=scene.now_ms,
        why=wire.why,
        field=wire.field,
        base=wire.base,
        server_actor_id=wire.server_actor,
        server_actor_name=scene.names.of(wire.server_actor),
        server_ms=wire.server_ms,
        **sides,
        **_by(scene, op),
    )
    return new_record(wire.id, dispute, scope=one.scope, shared=target.shared if target else ())


def _of_notice(scene: Scene, op: Operation, notice: Notice) -> Entity:
    target = scene.look_up(op.id)
    dispute = Dispute(
        sort="notice",
        target_kind=op.kind,
        target_id=RecordId(op.id),
        opened_ms=scene.now_ms,
        state="open",
        why="critical",
        field=notice.field,
        base=notice.old,
        server=notice.old,
        incoming=notice.new,
        **_by(scene, op),
    )
    scope, shared = (target.scope, target.shared) if target else (op.scope, ())
    matter = name_of_matter(op.op_id, "notice", notice.field)
    return new_record(matter, dispute, scope=scope, shared=shared)


def _of_held(scene: Scene, op: Operation, reason: str, *, blank: bool) -> Iterator[Entity]:
    target = scene.look_up(op.id)
    scope = target.scope if target else op.scope
    # What was refused for the whole organisation is not shown to the whole organisation.
    if not scope.startswith("g:") or (target is None and not _is_known(scene.tx, scope)):
        return
    dispute = Dispute(
        sort="late_action" if reason == "state" and op.verb == "transition" else "held",
        target_kind=op.kind,
        target_id=RecordId(op.id),
        opened_ms=scene.now_ms,
        state="open",
        why=reason,
        incoming=None if blank else _said(op),
        **_by(scene, op),
    )
    shared = target.shared if target else ()
    yield new_record(name_of_matter(op.op_id, "held"), dispute, scope=scope, shared=shared)


def _by(scene: Scene, op: Operation) -> dict[str, Any]:
    moment = moment_of(op, scene.now_ms)
    return {
        "op_id": op.op_id,
        "verb": op.verb,
        "actor_id": op.actor,
        "actor_name": scene.names.of(op.actor),
        "made_ms": moment.at_ms if moment.good else op.wall_ms,
        "made_sure": moment.good,
    }


def _said(op: Operation) -> dict[str, Any]:
    """All that an operation would have written."""
    parts = {"values": op.values, "set": op.set, "source": op.source, "target": op.target, "why": op.why}
    return {name: part for name, part in parts.items() if part}


def _is_known(tx: Connection, scope: str) -> bool:
    return bool(read_rows(tx, _KNOWN, {"id": scope}))


_KNOWN = select(SCOPE.c.id).where(SCOPE.c.id == bindparam("id"))
