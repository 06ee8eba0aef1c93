"""As the centre: its own operations go through the same door as everybody's, granted, sealed and pushed."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from gridworker.server.accounts import Door, grant
from gridworker.server.moves import CENTRE_ID
from gridworker.server.ports import Caller
from gridworker.server.push import push
from gridworker.server.replicas import Replica, register, require_replica
from gridworker.server.store import read_head
from gridworker.wire.envelope import Envelope, Operation, Verb, seal
from gridworker.wire.messages import PushRequest, RegisterRequest, Result

CENTRE = Caller(user_id=CENTRE_ID, device_id=CENTRE_ID, user_name="网格中心")
_ROLE = "street_center"


def centre_operation(door: Door, verb: Verb, **members: Any) -> Operation:
    """A new operation that the centre means at this moment."""
    return Operation(
        op_id=door.ids(), actor=CENTRE_ID, device=CENTRE_ID, wall_ms=door.clock(), verb=verb, **members
    )


def push_as_centre(tx: Connection, operations: Sequence[Operation], door: Door) -> list[Result]:
    """Let operations of the centre have their effect in one commit, whatever scopes they are in."""
    for scope in sorted({op.scope for op in operations}):
        grant(tx, CENTRE_ID, scope, role=_ROLE, clock=door.clock)
    epoch = read_head(tx).epoch
    register(tx, CENTRE, RegisterRequest(epoch=epoch, replica=CENTRE_ID), door.clock)
    envelopes = list(_sealed(operations, require_replica(tx, CENTRE_ID, CENTRE)))
    request = PushRequest(epoch=epoch, replica=CENTRE_ID, ops=envelopes)
    return push(tx, CENTRE, request, door.clock).results


def _sealed(operations: Sequence[Operation], replica: Replica) -> Iterator[Envelope]:
    prev = replica.chain
    for seq, op in enumerate(operations, start=replica.last_seq + 1):
        envelope = seal(op, replica=replica.id, seq=seq, prev=prev)
        prev = envelope.link.hash
        yield envelope
