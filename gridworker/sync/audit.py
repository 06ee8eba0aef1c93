"""The audit within an exchange: where the sums of a scope differ, the records that do are fetched again.

Nothing is ever wiped, and what waits to be sent is not touched: it lies on top of what the centre said.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from gridworker.db.audit import AUDITED, note_incident, said_rows, tallies
from gridworker.db.brake import is_mass
from gridworker.db.checkpoint import install_news
from gridworker.db.database import Database
from gridworker.db.news import Key, News
from gridworker.db.standing import note_wrong_sums
from gridworker.db.transaction import Transaction
from gridworker.domain.records import Touched
from gridworker.wire.audit import MAX_ROWS, Tally, bucket_of, differing
from gridworker.wire.messages import AuditReply, AuditRequest, Entry, PullReply, RowsReply, RowsRequest

A_DAY_MS = 86_400_000
Call = Callable[[msgspec.Struct, type[Any]], Any]


class Audit:
    """Compares one database with the page that closed its pull; `steps` stops between two side effects."""

    def __init__(self, database: Database, page: PullReply, replica: str, call: Call) -> None:
        """`call` sends a request and gives the reply, as Remote.call."""
        self._database, self._page, self._replica, self._call = database, page, replica, call
        self.touched = Touched()
        self.repaired = 0
        self._wrong_there: list[str] = []
        self._outrun = False
        """Somebody's work came in between: the next exchange compares again."""

    def is_due(self) -> bool:
        """Once a day by the centre's clock, and when somebody has made it forget the last time."""
        with self._database.read() as reader:
            last = reader.meta(AUDITED)
        return last is None or self._page.server_ms >= int(last) + A_DAY_MS

    def steps(self) -> Iterator[None]:
        """Count, compare, fetch and repair, scope by scope."""
        with self._database.read() as reader:
            mine = tallies(reader, self._page.sums)
        for scope, theirs in self._page.sums.items():
            if mine[scope].total != tuple(theirs):
                yield from self._look_into(mine[scope])
        if not self._outrun:
            self._database.write(_remember, self._page.server_ms, self._wrong_there)
        yield

    def _look_into(self, mine: Tally) -> Iterator[None]:
        reply = self._ask(mine.scope)
        if reply.head != self._page.head:
            self._outrun = True
            return
        wrong = differing(mine.buckets, reply.sums)
        theirs, _ = self._page.sums[mine.scope]
        lost_there = is_mass(mine.n - theirs, mine.n)
        if lost_there or not wrong:
            # Record by record both are the same: it is the centre that keeps a wrong sum of them. Or it has
            # lost a mass of them without ever saying so: no audit takes that away, only a checkpoint may.
            self._wrong_there.append(mine.scope)
        yield
        if lost_there:
            return
        for bucket in wrong:
            yield from self._repair(mine.scope, bucket)

    def _repair(self, scope: str, bucket: int) -> Iterator[None]:
        theirs = {id for id, _ in self._ask(scope, bucket).rows}
        yield
        here = self._here(scope, bucket)
        ids = sorted(theirs | {id for _, id in here})
        for start in range(0, len(ids), MAX_ROWS):
            some = ids[start : start + MAX_ROWS]
            entries = self._rows(scope, some)
            found = {entry.id for entry in entries}
            gone = [key for key in here if key[1] in some and key[1] not in found]
            self.repaired += self._database.write(self._install, scope, entries, gone)
            yield

    def _install(self, tx: Transaction, scope: str, entries: Sequence[Entry], gone: Sequence[Key]) -> int:
        said = {row.id: (row.rev, row.body) for row in said_rows(tx) if row.scope == scope}
        new = {
            (entry.kind, entry.id): entry
            for entry in entries
            if said.get(entry.id) != (entry.rev, str(entry.body, "utf-8"))
        }
        if new or gone:
            install_news(tx, News(new, {key: {scope} for key in gone}, frozenset(), frozenset()))
            note_incident(tx, scope, len(new) + len(gone))
            self.touched = self.touched | tx.touched
        return len(new) + len(gone)

    def _here(self, scope: str, bucket: int) -> list[Key]:
        with self._database.read() as reader:
            return [
                (row.kind, row.id)
                for row in said_rows(reader)
                if row.scope == scope and bucket_of(row.id) == bucket
            ]

    def _ask(self, scope: str, bucket: int | None = None) -> AuditReply:
        request = AuditRequest(epoch=self._page.epoch, replica=self._replica, scope=scope, bucket=bucket)
        reply: AuditReply = self._call(request, AuditReply)
        return reply

    def _rows(self, scope: str, ids: Sequence[str]) -> list[Entry]:
        request = RowsRequest(epoch=self._page.epoch, replica=self._replica, scope=scope, ids=list(ids))
        reply: RowsReply = self._call(request, RowsReply)
        return reply.entries


def _remember(tx: Transaction, server_ms: int, wrong_there: Sequence[str]) -> None:
    tx.set_meta(AUDITED, str(server_ms))
    note_wrong_sums(tx, wrong_there)
