"""Planting: records that the centre itself writes, through the same door as everybody's operations."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice

import msgspec
from sqlalchemy import Connection, select

from gridworker.domain.records import Record, RecordId, ScopeId
from gridworker.server.accounts import Door, grant
from gridworker.server.local import LocalServer
from gridworker.server.ports import Caller
from gridworker.server.push import push
from gridworker.server.replicas import MAX_OPS, Replica, register, require_replica
from gridworker.server.store import read_head
from gridworker.server.tables import ENTITY
from gridworker.wire.envelope import Envelope, Operation, seal
from gridworker.wire.messages import PushRequest, RegisterRequest

CENTRE = Caller(user_id="centre", device_id="centre", user_name="网格中心")
_ROLE = "street_center"


def plant(server: LocalServer, scope: ScopeId, records: Iterable[tuple[RecordId, Record]]) -> int:
    """Create those records that do not exist yet, some hundred a transaction; returns how many were new."""
    waiting = iter(records)
    planted = 0
    while batch := list(islice(waiting, MAX_OPS)):
        planted += server.store.write(partial(_plant, scope=scope, batch=batch, door=server.door))
    return planted


def _plant(tx: Connection, *, scope: ScopeId, batch: list[tuple[RecordId, Record]], door: Door) -> int:
    known = set(tx.execute(select(ENTITY.c.id).where(ENTITY.c.id.in_([one for one, _ in batch]))).scalars())
    fresh = [(record_id, record) for record_id, record in batch if record_id not in known]
    if not fresh:
        return 0
    grant(tx, CENTRE.user_id, scope, role=_ROLE, clock=door.clock)
    epoch = read_head(tx).epoch
    register(tx, CENTRE, RegisterRequest(epoch=epoch, replica=CENTRE.user_id), door.clock)
    replica = require_replica(tx, CENTRE.user_id, CENTRE)
    ops = list(_seal_all(fresh, scope, replica, door))
    push(tx, CENTRE, PushRequest(epoch=epoch, replica=replica.id, ops=ops), door.clock)
    return len(fresh)


def _seal_all(
    fresh: list[tuple[RecordId, Record]], scope: ScopeId, replica: Replica, door: Door
) -> Iterator[Envelope]:
    prev = replica.chain
    for seq, (record_id, record) in enumerate(fresh, start=replica.last_seq + 1):
        op = Operation(
            op_id=door.ids(),
            actor=CENTRE.user_id,
            device=CENTRE.device_id,
            wall_ms=door.clock(),
            kind=record.kind,
            id=record_id,
            scope=scope,
            verb="create",
            values=msgspec.to_builtins(record),
        )
        envelope = seal(op, replica=replica.id, seq=seq, prev=prev)
        prev = envelope.link.hash
        yield envelope
