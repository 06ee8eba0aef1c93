"""Planting: records that the centre itself writes, through the same door as everybody's operations."""

from collections.abc import Iterable
from functools import partial
from itertools import islice

import msgspec
from sqlalchemy import Connection, select

from gridworker.domain.records import Record, RecordId, ScopeId
from gridworker.server.accounts import Door
from gridworker.server.as_centre import centre_operation, push_as_centre
from gridworker.server.local import LocalServer
from gridworker.server.replicas import MAX_OPS
from gridworker.server.tables import ENTITY


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
    operations = [
        centre_operation(
            door,
            "create",
            kind=record.kind,
            id=record_id,
            scope=scope,
            values=msgspec.to_builtins(record),
        )
        for record_id, record in fresh
    ]
    push_as_centre(tx, operations, door)
    return len(fresh)
