"""Disputes: the open conflicts of the records of one push, with all values that anybody meant."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from gridworker.server.among import among, listed
from gridworker.server.outcomes import Clash, OpenConflict
from gridworker.server.shelf import Commit
from gridworker.server.store import write_many
from gridworker.server.tables import CONFLICT
from gridworker.wire.envelope import Operation
from gridworker.wire.messages import Conflict

_encode = msgspec.json.Encoder().encode


class Dispute(msgspec.Struct, kw_only=True):
    """One conflict row; `trail` holds what its author meant before he changed his mind."""

    wire: Conflict
    entity_id: str
    scope: str
    op_id: str
    actor: str
    trail: list[Any]
    state: str = "open"
    stored: bool = False
    changed: bool = True


class Disputes:
    """The conflicts of one push's records; nothing is written before `write`."""

    def __init__(self, tx: Connection, entity_ids: Sequence[str]):
        self._tx = tx
        self._by_id: dict[str, Dispute] = {}
        self._of: dict[str, list[str]] = defaultdict(list)
        for row in tx.execute(_OPEN, {"ids": listed(entity_ids)}).mappings():
            self._add(_read(row))

    def open_on(self, entity_id: str) -> list[OpenConflict]:
        """What is not settled on one record."""
        found = [self._by_id[one] for one in self._of.get(entity_id, ())]
        return [
            OpenConflict(id=one.wire.id, field=one.wire.field, incoming=one.wire.incoming, actor=one.actor)
            for one in found
            if one.state == "open"
        ]

    def record(self, op: Operation, clash: Clash, *, scope: str, server: tuple[str, int]) -> Conflict:
        """Open a conflict or lead an open one on; `server` is who wrote the centre's value and when."""
        if clash.chained is not None:
            return self._continue(clash.chained, clash)
        wire = Conflict(
            id=_conflict_id(op.op_id, clash.field),
            field=clash.field,
            base=clash.base,
            server=clash.server,
            incoming=clash.incoming,
            why=clash.why,
            server_actor=server[0],
            server_ms=server[1],
        )
        self._add(Dispute(wire=wire, entity_id=op.id, scope=scope, op_id=op.op_id, actor=op.actor, trail=[]))
        return wire

    def settle(self, conflict_ids: Sequence[str]) -> None:
        """Close conflicts whose two sides now say the same."""
        for conflict_id in conflict_ids:
            self._by_id[conflict_id].state = "settled"
            self._by_id[conflict_id].changed = True

    def write(self, commit: Commit) -> None:
        """Store new and changed conflicts."""
        changed = [one for one in self._by_id.values() if one.changed]
        fresh = [_row(one, commit) for one in changed if not one.stored]
        known = [{**_row(one, commit), "key": one.wire.id} for one in changed if one.stored]
        write_many(self._tx, _INSERT, fresh)
        write_many(self._tx, _UPDATE, known)

    def _add(self, dispute: Dispute) -> None:
        self._by_id[dispute.wire.id] = dispute
        self._of[dispute.entity_id].append(dispute.wire.id)

    def _continue(self, conflict_id: str, clash: Clash) -> Conflict:
        dispute = self._by_id[conflict_id]
        dispute.trail.append(dispute.wire.incoming)
        dispute.wire = msgspec.structs.replace(dispute.wire, incoming=clash.incoming, server=clash.server)
        dispute.changed = True
        return dispute.wire


def _conflict_id(op_id: str, field: str) -> str:
    # Made from what it is about: the same operation names the same conflict after every retry.
    return str(uuid.UUID(bytes=hashlib.sha256(f"{op_id}|{field}".encode()).digest()[:16]))


def _read(row: Any) -> Dispute:
    wire = Conflict(
        id=row["id"],
        field=row["field"],
        why=row["why"],
        server_actor=row["server_actor"],
        server_ms=row["server_ms"],
        **{name: msgspec.json.decode(row[name]) for name in ("base", "server", "incoming")},
    )
    return Dispute(
        wire=wire,
        entity_id=row["entity_id"],
        scope=row["scope"],
        op_id=row["op_id"],
        actor=row["actor"],
        trail=msgspec.json.decode(row["trail"]),
        stored=True,
        changed=False,
    )


def _row(dispute: Dispute, commit: Commit) -> dict[str, Any]:
    wire = dispute.wire
    return {
        "id": wire.id,
        "entity_id": dispute.entity_id,
        "scope": dispute.scope,
        "op_id": dispute.op_id,
        "field": wire.field,
        "why": wire.why,
        "state": dispute.state,
        "actor": dispute.actor,
        "server_actor": wire.server_actor,
        "server_ms": wire.server_ms,
        "created_ms": commit.at_ms,
        "trail": _encode(dispute.trail).decode(),
        **{name: _encode(getattr(wire, name)).decode() for name in ("base", "server", "incoming")},
    }


_OPEN = select(CONFLICT).where(among(CONFLICT.c.entity_id, "ids"), CONFLICT.c.state == "open")
_INSERT = insert(CONFLICT)
_UPDATE = (
    update(CONFLICT)
    .where(CONFLICT.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("server", "incoming", "trail", "state")})
)
