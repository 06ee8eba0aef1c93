"""Enrolment: the laptop learns whom it belongs to, and records made before that become operations."""

from collections.abc import Iterator
from typing import Any

import msgspec

from gridworker.db.author import LOCAL_SCOPE, Author
from gridworker.db.lives import EPOCH, SERVER, begin_new_epoch
from gridworker.db.outbox import start_replica
from gridworker.db.tables import table_name
from gridworker.db.transaction import Transaction
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record, RecordId, ScopeId, Touched
from gridworker.wire.messages import EnrolReply, Grant

TOKEN, SERVER_URL, SERVER_NAME = "token", "server_url", "server_name"
_NOBODY = Author().user_id
_AT_A_TIME = 1_000


def store_enrolment(tx: Transaction, reply: EnrolReply, server_url: str) -> Touched:
    """Remember user, device and centre, begin a replica, and adopt what was recorded before.

    Raises Problem `other_server` where this database belongs to another centre, `other_user` where it belongs
    to somebody else; nothing is changed then.
    """
    known = tx.meta(EPOCH)
    if known is not None and tx.meta(SERVER) != reply.server:
        raise Problem("other_server", server=reply.server_name)
    if tx.me.enrolled and tx.me.user_id != reply.user_id:
        raise Problem("other_user", user=reply.user_name)
    for name, value in (
        (TOKEN, reply.token),
        (SERVER, reply.server),
        (SERVER_URL, server_url),
        (SERVER_NAME, reply.server_name),
    ):
        tx.set_meta(name, value)
    if known is not None and known != reply.epoch:
        begin_new_epoch(tx, reply.epoch)
    tx.set_meta(EPOCH, reply.epoch)
    if not tx.me.enrolled:
        start_replica(tx.driver, tx.new_id())
    _become(tx, _author(reply, active_scope(tx.me, reply.grants)))
    return Touched(everything=True)


def store_grants(tx: Transaction, grants: list[Grant], user_name: str) -> bool:
    """Keep the grants up to date; the active grid stays where it may. True where something changed."""
    scope = active_scope(tx.me, grants)
    author = msgspec.structs.replace(tx.me, grants=tuple(grants), user_name=user_name, scope=scope)
    if author == tx.me:
        return False
    _become(tx, author)
    return True


def active_scope(author: Author, grants: list[Grant]) -> ScopeId:
    """The grid that new records belong to: the active one while it is granted, else the first one that is."""
    if any(grant.scope == author.scope for grant in grants):
        return author.scope
    return home_scope(grants)


def home_scope(grants: list[Grant]) -> ScopeId:
    """The first grid that is granted; without any, records wait on this laptop as before the enrolment."""
    return ScopeId(next((grant.scope for grant in grants if grant.scope.startswith("g:")), LOCAL_SCOPE))


def _author(reply: EnrolReply, scope: ScopeId) -> Author:
    return Author(
        user=reply.user,
        user_id=reply.user_id,
        user_name=reply.user_name,
        device_id=reply.device_id,
        scope=scope,
        grants=tuple(reply.grants),
        enrolled=True,
    )


def _become(tx: Transaction, author: Author) -> None:
    """Work as this author from now on; with the first grid comes what was recorded before there was one."""
    was_local = tx.me.scope == LOCAL_SCOPE
    tx.set_author(author)
    if was_local and author.scope != LOCAL_SCOPE:
        _adopt(tx)


def _adopt(tx: Transaction) -> None:
    """Make operations of the records of the time before: their final state, as creates in the active grid."""
    for kind in KINDS.values():
        for n, id, body in _local_rows(tx, table_name(kind)):
            values = _signed(tx, kind, known := msgspec.json.decode(body))
            tx.driver.execute(f"UPDATE {table_name(kind)} SET scope=? WHERE n=?", (tx.me.scope, n))
            if values is not known:
                signed = msgspec.json.encode(values).decode()
                tx.driver.execute(f"UPDATE {table_name(kind)} SET body=? WHERE n=?", (signed, n))
            tx.record_existing(kind, RecordId(id), tx.me.scope, values)


def _local_rows(tx: Transaction, table: str) -> Iterator[tuple[int, str, str]]:
    """The records of the time before, in the order in which they were made, some at a time."""
    sql = f"SELECT n, id, body FROM {table} WHERE scope=? AND n>? ORDER BY n LIMIT {_AT_A_TIME}"
    last = 0
    while rows := tx.rows_of(sql, (LOCAL_SCOPE, last)):
        yield from rows
        last = rows[-1][0]


def _signed(tx: Transaction, kind: type[Record], values: dict[str, Any]) -> dict[str, Any]:
    """The document with the name of its author, who was nobody in particular before the enrolment."""
    if "worker_id" in kind.__struct_fields__ and values.get("worker_id", _NOBODY) == _NOBODY:
        return {**values, "worker_id": tx.me.user_id, "worker_name": tx.me.user_name}
    return values
