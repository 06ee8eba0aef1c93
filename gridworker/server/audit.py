"""Audit: where a laptop's sum of a scope differs, the centre tells those of its parts, then the records."""

import logging
from collections.abc import Iterator, Mapping

import msgspec
from sqlalchemy import Connection, bindparam, select

from gridworker.server.accounts import grants_of, visible_scopes
from gridworker.server.among import among, listed
from gridworker.server.lives import NOTHING
from gridworker.server.ports import Caller, Clock
from gridworker.server.refusals import Refused
from gridworker.server.replicas import require_epoch, require_replica
from gridworker.server.store import Head
from gridworker.server.tables import ENTITY, SCOPE, SCOPE_ENTRY
from gridworker.wire.audit import BUCKETS, MAX_ROWS, Tally, bucket_of
from gridworker.wire.messages import AuditReply, AuditRequest, Entry, RowsReply, RowsRequest
from gridworker.wire.sums import revision

_log = logging.getLogger(__name__)


class _Row(msgspec.Struct, frozen=True):
    id: str
    kind: str
    rev: str
    body: str


def audit(tx: Connection, caller: Caller, request: AuditRequest, clock: Clock) -> AuditReply:
    """The bucket sums of a scope, or the ids and revisions in one bucket, counted from the records."""
    head = _admit(tx, caller, request, clock)
    if request.bucket is None:
        tally = Tally(request.scope)
        for row in _records(tx, request.scope, head):
            tally.add(row.id, row.rev, row.body.encode())
        _tell(tx, tally)
        return AuditReply(head=head.seq, sums=tally.buckets)
    if not 0 <= request.bucket < BUCKETS:
        raise Refused("bad_request")
    found = (row for row in _records(tx, request.scope, head) if bucket_of(row.id) == request.bucket)
    return AuditReply(head=head.seq, rows=[(row.id, row.rev) for row in found])


def rows(tx: Connection, caller: Caller, request: RowsRequest, clock: Clock) -> RowsReply:
    """Records of a scope by their ids, as a pull would give them."""
    if len(request.ids) > MAX_ROWS:
        raise Refused("too_large")
    head = _admit(tx, caller, request, clock)
    entries = [
        Entry(request.scope, row.id, row.kind, row.rev, msgspec.Raw(row.body.encode()))
        for row in _records(tx, request.scope, head, request.ids)
    ]
    return RowsReply(head=head.seq, entries=entries)


def _tell(tx: Connection, tally: Tally) -> None:
    """Leave a word for the operators: who asks has counted another sum, or we have kept a wrong one."""
    kept = tx.execute(_KEPT, {"scope": tally.scope}).first()
    if (tuple(kept) if kept else NOTHING) == tally.total:
        _log.warning("scope %s: a laptop's sum is not that of our %d records", tally.scope, tally.n)
    else:
        said = kept[0] if kept else 0
        _log.warning("scope %s: our own sum is wrong, it says %d records of %d", tally.scope, said, tally.n)


def _admit(tx: Connection, caller: Caller, request: AuditRequest | RowsRequest, clock: Clock) -> Head:
    """The head of this life, if the caller may see the scope; what he may not see does not exist for him."""
    head = require_epoch(tx, request.epoch)
    require_replica(tx, request.replica, caller)
    grants = grants_of(tx, caller.user_id, clock())
    if request.scope not in visible_scopes(caller.user_id, grants):
        raise Refused("not_found")
    return head


def _records(tx: Connection, scope: str, head: Head, ids: list[str] | None = None) -> Iterator[_Row]:
    values: Mapping[str, str] = {"scope": scope} if ids is None else {"scope": scope, "ids": listed(ids)}
    statement = _ALL if ids is None else _SOME
    for record_id, kind, seq, body in tx.execute(statement, values):
        yield _Row(record_id, kind, revision(head.epoch, seq), body)


_KEPT = select(SCOPE.c.n, SCOPE.c.acc).where(SCOPE.c.id == bindparam("scope"))
_ALL = (
    select(ENTITY.c.id, ENTITY.c.kind, ENTITY.c.rev_seq, ENTITY.c.body)
    .join(SCOPE_ENTRY, SCOPE_ENTRY.c.entity_id == ENTITY.c.id)
    .where(SCOPE_ENTRY.c.scope == bindparam("scope"), SCOPE_ENTRY.c.present)
    .execution_options(yield_per=1_000)
)
_SOME = _ALL.where(among(ENTITY.c.id, "ids"))
