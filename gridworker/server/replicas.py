"""Replicas: each life of a client's database file, its place in the chain, and the greeting."""

import re

import msgspec
from sqlalchemy import Connection, bindparam, insert, select

from gridworker.server.accounts import grants_of
from gridworker.server.bundle_keys import own_keys, store_device_keys
from gridworker.server.ports import Caller, Clock
from gridworker.server.refusals import Refused
from gridworker.server.statements import read_rows
from gridworker.server.store import Head, read_head
from gridworker.server.tables import REPLICA
from gridworker.wire.envelope import first_link
from gridworker.wire.messages import PROTOCOL, HelloReply, HelloRequest, RegisterReply, RegisterRequest

MAX_OPS = 200

_NAMES = re.compile(r"[!-~]{1,100}(?:\n[!-~]{1,100})*")


class Replica(msgspec.Struct, frozen=True):
    """How far the centre has come in the queue of one replica."""

    id: str
    last_seq: int
    chain: str


def are_names(*texts: str) -> bool:
    """Whether all texts can name something: up to 100 visible ASCII characters, safe in every database."""
    return _NAMES.fullmatch("\n".join(texts)) is not None


def hello(tx: Connection, caller: Caller, request: HelloRequest, clock: Clock) -> HelloReply:
    """Tell a laptop who it talks to, what time it is and what its user may see now."""
    if request.protocol != PROTOCOL:
        raise Refused("upgrade")
    head, now_ms = require_epoch(tx, request.epoch), clock()
    return HelloReply(
        epoch=head.epoch,
        server_ms=now_ms,
        server_name=head.server_name,
        user_name=caller.user_name,
        grants=grants_of(tx, caller.user_id, now_ms),
        registered=find_replica(tx, request.replica, caller) is not None,
        max_ops=MAX_OPS,
        server=head.server_id,
        keys=own_keys(tx).public,
    )


def register(tx: Connection, caller: Caller, request: RegisterRequest, clock: Clock) -> RegisterReply:
    """Make a new replica known, or find it known already; somebody else's id is refused as a fork."""
    require_epoch(tx, request.epoch)
    if not are_names(request.replica):
        raise Refused("bad_request")
    if request.keys is not msgspec.UNSET:
        store_device_keys(tx, caller, request.keys)
    known = find_replica(tx, request.replica, caller, lock=True)
    if known is not None:
        return RegisterReply(known.last_seq)
    if tx.execute(select(REPLICA.c.id).where(REPLICA.c.id == request.replica)).first():
        raise Refused("fork")
    now_ms = clock()
    tx.execute(
        insert(REPLICA).values(
            id=request.replica,
            device_id=caller.device_id,
            user_id=caller.user_id,
            last_seq=0,
            chain=first_link(request.replica),
            parent=request.parent,
            first_seen_ms=now_ms,
            last_seen_ms=now_ms,
        )
    )
    return RegisterReply(0)


def require_epoch(tx: Connection, epoch: str) -> Head:
    """The head of this life of the server; raises Refused `epoch` to clients that knew another one."""
    head = read_head(tx)
    if epoch != head.epoch:
        raise Refused("epoch", epoch=head.epoch, server=head.server_id)
    return head


def find_replica(tx: Connection, replica: str, caller: Caller, *, lock: bool = False) -> Replica | None:
    """The caller's own replica, or None; locked until the end of the transaction if asked for."""
    if not are_names(replica):
        return None
    owner = {"replica": replica, "device": caller.device_id, "user": caller.user_id}
    rows = read_rows(tx, _LOCK_REPLICA if lock else _FIND_REPLICA, owner)
    return Replica(*rows[0]) if rows else None


def require_replica(tx: Connection, replica: str, caller: Caller, *, lock: bool = False) -> Replica:
    """The caller's own replica; raises Refused `unknown_replica` so that the client registers it."""
    found = find_replica(tx, replica, caller, lock=lock)
    if found is None:
        raise Refused("unknown_replica")
    return found


_FIND_REPLICA = select(REPLICA.c.id, REPLICA.c.last_seq, REPLICA.c.chain).where(
    REPLICA.c.id == bindparam("replica"),
    REPLICA.c.device_id == bindparam("device"),
    REPLICA.c.user_id == bindparam("user"),
)
_LOCK_REPLICA = _FIND_REPLICA.with_for_update()
