"""Pull: what is new in a user's scopes, his acknowledgement and his results, out of one snapshot."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, TextClause, select, text

from gridworker.server.accounts import grants_of, visible_scopes
from gridworker.server.among import among, listed
from gridworker.server.intake import read_results
from gridworker.server.ports import Caller, Clock
from gridworker.server.refusals import Refused
from gridworker.server.replicas import Replica, require_epoch, require_replica
from gridworker.server.statements import read_rows
from gridworker.server.store import Head, next_seq
from gridworker.server.tables import SCOPE
from gridworker.server.veil import veil
from gridworker.wire.messages import GONE, Ack, Cursor, Entry, PullReply, PullRequest, grants_digest
from gridworker.wire.sums import EMPTY, revision

MAX_BYTES = 8 << 20
"""No page is much larger, whatever a client wants."""
MIN_SCHEMA = 1
"""Who reads only older versions of the record kinds is told to upgrade; what he has recorded is taken in."""
TOMBSTONES_MS = 400 * 86_400_000
"""How long the centre says that a record has gone."""
_ROW_BYTES = 120
"""What a row costs on the wire beside its body."""
_CHUNK = 500
_UNHEARD = (1, 0, 0, EMPTY, 0)
"""A scope of which nothing was ever said: generation, oldest commit, records, sum, last commit."""


class Reading(msgspec.Struct, frozen=True):
    """How one scope stands, and how far this client has read it."""

    scope: str
    gen: int
    n: int
    acc: str
    last_seq: int
    cursor: Cursor
    reset: bool


class Page(msgspec.Struct, frozen=True):
    """Rows in commit order and the last commit that they hold whole."""

    entries: list[Entry]
    upto: int
    done: bool


def pull(tx: Connection, caller: Caller, request: PullRequest, clock: Clock) -> PullReply:
    """Answer with the next page of every scope that the user may see at this moment."""
    if request.schema < MIN_SCHEMA:
        raise Refused("upgrade")
    head, now_ms = require_epoch(tx, request.epoch), clock()
    replica = require_replica(tx, request.replica, caller)
    ahead = any(abs(one.seq) > head.seq for one in request.cursors.values())
    if ahead or not 0 <= request.known_ack <= replica.last_seq:
        raise Refused("regressed")
    grants = grants_of(tx, caller.user_id, now_ms)
    mine = visible_scopes(caller.user_id, grants)
    readings = _read_scopes(tx, mine, request.cursors)
    page = _read_page(tx, readings, head=head, want_bytes=min(request.want_bytes, MAX_BYTES))
    return PullReply(
        epoch=head.epoch,
        entries=page.entries,
        done=page.done,
        head=head.seq,
        server_ms=now_ms,
        cursors={one.scope: _onward(one, page) for one in readings},
        removed=sorted(set(request.cursors) - set(mine)),
        reset=[one.scope for one in readings if one.reset],
        ack=Ack(replica.last_seq, replica.chain),
        results=veil(tx, caller, _results(tx, replica, request.known_ack), now_ms) if page.done else [],
        grants=grants_digest(grants),
        sums={one.scope: (one.n, one.acc) for one in readings} if page.done else {},
    )


def drop_tombstones(tx: Connection, before_ms: int) -> int:
    """Forget what has gone before a moment (ms UTC): who comes from before then reads its scopes anew.

    Gives the number of forgotten entries. What waits on a laptop is not touched by it.
    """
    horizon = tx.execute(_HORIZON, {"before": before_ms}).scalar_one() or 0
    # The head's lock, so that no push writes an entry or a sum meanwhile; its commit says nothing.
    next_seq(tx)
    tx.execute(_RAISE_OLDEST, {"horizon": horizon})
    return tx.execute(_DROP_GONE, {"horizon": horizon}).rowcount


def count_tombstones(tx: Connection, before_ms: int) -> dict[str, int]:
    """How many entries of each kind `drop_tombstones` would forget."""
    horizon = tx.execute(_HORIZON, {"before": before_ms}).scalar_one() or 0
    return dict(read_rows(tx, _COUNT_GONE, {"horizon": horizon}))


def _results(tx: Connection, replica: Replica, known_ack: int) -> list[Any]:
    if known_ack == replica.last_seq:
        return []
    return read_results(tx, replica.id, after=known_ack, upto=replica.last_seq)


def _read_scopes(tx: Connection, scopes: Sequence[str], cursors: Mapping[str, Cursor]) -> list[Reading]:
    found = {row[0]: row for row in read_rows(tx, _SCOPES, {"scopes": listed(scopes)})}
    return [_reading(scope, found.get(scope), cursors.get(scope)) for scope in scopes]


def _reading(scope: str, row: Any, cursor: Cursor | None) -> Reading:
    gen, min_seq, n, acc, last_seq = row[1:] if row else _UNHEARD
    reset = cursor is not None and cursor.seq != 0 and (cursor.gen != gen or 0 < cursor.seq < min_seq)
    at = Cursor(gen, 0) if cursor is None or reset else cursor
    return Reading(scope, gen, n, acc, last_seq=last_seq, cursor=at, reset=reset)


def _onward(one: Reading, page: Page) -> Cursor:
    """The next cursor; below zero while a scope is read from its start: no horizon begins it anew."""
    seq = max(abs(one.cursor.seq), page.upto)
    return Cursor(one.gen, seq if page.done or one.cursor.seq > 0 else -seq)


def _read_page(tx: Connection, readings: Sequence[Reading], *, head: Head, want_bytes: int) -> Page:
    news = [one for one in readings if one.last_seq > abs(one.cursor.seq)]
    if not news:
        return Page([], head.seq, True)
    entries: list[Entry] = []
    size, last = 0, 0
    life = revision(head.epoch, 0)[:-1]
    for seq, scope, record_id, kind, rev_seq, reason, body in _feed(tx, news):
        if size >= want_bytes and seq != last:
            return Page(entries, last, False)
        raw = GONE if body is None else msgspec.Raw(body.encode())
        entries.append(Entry(scope, record_id, kind, f"{life}{rev_seq}", raw, reason))
        size += _ROW_BYTES + (len(body) if body else 0)
        last = seq
    return Page(entries, head.seq, True)


def _feed(tx: Connection, readings: Sequence[Reading]) -> Iterator[Any]:
    """The rows of several scopes merged by commit number, read from the database as they are used."""
    values: dict[str, Any] = {}
    for index, one in enumerate(readings):
        values |= {f"scope{index}": one.scope, f"after{index}": abs(one.cursor.seq)}
    statement = _feed_statement(tuple(one.cursor.seq == 0 for one in readings))
    rows = tx.execution_options(stream_results=True, yield_per=_CHUNK).execute(statement, values)
    try:
        yield from rows
    finally:
        rows.close()


@cache
def _feed_statement(newcomers: tuple[bool, ...]) -> TextClause:
    """One SELECT a scope; who reads a scope for the first time gets no word of what has gone before."""
    parts = [
        "SELECT s.seq, s.scope, e.id, e.kind, e.rev_seq, s.reason, CASE WHEN s.present THEN e.body END "
        "FROM scope_entry s JOIN entity e ON e.id = s.entity_id "
        f"WHERE s.scope = :scope{index} AND s.seq > :after{index}{' AND s.present' if newcomer else ''}"
        for index, newcomer in enumerate(newcomers)
    ]
    return text(" UNION ALL ".join(parts) + " ORDER BY 1")


_HORIZON = text("SELECT max(commit_seq) FROM op_log WHERE recv_ms < :before")
_RAISE_OLDEST = text(
    "UPDATE scope SET min_seq = coalesce((SELECT max(s.seq) FROM scope_entry s "
    "WHERE s.scope = scope.id AND NOT s.present AND s.seq <= :horizon), min_seq)"
)
_COUNT_GONE = text(
    "SELECT e.kind, count(*) FROM scope_entry s JOIN entity e ON e.id = s.entity_id "
    "WHERE NOT s.present AND s.seq <= :horizon GROUP BY e.kind ORDER BY e.kind"
)
_DROP_GONE = text("DELETE FROM scope_entry WHERE NOT present AND seq <= :horizon")
_SCOPES = select(SCOPE.c.id, SCOPE.c.gen, SCOPE.c.min_seq, SCOPE.c.n, SCOPE.c.acc, SCOPE.c.last_seq).where(
    among(SCOPE.c.id, "scopes")
)
