"""Enrolment: the laptop learns whom it belongs to, and records made before that become operations."""

from collections.abc import Iterator

import msgspec

from gridworker.db.author import LOCAL_SCOPE, Author
from gridworker.db.outbox import start_replica
from gridworker.db.tables import table_name
from gridworker.db.transaction import Transaction
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, ScopeId, Touched
from gridworker.wire.messages import EnrolReply, Grant

TOKEN, EPOCH, SERVER_URL, SERVER_NAME = "token", "epoch", "server_url", "server_name"


def store_enrolment(tx: Transaction, reply: EnrolReply, server_url: str) -> Touched:
    """Remember user, device and centre, begin a replica, and adopt what was recorded before.

    Raises Problem `other_server` where this database already belongs to another life of a centre.
    """
    known = tx.meta(EPOCH)
    if known is not None and known != reply.epoch:
        raise Problem("other_server", server=reply.server_name)
    if tx.me.enrolled and tx.me.user_id != reply.user_id:
        raise Problem("other_user", user=reply.user_name)
    for name, value in ((TOKEN, reply.token), (EPOCH, reply.epoch), (SERVER_URL, server_url)):
        tx.set_meta(name, value)
    tx.set_meta(SERVER_NAME, reply.server_name)
    first_time = not tx.me.enrolled
    tx.set_author(_author(reply))
    if first_time:
        start_replica(tx.driver, tx.new_id())
        _adopt(tx)
    return Touched(everything=True)


def store_grants(tx: Transaction, grants: list[Grant], user_name: str) -> bool:
    """Keep the grants up to date; the active grid stays where it may. True where something changed."""
    scope = tx.me.scope if any(grant.scope == tx.me.scope for grant in grants) else home_scope(grants)
    author = msgspec.structs.replace(tx.me, grants=tuple(grants), user_name=user_name, scope=scope)
    if author == tx.me:
        return False
    tx.set_author(author)
    return True


def home_scope(grants: list[Grant]) -> ScopeId:
    """The grid that new records belong to: the first one granted."""
    return ScopeId(next((grant.scope for grant in grants if grant.scope.startswith("g:")), LOCAL_SCOPE))


def _author(reply: EnrolReply) -> Author:
    return Author(
        user=reply.user,
        user_id=reply.user_id,
        user_name=reply.user_name,
        device_id=reply.device_id,
        scope=home_scope(reply.grants),
        grants=tuple(reply.grants),
        enrolled=True,
    )


def _adopt(tx: Transaction) -> None:
    """Make operations of the records of the time before: their final state, as creates in the active grid."""
    for kind in KINDS.values():
        name = table_name(kind)
        if not tx.me.scope.startswith("g:"):
            return
        tx.driver.execute(f"UPDATE {name} SET scope=? WHERE scope=?", (tx.me.scope, LOCAL_SCOPE))
        for id, body in list(_unsent(tx, name)):
            tx.record_existing(kind, RecordId(id), msgspec.json.decode(body))


def _unsent(tx: Transaction, name: str) -> Iterator[tuple[str, str]]:
    yield from tx.rows_of(f"SELECT id, body FROM {name} WHERE rev IS NULL ORDER BY n")
